package reason

import (
	"go/ast"
	"go/build"
	"go/build/constraint"
	"go/types"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// What another system builds, or this one with other tags, is checked here with what this system has compiled: what is missing
// is passed over, since the compiler of that system will say so. The reasons in it are found all the same, so that the manifest
// does not depend on where it is made.

// systems are those for which the files of a package are put together as the go command does it.
var systems = []string{"linux", "darwin", "windows"}

// checkPlatforms checks the files of a package that this system leaves out.
func (p *program) checkPlatforms(pkg *packages.Package) {
	for _, names := range p.variants(pkg) {
		u := &unit{path: pkg.PkgPath, elsewhere: true, types: types.NewPackage(pkg.PkgPath, pkg.Name)}
		p.checkFiles(u, pkg, names, func(error) {})
		p.units = append(p.units, u)
	}
}

// variants returns the sets of files that together have all that this system leaves out: one for each system, and one for each
// file that none of them builds without tags of its own.
func (p *program) variants(pkg *packages.Package) (sets [][]string) {
	var left []string
	for _, name := range pkg.IgnoredFiles {
		if p.isPart(name, pkg.Name) {
			left = append(left, name)
		}
	}
	all := slices.Concat(pkg.GoFiles, left)
	for _, system := range systems {
		if len(left) == 0 {
			return sets
		}
		context := build.Default
		context.GOOS, context.CgoEnabled = system, false
		matches := func(name string) bool {
			match, err := context.MatchFile(filepath.Dir(name), filepath.Base(name))
			return match && err == nil || name == p.target.File
		}
		if slices.ContainsFunc(left, matches) {
			sets = append(sets, slices.DeleteFunc(slices.Clone(all), func(name string) bool { return !matches(name) }))
			left = slices.DeleteFunc(left, matches)
		}
	}
	for _, name := range left {
		// First, so that its names are not those of the file in place of which it is built.
		sets = append(sets, append([]string{name}, pkg.GoFiles...))
	}
	return sets
}

// isPart reports whether a file that is left out belongs to a package in some build. What is marked "ignore" never does.
func (p *program) isPart(name, pkg string) bool {
	base := filepath.Base(name)
	if filepath.Ext(base) != ".go" || strings.HasSuffix(base, "_test.go") || strings.HasPrefix(base, "_") || strings.HasPrefix(base, ".") {
		return false
	}
	file, _ := p.parse(name)
	return file != nil && file.Name != nil && (file.Name.Name == pkg || pkg == "") && file.Name.Name != "documentation" && !isIgnored(file)
}

// isIgnored reports whether a file is built only with the tag "ignore", as programs are that are run by hand.
func isIgnored(file *ast.File) bool {
	for _, group := range file.Comments {
		if group.Pos() > file.Package {
			break
		}
		for _, c := range group.List {
			if constraint.IsGoBuild(c.Text) || constraint.IsPlusBuild(c.Text) {
				if expr, err := constraint.Parse(c.Text); err == nil && needsIgnore(expr) {
					return true
				}
			}
		}
	}
	return false
}

func needsIgnore(expr constraint.Expr) bool {
	switch expr := expr.(type) {
	case *constraint.TagExpr:
		return expr.Tag == "ignore"
	case *constraint.AndExpr:
		return needsIgnore(expr.X) || needsIgnore(expr.Y)
	case *constraint.OrExpr:
		return needsIgnore(expr.X) && needsIgnore(expr.Y)
	}
	return false
}

// checkUnbuilt checks the packages of which this system builds no file. The go command does not list them.
func (p *program) checkUnbuilt() {
	listed := map[string]bool{}
	roots := map[string]string{} // the import path of a module by its folder
	for _, pkg := range p.all {
		if pkg.Dir != "" {
			listed[pkg.Dir] = true
		}
		if pkg.Module != nil && pkg.Module.Main && pkg.Module.Dir != "" {
			roots[pkg.Module.Dir] = pkg.Module.Path
		}
	}
	for _, root := range slices.Sorted(maps.Keys(roots)) {
		_ = filepath.WalkDir(root, func(folder string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil || !entry.IsDir():
				return nil // what can't be read can't be built
			case folder != root && (skipped(entry.Name()) || roots[folder] != "" || isModule(folder)):
				return filepath.SkipDir
			case !listed[folder]:
				below, _ := filepath.Rel(root, folder)
				p.checkFolder(folder, path.Join(roots[root], filepath.ToSlash(below)))
			}
			return nil
		})
	}
}

// checkFolder checks the Go files of a folder as a package, if they reach the runtime.
func (p *program) checkFolder(folder, importPath string) {
	names, _ := filepath.Glob(filepath.Join(folder, "*.go"))
	reaches := func(name string) bool {
		return p.isPart(name, "") && slices.ContainsFunc(p.syntax[name].file.Imports, func(spec *ast.ImportSpec) bool {
			imported := p.all[unquote(spec)]
			return imported != nil && (p.reaches(imported) || imported == p.ours)
		})
	}
	if slices.ContainsFunc(names, reaches) {
		p.related[importPath] = true
		p.checkPlatforms(&packages.Package{PkgPath: importPath, Name: p.syntax[names[slices.IndexFunc(names, reaches)]].file.Name.Name, IgnoredFiles: names})
	}
}

// skipped reports whether the go command passes over a folder of this name.
func skipped(base string) bool {
	return base == "testdata" || base == "vendor" || base == "node_modules" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")
}

func isModule(folder string) bool {
	names, _ := filepath.Glob(filepath.Join(folder, "go.mod"))
	return len(names) > 0
}
