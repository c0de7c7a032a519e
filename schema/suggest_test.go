package schema

import (
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

func TestSuggestion(t *testing.T) {
	for _, c := range []struct{ word, want string }{
		{"passwrd", `, did you mean "password"?`},
		{"PASSWORD", `, did you mean "password"?`},
		{"pasowrd", `, did you mean "password"?`},
		{"lable", `, did you mean "label"?`},
		{"mi", `, did you mean "min"?`},
		{"x", ""},
		{"", ""},
		{"colour", ""},
		{"secret", `, did you mean "password"?`},
		{"int", `, did you mean "integer"?`},
	} {
		var s speller
		if got := s.suggestion(c.word, []string{"password", "label", "min", "max", "integer"}); got != c.want {
			t.Errorf("%q: got %q, want %q", c.word, got, c.want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0},
		{"abc", "acb", 1}, {"abc", "abd", 1}, {"abc", "abcd", 1}, {"abc", "bc", 1}, {"kitten", "sitting", 3},
	} {
		if got := wording.Distance(c.a, c.b); got != c.want {
			t.Errorf("%q, %q: got %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
