package templates_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/mcpsecrets/mcpsecrets/schema"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

// beyondJSONSchema are the mistakes that a JSON Schema can't find, in the words of the parser: the list in the documentation
// of [schema.JSONSchema].
var beyondJSONSchema = regexp.MustCompile(strings.Join([]string{
	`is already|has .* already|is the name of a present secret`,                   // one name compared with another
	`unknown secret|must name (another|a) secret`,                                 // names that refer
	`makes no Go name|would be named|set go_name`,                                 // names in Go
	`is above|allows \d+$|is missing: it is the name`,                             // one key compared with another
	`matches no value|matches only`,                                               // a pattern against other rules
	`: derived|is derived(,| of)|made of a confidential|needs a part`,             // what is made of others
	`is no RE2 expression|is that of no url`,                                      //
	`default ".*" (must|is a list)`,                                               // defaults by the rules of their own secret
	`columns wide|takes \d+ lines|can take \d+ lines|accents|two in a row`,        // how much room a text takes
	`prefix ".*" must not begin with a space|bytes`,                               //
	`the invisible character U\+(200[CD]|FE0.)|which a dialog can't show`,         // rarer characters
	`must be more than 0s`,                                                        // 0.1ns
	`leaves no value`,                                                             // a bound against that of the type
	`there must be two alternatives at least|is shown as|must not be shown as`,    // alternatives compared with each other
	`contradicts|is a member of|has the name of a secret|is the name of a one_of`, // what is said at two places
	`required_when`, `must be one of`, // settings and their values
	`needs sent_to|needs a member with|is only for what is sent|not revealed|revealed false`,       // what belongs to sent_as, of a secret or its group
	`plain http|sent_as is for requests|makes no sense with sent_to`,                               // where others can read along
	`is for two members|has no part in|is no member|has another part|must have the sent_to`,        // what the members of a group are
	`can't be the (user|password|id|secret|region|token) of`,                                       //
	`is a host, and a secret|anybody can have|can be looked up|wildcard for addresses|is a header`, // hosts and headers that are nobody's to choose
	`must be written as it is compared`,                                                            // an address in short
}, "|"))

// TestJSONSchemaAndParserAgree: of random schemas, the JSON Schema refuses none that the parser accepts, and accepts only
// those that have a mistake which it can't find.
func TestJSONSchemaAndParserAgree(t *testing.T) {
	compiled := compileJSONSchema(t)
	chance := rand.New(rand.NewPCG(20, 26))
	accepted, refused := 0, 0
	for range 20_000 {
		source, err := json.Marshal(randomSchema(chance))
		if err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(source))
		if err != nil {
			t.Fatal(err)
		}
		bySchema := compiled.Validate(document)
		_, byParser := templates.Parse("secrets.json", source)
		switch {
		case byParser == nil && bySchema == nil:
			accepted++
		case byParser == nil:
			t.Errorf("the JSON Schema refuses %s\n%v", source, bySchema)
		case bySchema == nil:
			var mistakes schema.ErrorList
			if !errors.As(byParser, &mistakes) {
				t.Fatal(byParser)
			}
			for _, mistake := range mistakes {
				if !beyondJSONSchema.MatchString(mistake.Text) {
					t.Errorf("the JSON Schema accepts %s\n%v", source, mistake)
				}
			}
		default:
			refused++
		}
		if t.Failed() {
			return
		}
	}
	if accepted < 500 || refused < 500 {
		t.Errorf("%d schemas are accepted and %d refused by both: the others say nothing", accepted, refused)
	}
}

func compileJSONSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema.JSONSchema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("secrets.schema.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("secrets.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

type object = map[string]any

// randomSchema is a schema of few secrets with few keys, most of which are right.
func randomSchema(chance *rand.Rand) object {
	secrets := object{}
	for range 1 + chance.IntN(3) {
		secrets[pick(chance, "a", "b", "api_key", "base.url", "x-1", "_", "__a", "A", "")] = randomSecret(chance)
	}
	if chance.IntN(10) > 0 {
		for _, wrong := range []string{"__a", "A", ""} {
			delete(secrets, wrong)
		}
	}
	root := object{"version": 1, "secrets": secrets, "server": pick(chance, "s", "s", "s", "My Server", "", "a:b", " a", "a ", "a\tb", "{tool}", strings.Repeat("s", 65), "漢字", "-x")}
	if chance.IntN(4) == 0 {
		root["groups"] = pick[any](chance, "", nil, object{}, object{"g": []string{"a"}}, object{"g": object{"secrets": []string{"a", "b"}, "go_name": pick[any](chance, "", nil, "G", "g", 1)}},
			object{"__g": []string{"a"}}, object{"g": nil}, object{"g": ""}, []string{"a"}, "a",
			object{"g": object{"secrets": []string{"a", "b"}, "sent_as": pick[any](chance, "basic", "basic", "", nil, "bearer", "sigv4", 1, object{"sigv4": object{}}, object{"basic": "a"})}},
			object{"g": object{"secrets": []string{"a", "b", "api_key"}, "sent_as": object{"sigv4": object{"id": "a", "secret": "b", "region": pick[any](chance, "api_key", "api_key", "x", "", nil, 1), "service": pick[any](chance, "s3", "S3", "", 1)}}}})
	}
	randomParts(chance, root)
	return root
}

// randomParts adds entries of one_of and all_or_none, of which most are right.
func randomParts(chance *rand.Rand, root object) {
	if chance.IntN(6) == 0 {
		members := func() any {
			return pick[any](chance, []string{"a"}, []string{"b"}, []string{"api_key"}, []string{"a", "b"}, []string{"a", "a"}, []string{}, "a", nil, 1, object{},
				object{"secrets": []string{"b"}, "label": pick(chance, texts...), "go_name": pick[any](chance, "", nil, "N", "n", "-", 1)}, object{"label": "x"})
		}
		entry := object{"x": members(), pick(chance, "y", "Y", "__y", "y"): members()}
		if key := pick(chance, "label", "help_text", "required", "go_name", "lable"); chance.IntN(2) == 0 {
			entry[key] = pick(chance, append(slices.Clone(valuesOf[key]), junk...)...)
		}
		root["one_of"] = pick[any](chance, object{"o": entry}, object{"o": entry}, object{"o": entry}, object{"O": entry}, object{"a": entry}, object{}, "", nil, "o", object{"o": nil}, object{"o": []string{"a"}})
	}
	if chance.IntN(6) == 0 {
		root["all_or_none"] = pick[any](chance, object{"p": []string{"a", "b"}}, object{"p": []string{"a"}}, object{"p": object{"secrets": []string{"a", "b"}, "go_name": "P"}},
			object{"p": object{"secrets": []string{"a"}}}, object{"P": []string{"a", "b"}}, object{"p": nil}, "", nil, "p", object{}, []string{"a"})
	}
}

func randomSecret(chance *rand.Rand) any {
	if chance.IntN(20) == 0 {
		return pick[any](chance, nil, "", "a", 1, []string{}, object{})
	}
	secret := object{"field_type": pick[any](chance, "text", "password", "url", "email", "integer", "number", "number", "boolean", "choice", "duration", "multiline", "file", "file", "", nil, "Text")}
	for range chance.IntN(4) {
		key := pick(chance, keysOfSecrets...)
		if values := valuesOf[key]; len(values) > 0 && chance.IntN(8) > 0 {
			secret[key] = pick(chance, values...)
		} else {
			secret[key] = pick(chance, junk...)
		}
	}
	if secret["field_type"] == "choice" && chance.IntN(4) > 0 {
		secret["choices"] = pick(chance, valuesOf["choices"]...)
	}
	return secret
}

func pick[T any](chance *rand.Rand, from ...T) T { return from[chance.IntN(len(from))] }

// junk are values that no key takes, or that count as left out.
var junk = []any{nil, "", 0, 1, -1, 1.5, true, "x", " ", "\n", []any{}, []any{""}, []any{"x", "x"}, object{}, object{"value": "x"}, "\u200b", "{tool}"}

var texts = []any{
	"API key", " around ", "\nblock\n", "two\nlines", "tab\there", "\u202e", "a\u200db", "👩\u200d💻", "{tool}", "{other}", "漢字", "a\u2800", "\u3000a",
	strings.Repeat("W", 40), strings.Repeat("W", 41), " " + strings.Repeat("W", 40) + "\n", strings.Repeat("👍", 20), strings.Repeat("W", 101),
	strings.Repeat("W ", 260), "e\u0301\u0301\u0301\u0301\u0301\u0301", "\u00a0", "a\u0085", "a\x7fb",
}

// valuesOf are what may be meant for each key.
var valuesOf = map[string][]any{
	"label": texts, "help_text": texts, "placeholder": texts, "deprecated": texts,
	"confidential": {true, false, true, false, "true"},
	"required":     {true, false, "true", "yes", 0},
	"default": {"a", "a b", " a", "true", "Yes", "2", 0, 1, 99, -5, true, false, "https://a.example", "~/x", "HTTP://a", "https:a", "a@b.example", "@", "30s", "-5s", "0", "1d",
		"\u200ba", "a\nb", "{tool}", []any{"a"}, []any{"eu", "eu"}, []any{1, 2}, []any{"a", 1}, []any{nil}, []any{""}, []any{"30s"}, []any{}, []any{[]any{"a"}}, []any{"https://a.example"}, 1.5, "eu", "1e5", "+7", "007"},
	"permission": {"ask", "dialog", "none", "Ask", "never"},
	"remember":   {"30m", "8h", "1h30m", "1.5h", "+1h", ".5h", "0s", "-1h", "1d", "0", 30, "1 h", "0.1ns"},
	"scope":      {"server", "tool", "user"},
	"sent_to": {"a", "b", "base.url", "A", "__a", "nowhere", " a", []any{"a.example"}, []any{"a.example"}, []any{"*.a.example", "localhost:8080"}, []any{"[::1]:8080", "127.0.0.1"}, []any{"*.com"}, []any{"*"}, []any{},
		[]any{"a.example", "a.example"}, []any{"A.example"}, []any{"a.example."}, []any{"a.example:443"}, []any{"a.example:0081"}, []any{"a_b:8443"}, []any{"127.1"}, []any{"*.0.0.1"}, []any{"https://a.example"}, []any{"*.github.io:8443"},
		[]any{"a:99999"}, []any{"xn--bcher-kva.example"}, []any{1}, []any{"[::ffff:127.0.0.1]"}, []any{"-a.example"}},
	"sent_as": {"bearer", "bearer", "basic", "sigv4", "Bearer", object{"header": "X-API-Key"}, object{"header": "Authorization", "format": "Token {value}"}, object{"query": "key"}, object{"query": "a b"}, object{"header": "Host"},
		object{"header": "cookie"}, object{"header": "X Key"}, object{"header": "X-Key", "format": ""}, object{"header": "X-Key", "format": "{value}{value}"}, object{"header": "X-Key", "format": "a\r\n{value}"}, object{"header": "X-Key", "format": " {value}"},
		object{"header": "X-Key", "query": "key"}, object{"query": "key", "format": "{value}"}, object{"format": "{value}"}, object{"header": ""}, object{"query": "key", "header": nil}, []any{"bearer"}, object{"query": 1}},
	"revealed":  {true, false, false, "false", 0},
	"reject_on": {[]any{401}, []any{401, 403}, []any{}, []any{200}, []any{500}, []any{401, 401}, 401, "401", []any{"401"}, []any{401.5}},
	"insecure":  {true, false, "x"},
	"required_when": {object{"a": "eu"}, object{"b": []any{"eu", "us"}}, object{"a": true}, object{"a": []any{}}, object{"a": 1}, object{"A": "x"}, object{"o": "x"}, object{"a": ""}, object{"a": []any{"x", "x"}},
		object{"a": strings.Repeat("c", 101)}},
	"renamed_from": {"OLD", "old name", "__x", "_", "_x", " a", []any{"x", "y"}, []any{"x", "x"}, []any{"__x"}, []any{1}, []any{}, "clé", strings.Repeat("o", 101), []any{"a b", ""}, "{tool}"},
	"go_name":      {"Name", "name", "N_2", "APIKey\u3164", "\u0410", "2", "Na me", 1},
	"env":          {"API_TOKEN", "token", "_", "1A", "A-B", "", " A", []any{"A", "B"}, []any{"A", "A"}, []any{"A", "a"}, []any{}, []any{""}, []any{1}, 1, strings.Repeat("E", 100), strings.Repeat("E", 101)},
	"min_length":   {0, 1, 16, 262144, 262145, -1, "5"},
	"max_length":   {0, 1, 16, 262144, 262145, -1},
	"pattern":      {"a+", "[a-z]{2,}", "(", "a\nb", "{tool}", "/^sk-/i", strings.Repeat("a", 1001), " "},
	"prefix":       {"sk_", " x", "\tx", "{code}", strings.Repeat("p", 101), "a\u200bb"},
	"format":       {"pem", "json", "yaml", "jwt", "base64", "uuid", "date", "host", "port", "host_port", "path", "json", "xml", "PEM", 1},
	"keys":         {[]any{"a"}, []any{"a", "b"}, []any{"a", "a"}, []any{}, "a", []any{""}, []any{"{tool}"}, []any{1}},
	"schemes":      {[]any{"https"}, []any{"https", "http"}, []any{"HTTPS"}, []any{"https://"}, []any{"a", "a"}, []any{}, "https"},
	"hosts": {[]any{"a.example"}, []any{"*.example"}, []any{"*"}, []any{"a.example:80"}, []any{"127.0.0.1"}, []any{"::1"}, []any{"fe80::1%eth0"}, []any{"a_b"}, []any{"a..b"},
		[]any{"a.example", "a.example"}, []any{strings.Repeat("a", 64)}, "a", []any{"[::1]"}, []any{"-a"}},
	"user_info": {true, false, "x"},
	"list":      {true, true, true, false, "x"},
	"min_items": {0, 1, 2, 1000, 1001, -1, "5"},
	"max_items": {0, 1, 2, 1000, 1001, -1, "5"},
	"unique":    {true, false, "x"},
	"derived":   {"Bearer {a}", "{b}{a}", "https://{a}/{b}", "a", "", "{A}", "{", "{nowhere}", 1, "a\nb {a}"},
	"min":       {0, 1, -1, 10, 1.5, "1", "1s", "-1m", "0", "1d", "10m", 0.25},
	"max":       {0, 1, -1, 10, 1.5, "1", "1s", "-1m", "0", "1d", "10m", 0.25},
	"choices": {[]any{"eu", "us"}, []any{"eu", "eu"}, []any{" eu"}, []any{}, []any{""}, []any{object{"value": "eu", "go_name": "Europe"}}, []any{object{"value": "eu", "go_name": "-"}},
		[]any{object{"value": "eu", "go_name": ""}, "us"}, []any{object{"go_name": "A"}}, []any{1}, []any{"+"}, []any{"a\nb"}, []any{"\u200b"}, "eu", []any{strings.Repeat("c", 101)}},
}

// keysOfSecrets are in order, so that the same chance makes the same schemas; none is called lable.
var keysOfSecrets = append(slices.Sorted(maps.Keys(valuesOf)), "lable")
