package surface

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"golang.org/x/mod/modfile"
)

// TestReadmeNamesTheGoVersion: who has the Go that the README asks for can build the module.
func TestReadmeNamesTheGoVersion(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`\bGo (1\.[0-9.]*[0-9])`).FindAllSubmatch(readme, -1)
	if len(named) == 0 {
		t.Error("the README names no version of Go")
	}
	for _, version := range named {
		if string(version[1]) != file.Go.Version {
			t.Errorf("the README names Go %s, go.mod asks for %s", version[1], file.Go.Version)
		}
	}
}
