package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

func compile(t *testing.T) *jsonschema.Schema {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(JSONSchema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("secrets.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("secrets.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// value returns what n is to a JSON Schema.
func (n *node) value() any {
	switch n.kind {
	case boolean:
		return n.text == "true"
	case number:
		return json.Number(n.text)
	case text:
		return n.text
	case list:
		items := []any{}
		for _, item := range n.items {
			items = append(items, item.value())
		}
		return items
	case mapping:
		entries := map[string]any{}
		for _, e := range n.entries {
			entries[e.key] = e.value.value()
		}
		return entries
	}
	return nil
}

func TestJSONSchemaAcceptsValid(t *testing.T) {
	s := compile(t)
	for _, path := range files(t, "valid") {
		tree, _ := parseTree(read(t, path))
		if err := s.Validate(tree.value()); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestJSONSchemaRefusesInvalid: an editor finds what can be found without comparing one place of a file with another.
func TestJSONSchemaRefusesInvalid(t *testing.T) {
	onlyTheParser := strings.Fields(`
		repeated-top-level-key repeated-key key-not-text tag
		min-length-above-max-length prefix-above-max-length pattern-not-re2 pattern-unbalanced min-above-max
		default-too-short default-against-pattern default-against-format sent-to-no-host default-url default-email
		default-integer-out-of-range default-not-a-choice
		prefixes-against-rules default-of-a-broken-rule default-no-break-space default-url-cut
		prefix-begins-with-space choice-invisible-around length-octal label-too-wide
		server-name-too-many-bytes server-name-two-spaces pattern-of-no-value
		env-of-two number-and-duration-bounds required-when-in-a-circle
		label-missing-for-a-long-name help-text-too-many-lines question-without-room dialog-without-room docs-without-room examples-of-no-value
		derived-of-a-member one-of-rows
		sent-and-revealed sent-group-hosts sent-group-roles sent-headers sent-in-plain-http sent-members sent-to-a-host-as-a-name
		sent-to-hosts-of-anybody sent-to-without-room sent-without-sent-as`)
	s := compile(t)
	for _, path := range files(t, "invalid") {
		tree, _ := parseTree(read(t, path))
		if tree == nil {
			continue // no YAML or JSON at all
		}
		name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		refused, parser := s.Validate(tree.value()) != nil, slices.Contains(onlyTheParser, name)
		if refused == parser {
			t.Errorf("%s: refused by the JSON Schema: %v", name, refused)
		}
	}
}

// TestJSONSchemaKnowsTheBounds: an editor refuses what no dialog has room for. The space around a text does not count.
func TestJSONSchemaKnowsTheBounds(t *testing.T) {
	var s struct {
		Definitions struct {
			WithoutHole struct {
				Not struct{ Pattern string }
			}
			Secret struct {
				Properties map[string]struct{ Pattern string }
			}
		}
	}
	if err := json.Unmarshal(JSONSchema, &s); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]wording.Text{
		"label": wording.LabelText, "placeholder": wording.PlaceholderText, "help_text": wording.HelpText, "deprecated": wording.DeprecatedText,
		"pattern_help": wording.PatternHelpText,
	} {
		if got := s.Definitions.Secret.Properties[key].Pattern; !strings.Contains(got, fmt.Sprintf("{0,%d}", want.Characters)) {
			t.Errorf("%s: %q, want %d characters", key, got, want.Characters)
		}
	}
	holes := strings.Join(slices.Sorted(maps.Keys(wording.Holes())), "|")
	if got := s.Definitions.WithoutHole.Not.Pattern; got != `\{(`+holes+`)\}` {
		t.Errorf("the holes in withoutHole are %s, want %s", got, holes)
	}
}

// TestKeysAreDocumented: parser, JSON Schema and package comment list the same keys, in the same order.
func TestKeysAreDocumented(t *testing.T) {
	var s struct {
		Properties  json.RawMessage
		Definitions struct {
			Secret struct {
				Properties json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(JSONSchema, &s); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rootKeys, keysOf(t, s.Properties)); diff != "" {
		t.Errorf("top-level keys of the JSON Schema: %s", diff)
	}
	if diff := cmp.Diff(secretKeyNames, keysOf(t, s.Definitions.Secret.Properties)); diff != "" {
		t.Errorf("keys of a secret in the JSON Schema: %s", diff)
	}
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, match := range regexp.MustCompile(`(?m)^//\t(\w+) {2,}\S`).FindAllSubmatch(doc, -1) {
		documented = append(documented, string(match[1]))
	}
	if diff := cmp.Diff(secretKeyNames, documented); diff != "" {
		t.Errorf("keys in the package comment: %s", diff)
	}
}

// keysOf returns the keys of a JSON object in their order, each of which must have a description or say what it refers to.
func keysOf(t *testing.T, object json.RawMessage) []string {
	tree, mistakes := parseJSON(string(object))
	if mistakes != nil {
		t.Fatal(mistakes)
	}
	var keys []string
	for _, e := range tree.entries {
		if _, ok := find(e.value.entries, "description"); !ok {
			t.Errorf("%s has no description", e.key)
		}
		keys = append(keys, e.key)
	}
	return keys
}

// TestExampleInDoc: the file in the package comment is a schema.
func TestExampleInDoc(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(doc), "# The file\n//\n")
	example, _, _ := strings.Cut(rest, "\n//\n")
	example = regexp.MustCompile(`(?m)^//\t`).ReplaceAllString(example, "")
	if _, err := Parse("doc.go", []byte(example)); err != nil {
		t.Errorf("%v\n%s", err, example)
	}
}
