package schema

import "testing"

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
