package emit_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/emit"
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
