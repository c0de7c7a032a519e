package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/emit"
	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/schema"
)

func TestServerName(t *testing.T) {
	long := strings.Repeat("a", 63)
	for _, c := range []struct{ folder, want string }{
		{"petstore", "petstore"},
		{"Pet_Store", "pet_store"},
		{"go-petstore.v2", "go-petstore.v2"},
		{"mcp server", "mcpserver"},
		{".config", "config"},
		{"--", "server"},
		{"", "server"},
		{"/", "server"},
		{"漢字", "server"},
		{"2024", "2024"},
		{"no", "no"},
		{long + "bc", long + "b"},
		{long + "-c", long},
	} {
		got := serverName(c.folder)
		if got != c.want {
			t.Errorf("the server in %q is %q, want %q", c.folder, got, c.want)
		}
		// What the starter says must be a name to the schema language too.
		if _, err := schema.Parse("secrets.yaml", []byte(forServer(starter, got))); err != nil {
			t.Error(err)
		}
	}
}

func TestPlain(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"API key", "API key"},
		{"https://example.com/a", "https://example.com/a"},
		{"it's", "it's"},
		{"trailing ", `"trailing "`},
		{"a: b", `"a: b"`},
		{"a:", `"a:"`},
		{"a #b", `"a #b"`},
		{"No", `"No"`},
		{"2024", `"2024"`},
		{"a<b>", `"a<b>"`},
		{"", `""`},
	} {
		if got := emit.YAML(c.text); got != c.want {
			t.Errorf("%q is written %s, want %s", c.text, got, c.want)
		}
		text := fmt.Sprintf("version: 1\nserver: pets\nsecrets:\n  key:\n    help_text: %s\n", emit.YAML(c.text))
		file, err := schema.Parse("secrets.yaml", []byte(text))
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
		} else if got := file.Secrets[0].Help; got != strings.TrimSpace(c.text) && got != c.text {
			t.Errorf("%q is read as %q", c.text, got)
		}
	}
}

// TestStarterNamesEveryType: who starts with it need not look elsewhere for what there is.
func TestStarterNamesEveryType(t *testing.T) {
	var types []string
	for _, name := range field.Types() {
		types = append(types, string(name))
	}
	if want := "# " + strings.Join(types, ", ") + "\n"; !strings.Contains(starter, want) {
		t.Errorf("the starter has no comment %q", want)
	}
}
