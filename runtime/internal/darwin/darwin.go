// Package darwin runs a package's tests as they are built for macOS, on the system at hand.
//
// What is compiled are the very files that macOS gets, of this module and of the modules that are named, in a folder of
// their own and without their build constraints. So their logic is tried: what they run, with which arguments and on
// which input, and what they make of the answers. What is not tried are the programs of macOS itself; doubles take
// their places.
package darwin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A Build is a package's tests as for macOS.
type Build struct {
	Modules []string          // modules that have files of their own for macOS, besides this one
	Replace map[string]string // texts of the sources, such as the path of a program that has a double
	Env     []string          // variables for the tests
	Run     string            // the tests that are to run, all of them to the end
}

// Test builds the package in the current folder and runs its tests.
func Test(t *testing.T, b Build) {
	t.Helper()
	dir := t.TempDir()
	main, err := b.copy(dir)
	if err != nil {
		t.Fatal(err)
	}
	// The paths stay out of the build, so that Go finds it in its cache the next time.
	cmd := exec.Command("go", "test", "-count=1", "-trimpath", "-vet=off", "-v", "-run", b.Run, main)
	cmd.Dir = filepath.Join(dir, "main")
	cmd.Env = append(os.Environ(), append([]string{"GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0"}, b.Env...)...)
	out, err := cmd.CombinedOutput()
	if err != nil || bytes.Contains(out, []byte("--- SKIP")) || !bytes.Contains(out, []byte("--- PASS")) {
		t.Errorf("%v\n%s", err, out)
	}
}

// listed is what `go list` says of a package.
type listed struct {
	ImportPath, Dir      string
	GoFiles, TestGoFiles []string
	Module               *module
}

type module struct{ Path, Dir, GoMod string }

// copy copies what the package is made of below dir, this module to "main", and returns the package's path.
func (b Build) copy(dir string) (string, error) {
	packages, err := list("-deps", ".")
	if err != nil {
		return "", err
	}
	root := packages[len(packages)-1] // dependencies come first
	places := map[string]string{root.Module.Path: "main"}
	for i, path := range b.Modules {
		places[path] = fmt.Sprint("module", i)
	}
	gomod, err := os.ReadFile(root.Module.GoMod)
	if err != nil {
		return "", err
	}
	for _, p := range packages {
		if p.Module == nil || places[p.Module.Path] == "" {
			continue
		}
		place := filepath.Join(dir, places[p.Module.Path])
		relative, err := filepath.Rel(p.Module.Dir, p.Dir)
		if err != nil {
			return "", err
		}
		files := p.GoFiles
		if p.ImportPath == root.ImportPath {
			files = slices.Concat(files, p.TestGoFiles)
		}
		for _, file := range files {
			source, err := os.ReadFile(filepath.Join(p.Dir, file))
			if err != nil {
				return "", err
			}
			if err := write(filepath.Join(place, relative, free(file)), b.unbound(string(source))); err != nil {
				return "", err
			}
		}
		text, err := os.ReadFile(p.Module.GoMod)
		if err != nil {
			return "", err
		}
		if err := write(filepath.Join(place, "go.mod"), string(text)); err != nil {
			return "", err
		}
	}
	for _, path := range b.Modules {
		gomod = fmt.Appendf(gomod, "\nreplace %s => ../%s\n", path, places[path])
	}
	if err := write(filepath.Join(dir, "main", "go.mod"), string(gomod)); err != nil {
		return "", err
	}
	sums, err := os.ReadFile(filepath.Join(root.Module.Dir, "go.sum"))
	if err != nil {
		return "", err
	}
	return root.ImportPath, write(filepath.Join(dir, "main", "go.sum"), string(sums))
}

// list lists packages as macOS has them.
func list(args ...string) (packages []listed, err error) {
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Dir,GoFiles,TestGoFiles,Module"}, args...)...)
	cmd.Env = append(os.Environ(), "GOOS=darwin", "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); err == io.EOF {
			return packages, nil
		} else if err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
}

// free is a file's name without the suffix that binds it to macOS.
func free(name string) string { return strings.ReplaceAll(name, "_darwin", "_mac") }

var constraint = regexp.MustCompile(`(?m)^//go:build .*\n`)

// unbound is a source without its build constraint, and with its replacements.
func (b Build) unbound(source string) string {
	source = constraint.ReplaceAllString(source, "")
	for old, replacement := range b.Replace {
		source = strings.ReplaceAll(source, old, replacement)
	}
	return source
}

func write(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o600)
}
