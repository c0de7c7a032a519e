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

// TestNoKeyIsTakenOver: a value that has a key in it is in somebody's own file, and would be committed with the schema.
func TestNoKeyIsTakenOver(t *testing.T) {
	for _, value := range []string{
		"Server=db;User Id=sa;Password=hunter2;", "Authorization: Bearer abc.def.ghi", "Bearer hunter2", "Basic YTpodW50ZXIy", "https://api.example/v1?api_key=hunter2",
		`{"private_key":"hunter2"}`, `{'client_secret': 'hunter2'}`, "postgres://ann:hunter2@h/db", "https://hooks.example/in/T0A1B2C3D4E5F6G7H8", "-H 'X-Api-Key: hunter2'",
		"host=db user=ann password=hunter2", "ghp_0123456789abcdefghijABCDEFGHIJ012345", "https://a.example/#access_token=hunter2",
	} {
		text := "PLAIN='" + strings.ReplaceAll(value, "'", `"`) + "'\n"
		file, format := imported(t, value, []byte(text))
		if format != "env" || len(file.Secrets) != 1 || file.Secrets[0].Default != "" {
			t.Errorf("%s: %s takes over %q", value, format, file.Secrets[0].Default)
		}
	}
	for _, value := range []string{"eu-west-1", "https://api.example/v1?page=2", "db.example:5432", "a, b, c", "/home/ann/notes", "name=app; mode=fast", "2026-12-31"} {
		if file, _ := imported(t, value, []byte("PLAIN='"+value+"'\n")); file.Secrets[0].Default != value {
			t.Errorf("%s: is %q", value, file.Secrets[0].Default)
		}
	}
}
