package emit_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/mcpsecrets/mcpsecrets/internal/emit"
	"github.com/mcpsecrets/mcpsecrets/schema"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

// whole are options with which every format makes a whole file.
var whole = emit.Options{
	Name: "io.github.somebody/pets", Version: "1.2.3", Description: "Looks after pets.", Author: "Somebody", Command: "server/pets",
	RegistryType: "oci", Identifier: "ghcr.io/somebody/pets:1.2.3", Repository: "https://github.com/somebody/pets",
	Commit: strings.Repeat("0123456789abcdef0123", 2),
}

// optionsFor returns options that every format takes: some have other names than the registry.
func optionsFor(format string) emit.Options {
	o := whole
	if format != "server-json" {
		o.Name = ""
	}
	return o
}

var (
	schemas = flag.Int("schemas", 120, "how many random schemas make a round trip")
	seed    = flag.Uint64("seed", 26, "where the random schemas begin")
)

// TestRoundTrip: what is emitted, imported and emitted again has the same bytes, in every format, whole or a fragment, handed over
// or not. Emitting it into itself changes nothing either.
func TestRoundTrip(t *testing.T) {
	names, _ := emit.Formats()
	for _, file := range goldenSchemas(t) {
		for _, format := range names {
			roundTrip(t, format, file)
		}
	}
	chance := rand.New(rand.NewPCG(20, *seed))
	accepted, missing := 0, secretKeys(t)
	for range *schemas {
		source, err := json.Marshal(randomSchema(chance))
		if err != nil {
			t.Fatal(err)
		}
		file, err := templates.Parse("secrets.json", source)
		if err != nil {
			continue
		}
		accepted++
		for key := range missing {
			if bytes.Contains(source, []byte(`"`+key+`":`)) {
				delete(missing, key)
			}
		}
		for _, format := range names {
			roundTrip(t, format, file.File)
		}
		if t.Failed() {
			t.Fatalf("%s", source)
		}
	}
	if len(missing) > 0 && *schemas >= 120 {
		t.Errorf("no random schema says anything of %q", slices.Sorted(maps.Keys(missing)))
	}
	if accepted < *schemas/5 {
		t.Errorf("%d random schemas are accepted: too few to say something", accepted)
	}
}

// secretKeys are all that a schema can say of a secret, and beside its secrets, but for what no format has a word on.
func secretKeys(t *testing.T) map[string]bool {
	t.Helper()
	var language struct {
		Properties  map[string]any
		Definitions map[string]struct{ Properties map[string]any }
	}
	if err := json.Unmarshal(schema.JSONSchema, &language); err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for key := range language.Properties {
		keys[key] = true
	}
	for key := range language.Definitions["secret"].Properties {
		keys[key] = true
	}
	delete(keys, "groups")
	if len(keys) < 40 {
		t.Fatalf("the JSON Schema has only the keys %q", slices.Sorted(maps.Keys(keys)))
	}
	return keys
}

func roundTrip(t *testing.T, format string, file *schema.File) {
	t.Helper()
	for _, o := range []emit.Options{{}, {Env: true}, optionsFor(format), withEnv(optionsFor(format))} {
		first, _, err := emit.Write(format, file, o)
		if err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		if got := emit.Recognize(first); got != format {
			t.Fatalf("%s is taken for %q:\n%s", format, got, first)
		}
		again, err := emit.Merge(format, file, o, first)
		same(t, format+" into itself", first, again, err)
		read, err := emit.Read(first, file.Server, "")
		if err != nil {
			t.Fatalf("%s: %v\n%s", format, err, first)
		}
		back, err := templates.ParseInfo("import", read.Server, read.Info)
		if err != nil {
			t.Fatalf("%s: %v\n%s\n%s", format, err, read.Info, first)
		}
		second, _, err := emit.Write(format, back.File, o)
		same(t, format, first, second, err)
		merged, err := emit.Merge(format, back.File, o, first)
		same(t, format+" of the import into the first", first, merged, err)
		if t.Failed() {
			t.Fatalf("%s", read.Info)
		}
	}
}

func withEnv(o emit.Options) emit.Options {
	o.Env = true
	return o
}

func same(t *testing.T, what string, want, got []byte, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v\n%s", what, err, want)
	}
	if d := diff.Diff("first", want, "second", got); d != nil {
		t.Errorf("%s:\n%s", what, d)
	}
}

