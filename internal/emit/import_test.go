package emit_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/emit"
	"github.com/mcpsecrets/mcpsecrets/schema"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

// TestImport compares what is read of each file in testdata/import with the text beside it: the format, the server, the secrets and
// what is said of them.
func TestImport(t *testing.T) {
	paths, err := filepath.Glob("testdata/import/*")
	if err != nil || len(paths) == 0 {
		t.Fatalf("nothing to import: %v", err)
	}
	for _, path := range paths {
		if filepath.Ext(path) == ".txt" {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		read, err := emit.Read(text, "", "otherwise")
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if _, err := templates.ParseInfo(path, read.Server, read.Info); err != nil {
			t.Errorf("%s: %v\n%s", path, err, read.Info)
		}
		got := read.Format + " of " + read.Server + "\n" + strings.Join(read.Notes, "\n") + "\n" + string(read.Info)
		golden := path + ".txt"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		same(t, golden+" (go test ./internal/emit -update)", want, []byte(got), err)
	}
}

func imported(t *testing.T, path string, text []byte) (file *templates.Schema, format string) {
	t.Helper()
	read, err := emit.Read(text, "", "otherwise")
	if err == nil {
		file, err = templates.ParseInfo(path, read.Server, read.Info)
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", path, err, text)
	}
	return file, read.Format
}

// TestImportAgain: what is imported, emitted in the same format and imported again has the same secrets, of the same types, labels,
// defaults and choices. Only what no variable can be called is called otherwise.
func TestImportAgain(t *testing.T) {
	paths, err := filepath.Glob("testdata/import/*")
	if err != nil || len(paths) == 0 {
		t.Fatalf("nothing to import: %v", err)
	}
	for _, path := range paths {
		if filepath.Ext(path) == ".txt" {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		first, format := imported(t, path, text)
		emitted, _, err := emit.Write(format, first.File, emit.Options{Env: true})
		if err != nil {
			t.Fatal(err)
		}
		second, _ := imported(t, path, emitted)
		if len(second.Secrets) != len(first.Secrets) {
			t.Errorf("%s: %d secrets, then %d", path, len(first.Secrets), len(second.Secrets))
		}
		for _, s := range first.Secrets {
			found := slices.ContainsFunc(second.Secrets, func(other *schema.Secret) bool {
				return strings.ReplaceAll(s.Name, "-", "_") == strings.ReplaceAll(other.Name, "-", "_") && s.Type == other.Type && s.Default == other.Default &&
					s.Required == other.Required && s.Placeholder == other.Placeholder && slices.Equal(s.Choices, other.Choices)
			})
			if !found {
				t.Errorf("%s: %s is lost or another\n%s", path, s.Name, emitted)
			}
		}
	}
}
