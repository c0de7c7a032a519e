package emit_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/emit"
	"github.com/mcpsecrets/mcpsecrets/schema"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

// TestMergeLeavesNoTrace: what was merged for secrets that are gone is gone, to the byte, from everybody's files and from our own,
// whether they were handed over or not.
func TestMergeLeavesNoTrace(t *testing.T) {
	many := parse(t, "testdata/secrets.yaml")
	one := oneSecret(t, "version: 1\nserver: pets\nsecrets: {lonely: {field_type: text, default: so}}\n")
	hidden := oneSecret(t, "version: 1\nserver: pets\nsecrets: {lonely: {}}\n")
	for path, text := range mergeable(t) {
		format := emit.Recognize(text)
		for _, o := range []emit.Options{{}, {Env: true}} {
			for _, last := range []*schema.File{one, hidden} {
				want, err := emit.Merge(format, last, o, text)
				if err != nil {
					t.Errorf("%s: %v", path, err)
					continue
				}
				merged, err := emit.Merge(format, many, o, text)
				if err != nil {
					t.Errorf("%s: %v", path, err)
					continue
				}
				got, err := emit.Merge(format, last, o, merged)
				same(t, path, want, got, err)
			}
		}
	}
}

// TestMergeIntoEnv: a line that is ours already stays in its place, and a file without an end keeps that where nothing comes behind.
func TestMergeIntoEnv(t *testing.T) {
	one := oneSecret(t, "version: 1\nserver: pets\nsecrets: {lonely: {field_type: text, default: so}}\n")
	for in, want := range map[string]string{
		"A=1\n# mine\nLONELY=1\nB=2": "A=1\n# mine\n\n# Leave empty: it is optional.\nLONELY=so\nB=2",
		"A=1":                        "A=1\n\n# Leave empty: it is optional.\nLONELY=so\n",
		"":                           "\n# Leave empty: it is optional.\nLONELY=so\n",
	} {
		got, err := emit.Merge("env", one, emit.Options{Env: true}, []byte(in))
		same(t, in, []byte(want), got, err)
	}
}

func oneSecret(t *testing.T, source string) *schema.File {
	t.Helper()
	file, err := templates.Parse("secrets.yaml", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return file.File
}

// mergeable are files that declare none of the secrets of testdata/secrets.yaml.
func mergeable(t *testing.T) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, name := range []string{"gemini.json", "bundle.json", "names.env", "server-of-everything.json"} {
		text, err := os.ReadFile(filepath.Join("testdata/import", name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = text
	}
	files["comments.jsonc"] = []byte("// mine\n{\n\t\"servers\": { \"pets\": {\"command\": \"x\"} /* here */ }, // end\n\t\"inputs\": [\n\t\t{ \"id\": \"mine\", \"type\": \"promptString\", \"description\": \"stays\" }, // first\n\t], // last\n}\n")
	files["block.yaml"] = []byte("name: pets\nimage: pets # mine\nconfig:\n  # the secrets\n  secrets:\n    - name: pets.mine\n      env: MINE\n  description: mine\n  env:\n    - name: MINE\n      value: '{{pets.mine}}'\n  parameters:\n    type: object\n    properties:\n      mine:   # stays\n        type: string\n\nabout: {title: Pets}\n")
	files["windows.env"] = []byte("A=1\r\n\r\nLONELY=1\r\nB=2\r\n")
	names, _ := emit.Formats()
	empty := oneSecret(t, "version: 1\nserver: pets\nsecrets: {lonely: {}}\n")
	for _, format := range names {
		for kind, o := range map[string]emit.Options{"fragment": {}, "whole": optionsFor(format)} {
			text, _, err := emit.Write(format, empty, o)
			if err != nil {
				t.Fatal(err)
			}
			files[format+" "+kind] = text
		}
	}
	return files
}

// TestMarksInValues: what a value says does not end what is ours, in any format.
func TestMarksInValues(t *testing.T) {
	names, _ := emit.Formats()
	for _, mark := range []string{"<!-- End of what mcpsecrets-gen emits -->", "<!-- The settings of this server. Begin of what mcpsecrets-gen emits -->", "## x", "# B_KEY=1"} {
		file := oneSecret(t, "version: 1\nserver: pets\nsecrets:\n  a: {field_type: text, default: \""+mark+"\", env: A_KEY}\n  b: {field_type: text, default: so, env: B_KEY}\n")
		for _, format := range names {
			text, _, err := emit.Write(format, file, emit.Options{Env: true})
			if err != nil {
				t.Fatal(err)
			}
			again, err := emit.Merge(format, file, emit.Options{Env: true}, text)
			same(t, format+" of "+mark, text, again, err)
		}
	}
}
