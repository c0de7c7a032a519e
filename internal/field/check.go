package field

import (
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// MaxSize is how many bytes a value may have: more than any credential needs, and what every keychain takes, in parts.
const MaxSize = 256 << 10

// Parse returns the value that text stands for, of a file its path: a string for text, password, email, choice and multiline, or what their format
// says, a *url.URL, an int64, a float64, a bool or a time.Duration for the types named after them. Space around a value is ignored, except in text,
// password and multiline. Of a list, it returns a slice of [Item]. An error is always a *[Problem].
func (f Field) Parse(text string) (any, error) {
	v, problem := f.parse(text)
	if problem != nil {
		return nil, problem
	}
	return v, nil
}

// Check returns the first rule that text breaks, as a *[Problem], or nil.
func (f Field) Check(text string) error {
	_, err := f.Parse(text)
	return err
}

// CheckAll returns every rule that text breaks, as a [Broken], or nil: who types it again is to know them all. A text that
// is not even a value of the type has one problem only.
func (f Field) CheckAll(text string) error {
	_, problem := f.parse(text)
	if problem == nil {
		return nil
	}
	all := Broken{problem}
	switch problem.Kind {
	case TooShort, TooLong, NoPrefix, NoMatch, OtherShape, IsExample:
		if problem.Item > 0 {
			return f.brokenItem(text, problem)
		}
		all = f.brokenBy(text)
	}
	return all
}

// Problems returns every problem that [Field.Parse] can report for f, in the order in which it looks for them.
func (f Field) Problems() []*Problem {
	if f.List {
		return f.listProblems()
	}
	problems := []*Problem{{Kind: Empty}, {Kind: TooBig, Want: strconv.Itoa(MaxSize)}, {Kind: NotText}}
	add := func(when bool, kind Kind, want string) {
		if when {
			problems = append(problems, &Problem{Kind: kind, Want: want})
		}
	}
	add(f.Type != Multiline, NotOneLine, "")
	add(f.Type != Choice || f.Open, Unseen, "")
	add(f.HidesExamples() && len(f.Examples) > 0, IsExample, "")
	add(f.isPublicText(), PrivateKey, "")
	switch f.Type {
	case Text, Password, Multiline:
		add(f.MinLength > 0, TooShort, strconv.Itoa(f.MinLength))
		add(f.MaxLength > 0, TooLong, strconv.Itoa(f.MaxLength))
		add(len(f.Prefixes) > 0, NoPrefix, orList(f.Prefixes))
		kind, want := f.noMatch()
		add(f.Pattern != "", kind, want)
		return append(problems, f.formatProblems()...)
	case URL:
		add(f.TakesUserInfo(), NotEncoded, "")
		if f.IsConnection() {
			return append(problems, f.connectionProblems()...)
		}
		add(true, NotURL, "")
		add(true, OtherScheme, schemeList(f.AcceptedSchemes()))
		add(!f.TakesUserInfo(), HasUserInfo, "")
		add(len(f.Hosts) > 0, OtherHost, orList(f.Hosts))
		problems = append(problems, f.elsewhereProblems()...)
	case Email:
		add(true, NotEmail, "")
	case Integer, Number, Duration:
		return append(problems, f.numberProblems()...)
	case Boolean:
		add(true, NotBoolean, "")
	case File:
		return append(problems, f.fileProblems()...)
	case Choice:
		add(!f.Open, NotChoice, f.choiceList())
	}
	return problems
}

// Rules returns those of [Field.Problems] that a person had better know before: what the schema says of a value, and the
// formats that nobody guesses. Of a list, they are those of the whole; [Field.Item] has the others.
func (f Field) Rules() []*Problem {
	if f.List {
		return f.countRules()
	}
	return slices.DeleteFunc(f.Problems(), func(p *Problem) bool {
		switch p.Kind {
		case NotJSON:
			return len(f.Keys) > 0 // which only JSON has
		case TooShort, TooLong, NoPrefix, NoMatch, OtherShape, OtherHost, NotInteger, NotNumber, NotDuration,
			NotPEM, NoKeys, NotYAML, NotJWT, NotBase64, NotUUID, NotDate, NotHost, NotPort, NotHostPort, NotPath:
			return false
		case OtherScheme:
			return len(f.Schemes) == 0
		case TooSmall:
			return !f.Range.low
		case TooLarge:
			return !f.Range.high
		}
		return true
	})
}

func (f Field) parse(text string) (any, *Problem) {
	if f.List {
		return f.parseList(text)
	}
	switch f.Type {
	case Text, Password, Multiline:
	default:
		text = strings.TrimSpace(text)
	}
	if problem := f.checkText(text); problem != nil {
		return nil, problem
	}
	switch f.Type {
	case URL:
		if f.IsConnection() {
			return f.parseConnection(text)
		}
		return f.parseURL(text)
	case Email:
		return parseEmail(text)
	case Integer:
		return f.parseInteger(text)
	case Number:
		return f.parseNumber(text)
	case Boolean:
		return parseBoolean(text)
	case File:
		if !isPath(text) {
			return nil, &Problem{Kind: NotPath}
		}
		return text, nil
	case Choice:
		if !f.Open && !f.isListed(text) {
			return nil, &Problem{Kind: NotChoice, Want: f.choiceList()}
		}
		return text, nil
	case Duration:
		return f.parseDuration(text)
	default:
		if problem := f.checkString(text); problem != nil {
			return nil, problem
		}
		return f.parseFormat(text)
	}
}

// checkText checks what holds for a value of any type.
func (f Field) checkText(text string) *Problem {
	switch {
	case text == "":
		return &Problem{Kind: Empty}
	case len(text) > MaxSize:
		return &Problem{Kind: TooBig, Want: strconv.Itoa(MaxSize)}
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return &Problem{Kind: NotText}
	case f.Type != Multiline && strings.ContainsFunc(text, isControl):
		return &Problem{Kind: NotOneLine}
	}
	if problem := f.checkUnseen(text); problem != nil {
		return problem
	}
	if f.isExample(text) {
		return &Problem{Kind: IsExample}
	}
	if f.isPublicText() && privateKey.MatchString(text) {
		return &Problem{Kind: PrivateKey}
	}
	return nil
}

// isPublicText reports whether a value of f is any text, and may be shown.
func (f Field) isPublicText() bool {
	return !f.Confidential() && (f.Type == Text || f.Type == Multiline)
}

// privateKey is how one begins or ends in the text of RFC 7468, of OpenSSH and of RFC 9580, also where it stands in JSON; and in
// that of PuTTY. A file of certificates often has the key too.
var privateKey = regexp.MustCompile(`-----(BEGIN|END) ([A-Z0-9 ]* )?PRIVATE KEY( BLOCK)?-----|(?m:^Private-(Lines|MAC|Hash): )`)

// isControl includes the line and paragraph separators, which end a line on the screen although they are no controls.
func isControl(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }

func (f Field) checkString(text string) *Problem {
	if broken := f.brokenBy(text); len(broken) > 0 {
		return broken[0]
	}
	return nil
}

// MostBroken returns as many of the schema's rules as one text can break, without its pattern.
func (f Field) MostBroken() (broken Broken) {
	for _, p := range f.Problems() {
		isLength := p.Kind == TooShort || p.Kind == TooLong
		if isLength && len(broken) == 0 || p.Kind == NoPrefix {
			broken = append(broken, p)
		}
	}
	return broken
}

// brokenBy returns the schema's rules that a text breaks whose type has no others.
func (f Field) brokenBy(text string) (broken Broken) {
	add := func(when bool, kind Kind, want string) {
		if when {
			broken = append(broken, &Problem{Kind: kind, Want: want})
		}
	}
	add(f.isExample(text), IsExample, "")
	length := utf8.RuneCountInString(text)
	add(length < f.MinLength, TooShort, strconv.Itoa(f.MinLength))
	add(f.MaxLength > 0 && length > f.MaxLength, TooLong, strconv.Itoa(f.MaxLength))
	add(f.lacksPrefix(text), NoPrefix, orList(f.Prefixes))
	if f.Pattern != "" {
		// A pattern that does not compile is refused by the generator and by the runtime's Open; here it matches nothing.
		re, err := CompilePattern(f.Pattern)
		kind, want := f.noMatch()
		add(err != nil || !re.MatchString(text), kind, want)
	}
	return broken
}

// HidesExamples reports whether a value of f must be none of its examples, which are plainly nobody's. Those of a file are paths.
func (f Field) HidesExamples() bool { return f.Confidential() && f.Type != File }

// isExample reports whether text is an example of a confidential value, copied from where it is shown. The guard would take it for
// confidential wherever it stands.
func (f Field) isExample(text string) bool {
	return f.HidesExamples() && slices.ContainsFunc(f.Examples, func(example string) bool {
		return strings.TrimSpace(example) == strings.TrimSpace(text)
	})
}

// noMatch is how a person is told of the pattern: in the schema's words, or by the expression itself.
func (f Field) noMatch() (kind Kind, want string) {
	if f.PatternHelp != "" {
		return OtherShape, f.PatternHelp
	}
	return NoMatch, f.Pattern
}

var patterns sync.Map // pattern -> *regexp.Regexp; a schema has few, and each is compiled once

// CompilePattern returns the expression that matches what pattern matches as a whole. The error is regexp's own.
func CompilePattern(pattern string) (*regexp.Regexp, error) {
	if re, ok := patterns.Load(pattern); ok {
		return re.(*regexp.Regexp), nil
	}
	// Alone first: "a)|(b" is no expression, although it is one inside the group below.
	if _, err := regexp.Compile(pattern); err != nil {
		return nil, err
	}
	re, err := regexp.Compile(`\A(?:` + pattern + `)\z`)
	if err != nil {
		return nil, err
	}
	patterns.Store(pattern, re)
	return re, nil
}

// AcceptedSchemes are those of a url: http and https where the schema names none.
func (f Field) AcceptedSchemes() []string {
	if len(f.Schemes) > 0 {
		return f.Schemes
	}
	return []string{"https", "http"}
}

func (f Field) parseURL(text string) (any, *Problem) {
	if problem := f.checkUserInfo(text); problem != nil {
		return nil, problem
	}
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" || !validHost(u) {
		return nil, &Problem{Kind: NotURL}
	}
	if !slices.Contains(f.AcceptedSchemes(), u.Scheme) {
		return nil, &Problem{Kind: OtherScheme, Want: schemeList(f.AcceptedSchemes())}
	}
	if problem := checkElsewhere(text, func(string) bool { return false }); problem != nil {
		return nil, problem
	}
	if u.User != nil && !f.TakesUserInfo() {
		return nil, &Problem{Kind: HasUserInfo}
	}
	if len(f.Hosts) > 0 && !slices.ContainsFunc(f.Hosts, func(host string) bool { return hostMatches(host, u.Hostname()) }) {
		return nil, &Problem{Kind: OtherHost, Want: orList(f.Hosts)}
	}
	// Where net/url escapes something else in a path, it writes what was %40 as an @.
	if problem := f.checkUserInfo(u.String()); problem != nil {
		return nil, problem
	}
	return u, nil
}

