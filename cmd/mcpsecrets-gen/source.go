package main

import (
	"errors"
	"fmt"
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/reason"
	"github.com/mcpsecrets/mcpsecrets/schema"
)

// findReasons returns the reasons that the code of the module or workspace gives at the getters of a generated file, and nil
// where nobody wants them. Outside a module nothing can be built, so there is nothing to read.
func (t target) findReasons(out string, run *reason.Run) (*reason.Found, error) {
	switch {
	case t.noReasons:
		return nil, nil
	case !inModule(out):
		return &reason.Found{}, nil
	}
	found, err := run.Find(reason.Target{File: out})
	var mistakes schema.ErrorList
	switch {
	case errors.As(err, &mistakes):
		return nil, fromHere(mistakes)
	case err != nil:
		return nil, &hintedError{fmt.Errorf("the reasons in the code can't be found: %w", err),
			"--no-reasons leaves them out; no question will then show a reason"}
	}
	found.Broken = fromHere(found.Broken)
	return found, nil
}

// withWayOut adds what an author can do about a reason that is no constant. Other mistakes say it themselves.
func withWayOut(mistakes schema.ErrorList) error {
	if !slices.ContainsFunc(mistakes, reason.CanPass) {
		return mistakes
	}
	return &hintedError{mistakes, "give the text itself; or let it stand with the comment //mcpsecrets:reason on its line, and a question says that the reason was not reviewed"}
}

// inModule reports whether the go command takes a file for a part of a module.
func inModule(file string) bool {
	folder, err := filepath.Abs(filepath.Dir(file))
	for err == nil {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return true
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return false
		}
		folder = parent
	}
	return false
}

// fromHere gives files the names by which they are found from the working directory.
func fromHere(mistakes schema.ErrorList) schema.ErrorList {
	here, err := os.Getwd()
	if err != nil {
		return mistakes
	}
	for _, m := range mistakes {
		if below, err := filepath.Rel(here, m.File); err == nil {
			m.File = below
		}
	}
	return mistakes
}

// packageIn returns the name of the package that the go command builds in the folder of a generated file, or "" if there is none.
// The generated file is asked last: it may be older than the rest.
func packageIn(out string) string {
	folder, generated := filepath.Dir(out), filepath.Base(out)
	name := packageOf(folder, func(file string) bool { return file != generated && !strings.HasSuffix(file, "_test.go") })
	if name == "" {
		name = packageOf(folder, func(file string) bool { return file == generated })
	}
	return name
}

// packageOf returns the name of the package that those files of a folder make which this system builds.
func packageOf(folder string, counts func(name string) bool) string {
	context := build.Default
	context.ReadDir = func(name string) ([]fs.FileInfo, error) {
		entries, err := os.ReadDir(name)
		var files []fs.FileInfo
		for _, entry := range entries {
			if info, err := os.Stat(filepath.Join(name, entry.Name())); err == nil && counts(entry.Name()) {
				files = append(files, named{info, entry.Name()})
			}
		}
		return files, err
	}
	// An error, such as a second package, is the compiler's to report.
	pkg, _ := context.ImportDir(folder, 0)
	if pkg == nil || len(pkg.GoFiles)+len(pkg.CgoFiles) == 0 {
		return ""
	}
	return pkg.Name
}

// otherPackage returns the package of the folder of a generated file and a file of it, where this system builds no file there of
// the package called name.
func otherPackage(out, name string) (other, file string) {
	entries, _ := os.ReadDir(filepath.Dir(out))
	for _, entry := range entries {
		if entry.Name() == filepath.Base(out) || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		switch found := packageOf(filepath.Dir(out), func(name string) bool { return name == entry.Name() }); {
		case found == name:
			return "", ""
		case found != "" && other == "":
			other, file = found, entry.Name()
		}
	}
	return other, file
}

// A named is a file under the name of a link to it.
type named struct {
	fs.FileInfo
	name string
}

func (n named) Name() string { return n.name }

// checkAlone refuses a second generated file in a package: it would declare the same names.
func checkAlone(out string) error {
	names, err := filepath.Glob(filepath.Join(filepath.Dir(out), "*.go"))
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(slices.Values(names)) {
		if filepath.Base(name) == filepath.Base(out) {
			continue
		}
		code, err := os.ReadFile(name)
		if err == nil && ours.Match(code) {
			return &hintedError{fmt.Errorf("%s would declare the names that %s declares", out, name),
				"give each schema a folder of its own, or remove the file that is no longer needed"}
		}
	}
	return nil
}
