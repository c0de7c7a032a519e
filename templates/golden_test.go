package templates_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"go/format"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/mcpsecrets/mcpsecrets/internal/reason"
	"github.com/mcpsecrets/mcpsecrets/schema"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

var update = flag.Bool("update", false, "rewrite testdata/golden/*/want")

const goldenDir = "../testdata/golden"

// TestGolden generates from each folder of testdata/golden and compares with its folder want: secrets_gen.go and
// secrets.golden.json, or errors.txt. Other files of the case are Go sources with reasons.
func TestGolden(t *testing.T) {
	for _, name := range goldenCases(t) {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(goldenDir, name)
			got, err := generate(t, dir)
			if err != nil {
				got = map[string][]byte{"errors.txt": []byte(err.Error() + "\n")}
			}
			if code, ok := got["secrets_gen.go"]; ok {
				mustCompile(t, code)
			}
			if *update && !t.Failed() {
				rewrite(t, filepath.Join(dir, "want"), got)
			}
			compare(t, filepath.Join(dir, "want"), got)
		})
	}
}

func goldenCases(t testing.TB) []string {
	entries, err := os.ReadDir(goldenDir)
	if err != nil || len(entries) == 0 {
		t.Fatalf("no golden cases: %v", err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// generate makes the files for the case in dir.
func generate(t testing.TB, dir string) (map[string][]byte, error) {
	t.Helper()
	name := filepath.Join(dir, "secrets.yaml")
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		name = filepath.Join(dir, "secrets.json")
	}
	source, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	model, err := makeModel(filepath.Base(name), source, templates.Options{Package: "golden"})
	if err != nil {
		return nil, err
	}
	code, err := model.Render()
	if err != nil {
		t.Fatal(err)
	}
	found, err := findReasons(t, dir, code)
	if err != nil {
		return nil, err
	}
	manifest, err := model.Manifest(found).JSON()
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{"secrets_gen.go": code, "secrets.golden.json": manifest}, nil
}

// findReasons returns the reasons in the Go files of a case, which use its folder want. Most cases have none.
func findReasons(t testing.TB, dir string, code []byte) (*reason.Found, error) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		return &reason.Found{}, nil
	}
	file := filepath.Join(dir, "want", "secrets_gen.go")
	run := reason.Run{Written: map[string][]byte{file: code}}
	found, err := run.Find(reason.Target{File: file, Also: []string{".."}})
	var mistakes schema.ErrorList
	if errors.As(err, &mistakes) {
		for _, m := range mistakes {
			m.File = filepath.Base(m.File)
		}
	}
	return found, err
}

func makeModel(name string, source []byte, options templates.Options) (*templates.Package, error) {
	file, err := templates.Parse(name, source)
	if err != nil {
		return nil, err
	}
	return templates.New(file, options), nil
}

// mustCompile fails unless code is formatted and compiles with the runtime.
func mustCompile(t testing.TB, code []byte) {
	t.Helper()
	formatted, err := format.Source(code)
	if err != nil {
		t.Fatalf("%v\n%s", err, code)
	}
	if !bytes.Equal(formatted, code) {
		t.Errorf("the code is not as gofmt has it:\n%s", diff.Diff("generated", code, "formatted", formatted))
	}
	fset := token.NewFileSet()
	for _, err := range typeErrors(t, fset, parse(t, fset, "secrets_gen.go", code)) {
		t.Errorf("the code does not compile: %v", err)
	}
}

func rewrite(t *testing.T, dir string, files map[string][]byte) {
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func compare(t *testing.T, dir string, got map[string][]byte) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if _, ok := got[entry.Name()]; !ok {
			t.Errorf("%s is no longer generated", entry.Name())
		}
	}
	for name, text := range got {
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if difference := diff.Diff("want/"+name, want, "generated", text); len(difference) > 0 {
			t.Errorf("%s\nrewrite it with: go test ./templates -update", difference)
		}
	}
}

// TestGoldenMentionsEveryKey keeps the cases complete: together they have every key that a schema knows.
func TestGoldenMentionsEveryKey(t *testing.T) {
	var known struct {
		Definitions struct {
			Secret struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal(schema.JSONSchema, &known); err != nil || len(known.Definitions.Secret.Properties) == 0 {
		t.Fatalf("no keys: %v", err)
	}
	var all []byte
	for _, name := range goldenCases(t) {
		if text, err := os.ReadFile(filepath.Join(goldenDir, name, "secrets.yaml")); err == nil {
			all = append(all, text...)
		}
	}
	for key := range known.Definitions.Secret.Properties {
		if !bytes.Contains(all, []byte(key+":")) {
			t.Errorf("no golden case has %q", key)
		}
	}
}
