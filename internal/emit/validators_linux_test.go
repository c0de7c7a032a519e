package emit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	"github.com/mcpsecrets/mcpsecrets/internal/emit"
	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/schema"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

const (
	validators     = "testdata/validators"
	registryModule = "github.com/modelcontextprotocol/registry@v1.8.9"
)

// manySchemas are those of the repository and some random ones, all of a server called pets.
func manySchemas(t *testing.T) []*schema.File {
	files := append(goldenSchemas(t), parse(t, "testdata/secrets.yaml"))
	chance := rand.New(rand.NewPCG(7, *seed))
	for range *schemas {
		source, err := json.Marshal(randomSchema(chance))
		if err != nil {
			t.Fatal(err)
		}
		if file, err := templates.Parse("secrets.json", source); err == nil {
			files = append(files, file.File)
		}
	}
	for _, file := range files {
		file.Server = "pets"
	}
	return files
}

// write returns whole files, with and without what hands values over.
func write(t *testing.T, format string, file *schema.File) (texts [][]byte) {
	t.Helper()
	for _, o := range []emit.Options{optionsFor(format), withEnv(optionsFor(format))} {
		text, missing, err := emit.Write(format, file, o)
		if err != nil || len(missing) > 0 {
			t.Fatalf("%s: %v, missing %q", format, err, missing)
		}
		texts = append(texts, text)
	}
	return texts
}

// TestServerJSONIsValid holds what is emitted against the registry's own JSON Schema, as its module has it.
func TestServerJSONIsValid(t *testing.T) {
	cmd := exec.Command("go", "mod", "download", "-json", registryModule)
	cmd.Dir = t.TempDir() // of no module
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	var module struct{ Dir string }
	if out, err := cmd.Output(); err != nil || json.Unmarshal(out, &module) != nil {
		desktop.GiveUp(t, fmt.Errorf("go mod download %s: %w", registryModule, err))
	}
	valid := compile(t, filepath.Join(module.Dir, "internal/validators/schemas/2025-12-11.json"))
	for _, file := range manySchemas(t) {
		for _, text := range write(t, "server-json", file) {
			validate(t, valid, text)
		}
	}
}

// TestShapes holds what is emitted against JSON Schemas of our own words, where nobody else has one that can be had.
func TestShapes(t *testing.T) {
	for format, name := range map[string]string{"vscode": "mcp.json", "gemini": "gemini-extension.json", "docker": "server.yaml.json"} {
		valid := compile(t, filepath.Join("testdata/schemas", name))
		for _, file := range manySchemas(t) {
			for _, text := range write(t, format, file) {
				if format == "docker" {
					text = yamlToJSON(t, text)
				}
				validate(t, valid, text)
			}
		}
	}
}

