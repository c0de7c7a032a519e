package field

import (
	"errors"
	"math"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxSize is how many bytes a value may have: more than any credential needs, and what every keychain takes, in parts.
const MaxSize = 256 << 10

// Parse returns the value that text stands for: a string for text, password, email, choice and multiline, a *url.URL, an
// int64, a bool or a time.Duration for the types named after them. Space around a value is ignored, except in text,
// password and multiline. An error is always a *[Problem].
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

// Problems returns every problem that [Field.Parse] can report for f, in the order in which it looks for them.
func (f Field) Problems() []*Problem {
	problems := []*Problem{{Kind: Empty}, {Kind: TooBig, Want: strconv.Itoa(MaxSize)}, {Kind: NotText}}
	add := func(when bool, kind Kind, want string) {
		if when {
			problems = append(problems, &Problem{kind, want})
		}
	}
	add(f.Type != Multiline, NotOneLine, "")
	switch f.Type {
	case Text, Password, Multiline:
		add(f.MinLength > 0, TooShort, strconv.Itoa(f.MinLength))
		add(f.MaxLength > 0, TooLong, strconv.Itoa(f.MaxLength))
		add(f.Prefix != "", NoPrefix, f.Prefix)
		add(f.Pattern != "", NoMatch, f.Pattern)
	case URL:
		add(true, NotURL, "")
		add(true, OtherScheme, schemeList(f.AcceptedSchemes()))
		add(!f.UserInfo, HasUserInfo, "")
		add(len(f.Hosts) > 0, OtherHost, orList(f.Hosts))
	case Email:
		add(true, NotEmail, "")
	case Integer:
		low, high := f.Range.bounds()
		add(true, NotInteger, "")
		add(true, TooSmall, strconv.FormatInt(low, 10))
		add(true, TooLarge, strconv.FormatInt(high, 10))
	case Boolean:
		add(true, NotBoolean, "")
	case Choice:
		add(true, NotChoice, orList(f.Choices))
	case Duration:
		add(true, NotDuration, "")
	}
	return problems
}

func (f Field) parse(text string) (any, *Problem) {
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
		return f.parseURL(text)
	case Email:
		return parseEmail(text)
	case Integer:
		return f.parseInteger(text)
	case Boolean:
		return parseBoolean(text)
	case Choice:
		if !slices.Contains(f.Choices, text) {
			return nil, &Problem{NotChoice, orList(f.Choices)}
		}
		return text, nil
	case Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return nil, &Problem{Kind: NotDuration}
		}
		return d, nil
	default:
		return text, f.checkString(text)
	}
}

// checkText checks what holds for a value of any type.
func (f Field) checkText(text string) *Problem {
	switch {
	case text == "":
		return &Problem{Kind: Empty}
	case len(text) > MaxSize:
		return &Problem{TooBig, strconv.Itoa(MaxSize)}
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return &Problem{Kind: NotText}
	case f.Type != Multiline && strings.ContainsFunc(text, isControl):
		return &Problem{Kind: NotOneLine}
	}
	return nil
}

// isControl includes the line and paragraph separators, which end a line on the screen although they are no controls.
func isControl(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }

func (f Field) checkString(text string) *Problem {
	length := utf8.RuneCountInString(text)
	switch {
	case length < f.MinLength:
		return &Problem{TooShort, strconv.Itoa(f.MinLength)}
	case f.MaxLength > 0 && length > f.MaxLength:
		return &Problem{TooLong, strconv.Itoa(f.MaxLength)}
	case !strings.HasPrefix(text, f.Prefix):
		return &Problem{NoPrefix, f.Prefix}
	}
	if f.Pattern == "" {
		return nil
	}
	// A pattern that does not compile is refused by the generator and by the runtime's Open; here it matches nothing.
	if re, err := CompilePattern(f.Pattern); err != nil || !re.MatchString(text) {
		return &Problem{NoMatch, f.Pattern}
	}
	return nil
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
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" || !validHost(u) {
		return nil, &Problem{Kind: NotURL}
	}
	if !slices.Contains(f.AcceptedSchemes(), u.Scheme) {
		return nil, &Problem{OtherScheme, schemeList(f.AcceptedSchemes())}
	}
	if u.User != nil && !f.UserInfo {
		return nil, &Problem{Kind: HasUserInfo}
	}
	if len(f.Hosts) > 0 && !slices.ContainsFunc(f.Hosts, func(host string) bool { return hostMatches(host, u.Hostname()) }) {
		return nil, &Problem{OtherHost, orList(f.Hosts)}
	}
	return u, nil
}

// validHost reports whether u has a host that looks on the screen like what a resolver gets: ASCII only (RFC 3986,
// section 3.2.2; other scripts are written in punycode), and with a port that exists.
func validHost(u *url.URL) bool {
	host := u.Hostname()
	if host == "" || strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return false
	}
	if !strings.Contains(u.Host, ":") || strings.HasSuffix(u.Host, "]") {
		return true
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && port > 0
}

func hostMatches(pattern, host string) bool {
	pattern, host = strings.ToLower(pattern), strings.TrimSuffix(strings.ToLower(host), ".")
	if suffix, ok := strings.CutPrefix(pattern, "*"); ok {
		return len(host) > len(suffix) && strings.HasSuffix(host, suffix)
	}
	return host == pattern
}

// parseEmail accepts an addr-spec of RFC 5322, as net/mail reads it, within the lengths of RFC 5321, section 4.5.3.1.
func parseEmail(text string) (any, *Problem) {
	address, err := mail.ParseAddress(text)
	// An address that is not its own text had a display name, a comment, quotes or angle brackets.
	if err != nil || address.Name != "" || address.Address != text || len(text) > 254 || strings.LastIndexByte(text, '@') > 64 {
		return nil, &Problem{Kind: NotEmail}
	}
	return text, nil
}

func (f Field) parseInteger(text string) (any, *Problem) {
	low, high := f.Range.bounds()
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange) && n == math.MinInt64 || err == nil && n < low:
		return nil, &Problem{TooSmall, strconv.FormatInt(low, 10)}
	case errors.Is(err, strconv.ErrRange) || err == nil && n > high:
		return nil, &Problem{TooLarge, strconv.FormatInt(high, 10)}
	case err != nil:
		return nil, &Problem{Kind: NotInteger}
	}
	return n, nil
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

func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
