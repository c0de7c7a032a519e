package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/reason"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

// FuzzConvert holds the law of init --from: the schema that it writes says what the dictionary said.
func FuzzConvert(f *testing.F) {
	for _, text := range []string{
		"", "API key", "two\nlines", " spaces ", "a: b", "a #b", "- a", "true", "No", "1e5", "2024-01-02", `quote"s and \`, "it's",
		"\ttab", "{}", "[x", "&a", "*a", "!tag", "|", "%", "@", "`", "漢字 😀", "\u2028", "\u00a0", "https://example.com/a?b=c#d", "a:",
	} {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, help, choice string) {
		info, err := json.Marshal(map[string]any{
			"one": map[string]any{"help_text": help, "min_length": 3, "renamed_from": []string{"old"}},
			"two": map[string]any{"field_type": "choice", "choices": []string{choice, "other"}, "default": choice, "required": true},
		})
		if err != nil {
			t.Skip(err)
		}
		from := filepath.Join(t.TempDir(), "info.json")
		if err := os.WriteFile(from, info, 0o666); err != nil {
			t.Fatal(err)
		}
		want, err := templates.Parse("want", []byte(`{"version": 1, "server": "pets", "secrets": `+string(info)+`}`))
		if err != nil {
			t.Skip(err)
		}
		made, err := convert(from, "pets", "")
		if err != nil {
			t.Fatal(err)
		}
		got, err := templates.Parse("got", []byte(made.text))
		if err != nil {
			t.Fatalf("%v in\n%s", err, made.text)
		}
		if want, got := manifestOf(t, want), manifestOf(t, got); want != got {
			t.Errorf("the schema\n%s\nmakes %s\nwant  %s", made.text, got, want)
		}
	})
}

func manifestOf(t *testing.T, file *templates.Schema) string {
	t.Helper()
	file.Name = "secrets.yaml"
	text, err := templates.New(file, templates.Options{}).Manifest(&reason.Found{}).JSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
