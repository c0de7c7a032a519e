package surface

import (
	"errors"
	"go/build"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	module = "github.com/mcpsecrets/mcpsecrets"
	root   = "../.."
)

// notForUsers are the folders without a package that a server's code imports: the generator's and the tests' own, and what
// Go lets nobody import.
var notForUsers = []string{"cmd", "schema", "templates", "examples", "laws", "internal", "testdata"}

// publicFolders returns the folders of the packages that users import.
func publicFolders(t *testing.T) (folders []string) {
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() || path == root {
			return err
		}
		if slices.Contains(notForUsers, entry.Name()) || strings.HasPrefix(entry.Name(), ".") {
			return filepath.SkipDir
		}
		if pkg := load(t, path, "linux"); pkg.Name != "" && pkg.Name != "main" {
			folders = append(folders, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(folders) == 0 {
		t.Fatal("no package is public")
	}
	return folders
}

// load reads a folder's package as it is built for a system; without Go files, it has no name. It asks no other program:
// go test repeats a test when a file changes that the test itself has read.
func load(t *testing.T, folder, goos string) *build.Package {
	t.Helper()
	context := build.Default
	context.GOOS, context.GOARCH, context.CgoEnabled = goos, "amd64", false
	pkg, err := context.ImportDir(folder, 0)
	if none := (*build.NoGoError)(nil); err != nil && !errors.As(err, &none) {
		t.Fatal(err)
	}
	return pkg
}
