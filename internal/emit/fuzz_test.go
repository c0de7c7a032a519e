package emit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/emit"
	"github.com/mcpsecrets/mcpsecrets/schema"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

// FuzzRead holds: whatever a file says, it is refused, or read as secrets that a schema takes, but for names that meet in Go. What
// the schema says can be put into the file or is refused, and a second time changes nothing.
func FuzzRead(f *testing.F) {
	for _, pattern := range []string{"testdata/fragments/*", "testdata/fragments/.env*", "testdata/whole/*", "testdata/whole/.env*"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			f.Fatalf("%s: nothing is there, %v", pattern, err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	for _, text := range []string{
		`{"packages": [{"environmentVariables": [{"name": "A", "choices": ["+", "-"]}, {"name": "a"}, {"name": "__"}]}], }`, "A=1\n#A=2\n\nexport B='x'", "config:\n  secrets: [{name: a.b}]\n",
		"config:\n- a", "{\"inputs\": [{\"id\": \"\\ud800\"}]}", "{\"servers\": {\"a\": {\"command\": \"b\", \"env\": {\"A\": \"${input:x}\"}}}} // c", "config: &a\n  env: *a\n", "\ufeffA=1",
	} {
		f.Add([]byte(text))
	}
	source, err := os.ReadFile("testdata/secrets.yaml")
	if err != nil {
		f.Fatal(err)
	}
	file, err := templates.Parse("secrets.yaml", source)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 10_000 {
			t.Skip("it takes long, and says no more")
		}
		format := emit.Recognize(text)
		if format == "" {
			return
		}
		if read, err := emit.Read(text, "", "pets"); err == nil {
			if !json.Valid(read.Info) {
				t.Errorf("no JSON: %s", read.Info)
			}
			_, err := templates.ParseInfo("import", read.Server, read.Info)
			var mistakes schema.ErrorList
			if err != nil && !errors.As(err, &mistakes) {
				t.Errorf("%v: %s", err, read.Info)
			}
		}
		for _, o := range []emit.Options{{Adopt: true}, {Env: true, Adopt: true}, {}} {
			once, err := emit.Merge(format, file.File, o, text)
			if err != nil {
				continue
			}
			twice, err := emit.Merge(format, file.File, o, once)
			if err != nil || !bytes.Equal(once, twice) {
				t.Errorf("%s: %v\nonce  %q\ntwice %q", format, err, once, twice)
			}
		}
	})
}

// FuzzRoundTrip holds the law of TestRoundTrip, with a text in the place of others.
func FuzzRoundTrip(f *testing.F) {
	for i, line := range lines {
		f.Add(uint64(i), line)
	}
	f.Fuzz(func(t *testing.T, seed uint64, text string) {
		chance := rand.New(rand.NewPCG(seed, 1))
		made := randomSchema(chance)
		secrets := made["secrets"].(object)
		for _, name := range slices.Sorted(maps.Keys(secrets)) { // the same each time
			secret := secrets[name]
			if key := pick(chance, "help_text", "label", "placeholder", "deprecated", "default", "pattern_help"); secret.(object)[key] != nil {
				secret.(object)[key] = text
			}
		}
		source, err := json.Marshal(made)
		if err != nil {
			t.Skip(err)
		}
		file, err := templates.Parse("secrets.json", source)
		if err != nil {
			t.Skip(err)
		}
		names, _ := emit.Formats() // one for each schema: there are more schemas than time
		roundTrip(t, names[seed%uint64(len(names))], file.File)
	})
}
