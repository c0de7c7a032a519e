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
	f.Fuzz(func(t *testing.T, text, value string) {
		for _, info := range dictionaries(text, value) {
			converts(t, info)
		}
	})
}

type object = map[string]any

// dictionaries are some with texts and a value in all places where a schema takes such. Each is accepted or not by itself.
func dictionaries(text, value string) []object {
	return []object{
		{
			"one": object{"help_text": text, "min_length": 3, "renamed_from": []string{"old"}},
			"two": object{"field_type": "choice", "choices": []string{value, "other"}, "default": value, "required": true},
		},
		{
			"region": object{"field_type": "choice", "choices": []any{object{"value": "eu", "label": value}, "us"}, "open": true, "default": "eu"},
			"late":   object{"required_when": object{"region": []string{"eu", "us"}}, "label": value, "deprecated": text},
		},
		{
			"tags":  object{"field_type": "text", "list": true, "default": []string{value, "b"}, "unique": true, "max_items": 5, "examples": []string{value}},
			"ident": object{"field_type": "text", "pattern": ".*", "pattern_help": value, "prefix": []string{value, "pk_"}, "placeholder": value},
		},
		{
			"account": object{"field_type": "file", "format": "json", "keys": []string{value}, "default": "~/" + value},
			"made":    object{"derived": value + "{account_id}"}, "account_id": object{"field_type": "text", "sent_to": "there"},
			"there": object{"field_type": "url", "schemes": []string{"https"}, "default": "https://a.example/" + value},
		},
		{
			"ratio": object{"field_type": "number", "min": 0.5, "max": 1e10, "default": 0.75}, "wait": object{"field_type": "duration", "min": "1s"},
			"pin":  object{"field_type": "integer", "confidential": true, "examples": []int{1111}, "docs": "https://a.example/" + value},
			"cert": object{"field_type": "multiline", "confidential": false, "format": "pem", "default": text},
		},
	}
}

func converts(t *testing.T, dictionary object) {
	t.Helper()
	info, err := json.Marshal(dictionary)
	if err != nil {
		return
	}
	from := filepath.Join(t.TempDir(), "info.json")
	if err := os.WriteFile(from, info, 0o666); err != nil {
		t.Fatal(err)
	}
	want, err := templates.Parse("want", []byte(`{"version": 1, "server": "pets", "secrets": `+string(info)+`}`))
	if err != nil {
		return
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
}

// TestDictionaries: texts and values that are plain are accepted everywhere, so that the law of FuzzConvert is tried on all of it.
func TestDictionaries(t *testing.T) {
	for i, dictionary := range dictionaries("Some text", "plain") {
		if i == 4 {
			delete(dictionary["cert"].(object), "default") // which is no PEM
		}
		info, err := json.Marshal(dictionary)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := templates.Parse("want", []byte(`{"version": 1, "server": "pets", "secrets": `+string(info)+`}`)); err != nil {
			t.Errorf("%v\n%s", err, info)
		}
		converts(t, dictionary)
	}
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
