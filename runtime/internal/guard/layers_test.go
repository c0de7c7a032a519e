package guard

import (
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"
)

// What is escaped all over, and that again, is found.
func TestAllEscaped(t *testing.T) {
	all := map[string]func(string) string{
		"percent": func(s string) string { return percentAll(s, "%%%02X") },
		"HTML":    func(s string) string { return escapeAll(s, "&#%d;") },
		"hex":     func(s string) string { return escapeAll(s, "&#x%X;") },
		"JSON":    func(s string) string { return escapeAll(s, `\u%04x`) },
		"path":    url.PathEscape,
		"names":   html.EscapeString,
	}
	for value, g := range guards {
		block := blocks(value[len(prefixOf(value)):], nil)[0].text
		for first, a := range all {
			for second, b := range all {
				for third, c := range all {
					if text := "x " + c(b(a(block))) + " y"; !masks(g, text) {
						t.Errorf("%s, %s, %s of %q: %.80s", first, second, third, block, text)
					}
				}
			}
		}
	}
}

// Characters that JSON writes as two escapes are found in JSON in JSON in JSON, where the two don't touch.
func TestPairsOfEscapes(t *testing.T) {
	const value = "arm🐕mяzωパg6👍1"
	g := learn(value)
	var escaped strings.Builder
	for _, c := range utf16.Encode([]rune(value)) {
		fmt.Fprintf(&escaped, `\u%04X`, c)
	}
	text := "x " + escaped.String() + " y"
	for range layers {
		text = quote(text)
		if message := []byte(`"` + text + `"`); &g.JSON(message)[0] == &message[0] {
			t.Errorf("%.80s", text)
		}
	}
}

func masks(g *Guard, text string) bool {
	message := []byte(`"` + quote(text) + `"`)
	return &g.JSON(message)[0] != &message[0]
}