// goldenSchemas returns every schema of the repository that is right.
func goldenSchemas(t *testing.T) (files []*schema.File) {
	t.Helper()
	for _, pattern := range []string{"../../testdata/golden/*/secrets.yaml", "../../schema/testdata/valid/*"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: nothing is there, %v", pattern, err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if file, err := templates.Parse("secrets.yaml", text); err == nil {
				files = append(files, file.File)
			}
		}
	}
	return files
}

type object = map[string]any

// lines are parts of texts that a reader could take for something else.
var lines = []string{
	"API key", "Create one under Account, API keys.", "Leave empty: the server asks.", "Leave empty: it is optional.",
	"Leave empty: the server asks. By default the server does not read it from here.", "It is confidential.", "Example: 7", "Default: 7", "One of: a, b",
	"TOKEN=abc", "# TOKEN=abc", "#", "", "", "  indented", "- name: `x`", "- name: x", "## Heading", "1. first", "+ more", "a\\", "\\", "`code`", "``", "*bold* _it_",
	"<!-- c -->", "a: b", "key: {x}", "[a](b)", "&amp;", "\ttab", "The value must have at least 3 characters.", "名前", "👩‍💻", "> quote", "---", "'single' \"double\"", "$HOME ${x} {{y}}",
	"https://a.example/?b=c#d", "true", "\"", "// c", "/* c */", "trailing ", "===", "|a|b|", "token", "TOKEN", "secret_1", strings.Repeat("W", 39), strings.Repeat("long ", 12),
}

func randomText(chance *rand.Rand, most int) string {
	var text []string
	for range 1 + chance.IntN(most) {
		text = append(text, pick(chance, lines...))
	}
	return strings.Join(text, "\n")
}

func pick[T any](chance *rand.Rand, from ...T) T { return from[chance.IntN(len(from))] }

var secretNames = []string{
	"token", "api_key", "base_url", "base.url", "base-url", "host", "my-endpoint", "1password", "port", "a", "_", "x.y-z", "pin", "max_tokens", "secret_1", "secret-1", "close", "manager",
	"_token", "user", strings.Repeat("n", 100), strings.Repeat("m", 60), "marshal_json", "verbose", "label", "type", "version",
}

func randomSchema(chance *rand.Rand) object {
	secrets := object{}
	for range 1 + chance.IntN(5) {
		name := pick(chance, secretNames...)
		secret := randomSecret(chance)
		if chance.IntN(4) == 0 {
			secret["env"] = pick[any](chance, "TOKEN", "token_2", "_X", "HOST_URL", "BASE_URL", "A_KEY", []string{"API_KEY", "OTHER"}, "X1", strings.Repeat("E", 100))
		}
		secret["go_name"] = fmt.Sprintf("Name%d", len(secrets))
		secrets[name] = secret
	}
	if chance.IntN(2) == 0 {
		secrets["target"] = object{"field_type": "url", "label": pick(chance, "Target", "TARGET", "Address")}
		for name, secret := range secrets {
			if name != "target" && len(secret.(object)) > 3 {
				secret.(object)["sent_to"] = "target"
				addSending(secret.(object))
			}
		}
	}
	schema := object{"version": 1, "server": pick(chance, "pets", "My Server", "mcp-server", "名前", "a.b_c"), "secrets": secrets}
	if chance.IntN(2) == 0 {
		addDependence(chance, schema, secrets)
	}
	return schema
}

// addSending has a secret of one line be sent by a transport to fixed hosts, in a form by how much else it says.
func addSending(secret object) {
	kind, form := secret["field_type"], len(secret)%4
	if !slices.Contains([]any{"text", "password", "email"}, kind) || secret["list"] != nil || secret["format"] != nil || form == 0 {
		return
	}
	secret["sent_to"] = []string{"api.pets.example", "*.pets.example"}
	secret["sent_as"] = []any{"bearer", object{"header": "X-API-Key", "format": "Token {value}"}, object{"query": "key"}}[form-1]
	secret["reject_on"] = []int{401, 403}[:form%3]
	secret["insecure"], secret["revealed"] = form == 1, kind != "password"
}