func yamlToJSON(t *testing.T, text []byte) []byte {
	t.Helper()
	var value any
	if err := yaml.Load(text, &value); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func compile(t *testing.T, path string) *jsonschema.Schema {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	document, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("format.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("format.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func validate(t *testing.T, valid *jsonschema.Schema, text []byte) {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err == nil {
		err = valid.Validate(document)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}

// foreign gives files of a format to a foreign reader, and returns what it says of each.
func foreign(t *testing.T, format string, texts [][]byte) []json.RawMessage {
	t.Helper()
	type request struct {
		Format string `json:"format"`
		Text   string `json:"text"`
	}
	var requests []request
	for _, text := range texts {
		requests = append(requests, request{format, string(text)})
	}
	input, err := json.Marshal(requests)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "validate.mjs")
	cmd.Dir, cmd.Stdin = validators, bytes.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var answers []json.RawMessage
	if err == nil {
		err = json.Unmarshal(out, &answers)
	}
	if err != nil || len(answers) != len(texts) {
		t.Fatalf("%v: %s", err, &stderr)
	}
	return answers
}

// TestForeignValidators: those who made the formats accept what is emitted.
func TestForeignValidators(t *testing.T) {
	desktop.NPM(t, validators)
	for _, format := range []string{"mcpb", "docker"} {
		var texts [][]byte
		for _, file := range manySchemas(t) {
			texts = append(texts, write(t, format, file)...)
		}
		for i, answer := range foreign(t, format, texts) {
			if string(answer) != "null" {
				t.Fatalf("%s: %s\n%s", format, answer, texts[i])
			}
		}
	}
	// They can say no.
	for format, text := range map[string]string{"mcpb": `{"manifest_version": "0.3", "name": "x", "extra": 1}`, "docker": "a:   1\n"} {
		if answer := foreign(t, format, [][]byte{[]byte(text)})[0]; string(answer) == "null" {
			t.Errorf("%s: %s is accepted", format, text)
		}
	}
}

// TestGeminiAccepts: Gemini CLI itself takes an extension that is emitted.
func TestGeminiAccepts(t *testing.T) {
	desktop.NPM(t, validators)
	check := func(text []byte) ([]byte, error) {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "gemini-extension.json"), text, 0o666); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("node", filepath.Join(validators, "node_modules/@google/gemini-cli/bundle/gemini.js"), "extensions", "validate", folder)
		cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
		return cmd.CombinedOutput()
	}
	text := write(t, "gemini", parse(t, "testdata/secrets.yaml"))[1]
	if out, err := check(text); err != nil || !bytes.Contains(out, []byte("successfully validated")) {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := check(bytes.Replace(text, []byte(`"name": "pets"`), []byte(`"name": "a pet"`), 1)); err == nil && bytes.Contains(out, []byte("successfully validated")) {
		t.Errorf("a wrong name is accepted: %s", out)
	}
}

// TestDotenvReads: a reader of .env files gets the names and the defaults, and no secret.
func TestDotenvReads(t *testing.T) {
	desktop.NPM(t, validators)
	var texts [][]byte
	var files []*schema.File
	for _, file := range manySchemas(t) {
		texts, files = append(texts, write(t, "env", file)...), append(files, file)
	}
	for i, answer := range foreign(t, "env", texts) {
		var got map[string]string
		if err := json.Unmarshal(answer, &got); err != nil {
			t.Fatalf("%s", answer)
		}
		if handsOver := i%2 == 1; !handsOver {
			if len(got) > 0 {
				t.Fatalf("variables are in effect: %q", got)
			}
			continue
		}
		var want, values []string
		for _, s := range asked(files[i/2]) {
			value := s.Default
			if !s.Shows() || strings.Contains(value, "\n") || strings.Contains(value, "'") && strings.Contains(value, "\"") && strings.Contains(value, "`") {
				value = ""
			}
			want = append(want, value)
		}
		for _, value := range got {
			values = append(values, value)
		}
		slices.Sort(want)
		slices.Sort(values)
		if d := cmp.Diff(want, values); d != "" {
			t.Fatalf("%s\n%s", d, texts[i])
		}
	}
}

// asked returns the secrets that a person is asked for, which are those that are emitted: not what is made of others.
func asked(file *schema.File) []*schema.Secret {
	return slices.DeleteFunc(slices.Clone(file.Secrets), func(s *schema.Secret) bool { return s.Derived != "" })
}

// TestPageIsSeen: a reader of Markdown shows labels, texts and values as the schema has them.
func TestPageIsSeen(t *testing.T) {
	desktop.NPM(t, validators)
	var texts [][]byte
	files := manySchemas(t)
	for _, file := range files {
		texts = append(texts, write(t, "markdown", file)[0])
	}
	for i, answer := range foreign(t, "markdown", texts) {
		var sections []struct {
			Label, Help string
			Code        []string
		}
		if err := json.Unmarshal(answer, &sections); err != nil {
			t.Fatalf("%s\n%s", answer, texts[i])
		}
		written := asked(files[i])
		if len(sections) != len(written) {
			t.Fatalf("%d sections of %d\n%s", len(sections), len(written), texts[i])
		}
		for j, s := range written {
			section := sections[j]
			oneLine := s.Default != "" && !strings.Contains(s.Default, "\n")
			if section.Label != s.Label || !isSeen(s, section.Help) || section.Code[0] != s.Name || section.Code[1] != seenType(s.Field) ||
				s.Shows() && oneLine && !slices.Contains(section.Code, s.Default) && !strings.Contains(section.Help, s.Default) {
				t.Fatalf("%q, of help %q, has %+q\n%s", s.Name, s.Help, section, texts[i])
			}
		}
	}
}

// isSeen reports whether a help text is on a page, whole, or as far as what s depends on leaves room for it in a dialog.
func isSeen(s *schema.Secret, text string) bool {
	if begin, _, cut := strings.Cut(text, " …\n"); cut && (s.IsPart() || len(s.RequiredWhen) > 0) {
		return strings.HasPrefix(s.Help, begin)
	}
	return strings.HasPrefix(text, s.Help)
}

// seenType is the type by which a page calls f: its own, unless that would say otherwise whether it is confidential.
func seenType(f field.Field) string {
	switch bare := (field.Field{Type: f.Type, UserInfo: f.UserInfo}); {
	case f.Open, f.List && f.Shows():
		return "text"
	case !f.List && f.Shows() == bare.Shows():
		return string(f.Type)
	case f.Shows():
		return "text"
	}
	return "password"
}
