package reason

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// A listing is what the go command has said of a module or workspace, and what was read of it since. It serves for each target
// of the same module or workspace: to ask takes longer than all the rest.
type listing struct {
	patterns []string                     // the packages that it was asked for
	written  map[string][]byte            // what is to be written, by its absolute path
	all      map[string]*packages.Package // what the go command knows, by import path
	exports  map[string]string            // what the compiler has written of those that are not checked from source, by import path
	compiled types.Importer               // of these
	reaching map[string]bool              // see reaches
	fset     *token.FileSet
	syntax   map[string]syntax // by path
}

func newListing(written map[string][]byte) *listing {
	l := &listing{
		patterns: []string{workspace}, written: written, all: map[string]*packages.Package{}, exports: map[string]string{}, reaching: map[string]bool{},
		fset: token.NewFileSet(), syntax: map[string]syntax{},
	}
	l.compiled = importer.ForCompiler(l.fset, "gc", l.export)
	return l
}

// workspace is every package of the module or workspace (Go 1.25).
const workspace = "work"

// packageOf returns the package that a file is in, or nil.
func (l *listing) packageOf(file string) *packages.Package {
	for _, pkg := range l.all {
		if slices.Contains(pkg.GoFiles, file) {
			return pkg
		}
	}
	return nil
}

// export opens what the compiler has written of a package.
func (l *listing) export(path string) (io.ReadCloser, error) {
	if l.exports[path] != "" {
		return os.Open(l.exports[path])
	}
	if pkg := l.all[path]; pkg != nil && len(pkg.Errors) > 0 {
		return nil, errors.New(strings.Join(strings.Fields(pkg.Errors[0].Msg), " ")) // the go command's own words, such as what to get
	}
	return nil, fmt.Errorf("package %s does not compile, or is not there", path)
}

// find finds the package of the target in what the go command has said, or asks it.
func (p *program) find(r *Run) error {
	var err error
	if p.target.File, err = filepath.Abs(p.target.File); err != nil {
		return err
	}
	for _, known := range r.listings {
		if ours := known.packageOf(p.target.File); ours != nil {
			p.listing, p.ours = known, ours
			return nil
		}
	}
	written, err := absolute(r.Written)
	if err != nil {
		return err
	}
	p.listing = newListing(written)
	if err := p.list(); err != nil {
		return err
	}
	if slices.Equal(p.patterns, []string{workspace}) { // else it has packages that others do not see
		r.listings = append(r.listings, p.listing)
	}
	return nil
}

// absolute returns files by their absolute paths.
func absolute(files map[string][]byte) (map[string][]byte, error) {
	found := make(map[string][]byte, len(files))
	for name, code := range files {
		file, err := filepath.Abs(name)
		if err != nil {
			return nil, err
		}
		found[file] = code
	}
	return found, nil
}

// list asks the go command. It is shown the target as it is to be written, since the code that uses it does not compile
// without.
func (p *program) list() error {
	config := &packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps | packages.NeedModule,
		Dir:  filepath.Dir(p.target.File),
	}
	config.Overlay = p.overlay()
	if len(config.Overlay) == 0 {
		config.Mode |= packages.NeedExportFile // one call of the go command for all
	}
	if _, err := exec.LookPath("go"); err != nil {
		return ErrNoGo
	}
	p.patterns = append(p.patterns, p.target.Also...)
	roots, err := p.ask(config)
	if p.ours == nil {
		p.patterns = append(p.patterns, ".") // below testdata, the folder itself is none of them
		roots, err = p.ask(config)
	}
	if p.ours == nil || p.exports[runtimePath] == "" {
		// A module that has just begun to use the runtime does not require yet what that needs, or has no checksums of it.
		withdraw, ok := tidily(config)
		defer withdraw()
		if ok {
			if _, again := p.ask(config); again == nil { // else why the first call failed is what matters
				err = nil
			}
		}
	}
	if p.ours == nil {
		p.noteUnlisted(roots, err)
		return nil
	}
	return err
}