// addDependence adds a one_of, an all_or_none, a secret that is asked for on a condition, and one that is made of others.
func addDependence(chance *rand.Rand, schema, secrets object) {
	member := func(name string) string {
		secret := randomSecret(chance)
		for _, key := range []string{"required", "default"} {
			delete(secret, key)
		}
		secret["go_name"] = "Member" + strings.ToUpper(name)
		name = "member_" + name
		secrets[name] = secret
		return name
	}
	way := object{"label": randomText(chance, 1), "required": pick(chance, true, false), "first": []string{member("a")},
		"second": object{"label": "Second", "secrets": []string{member("b"), member("c")}}}
	schema["one_of"] = object{"way": way}
	schema["all_or_none"] = object{"pair": []string{member("d"), member("e")}}
	secrets["mode"] = object{"field_type": "choice", "choices": []any{"cloud", object{"value": "own", "label": "My own"}, "none"}, "default": "own"}
	late := randomSecret(chance)
	delete(late, "required")
	late["required_when"] = pick[any](chance, object{"mode": "cloud"}, object{"mode": []string{"cloud", "own"}, "way": "second"}, object{"way": []string{"first", "second"}})
	secrets["late"] = late
	secrets["part"] = object{"field_type": "text"}
	secrets["made"] = object{"field_type": "text", "derived": "Bearer {part}"}
}

func randomSecret(chance *rand.Rand) object {
	kind := pick(chance, "text", "password", "url", "email", "integer", "number", "boolean", "choice", "duration", "multiline", "file")
	secret := object{"field_type": kind}
	maybe := func(key string, value any) {
		if chance.IntN(3) == 0 {
			secret[key] = value
		}
	}
	maybe("required", true)
	if kind != "boolean" && kind != "choice" {
		maybe("confidential", pick(chance, true, false))
	}
	secret["label"] = pick(chance, "Label", "API key", "token", "TOKEN", "a", randomText(chance, 1), strings.Repeat("L", 40))
	maybe("help_text", randomText(chance, 8))
	maybe("help_text", randomText(chance, 2))
	maybe("placeholder", randomText(chance, 1))
	maybe("docs", "https://pets.example/help?a=b")
	maybe("deprecated", randomText(chance, 2))
	maybe("permission", "dialog")
	maybe("remember", "5m")
	maybe("scope", "tool")
	maybe("standing", chance.IntN(2) == 0)
	maybe("renamed_from", fmt.Sprintf("before-%d", chance.Uint32()))
	switch kind {
	case "text":
		maybe("default", pick(chance, lines...))
	case "url":
		maybe("default", "https://a.example/x")
		maybe("schemes", []string{"https"})
		maybe("hosts", []string{"a.example", "*.b.example"})
		maybe("user_info", true)
	case "email":
		maybe("default", "a@b.example")
	case "integer":
		maybe("default", pick(chance, 5, 7, 9))
		maybe("min", 5)
		maybe("max", 9)
	case "number":
		maybe("default", pick(chance, 5.0, 0.25, 1e10))
		maybe("min", 0.125)
	case "boolean":
		maybe("default", pick(chance, true, false))
	case "choice":
		secret["choices"] = pick[any](chance, []string{"eu", "us"}, []string{"true", "false"}, []any{object{"value": "-a", "label": "B", "go_name": "B"}, "+", "a"}, []any{object{"value": "+", "go_name": "Plus"}, "a, b", "`c`", "'", "\"", "#d", "true"})
		maybe("default", pick(chance, "eu", "true", "a"))
		maybe("open", true)
	case "duration":
		maybe("default", "1m30s")
		maybe("max", "1h")
	case "file":
		maybe("default", pick(chance, "~/.config/pets.json", "/etc/pets"))
	}
	switch kind {
	case "integer", "number":
		maybe("examples", []int{7, 8})
	case "text":
		maybe("examples", []string{"an_example", "b"})
	case "password":
		maybe("examples", []string{"sk_example", "example"})
	}
	if kind != "boolean" && kind != "multiline" && kind != "file" && chance.IntN(5) == 0 {
		secret["list"] = true
		maybe("min_items", 1)
		maybe("max_items", 3)
		maybe("unique", true)
		if value, ok := secret["default"]; ok {
			secret["default"] = []any{value}
		}
	}
	switch kind {
	case "text":
		maybe("format", pick(chance, "path", "host_port", "uuid", "date", "json", "base64"))
	case "file", "multiline":
		maybe("format", pick(chance, "pem", "yaml", "json"))
	}
	if secret["format"] == "json" {
		maybe("keys", []string{"client_email", "private_key"})
	}
	if secret["format"] == "path" {
		delete(secret, "prefix")
		if _, ok := secret["default"]; ok {
			secret["default"] = "~/pets"
		}
		return secret
	}
	if kind == "text" || kind == "password" || kind == "multiline" {
		maybe("min_length", 1)
		maybe("max_length", 64)
		maybe("prefix", pick[any](chance, "sk_", "-----BEGIN ", []string{"sk_", "pk_"}))
		if maybe("pattern", "[a-z_ -]*"); secret["pattern"] != nil {
			maybe("pattern_help", "small letters")
		}
	}
	return secret
}