// validHost reports whether u has one host, written as it is looked up, and with a port that exists. RFC 3986 allows more,
// on which programs differ: other scripts, which are to be written in punycode; lists of hosts, which only drivers of
// databases understand; and addresses such as 127.1 (section 7.4). A zone (RFC 6874) is dropped where it is unknown.
func validHost(u *url.URL) bool {
	host := u.Hostname()
	if address, err := netip.ParseAddr(host); err == nil {
		if address.Zone() != "" || address.Is6() != strings.HasPrefix(u.Host, "[") {
			return false
		}
	} else if !validDomain(strings.TrimSuffix(host, ".")) {
		return false
	}
	if !strings.Contains(u.Host, ":") || strings.HasSuffix(u.Host, "]") {
		return true
	}
	return isPort(u.Port())
}

// validDomain reports whether name is one that resolvers look up: labels as RFC 1123, section 2.1, has them, or with the
// underscore that containers are named with. A name that ends in a number is none: it may be taken for an address.
func validDomain(name string) bool {
	if len(name) > 253 {
		return false
	}
	last := ""
	for last = range strings.SplitSeq(name, ".") {
		if last == "" || len(last) > 63 || last[0] == '-' || last[len(last)-1] == '-' || strings.ContainsFunc(last, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
		}) {
			return false
		}
	}
	hex, isHex := strings.CutPrefix(strings.ToLower(last), "0x")
	isNumber := strings.Trim(last, "0123456789") == "" || isHex && strings.Trim(hex, "0123456789abcdef") == ""
	return !isNumber
}

