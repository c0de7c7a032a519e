package emit_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/mcpsecrets/mcpsecrets/internal/emit"
	"github.com/mcpsecrets/mcpsecrets/schema"
)

// TestYAMLOfEveryCharacter: whatever character a text has, YAML that holds it is YAML, to the library and to a schema, and says
// that text.
func TestYAMLOfEveryCharacter(t *testing.T) {
	for r := rune(0); r <= 0x10FFF; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		text := "a" + string(r) + "b"
		written := emit.YAML(text)
		var got string
		if err := yaml.Unmarshal([]byte(written), &got); err != nil || got != text {
			t.Errorf("%U is written %s, which is %q, %v", r, written, got, err)
		}
		_, err := schema.Parse("secrets.yaml", fmt.Appendf(nil, "version: 1\nserver: a\nsecrets:\n  b: {pattern_help: %s}\n", written))
		if err == nil || strings.Contains(err.Error(), "YAML") { // pattern_help needs a pattern
			t.Errorf("%U is written %s: %v", r, written, err)
		}
	}
}
