package field

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// Each row is a text and the problem that the field has with it, "" for none.
func TestParse(t *testing.T) {
	text := Field{Type: Text}
	for name, row := range map[string]struct {
		field Field
		texts map[string]Kind
	}{
		"text": {text, map[string]Kind{
			"a": "", " a ": "", "漢字": "", "": Empty, "a\nb": NotOneLine, "a\tb": NotOneLine, "a\u2028b": NotOneLine,
			"a\x00b": NotText, "\xff": NotText, strings.Repeat("a", MaxSize): "", strings.Repeat("a", MaxSize+1): TooBig,
		}},
		"length": {Field{Type: Password, MinLength: 2, MaxLength: 3}, map[string]Kind{
			"a": TooShort, "漢": TooShort, "漢字": "", "abc": "", "abcd": TooLong, "漢字かな": TooLong,
		}},
		"open choice": {Field{Type: Choice, Choices: []string{"a", "b\u200bc"}, Open: true}, map[string]Kind{
			"a": "", "b\u200bc": "", "b": "", " b ": "", "": Empty, "d\u200be": Unseen, "f\ng": NotOneLine}},
		"pattern with words":       {Field{Type: Text, Pattern: "[A-Z]+", PatternHelp: "capitals"}, map[string]Kind{"AB": "", "ab": OtherShape}},
		"example":                  {Field{Type: Password, MinLength: 3, Examples: []string{"xxxx"}}, map[string]Kind{"xxxx": IsExample, "xxxxx": "", "xx": TooShort}},
		"example of several lines": {Field{Type: Multiline, Examples: []string{"a\nexample\n"}}, map[string]Kind{"a\nexample": IsExample, "a\nb": ""}},
		"example of a setting":     {Field{Type: Text, Examples: []string{"xxxx"}}, map[string]Kind{"xxxx": ""}},
		"prefixes": {Field{Type: Password, Prefixes: []string{"ghp_", "github_pat_"}}, map[string]Kind{
			"ghp_a": "", "github_pat_a": "", "github_pat_": "", "github_": NoPrefix, "GHP_a": NoPrefix, "a": NoPrefix}},
		"prefix":         {Field{Type: Password, Prefixes: []string{"sk_"}}, map[string]Kind{"sk_a": "", "sk_": "", "SK_a": NoPrefix, "a": NoPrefix}},
		"pattern":        {Field{Type: Text, Pattern: "a|b"}, map[string]Kind{"a": "", "b": "", "ab": NoMatch, "xa": NoMatch, "bx": NoMatch}},
		"broken pattern": {Field{Type: Text, Pattern: "a)|(b"}, map[string]Kind{"a": NoMatch, "b": NoMatch}},
		"multiline":      {Field{Type: Multiline}, map[string]Kind{"a\nb\n": "", "a\tb": "", "a\x00": NotText}},
		"url": {Field{Type: URL}, map[string]Kind{
			"https://a.example": "", "http://127.0.0.1:8080/x?y#z": "", " https://a.example ": "", "HTTPS://a.example": "",
			"https://[::1]:8080": "", "https://[::1]": "", "https://xn--fsq.example": "", "https://a.example:65535": "",
			"a.example": NotURL, "/x": NotURL, "https://": NotURL, "https:///x": NotURL, "https:a.example": NotURL,
			"mailto:a@b.example": NotURL, "javascript:alert(1)": NotURL, "https://例え.example": NotURL, "https://a b": NotURL,
			"https://a.example:0": NotURL, "https://a.example:65536": NotURL, "https://a.example:": NotURL, "https://a.example:x": NotURL,
			"https://good.example\\@evil.example": NotURL, "https://a.example/\x7f": NotOneLine,
			"ftp://a.example": OtherScheme, "file://a/b": OtherScheme,
			"https://user@a.example": HasUserInfo, "https://user:pw@a.example": HasUserInfo, "https://good.example@evil.example": HasUserInfo,
		}},
		"url rules": {Field{Type: URL, Schemes: []string{"postgres"}, Hosts: []string{"a.example", "*.b.example"}, UserInfo: true}, map[string]Kind{
			"postgres://u:p@a.example/db": "", "postgres://x.b.example": "", "postgres://x.y.b.example": "", "postgres://A.EXAMPLE.": "",
			"https://a.example": OtherScheme, "postgres://b.example": OtherHost, "postgres://xb.example": OtherHost, "postgres://a.example.evil": OtherHost,
		}},
		"email": {Field{Type: Email}, map[string]Kind{
			"a@b.example": "", "a.b+c@d.example": "", " a@b.example ": "", "o'hara@b.example": "",
			"a": NotEmail, "a@": NotEmail, "@b.example": NotEmail, "A <a@b.example>": NotEmail, "<a@b.example>": NotEmail,
			"a@b.example, c@d.example": NotEmail, "a@b.example (x)": NotEmail, `"a b"@c.example`: NotEmail, "a..b@c.example": NotEmail,
			strings.Repeat("a", 64) + "@b.example": "", strings.Repeat("a", 65) + "@b.example": NotEmail,
			"a@" + strings.Repeat("b", 253): NotEmail,
		}},
		"integer": {Field{Type: Integer, Range: Between(-1, 10)}, map[string]Kind{
			"0": "", "-1": "", "10": "", "+3": "", " 4 ": "", "-2": TooSmall, "11": TooLarge, "99999999999999999999": TooLarge,
			"-99999999999999999999": TooSmall, "1.0": NotInteger, "0x1": NotInteger, "1_0": NotInteger, "one": NotInteger,
		}},
		"boolean":  {Field{Type: Boolean}, map[string]Kind{"true": "", "True": "", "no": "", "1": "", "off": "", "maybe": NotBoolean, "2": NotBoolean}},
		"choice":   {Field{Type: Choice, Choices: []string{"eu", "us"}}, map[string]Kind{"eu": "", " us ": "", "EU": NotChoice, "x": NotChoice}},
		"duration": {Field{Type: Duration}, map[string]Kind{"1h30m": "", "0": NotPositive, "5": NotDuration, "1 h": NotDuration, "soon": NotDuration}},
	} {
		for input, want := range row.texts {
			value, err := row.field.Parse(input)
			var problem *Problem
			got := Kind("")
			if errors.As(err, &problem) {
				got = problem.Kind
			}
			if got != want || (err == nil) != (value != nil) {
				t.Errorf("%s: %.60q: %v %q, want %q", name, input, value, got, want)
			}
			if problem != nil && !foresees(row.field, problem) {
				t.Errorf("%s: %.60q: Problems does not foresee %q", name, input, problem)
			}
			if err != nil && len(input) > 8 && strings.Contains(err.Error(), input) {
				t.Errorf("%s: the problem holds the value: %v", name, err)
			}
		}
	}
}

