package wording

import (
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// TestRulesOfAFile: a person enters a path, and the rules are said of what is in the file.
func TestRulesOfAFile(t *testing.T) {
	for want, f := range map[string]field.Field{
		"": {Type: field.File},
		"The content of the file must be whole PEM blocks, in which each certificate can be read.": {Type: field.File, Format: field.PEMFormat},
		"The content of the file must be JSON.":                                                    {Type: field.File, Format: field.JSONFormat},
		"The content of the file must be a JSON object that has these keys: a, b.":                 {Type: field.File, Format: field.JSONFormat, Keys: []string{"a", "b"}},
		`The content of the file must have at least 9 characters, must begin with # Cookies.`:      {Type: field.File, MinLength: 9, Prefixes: []string{"# Cookies"}},
		"The value must be a JSON object that has these keys: a.":                                  {Type: field.Multiline, Format: field.JSONFormat, Keys: []string{"a"}},
	} {
		if got := English().Rules(f); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
