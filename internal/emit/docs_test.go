package emit_test

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
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

// rules are what a schema can say of a secret beside its type, and beside its secrets: an example of each, with what else is in the
// file, and what a person has to see of it where a format has no place for it.
var rules = []struct{ name, secret, sign, more string }{
	{name: "label", secret: "label: The label", sign: "The label"},
	{name: "confidential of a text", secret: "field_type: text, confidential: true", sign: "It is confidential."},
	{name: "confidential of an integer", secret: "field_type: integer, confidential: true", sign: "must be a whole number"},
	{name: "required", secret: "required: true", sign: "the server asks"},
	{name: "required_when", secret: "required_when: {mode: cloud}", sign: "The server asks for it while Mode is cloud",
		more: "  mode: {label: Mode, field_type: choice, choices: [cloud, own]}\n"},
	{name: "default", secret: "field_type: text, default: standard", sign: "standard"},
	{name: "help_text", secret: "label: Key, help_text: See the account page.", sign: "See the account page."},
	{name: "docs", secret: "docs: 'https://pets.example/help'", sign: "https://pets.example/help"},
	{name: "placeholder", secret: "placeholder: such as this", sign: "such as this"},
	{name: "examples of what is public", secret: "field_type: text, examples: [cat]", sign: "cat"},
	{name: "examples of what is confidential", secret: "examples: [an example]", sign: "an example"},
	{name: "env", secret: "env: FIRST", sign: "FIRST"},
	{name: "min, max of an integer", secret: "field_type: integer, min: 11, max: 99", sign: "must be 11 or more"},
	{name: "min, max of a number", secret: "field_type: number, min: 0.5, max: 1.5", sign: "must be 0.5 or more"},
	{name: "min, max of a duration", secret: "field_type: duration, min: 1s, max: 1m", sign: "must be 1s or more"},
	{name: "min_length, max_length", secret: "min_length: 11, max_length: 99", sign: "at least 11 characters"},
	{name: "pattern", secret: "field_type: text, pattern: 'a+'", sign: "a+"},
	{name: "pattern, pattern_help", secret: "field_type: text, pattern: 'a+', pattern_help: some letters a", sign: "some letters a"},
	{name: "prefix", secret: "prefix: [sk-, pk-]", sign: "must begin with sk- or pk-"},
	{name: "format", secret: "field_type: text, format: uuid", sign: "must be a UUID"},
	{name: "format: path", secret: "field_type: text, format: path", sign: "must be a full path"},
	{name: "keys", secret: "field_type: text, format: json, keys: [a, b]", sign: "the keys a, b"},
	{name: "choices", secret: "field_type: choice, choices: [eu, us]", sign: "eu, us"},
	{name: "choices with label", secret: "field_type: choice, choices: [{value: eu, label: Europe}, us]", sign: "eu (Europe), us"},
	{name: "open", secret: "field_type: choice, choices: [eu, us], open: true", sign: "Such as: eu, us"},
	{name: "list, min_items, max_items", secret: "field_type: text, list: true, min_items: 2, max_items: 3", sign: "at least 2 items"},
	{name: "list of choices", secret: "field_type: choice, choices: [eu, us], list: true", sign: "Some of these, with commas between them: eu, us"},
	{name: "unique", secret: "field_type: text, list: true, unique: true", sign: "No two items"},
	{name: "schemes, hosts", secret: "field_type: url, schemes: [https], hosts: [a.example]", sign: "on the host a.example"},
	{name: "user_info", secret: "field_type: url, user_info: true", sign: "user information"},
	{name: "sent_to", secret: "sent_to: there", sign: "sent to the address"},
	{name: "sent_to of fixed hosts", secret: "sent_to: [a.example, b.example]", sign: "sent to: a.example, b.example"},
	{name: "sent_as, reject_on, insecure", secret: "sent_to: [a.example], sent_as: bearer, reject_on: [403], insecure: true", sign: "bearer"},
	{name: "revealed", secret: "sent_to: [a.example], sent_as: bearer, revealed: false", sign: "can only send it"},
	{name: "permission, remember, scope, standing", secret: "permission: dialog, remember: 5m, scope: tool, standing: true", sign: "5m"},
	{name: "renamed_from", secret: "renamed_from: before", sign: "before"},
	{name: "deprecated", secret: "deprecated: Use the other.", sign: "Use the other."},
	{name: "go_name", secret: "go_name: Other", sign: "Other"},
	{name: "derived", secret: "derived: 'Bearer {key}'", more: "  key: {}\n"},
	{name: "groups", sign: "login", more: "groups:\n  login: [one, there]\n"},
	{name: "one_of", sign: "The server asks for one of these: one; or User name and Password.",
		more: "  user: {label: User name, field_type: text}\n  word: {label: Password}\none_of:\n  sign_in:\n    key: [one]\n    account: [user, word]\n"},
	{name: "all_or_none", sign: "All of these or none: one and Certificate.",
		more: "  cert: {label: Certificate, field_type: multiline}\nall_or_none:\n  mtls: [one, cert]\n"},
}

