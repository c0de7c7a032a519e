package field

import (
	"errors"
	"net/url"
	"strings"
	"testing"
)

// A trickyText is a text that looks like what it is not, or is what it does not look like.
type trickyText struct {
	text string
	want Kind // "" where it is accepted
	why  string
}

// Where RFC 3986 and net/url leave a choice, an accepted url has one host, which is written as it is looked up.
var trickyURLs = []trickyText{
	// Schemes.
	{"HTTPS://good.example/x", "", "RFC 3986, 3.1: schemes ignore case"},
	{"//good.example", OtherScheme, "RFC 3986, 4.2: a reference without a scheme"},
	{"://good.example", NotURL, "an empty scheme"},
	{"1http://good.example", NotURL, "3.1: a scheme begins with a letter"},
	{"ht tp://good.example", NotURL, "a space in the scheme"},
	{"http:/good.example", NotURL, "one slash: a path without a host"},
	{"http:good.example", NotURL, "no slash: opaque"},
	{"http:///good.example", NotURL, "three slashes: an empty host"},
	{"http:\\\\good.example", NotURL, "browsers take backslashes for slashes, RFC 3986 has none"},
	{"https:https://good.example", NotURL, "a scheme too many"},
	{"javascript://good.example/%0aalert(1)", OtherScheme, "a comment for browsers"},
	{"view-source:https://good.example", NotURL, "a url in a url"},
	{"file:///etc/passwd", NotURL, "no host"},

	// User information.
	{"https://good.example@evil.example/", HasUserInfo, "3.2.1: the host is what follows the @"},
	{"https://good.example:443@evil.example/", HasUserInfo, "a port that is a password"},
	{"https://good.example%40evil.example/", NotURL, "an encoded @ in a host"},
	{"https://@good.example/", HasUserInfo, "an empty user name is one"},
	{"https://:@good.example/", HasUserInfo, "an empty password is one"},
	{"https://a@b@evil.example/", HasUserInfo, "net/url splits at the last @; it is refused in any case"},
	{"https://good.example\\@evil.example/", NotURL, "browsers go to good.example, others to evil.example"},
	{"https://good.example%5c@evil.example/", HasUserInfo, "an encoded backslash is a user name"},
	{"https://good.example／@evil.example/", NotURL, "U+FF0F looks like a slash"},
	{"https://good.example#@evil.example/", "", "3: the authority ends at #"},
	{"https://good.example?@evil.example/", "", "3: the authority ends at ?"},
	{"https://good.example/@evil.example/", "", "3: the authority ends at /"},
	{"https://good.example;@evil.example/", HasUserInfo, "a ; ends nothing"},
	{"https://good.example&@evil.example/", HasUserInfo, "an & ends nothing"},

	// Backslashes, controls and spaces.
	{"https://good.example\\.evil.example/", NotURL, "a backslash in a host"},
	{"https://evil.example\\.good.example/", NotURL, "a backslash in a host"},
	{"https://good.example/\\evil.example", "", "a path like another"},
	{"https://good.example/a b", "", "net/url escapes a space in a path"},
	{"https://good .example/", NotURL, "a space in a host"},
	{"https://good.example%20/", NotURL, "an encoded space in a host"},
	{"https://good.example\t/", NotOneLine, "browsers drop tabs"},
	{"https://good\n.example/", NotOneLine, "browsers drop line ends"},
	{"https://good.example/\x00", NotText, "a string's end in C"},
	{"https://good.example/\x7f", NotOneLine, "a control"},
	{"https://good.example/%00", "", "an encoded NUL in a path, as the server may see fit"},
	{"https://good.example%00.evil.example/", NotURL, "an encoded NUL in a host"},
	{"\u00a0https://good.example", "", "space around is ignored"},
	{"\ufeffhttps://good.example", Unseen, "a byte order mark is no space"},
	{"\u200bhttps://good.example", Unseen, "a space of no width is no space"},

	// Names.
	{"https://", NotURL, "no host"},
	{"https://?q", NotURL, "no host"},
	{"https://:443", NotURL, "no host but a port"},
	{"https://.", NotURL, "the root of all names"},
	{"https://good.example./", "", "a whole name may end with a dot"},
	{"https://good.example../", NotURL, "an empty label"},
	{"https://good..example/", NotURL, "an empty label"},
	{"https://.good.example/", NotURL, "an empty label"},
	{"https://GOOD.example/", "", "3.2.2: hosts ignore case"},
	{"https://localhost", "", "a name without a dot"},
	{"https://my_service:8080", "", "resolvers take underscores, and containers are named with them"},
	{"https://-oProxyCommand=x/", NotURL, "a name that another program takes for an option"},
	{"https://-good.example/", NotURL, "RFC 1123, 2.1: labels begin with a letter or digit"},
	{"https://good-.example/", NotURL, "RFC 952: labels do not end with a hyphen"},
	{"https://good.example,evil.example/", NotURL, "database drivers take two hosts, net/http takes one"},
	{"https://good.example|evil.example/", NotURL, "no character of a name"},
	{"https://good.example'/", NotURL, "allowed by RFC 3986, 3.2.2, but no resolver has it"},
	{"https://(good.example)/", NotURL, "allowed by RFC 3986, 3.2.2, but no resolver has it"},
	{"https://good.example<b>/", NotURL, "net/url takes < and >, RFC 3986 does not"},
	{"https://\"good.example\"/", NotURL, "net/url takes quotes, RFC 3986 does not"},
	{"https://$HOME/", NotURL, "a variable that nobody has filled in"},
	{"https://{host}/", NotURL, "a template that nobody has filled in"},
	{"https://" + strings.Repeat("a", 63) + ".example", "", "RFC 1035, 2.3.4: 63 octets in a label"},
	{"https://" + strings.Repeat("a", 64) + ".example", NotURL, "one octet more"},
	{"https://" + strings.Repeat("a.", 126) + "a", "", "253 octets in a name"},
	{"https://" + strings.Repeat("a.", 126) + "aa", NotURL, "one octet more"},
	{"https://" + strings.Repeat("a.", 126) + "a.", "", "253 octets and the root's dot"},

	// Percent encoding and other scripts.
	{"https://%67ood.example/", NotURL, "net/url decodes only what is not ASCII in a host"},
	{"https://evil.example%2f.good.example/", NotURL, "an encoded slash in a host"},
	{"https://evil.example%23.good.example/", NotURL, "an encoded # in a host"},
	{"https://g%C3%B6od.example/", NotURL, "not ASCII once it is decoded"},
	{"https://good%zz.example/", NotURL, "no percent encoding"},
	{"https://good.example/%zz", NotURL, "no percent encoding"},
	{"https://gооd.example/", NotURL, "two Cyrillic letters"},
	{"https://xn--gd-fmca.example/", "", "the same in punycode, which the person sees"},
	{"https://good。example/", NotURL, "U+3002 is a dot for IDNA"},
	{"https://ɢood.example/", NotURL, "U+0262 folds to nothing"},
	{"https://good.example\u202e/", Unseen, "an override of the direction"},
	{"https://good.example\u00ad/", Unseen, "a soft hyphen that IDNA drops"},
	{"https://faß.example/", NotURL, "IDNA 2003 and 2008 differ"},
	{"https://１２７.0.0.1/", NotURL, "digits of full width"},

	// Addresses.
	{"https://127.0.0.1/", "", "four decimal numbers"},
	{"https://127.1/", NotURL, "RFC 3986, 7.4: getaddrinfo takes it for 127.0.0.1"},
	{"https://2130706433/", NotURL, "7.4: 127.0.0.1 in one number"},
	{"https://0x7f000001/", NotURL, "7.4: hexadecimal"},
	{"https://0x7f.0.0.1/", NotURL, "7.4: a hexadecimal part, then a number at the end"},
	{"https://good.0x7f/", NotURL, "a name that ends in a hexadecimal number"},
	{"https://0177.0.0.1/", NotURL, "7.4: octal, or not"},
	{"https://127.0.0.1./", NotURL, "an address has no root"},
	{"https://127.0.0.256/", NotURL, "no address, and a name that ends in a number is none"},
	{"https://good.example.1/", NotURL, "no address either"},
	{"https://1.good.example/", "", "a name may begin with a number"},
	{"https://3com.example/", "", "RFC 1123, 2.1"},
	{"https://[::1]/", "", "RFC 3986, 3.2.2"},
	{"https://[::1]:8443/", "", "with a port"},
	{"https://[::ffff:127.0.0.1]/", "", "IPv4 inside IPv6"},
	{"https://[127.0.0.1]/", NotURL, "brackets are for IPv6"},
	{"https://[::1/", NotURL, "an open bracket"},
	{"https://::1/", NotURL, "no brackets"},
	{"https://[good.example]/", NotURL, "a name in brackets"},
	{"https://[v1.good]/", NotURL, "3.2.2: a version nobody has defined"},
	{"https://[::1].good.example/", NotURL, "a name behind an address"},
	{"https://[::1]good.example/", NotURL, "a name behind an address"},
	{"https://good.example[::1]/", NotURL, "an address behind a name"},
	{"https://[fe80::1%25eth0]/", NotURL, "RFC 6874: a zone means something on one computer only"},
	{"https://[fe80::1%eth0]/", NotURL, "a zone without encoding"},
	{"https://[2001:db8::bad%25.good.example]/", NotURL, "an unknown zone is ignored when it is dialled"},

	// Ports.
	{"https://good.example:443/", "", "3.2.3"},
	{"https://good.example:00443/", "", "3.2.3: zeros mean nothing"},
	{"https://good.example:/", NotURL, "an empty port"},
	{"https://good.example:0/", NotURL, "no port to connect to"},
	{"https://good.example:65536/", NotURL, "one too many"},
	{"https://good.example:-1/", NotURL, "no number"},
	{"https://good.example:+443/", NotURL, "no number"},
	{"https://good.example:4 43/", NotURL, "no number"},
	{"https://good.example:https/", NotURL, "a service's name"},
	{"https://good.example:80:443/", NotURL, "two ports"},
	{"https://good.example:443.evil.example/", NotURL, "a name in the port"},

	// What follows the host is the server's business, and is kept as it is.
	{"https://good.example/../../evil.example", "", "dot segments"},
	{"https://good.example//evil.example", "", "two slashes"},
	{"https://good.example/%2e%2e/", "", "encoded dots"},
	{"https://good.example/?next=https://evil.example", "", "a url in a query"},
	{"https://good.example?q#f", "", "no path"},
	{"https://good.example/#\\x", "", "a backslash in a fragment"},
}

