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

// otherWords are what other languages call a known word, in small letters and in one word. Some call a type and a key alike: the
// one that is known where the word stands is meant.
var otherWords = map[string][]string{
	"string": {"text"}, "str": {"text"}, "int": {"integer"}, "float": {"number"}, "double": {"number"}, "decimal": {"number"},
	"bool": {"boolean"}, "enum": {"choice", "choices"}, "select": {"choice"}, "secret": {"password", "confidential"},
	"token": {"password"}, "uri": {"url"}, "mail": {"email"}, "filepath": {"file"}, "textarea": {"multiline"},
	"type": {"field_type"}, "title": {"label"}, "name": {"label"}, "description": {"help_text"}, "help": {"help_text"},
	"link": {"docs"}, "regex": {"pattern"}, "options": {"choices"}, "enumvalues": {"choices"}, "minimum": {"min"}, "maximum": {"max"},
	"sensitive": {"confidential"}, "issecret": {"confidential"}, "hidden": {"confidential"}, "masked": {"confidential"},
	"array": {"list"}, "multiple": {"list"}, "isrepeated": {"list"}, "template": {"derived"}, "envvar": {"env"}, "environment": {"env"},
	"when": {"required_when"}, "if": {"required_when"}, "dependson": {"required_when"}, "requiredif": {"required_when"},
	"anyof": {"one_of"}, "either": {"one_of"}, "alternatives": {"one_of"}, "together": {"all_or_none"}, "allornothing": {"all_or_none"},
}

// inOneWord takes out what languages put between the words of a name.
var inOneWord = strings.NewReplacer("_", "", "-", "")

// unknown says that word is not one of known: `unknown key "lable", did you mean "label"? (label, field_type)`.
func (s *speller) unknown(what, word string, known []string) string {
	return fmt.Sprintf("unknown %s %s%s (%s)", what, quote(word), s.suggestion(word, known), strings.Join(known, ", "))
}

// suggestion returns `, did you mean "label"?` for the known word that is nearest to word, or "" if none is near.
func (s *speller) suggestion(word string, known []string) string {
	for _, k := range otherWords[inOneWord.Replace(strings.ToLower(word))] {
		if slices.Contains(known, k) {
			return fmt.Sprintf(", did you mean %q?", k)
		}
	}
	known = known[:min(len(known), maxCompared-s.compared)]
	s.compared += len(known)
	nearest := spell.Nearest(word, known, min((len(word)+1)/3, 3))
	if nearest == "" || nearest == word {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", nearest)
}