// foresees reports whether the field names the problem in advance, all but what was found.
func foresees(f Field, problem *Problem) bool {
	return slices.ContainsFunc(f.Problems(), func(p *Problem) bool { return p.Kind == problem.Kind && p.Want == problem.Want })
}

func TestParseReturnsTheGoType(t *testing.T) {
	for kind, row := range map[Type]struct {
		text string
		want any
	}{
		Text: {" a ", " a "}, Password: {"p", "p"}, Email: {" a@b.example", "a@b.example"}, Integer: {"-7", int64(-7)},
		Boolean: {"Yes", true}, Duration: {"90s", 90 * time.Second}, Multiline: {"a\nb", "a\nb"},
	} {
		if got, err := (Field{Type: kind}).Parse(row.text); err != nil || got != row.want {
			t.Errorf("%s: %v, %v, want %v", kind, got, err, row.want)
		}
	}
}

func TestEveryProblemHasASentence(t *testing.T) {
	for kind, sentence := range Problems() {
		if !strings.HasPrefix(sentence, "must ") || strings.HasSuffix(sentence, ".") {
			t.Errorf("%s: %q does not continue \"the value\"", kind, sentence)
		}
	}
}

func TestValidName(t *testing.T) {
	for name, want := range map[string]bool{
		"api_key": true, "a": true, "a.b-c_0": true, "0": true, strings.Repeat("a", MaxNameLength): true,
		"": false, "API": false, "a b": false, "é": false, "a:b": false, strings.Repeat("a", MaxNameLength+1): false,
		"__secret_index__": false, "__part__.x": false,
	} {
		if got := ValidName(name); got != want {
			t.Errorf("ValidName(%q) = %t", name, got)
		}
	}
}
