package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/spell"
)

// A speller finds the known word that an author meant. What it may spend on one file is bounded: ten thousand misspelt
// members of a group among ten thousand secrets are not worth a minute.
type speller struct{ compared int }

const maxCompared = 200_000

// otherWords are what other languages call a known word.
var otherWords = map[string]string{
	"string": "text", "str": "text", "int": "integer", "float": "number", "double": "number", "decimal": "number", "bool": "boolean", "enum": "choice", "select": "choice",
	"secret": "password", "token": "password", "uri": "url", "mail": "email", "filepath": "file", "textarea": "multiline",
	"type": "field_type", "description": "help_text", "help": "help_text", "regex": "pattern", "options": "choices", "enum_values": "choices",
}

// unknown says that word is not one of known: `unknown key "lable", did you mean "label"? (label, field_type)`.
func (s *speller) unknown(what, word string, known []string) string {
	return fmt.Sprintf("unknown %s %s%s (%s)", what, quote(word), s.suggestion(word, known), strings.Join(known, ", "))
}

// suggestion returns `, did you mean "label"?` for the known word that is nearest to word, or "" if none is near.
func (s *speller) suggestion(word string, known []string) string {
	if k, ok := otherWords[strings.ToLower(word)]; ok && slices.Contains(known, k) {
		return fmt.Sprintf(", did you mean %q?", k)
	}
	known = known[:min(len(known), maxCompared-s.compared)]
	s.compared += len(known)
	nearest := spell.Nearest(word, known, min((len(word)+1)/3, 3))
	if nearest == "" || nearest == word {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", nearest)
}
