package emit_test

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/emit"
	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/schema"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

const docs = "../../docs/formats.md"

// samples are a secret of each type, all in one schema.
var samples = map[field.Type]string{
	field.Choice: "choices: [eu, us]",
}

// rules are what a schema can say of a secret beside its type: an example of each, and what a person has to see of it where a
// format has no place for it.
var rules = []struct{ name, secret, sign string }{
	{"label", "label: The label", "The label"},
	{"required", "required: true", "the server asks"},
	{"default", "field_type: text, default: standard", "standard"},
	{"help_text", "label: Key, help_text: See the account page.", "See the account page."},
	{"docs", "docs: 'https://pets.example/help'", "https://pets.example/help"},
	{"placeholder", "placeholder: such as this", "such as this"},
	{"env", "env: FIRST", "FIRST"},
	{"min, max", "field_type: integer, min: 11, max: 99", "must be 11 or more"},
	{"min_length, max_length", "min_length: 11, max_length: 99", "at least 11 characters"},
	{"prefix, pattern", "prefix: sk-, pattern: sk-.*", "must begin with sk-"},
	{"choices", "field_type: choice, choices: [eu, us]", "eu, us"},
	{"open", "field_type: choice, choices: [eu, us], open: true", "Such as: eu, us"},
	{"schemes, hosts", "field_type: url, schemes: [https], hosts: [a.example]", "on the host a.example"},
	{"user_info", "field_type: url, user_info: true", "user information"},
	{"sent_to", "sent_to: there", "sent to the address"},
	{"permission, remember, scope", "permission: dialog, remember: 5m, scope: tool", "5m"},
	{"renamed_from", "renamed_from: before", "before"},
	{"deprecated", "deprecated: Use the other.", "Use the other."},
	{"go_name", "go_name: Other", "Other"},
}

// TestDocs checks the tables of docs/formats.md: what survives when a schema is emitted and imported.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	want := between(t, text, "types", table("type", typeNames(), func(row int, format string) string {
		kind := field.Types()[row]
		_, back := importedSecret(t, format, fmt.Sprintf("{field_type: %s, %s}", kind, samples[kind]))
		if back.Type == kind {
			return "yes"
		}
		return string(back.Type)
	}))
	want = between(t, want, "rules", table("key", ruleNames(), func(row int, format string) string {
		rule := rules[row]
		first, back := importedSecret(t, format, "{"+rule.secret+"}")
		emitted, _, err := emit.Write(format, schemaWith(t, "{"+rule.secret+"}"), withEnv(optionsFor(format)))
		switch {
		case err != nil:
			t.Fatal(err)
		case keeps(first, back):
			return "yes"
		case bytes.Contains(emitted, []byte(rule.sign)):
			return "in the text"
		}
		return "no"
	}))
	if *update {
		if err := os.WriteFile(docs, want, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	same(t, docs+" (go test ./internal/emit -update)", want, text, nil)
}

// keeps reports whether an import has all that the schema says, but for its name and type, and for what a type brings with it.
func keeps(first, back *schema.Secret) bool {
	a, b := first.Field, back.Field
	if first.GoName != back.GoName {
		return false
	}
	b.Name, b.Type = a.Name, a.Type
	if len(a.Env) == 0 {
		b.Env = nil // one is made of the name
	}
	return reflect.DeepEqual(a, b)
}

func schemaWith(t *testing.T, secret string) *schema.File {
	t.Helper()
	file, err := templates.Parse("secrets.yaml", []byte("version: 1\nserver: pets\nsecrets:\n  one: "+secret+"\n  there: {field_type: url}\n"))
	if err != nil {
		t.Fatal(err)
	}
	return file.File
}

// importedSecret returns a secret, and what it is once it was emitted and imported.
func importedSecret(t *testing.T, format, secret string) (first, back *schema.Secret) {
	t.Helper()
	file := schemaWith(t, secret)
	text, _, err := emit.Write(format, file, withEnv(optionsFor(format)))
	if err != nil {
		t.Fatal(err)
	}
	read, err := emit.Read(text, "pets", "")
	if err != nil {
		t.Fatal(err)
	}
	imported, err := templates.ParseInfo("import", read.Server, read.Info)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range imported.Secrets {
		if s.Name == "one" || s.Name == "first" {
			return file.Secret("one"), s
		}
	}
	t.Fatalf("%s has no such secret: %s", format, text)
	return nil, nil
}

func typeNames() (names []string) {
	for _, kind := range field.Types() {
		names = append(names, string(kind))
	}
	return names
}

func ruleNames() (names []string) {
	for _, rule := range rules {
		names = append(names, rule.name)
	}
	return names
}

func table(corner string, rows []string, cell func(row int, format string) string) string {
	formats, _ := emit.Formats()
	var text strings.Builder
	fmt.Fprintf(&text, "| %s | %s |\n|---|%s\n", corner, strings.Join(formats, " | "), strings.Repeat("---|", len(formats)))
	for i, row := range rows {
		fmt.Fprintf(&text, "| `%s` |", strings.ReplaceAll(row, ", ", "`, `"))
		for _, format := range formats {
			fmt.Fprintf(&text, " %s |", cell(i, format))
		}
		text.WriteString("\n")
	}
	return text.String()
}

// between returns a text with a table between two comments.
func between(t *testing.T, text []byte, name, table string) []byte {
	t.Helper()
	begin, end := fmt.Sprintf("<!-- %s: begin -->\n", name), fmt.Sprintf("<!-- %s: end -->", name)
	before, rest, ok := bytes.Cut(text, []byte(begin))
	_, behind, ended := bytes.Cut(rest, []byte(end))
	if !ok || !ended {
		t.Fatalf("%s has no table %s", docs, name)
	}
	return []byte(string(before) + begin + table + end + string(behind))
}