// ask asks the go command for all packages, and for the compiled ones that are needed.
func (p *program) ask(config *packages.Config) (roots []*packages.Package, err error) {
	roots, err = p.run(config)
	if p.ours == nil {
		return roots, err
	}
	return roots, p.listCompiled(config)
}

// listCompiled asks for the compiled packages that the ones checked from source import. It is for a target that is not there
// yet: to compile what uses it would take long, and serve for one run only.
func (p *program) listCompiled(config *packages.Config) error {
	if config.Mode&packages.NeedExportFile != 0 {
		return nil
	}
	imported := map[string]bool{}
	for _, pkg := range p.all {
		if !p.fromSource(pkg) {
			continue
		}
		for _, other := range pkg.Imports {
			imported[other.PkgPath] = true
		}
		for _, name := range pkg.IgnoredFiles {
			if p.isPart(name, pkg.Name) {
				for _, spec := range p.syntax[name].file.Imports {
					imported[unquote(spec)] = true
				}
			}
		}
	}
	delete(imported, "unsafe")
	delete(imported, "C")
	maps.DeleteFunc(imported, func(path string, _ bool) bool { return p.all[path] == nil || p.fromSource(p.all[path]) })
	if len(imported) == 0 {
		return nil
	}
	only := *config
	only.Mode = packages.NeedName | packages.NeedExportFile
	found, err := packages.Load(&only, sortedKeys(imported)...)
	for _, pkg := range found {
		p.exports[pkg.PkgPath] = pkg.ExportFile
	}
	return err
}

// unquote returns the path that is imported.
func unquote(spec *ast.ImportSpec) string { return strings.Trim(spec.Path.Value, "\"`") }

// run asks the go command for the packages.
func (p *program) run(config *packages.Config) ([]*packages.Package, error) {
	roots, err := packages.Load(config, p.patterns...)
	clear(p.reaching)
	for pkg := range packages.Postorder(roots) {
		p.all[pkg.PkgPath] = pkg
		p.exports[pkg.PkgPath] = pkg.ExportFile
	}
	p.ours = p.packageOf(p.target.File)
	return roots, err
}

// noteUnlisted notes why the go command does not know the package of the target.
func (p *program) noteUnlisted(roots []*packages.Package, err error) {
	p.ours = &packages.Package{}
	note := func(why string) {
		if _, words, ok := strings.Cut(why, "stderr: "); ok {
			why = words // the go command's own
		}
		at := token.Position{Filename: p.target.File, Line: 1, Column: 1}
		p.broken = append(p.broken, mistakeAt(at, "the go command can't say what this is built with: "+strings.Join(strings.Fields(why), " ")))
	}
	if err != nil {
		note(err.Error())
	}
	for _, root := range roots {
		for _, err := range root.Errors {
			note(err.Msg)
		}
	}
	if len(p.broken) == 0 {
		list := exec.Command("go", "list", ".")
		list.Dir = filepath.Dir(p.target.File)
		said, _ := list.CombinedOutput() // which package packages may leave out
		note(string(said))
	}
}

// overlay returns what is to be written and is not there as it will be.
func (p *program) overlay() map[string][]byte {
	overlay := map[string][]byte{}
	for file, code := range p.written {
		if old, err := os.ReadFile(file); err != nil || !bytes.Equal(old, code) {
			overlay[file] = withoutEmbed(file, code)
		}
	}
	return overlay
}

// withoutEmbed returns the code of a file without its directive to embed the manifest where that is not there yet: the go command
// would refuse the package.
func withoutEmbed(file string, code []byte) []byte {
	before, after, found := bytes.Cut(code, []byte("\n//go:embed "))
	name, _, _ := bytes.Cut(after, []byte("\n"))
	if _, err := os.Stat(filepath.Join(filepath.Dir(file), string(name))); err == nil || !found {
		return code
	}
	return slices.Concat(before, []byte("\n// embed "), after)
}