func TestTrickyURLs(t *testing.T) {
	checkTricky(t, Field{Type: URL}, trickyURLs)
	checkTricky(t, Field{Type: URL, UserInfo: true}, []trickyText{
		{"https://user:pw@good.example/", "", "as the schema allows"},
		{"https://user:p%40ss%2f@good.example/", "", "an encoded password"},
		{"https://user:pw@evil.example@good.example/", NotEncoded, "net/url takes the last @, libpq the first"},
		{"https://us er@good.example/", NotEncoded, "a space in the user's name"},
		{"https://user:pw@/", NotURL, "no host"},
	})
}

// The hosts rule speaks of the host that a request goes to.
func TestTrickyHosts(t *testing.T) {
	field := Field{Type: URL, UserInfo: true, Hosts: []string{"good.example", "*.good.example", "::1", "127.0.0.1"}}
	checkTricky(t, field, []trickyText{
		{"https://good.example", "", "the host"},
		{"https://Good.Example.:443/", "", "the same host"},
		{"https://a.good.example", "", "below it"},
		{"https://[::1]", "", "an address"},
		{"https://[0:0::1]", OtherHost, "an address in another form is refused, which does no harm"},
		{"https://good.example@evil.example", OtherHost, "a user's name"},
		{"https://evil.example@good.example", "", "a user's name"},
		{"https://evil.example#.good.example", OtherHost, "a fragment"},
		{"https://evil.example?.good.example", OtherHost, "a query"},
		{"https://evil.example/.good.example", OtherHost, "a path"},
		{"https://evilgood.example", OtherHost, "no dot between"},
		{"https://good.example.evil.example", OtherHost, "a beginning"},
		{"https://.good.example", NotURL, "an empty label"},
		{"https://evil.example:80,a.good.example:80", NotURL, "two hosts"},
		{"https://evil.example:80:a.good.example", NotURL, "two ports"},
		{"https://[::2%25.good.example]", NotURL, "a zone"},
		{"https://[::1%25x]", NotURL, "a zone"},
		{"https://a.good.example%00.evil.example", NotURL, "a NUL"},
	})
}

