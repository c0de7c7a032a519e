package field

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/mail"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzParse holds, for every type: what is accepted is accepted again, to the same value; what is refused is refused by a
// rule that the field names in advance, and the problem does not tell the text.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "a", "漢字", "-1", "9223372036854775808", "true", "Yes", "1h", "-1h1ns", "a\nb", "\xff",
		"a\u2028",
		"https://user:pw@a.example:80/x", "a@b.example", "postgres://u:p@h1:1,h2/db?host=x", "unix:///run/x.sock", "0.7e1", "~/x", "a.example:22", "a: [1]\n",
		"{\"a\": 1}", "2026-12-31", "aGVsbG8="} {
		f.Add(seed, 1, 100, "", "")
	}
	f.Add("a", 2, 3, "", "")
	f.Add("abcd", 2, 3, "", "")
	f.Add("sk_live_ab", 3, 0, "sk_", "[a-z_]+")
	f.Add("sk_live_ab", 3, 0, "pk_ sk_ sk_live_", "")
	f.Add("ab", 0, -1, "", "a)|(b")
	f.Fuzz(func(t *testing.T, text string, low, high int, prefixes, pattern string) {
		for _, kind := range Types() {
			field := Field{
				Type: kind, MinLength: low, MaxLength: high, Prefixes: strings.Fields(prefixes), Pattern: pattern, UserInfo: len(text)%2 == 0,
				Examples: []string{"sk_live_ab"}, Choices: []string{"a", "true"}, Range: Between(min(int64(low), int64(high)), max(int64(low), int64(high))),
			}
			first, err := field.Parse(text)
			second, again := field.Parse(text)
			if !reflect.DeepEqual(first, second) || !reflect.DeepEqual(err, again) {
				t.Errorf("%s: %q: %v, %v, then %v, %v", kind, text, first, err, second, again)
			}
			if err == nil {
				wantValue(t, field, text, first)
				continue
			}
			var problem *Problem
			if first != nil || !errors.As(err, &problem) || !foresees(field, problem) {
				t.Fatalf("%s: %q: %v, %#v, which Problems does not foresee", kind, text, first, err)
			}
			if problem.Error() == "" {
				t.Errorf("%s: %#v has no sentence", kind, problem)
			}
		}
	})
}

// FuzzFormat holds the same for every format, and for a connection URL and a number: each value has the type that is promised.
func FuzzFormat(f *testing.F) {
	certificate, key := newPEM(f)
	for _, seed := range []string{certificate, key, "a: |\n  x\nb: \"c\n d\"\n- [", "{\"a\": {}}", "eyJhbGciOiJIUzI1NiJ9.e30.AA", "-_==", "123e4567-e89b-12d3-a456-426614174000",
		"2026-12-31", "a.example", "65535", "[::1]:1", "~/x", "postgres://u:p@h1:1,h2/db?host=%2Fx", "mongodb+srv://h", "redis:///?addr=h:1", "unix:///x", "-.5e-7"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fields := []Field{dsn("postgres", "mongodb", "mongodb+srv", "redis", "unix"), {Type: Number, Range: NumbersBetween(-1, 1)}, {Type: File}}
		for _, format := range Formats() {
			for _, kind := range format.Types() {
				fields = append(fields, Field{Type: kind, Format: format, Keys: []string{"a"}[:len(text)%2]})
			}
		}
		for _, field := range fields {
			value, err := field.Parse(text)
			var problem *Problem
			switch {
			case err == nil && field.Type != File && reflect.TypeOf(value) != field.ValueType():
				t.Errorf("%s %s: %q: a %T", field.Type, field.Format, text, value)
			case err == nil && field.IsConnection() && len(field.Destination(text, value)) > MaxHosts+len("mongodb+srv://"):
				t.Errorf("%q: a destination that no question has room for", text)
			case err != nil && (!errors.As(err, &problem) || !foresees(field, problem)):
				t.Errorf("%s %s: %q: %v, which Problems does not foresee", field.Type, field.Format, text, err)
			}
		}
	})
}

// wantValue checks what holds for a value that was accepted, by the rules and not by how they are tested.
func wantValue(t *testing.T, f Field, text string, value any) {
	t.Helper()
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) || len(strings.TrimSpace(text)) > MaxSize {
		t.Errorf("%s: accepted %q", f.Type, text)
	}
	if f.Type != Multiline && strings.ContainsAny(strings.TrimSpace(text), "\n\r\v\f\u0085\u2028\u2029") {
		t.Errorf("%s: accepted more than a line: %q", f.Type, text)
	}
	switch value := value.(type) {
	case int64:
		if low, high := f.Range.bounds(); value < low || value > high {
			t.Errorf("%d is not between %d and %d", value, low, high)
		}
	case string:
		isText := f.Type == Text || f.Type == Password || f.Type == Multiline
		if length := utf8.RuneCountInString(value); isText && (length < f.MinLength || f.MaxLength > 0 && length > f.MaxLength ||
			len(f.Prefixes) > 0 && !slices.ContainsFunc(f.Prefixes, func(p string) bool { return strings.HasPrefix(value, p) })) {
			t.Errorf("%s: accepted %q of %d characters, prefixes %q", f.Type, value, length, f.Prefixes)
		}
	}
}

