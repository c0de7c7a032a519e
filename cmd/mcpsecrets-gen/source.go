package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/mcpsecrets/mcpsecrets/schema"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

// sources are the Go files that may call the getters of a generated file. Their names are relative to the module's root,
// so that they are the same from every folder.
type sources struct {
	root      string             // the module's folder, or the package's where there is no module
	own       []templates.Source // of the generated file's folder, without that file
	others    []templates.Source // of the rest of the module, if they import the generated package
	generated []templates.Source // the generated file as it is now, if it is there
}

func (s *sources) all() []templates.Source { return slices.Concat(s.own, s.others) }

// fromHere gives the files in which there are mistakes the names by which they are found from the working directory.
func (s *sources) fromHere(err error) error {
	var mistakes schema.ErrorList
	here, absent := os.Getwd()
	if absent != nil || !errors.As(err, &mistakes) {
		return err
	}
	for _, m := range mistakes {
		m.File = filepath.Join(s.root, filepath.FromSlash(m.File))
		if below, err := filepath.Rel(here, m.File); err == nil {
			m.File = below
		}
	}
	return mistakes
}

// findSources returns the sources for the generated file out.
func findSources(out string) (*sources, error) {
	folder, err := filepath.Abs(filepath.Dir(out))
	if err != nil {
		return nil, err
	}
	root, module := findModule(folder)
	if module == "" {
		root = folder
	}
	found := &sources{root: root}
	files, err := goFiles(root, folder, nil)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if path.Base(file.Name) == filepath.Base(out) {
			found.generated = append(found.generated, file)
		} else {
			found.own = append(found.own, file)
		}
	}
	if module == "" {
		return found, nil
	}
	below, err := filepath.Rel(root, folder)
	if err != nil {
		return nil, err
	}
	imported := []byte(`"` + path.Join(module, filepath.ToSlash(below)) + `"`)
	err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return passOver(err)
		}
		if name != root && skipped(name, entry.Name()) {
			return filepath.SkipDir
		}
		if name == folder {
			return nil
		}
		others, err := goFiles(root, name, imported)
		found.others = append(found.others, others...)
		return passOver(err)
	})
	return found, err
}

// passOver ignores what can't be read outside the package's own folder: it can't be compiled either.
func passOver(err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// skipped reports whether Go's own tools pass over a folder, or it is another module.
func skipped(folder, base string) bool {
	if base == "testdata" || base == "vendor" || base == "node_modules" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return true
	}
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

// goFiles returns the Go files of a folder that contain needle, without tests.
func goFiles(root, folder string, needle []byte) ([]templates.Source, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var files []templates.Source
	for _, entry := range entries {
		name := entry.Name()
		if !entry.Type().IsRegular() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") ||
			strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
			continue
		}
		code, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return nil, err
		}
		if !bytes.Contains(code, needle) {
			continue
		}
		below, err := filepath.Rel(root, filepath.Join(folder, name))
		if err != nil {
			return nil, err
		}
		files = append(files, templates.Source{Name: filepath.ToSlash(below), Code: code})
	}
	return files, nil
}

// findModule returns the folder of the module that a folder belongs to and the module's path, or "" if there is none.
func findModule(folder string) (root, module string) {
	for {
		text, err := os.ReadFile(filepath.Join(folder, "go.mod"))
		if err == nil {
			return folder, modfile.ModulePath(text)
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", ""
		}
		folder = parent
	}
}

// packageName returns the name of the package in the folder; "" if there is none. The generated file is asked last: it may
// be older than the rest.
func (s *sources) packageName() string {
	for _, file := range slices.Concat(s.own, s.generated) {
		if name := packageOf(file); name != "" {
			return name
		}
	}
	return ""
}

// otherPackage returns the package of the folder and a file of it, where no file there is of the package called name. A file
// with a build constraint may be a tool beside it.
func (s *sources) otherPackage(name string) (other, file string) {
	for _, f := range s.own {
		switch found := packageOf(f); {
		case found == name:
			return "", ""
		case found != "" && other == "" && !bytes.Contains(f.Code, []byte("//go:build ")):
			other, file = found, f.Name
		}
	}
	return other, file
}

// packageOf returns the name in a file's package clause; "" for a file that does not count.
func packageOf(file templates.Source) string {
	syntax, err := parser.ParseFile(token.NewFileSet(), file.Name, file.Code, parser.PackageClauseOnly)
	if err != nil || syntax.Name.Name == "documentation" || bytes.Contains(file.Code, []byte("//go:build ignore")) {
		return ""
	}
	return syntax.Name.Name
}

// checkAlone refuses a second generated file in a package: it would declare the same names.
func (s *sources) checkAlone(out string) error {
	for _, file := range s.own {
		if ours.Match(file.Code) {
			other := filepath.Join(filepath.Dir(out), path.Base(file.Name))
			return &hintedError{fmt.Errorf("%s would declare the names that %s declares", out, other),
				"give each schema a folder of its own, or remove the file that is no longer needed"}
		}
	}
	return nil
}