func hostMatches(pattern, host string) bool {
	pattern, host = strings.ToLower(pattern), strings.TrimSuffix(strings.ToLower(host), ".")
	if domain, ok := strings.CutPrefix(pattern, "*."); ok {
		return strings.HasSuffix(host, "."+domain)
	}
	return host == pattern
}

// parseEmail accepts an addr-spec of RFC 5322, as net/mail reads it, that any mail server takes in one way: unquoted, within
// the lengths of RFC 5321, section 4.5.3.1, without encoded words (RFC 2047, section 5) and with a domain name, not an
// address, behind the @. The local part may have letters of other scripts (RFC 6531); a domain is written in punycode.
func parseEmail(text string) (any, *Problem) {
	address, err := mail.ParseAddress(text)
	// An address that is not its own text had a display name, a comment, quotes or angle brackets.
	if err != nil || address.Name != "" || address.Address != text || len(text) > 254 {
		return nil, &Problem{Kind: NotEmail}
	}
	local, domain, _ := strings.Cut(text, "@")
	if len(local) > 64 || strings.Contains(local, "=?") && strings.Contains(local, "?=") || strings.ContainsFunc(local, isOdd) ||
		!validDomain(domain) || strings.Contains(domain, "_") {
		return nil, &Problem{Kind: NotEmail}
	}
	return text, nil
}

// isOdd tells the characters that are neither ASCII nor written in words: some are invisible, others look like an @ or a dot.
func isOdd(r rune) bool {
	return r > unicode.MaxASCII && !unicode.In(r, unicode.Letter, unicode.Mark, unicode.Number)
}

func parseBoolean(text string) (any, *Problem) {
	switch strings.ToLower(text) {
	case "true", "yes", "on", "1":
		return true, nil
	case "false", "no", "off", "0":
		return false, nil
	}
	return nil, &Problem{Kind: NotBoolean}
}

func schemeList(schemes []string) string {
	withSlashes := make([]string, len(schemes))
	for i, scheme := range schemes {
		withSlashes[i] = scheme + "://"
	}
	return orList(withSlashes)
}

func orList(words []string) string { return List(words, "or") }

// List joins words as a sentence has them: "a, b or c", where last is "or".
func List(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + last + " " + words[len(words)-1]
}
