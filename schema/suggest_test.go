package schema

import (
	"slices"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

func TestSuggestion(t *testing.T) {
	known := []string{"password", "label", "min", "max", "integer"}
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
		if got := s.suggestion(c.word, known); got != c.want {
			t.Errorf("%q: got %q, want %q", c.word, got, c.want)
		}
	}
}

// A word that other languages have for a type and for a key is the one that is known where it stands.
func TestOtherWords(t *testing.T) {
	for _, c := range []struct {
		word  string
		known []string
		want  string
	}{
		{"secret", []string{"text", "password"}, `, did you mean "password"?`},
		{"secret", secretKeyNames, `, did you mean "confidential"?`},
		{"isSecret", secretKeyNames, `, did you mean "confidential"?`},
		{"enum", secretKeyNames, `, did you mean "choices"?`},
		{"enum_values", secretKeyNames, `, did you mean "choices"?`},
		{"depends_on", secretKeyNames, `, did you mean "required_when"?`},
		{"anyOf", []string{"groups", "one_of"}, `, did you mean "one_of"?`},
		{"secret", []string{"secrets", "groups"}, `, did you mean "secrets"?`},
	} {
		var s speller
		if got := s.suggestion(c.word, c.known); got != c.want {
			t.Errorf("%q: got %q, want %q", c.word, got, c.want)
		}
	}
}

// Every other word leads to a word of the language: one that was renamed would lead nowhere, and nobody would be told.
func TestOtherWordsAreKnown(t *testing.T) {
	known := slices.Concat(secretKeyNames, rootKeys, words(field.Types()))
	for other, all := range otherWords {
		for _, word := range all {
			if !slices.Contains(known, word) {
				t.Errorf("%q leads to %q, which is no word of the language", other, word)
			}
		}
		if slices.Contains(known, other) || inOneWord.Replace(other) != other {
			t.Errorf("%q is never looked up", other)
		}
	}
}