// FuzzURL holds: what a url field accepts has one host, which is plain ASCII and within the rules, and a request goes there.
func FuzzURL(f *testing.F) {
	for _, row := range trickyURLs {
		f.Add(row.text, "good.example")
	}
	for _, text := range []string{"https://a.good.example:1", "https://evilgood.example",
		"https://evil.example:1,a.good.example:1", "https://[::2%25.good.example]"} {
		f.Add(text, "*.good.example")
	}
	f.Fuzz(func(t *testing.T, text, host string) {
		for _, field := range []Field{{Type: URL}, {Type: URL, UserInfo: true}, {Type: URL, UserInfo: true, Hosts: []string{host}}} {
			value, err := field.Parse(text)
			if err != nil {
				continue
			}
			wantOneHost(t, field, text, value.(*url.URL))
		}
	})
}

// wantOneHost checks that everything that reads an accepted url agrees on its host, down to net/http.
func wantOneHost(t *testing.T, f Field, text string, u *url.URL) {
	t.Helper()
	host := u.Hostname()
	if u.User != nil && !f.UserInfo || !slices.Contains(f.AcceptedSchemes(), u.Scheme) {
		t.Errorf("%q: accepted %q", text, u)
	}
	if _, err := netip.ParseAddr(host); err != nil && !isLettersDigitsHyphens(host) {
		t.Errorf("%q: the host is %q", text, host)
	}
	// What a question shows is the host as it stands in the text.
	if !strings.Contains(text, u.Host) {
		t.Errorf("%q: does not show %q", text, u.Host)
	}
	again, err := f.Parse(u.String())
	if len(u.String()) > MaxSize {
		return // escaping has made it longer
	}
	if err != nil {
		t.Fatalf("%q: accepted, but not as %q: %v", text, u, err)
	}
	if again := again.(*url.URL); again.Host != u.Host || again.Scheme != u.Scheme || again.User.String() != u.User.String() {
		t.Errorf("%q: %q, once more %q", text, u, again)
	}
	dialled, header := requestTo(t, u)
	if dialled != host || !strings.EqualFold(header, u.Host) {
		t.Errorf("%q: the host is %q, a request goes to %q with the header %q", text, host, dialled, header)
	}
	if len(f.Hosts) == 0 {
		return
	}
	name := strings.TrimSuffix(strings.ToLower(dialled), ".")
	if !slices.ContainsFunc(f.Hosts, func(rule string) bool {
		below, wild := strings.CutPrefix(strings.ToLower(rule), "*.")
		return name == below && !wild || wild && strings.HasSuffix(name, "."+below)
	}) {
		t.Errorf("%q: a request goes to %q, the rule is %q", text, dialled, f.Hosts)
	}
}

// isLettersDigitsHyphens reports whether host is made of labels that any resolver takes.
func isLettersDigitsHyphens(host string) bool {
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "-") != label || strings.ContainsFunc(label, func(r rune) bool {
			return r != '-' && r != '_' && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r))
		}) {
			return false
		}
	}
	return true
}

// requestTo sends a request to u as far as the connection, and returns the host dialled and the header that names it.
func requestTo(t *testing.T, u *url.URL) (dialled, header string) {
	t.Helper()
	stop := errors.New("far enough")
	dial := func(_ context.Context, _, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			t.Errorf("%q: dials %q: %v", u, address, err)
		}
		dialled = host
		return nil, stop
	}
	request, err := http.NewRequest(http.MethodGet, u.String(), nil)
	if err != nil {
		t.Errorf("%q: %v", u, err)
		return "", ""
	}
	transport := &http.Transport{DialContext: dial, DialTLSContext: dial}
	response, err := transport.RoundTrip(request)
	if err == nil {
		_ = response.Body.Close()
	}
	if !errors.Is(err, stop) {
		t.Errorf("%q: %v", u, err)
	}
	return dialled, request.Host
}

// FuzzEmail holds: what an email field accepts is an address of RFC 5322, which net/mail reads back from any place where an
// address can stand, and which fits a command of RFC 5321.
func FuzzEmail(f *testing.F) {
	for _, row := range trickyEmails {
		f.Add(row.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		value, err := Field{Type: Email}.Parse(text)
		if err != nil {
			return
		}
		address := value.(string)
		if address != strings.TrimSpace(text) {
			t.Errorf("%q became %q", text, address)
		}
		for _, place := range []string{address, "<" + address + ">", "Name <" + address + ">", address + ", other@b.example",
			"group: " + address + ";"} {
			list, err := mail.ParseAddressList(place)
			if err != nil || list[0].Address != address {
				t.Errorf("%q in %q: %v, %v", address, place, list, err)
			}
		}
		local, domain, ok := strings.Cut(address, "@")
		if !ok || local == "" || len(local) > 64 || len(address) > 254 || !isLettersDigitsHyphens(domain) ||
			strings.HasSuffix(domain, ".") ||
			net.ParseIP(domain) != nil || strings.ContainsFunc(address, func(r rune) bool {
			return r <= ' ' ||
				!unicode.IsGraphic(r) || unicode.IsSpace(r)
		}) ||
			strings.ContainsAny(address, `"(),:;<>[\]`) {
			t.Errorf("accepted %q", address)
		}
	})
}