// An email is an addr-spec of RFC 5322 that SMTP (RFC 5321) delivers: local part as a dot-atom, domain as a name.
var trickyEmails = []trickyText{
	// The local part.
	{"a@good.example", "", "RFC 5322, 3.4.1"},
	{"o'hara+tag=1/x@good.example", "", "RFC 5322, 3.2.3: atext"},
	{"!#$%&'*+-/=?^_`{|}~@good.example", "", "all of atext"},
	{"A@good.example", "", "RFC 5321, 2.4: case is the receiver's business"},
	{"a.b@good.example", "", "a dot-atom"},
	{".a@good.example", NotEmail, "a dot at the beginning"},
	{"a.@good.example", NotEmail, "a dot at the end"},
	{"a..b@good.example", NotEmail, "two dots"},
	{"@good.example", NotEmail, "no local part"},
	{`"a"@good.example`, NotEmail, "quoted: two texts for one address"},
	{`"a b"@good.example`, NotEmail, "quoted with a space"},
	{`"a@evil.example"@good.example`, NotEmail, "quoted with an @"},
	{`""@good.example`, NotEmail, "quoted nothing"},
	{`a\@evil.example@good.example`, NotEmail, "a backslash outside quotes"},
	{"a@evil.example@good.example", NotEmail, "two @"},
	{"a b@good.example", NotEmail, "a space"},
	{"a @good.example", NotEmail, "a space before the @, which RFC 5322 took for nothing once"},
	{"a@ good.example", NotEmail, "a space behind the @"},
	{"=?utf-8?q?a=40evil.example=3e?=@good.example", NotEmail, "RFC 2047, 5: no encoded words in an address; some mailers decode them"},
	{"a%evil.example@good.example", "", "routed by sendmail once; RFC 5321, 2.3.11: only the receiver reads it"},
	{"evil.example!a@good.example", "", "routed by UUCP once; the same"},
	{"-oQ/tmp/x@good.example", "", "allowed, though a program may take it for an option"},
	{strings.Repeat("a", 64) + "@good.example", "", "RFC 5321, 4.5.3.1.1: 64 octets"},
	{strings.Repeat("a", 65) + "@good.example", NotEmail, "one octet more"},
	{strings.Repeat("é", 32) + "@good.example", "", "64 octets"},
	{strings.Repeat("é", 33) + "@good.example", NotEmail, "66 octets, though 33 characters"},

	// The domain.
	{"a@", NotEmail, "no domain"},
	{"a@localhost", "", "a name without a dot"},
	{"a@good.example.", NotEmail, "RFC 5321, 2.3.5: no dot at the end"},
	{"a@.good.example", NotEmail, "an empty label"},
	{"a@good..example", NotEmail, "an empty label"},
	{"a@-good.example", NotEmail, "RFC 5321, 4.1.2: a label begins with a letter or digit"},
	{"a@good-.example", NotEmail, "and ends with one"},
	{"a@good_.example", NotEmail, "no underscore"},
	{"a@{good}.example", NotEmail, "atext of RFC 5322, but no name of RFC 5321"},
	{"a@good.example=evil", NotEmail, "atext of RFC 5322, but no name of RFC 5321"},
	{"a@1.good.example", "", "a label of digits"},
	{"a@127.0.0.1", NotEmail, "an address without brackets"},
	{"a@good.123", NotEmail, "no top-level domain is a number"},
	{"a@[127.0.0.1]", NotEmail, "an address literal names a computer, not a mailbox that moves with its domain"},
	{"a@[IPv6:::1]", NotEmail, "RFC 5321, 4.1.3"},
	{"a@[::1]", NotEmail, "net/mail's form of it"},
	{"a@[good.example]", NotEmail, "a name in brackets"},
	{"a@good.example:25", NotEmail, "a port"},
	{"a@" + strings.Repeat("b", 63) + ".example", "", "63 octets in a label"},
	{"a@" + strings.Repeat("b", 64) + ".example", NotEmail, "one octet more"},
	{"a@" + strings.Repeat("b.", 125) + "bb", "", "254 octets: a path of 256 has < and > (RFC 5321, 4.5.3.1.3)"},
	{"a@" + strings.Repeat("b.", 126) + "b", NotEmail, "one octet more"},

	// More than an address.
	{"A <a@good.example>", NotEmail, "a display name"},
	{"<a@good.example>", NotEmail, "angle brackets"},
	{`"a@good.example" <b@evil.example>`, NotEmail, "a display name like an address"},
	{"a@good.example <b@evil.example>", NotEmail, "a display name like an address"},
	{"a@good.example (comment)", NotEmail, "a comment behind"},
	{"(comment)a@good.example", NotEmail, "a comment before"},
	{"a(comment)@good.example", NotEmail, "a comment inside"},
	{"a@(comment)good.example", NotEmail, "a comment inside"},
	{"a@good.example, b@evil.example", NotEmail, "two addresses"},
	{"a@good.example,", NotEmail, "a list"},
	{"a@good.example;", NotEmail, "the end of a group"},
	{"group: a@good.example;", NotEmail, "a group of one"},
	{"undisclosed:;", NotEmail, "a group of none"},
	{"<@evil.example:a@good.example>", NotEmail, "RFC 5322, 4.4: a route"},
	{"@evil.example:a@good.example", NotEmail, "a route"},
	{"mailto:a@good.example", NotEmail, "a url"},
	{"a@good.example?bcc=b@evil.example", NotEmail, "a url's query"},
	{"a@good.example>b@evil.example", NotEmail, "an end too early"},

	// Controls, and other scripts.
	{"a@good.example\r\nBcc: b@evil.example", NotOneLine, "another header"},
	{"a@good.example\r\nRCPT TO:<b@evil.example>", NotOneLine, "another command"},
	{"a\x00@good.example", NotText, "a string's end in C"},
	{"a\x7f@good.example", NotOneLine, "a control"},
	{"jürgen@good.example", "", "RFC 6531: SMTPUTF8"},
	{"用户@good.example", "", "RFC 6531: SMTPUTF8"},
	{"a@gооd.example", NotEmail, "two Cyrillic letters"},
	{"a@xn--gd-fmca.example", "", "the same in punycode"},
	{"a@bücher.example", NotEmail, "a domain is written as it is looked up"},
	{"a@good。example", NotEmail, "U+3002 is a dot for IDNA"},
	{"a＠evil.example@good.example", NotEmail, "U+FF20 looks like an @"},
	{"a\u202e@good.example", Unseen, "an override of the direction"},
	{"a\u200b@good.example", Unseen, "a space of no width"},
	{"a\u00a0b@good.example", Unseen, "a space"},
	{"a\ue000@good.example", NotEmail, "a character without a meaning"},
	{"\u200ba@good.example", Unseen, "a space of no width is no space"},
	{"\u00a0a@good.example\u3000", "", "space around is ignored"},
}

func TestTrickyEmails(t *testing.T) { checkTricky(t, Field{Type: Email}, trickyEmails) }

func checkTricky(t *testing.T, f Field, rows []trickyText) {
	t.Helper()
	for _, row := range rows {
		value, err := f.Parse(row.text)
		var problem *Problem
		got := Kind("")
		if errors.As(err, &problem) {
			got = problem.Kind
		}
		if got != row.want {
			t.Errorf("%.80q (%s): %q, want %q", row.text, row.why, got, row.want)
		}
		if u, ok := value.(*url.URL); ok {
			wantOneHost(t, f, row.text, u)
		}
	}
}