// TestDocsAreComplete: whatever a schema can say of a secret is in a row of docs/formats.md.
func TestDocsAreComplete(t *testing.T) {
	text, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	for key := range secretKeys(t) {
		if slices.Contains([]string{"version", "server", "secrets", "field_type"}, key) {
			continue // what every format has, and the rows of the first table
		}
		row := regexp.MustCompile("(?m)^\\|[^|]*`" + key + "`[^|]*\\|")
		if !row.Match(text) {
			t.Errorf("%s says of no format what becomes of the key %s", docs, key)
		}
	}
}

// TestDocs checks the tables of docs/formats.md: what survives when a schema is emitted and imported.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	want := between(t, text, "types", table("type", typeNames(), func(row int, format string) string {
		kind := field.Types()[row]
		_, back := importedSecret(t, format, fmt.Sprintf("{field_type: %s, %s}", kind, samples[kind]), "")
		if back.Type == kind {
			return "yes"
		}
		return string(back.Type)
	}))
	want = between(t, want, "rules", table("key", ruleNames(), func(row int, format string) string {
		rule := rules[row]
		first, back := importedSecret(t, format, "{"+rule.secret+"}", rule.more)
		emitted, _, err := emit.Write(format, schemaWith(t, "{"+rule.secret+"}", rule.more), withEnv(optionsFor(format)))
		switch {
		case err != nil:
			t.Fatal(err)
		case back == nil:
			return "not asked for"
		case rule.name != "groups" && keeps(first, back):
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
	if a.Confidential() == b.Confidential() {
		b.Secrecy = a.Secrecy // that of another type
	}
	if len(a.Env) == 0 {
		b.Env = nil // one is made of the name
	}
	return reflect.DeepEqual(a, b)
}

func schemaWith(t *testing.T, secret, more string) *schema.File {
	t.Helper()
	file, err := templates.Parse("secrets.yaml", []byte("version: 1\nserver: pets\nsecrets:\n  one: "+secret+"\n  there: {field_type: url}\n"+more))
	if err != nil {
		t.Fatal(err)
	}
	return file.File
}

// importedSecret returns a secret, and what it is once it was emitted and imported, or nil.
func importedSecret(t *testing.T, format, secret, more string) (first, back *schema.Secret) {
	t.Helper()
	file := schemaWith(t, secret, more)
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
	return file.Secret("one"), nil
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

// keysOf finds the keys in the name of a row: what is said of them stands behind.
var keysOf = regexp.MustCompile(`^[a-z_]+(: path)?(, [a-z_]+)*|label$`)

func table(corner string, rows []string, cell func(row int, format string) string) string {
	formats, _ := emit.Formats()
	var text strings.Builder
	fmt.Fprintf(&text, "| %s | %s |\n|---|%s\n", corner, strings.Join(formats, " | "), strings.Repeat("---|", len(formats)))
	for i, row := range rows {
		text.WriteString("| " + keysOf.ReplaceAllStringFunc(row, func(keys string) string {
			return "`" + strings.ReplaceAll(keys, ", ", "`, `") + "`"
		}) + " |")
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
