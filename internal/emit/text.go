package emit

import (
	"regexp"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/jsonc"
)

// plainText are texts that mean the same with and without quotes; yamlWords are those that don't.
var (
	plainText = regexp.MustCompile(`^[A-Za-z]([A-Za-z0-9 ,.()/_'-]|:[A-Za-z0-9/])*$`)
	yamlWords = strings.Fields("true false null yes no on off y n")
)

// YAML writes a text as a value in YAML, without quotes where it reads well.
func YAML(text string) string {
	if plainText.MatchString(text) && !strings.HasSuffix(text, " ") && !slices.Contains(yamlWords, strings.ToLower(text)) {
		return text
	}
	return JSON(text)
}

// JSON writes a value as JSON in one line, as people read it. That is YAML too.
func JSON(v any) string { return jsonc.Quote(v) }
