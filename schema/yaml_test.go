package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// notForGoccy is what goccy/go-yaml refuses, although it is YAML.
var notForGoccy = []string{"tab-before-key.yaml"}

// TestTreeAgreesWithLibrary: our tree says what goccy/go-yaml, which has a scanner and a parser of its
// own, decodes.
func TestTreeAgreesWithLibrary(t *testing.T) {
	for _, path := range files(t, "valid") {
		src := read(t, path)
		tree, mistakes := parseTree(src)
		if mistakes != nil {
			t.Fatal(mistakes)
		}
		var want any
		err := yaml.Unmarshal(src, &want)
		if slices.Contains(notForGoccy, filepath.Base(path)) {
			if err == nil {
				t.Errorf("%s: goccy/go-yaml reads it now", path)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if diff := cmp.Diff(plain(want), plain(tree.value())); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
}

// TestTreeAgreesWithJSON: JSON is YAML. Read as either, a schema is the same tree, with the same places.
func TestTreeAgreesWithJSON(t *testing.T) {
	for _, path := range files(t, "valid") {
		tree, _ := parseTree(read(t, path))
		oneLine, err := json.Marshal(tree.value())
		if err != nil {
			t.Fatal(err)
		}
		var indented bytes.Buffer
		if err := json.Indent(&indented, oneLine, "", "\t"); err != nil {
			t.Fatal(err)
		}
		for _, src := range []string{string(oneLine), indented.String(), escaped(indented.String())} {
			want, mistakes := parseJSON(src)
			if mistakes != nil {
				t.Fatal(mistakes)
			}
			got, mistakes := parseYAML(src)
			diff := cmp.Diff(want, got, cmp.AllowUnexported(node{}, entry{}), cmpopts.EquateEmpty())
			if diff != "" || mistakes != nil {
				t.Errorf("%s: %v\n%s\n%s", path, mistakes, diff, src)
			}
		}
	}
}

// escaped writes what is not ASCII as JSON's escapes.
func escaped(src string) string {
	var b strings.Builder
	for _, r := range src {
		switch {
		case r < utf8.RuneSelf:
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04X`, high, low)
		}
	}
	return b.String()
}

// TestTexts: a text is what YAML says it is, to the last character.
func TestTexts(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"one\ttwo", "one\ttwo"},
		{"one\t\ttwo \tthree \t # comment", "one\t\ttwo \tthree"},
		{"'one\ttwo'", "one\ttwo"},
		{"\"one\ttwo\\t\"", "one\ttwo\t"},
		{"|\n  \tone\n  two\t{\n", "\tone\ntwo\t{\n"},
		{"|\n  \t{\n  \n\n", "\t{\n"},
		{">-\n  one\n  two\n", "one two"},
		{"one\n  two\n", "one two"},
		{"https://a.example:80/?b=c#d", "https://a.example:80/?b=c#d"},
		{"2001-12-14", "2001-12-14"},
		{`"\ud83d\udd11 \uD83D\uDD11\\"`, `🔑 🔑\`},
		{`"\U0001F511\0"`, "🔑\x00"},
		{`"\\ud83d\\udd11"`, `\ud83d\udd11`},
		{`\ud83d\udd11`, `\ud83d\udd11`},
		{`'\ud83d\udd11'`, `\ud83d\udd11`},
		{`\U0001F511\0`, `\U0001F511\0`},
		{"|-\n  {\"a\": \"\\ud83d\\udd11\"}\n", `{"a": "\ud83d\udd11"}`},
	} {
		tree, mistakes := parseYAML("text: " + c.src)
		if mistakes != nil {
			t.Errorf("%q: %v", c.src, mistakes)
			continue
		}
		if got := tree.entries[0].value; got.kind != text || got.text != c.want {
			t.Errorf("%q: got %q of kind %d, want %q", c.src, got.text, got.kind, c.want)
		}
	}
}

// plain makes decoded values comparable: numbers, and keys that are no text, as their text.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for key, value := range v {
			m[key] = plain(value)
		}
		return m
	case []any:
		items := []any{}
		for _, item := range v {
			items = append(items, plain(item))
		}
		return items
	case int, int64, uint64, float64, json.Number:
		return fmt.Sprint(v)
	}
	return v
}
