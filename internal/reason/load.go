package reason

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/tools/go/packages"

	"github.com/mcpsecrets/mcpsecrets/schema"
)

// runtimePath is the package that declares the type of reasons.
const runtimePath = "github.com/mcpsecrets/mcpsecrets/runtime"

// A program is the code that reaches the runtime.
type program struct {
	*listing
	target Target            // with an absolute path
	ours   *packages.Package // which the target is in
	broken schema.ErrorList
	units  []*unit // what was checked from source

	importing, noting sync.Mutex

	checked map[string]*unit          // by import path; those of this system whose imports may be asked for
	related map[string]bool           // by import path: see relate
	vaults  map[*types.Package]string // by package: see vaultOf

	boxed     []types.Type                      // in which a reason can be written, and which are put into an interface with methods
	instances map[*types.TypeParam][]types.Type // what stands for a type parameter
}

// A unit is a package that was checked from source, on one system.
type unit struct {
	path      string
	elsewhere bool // it is another system's, and checked as far as this one can
	types     *types.Package
	info      *types.Info
	files     []*ast.File
}

// load finds the packages of the module, or of all modules of the workspace, and checks from source those that reach the runtime.
// The packages that are not the user's are imported as they were compiled.
func (r *Run) load(t Target) (*program, error) {
	p := &program{target: t, checked: map[string]*unit{}, vaults: map[*types.Package]string{}, instances: map[*types.TypeParam][]types.Type{}}
	if err := p.find(r); err != nil {
		return nil, err
	}
	p.relate()
	var names []string
	for _, pkg := range p.all {
		if p.fromSource(pkg) {
			names = append(names, pkg.GoFiles...)
		}
	}
	p.parseAll(names)
	p.checkAll()
	p.checkUnbuilt()
	p.broken = sorted(p.broken)
	return p, nil
}

// trusted are the packages of the runtime's module that only pass on what they are given.
var trusted = []string{"mcpgo", "gosdk", "usercmd", "runtimetest", "internal"}

// fromSource reports whether a package is one in which something can become a reason.
func (p *program) fromSource(pkg *packages.Package) bool {
	if pkg == p.ours {
		return true
	}
	below, isRuntime := strings.CutPrefix(pkg.PkgPath+"/", runtimePath+"/")
	first, _, _ := strings.Cut(below, "/")
	if isRuntime && (first == "" || slices.Contains(trusted, first)) {
		return false
	}
	return p.reaches(pkg)
}

// reaches reports whether a package imports the runtime, itself or through others.
func (p *program) reaches(pkg *packages.Package) bool {
	if pkg.PkgPath == runtimePath {
		return true
	}
	if known, ok := p.reaching[pkg.PkgPath]; ok {
		return known
	}
	p.reaching[pkg.PkgPath] = false // while a circle is walked, which does not compile
	for _, imported := range pkg.Imports {
		if p.reaches(imported) {
			p.reaching[pkg.PkgPath] = true
			break
		}
	}
	return p.reaching[pkg.PkgPath]
}

// relate finds the packages whose constants can come to a getter of the target: those that import it, themselves or through
// others, and what these import.
func (p *program) relate() {
	p.related = map[string]bool{}
	var down func(*packages.Package)
	down = func(pkg *packages.Package) {
		if !p.related[pkg.PkgPath] {
			p.related[pkg.PkgPath] = true
			for _, imported := range pkg.Imports {
				down(imported)
			}
		}
	}
	users := map[*packages.Package]bool{p.ours: true}
	var uses func(*packages.Package) bool
	uses = func(pkg *packages.Package) bool {
		known, ok := users[pkg]
		if ok {
			return known
		}
		users[pkg] = false
		for _, imported := range pkg.Imports {
			if uses(imported) {
				users[pkg] = true
				break
			}
		}
		return users[pkg]
	}
	for _, pkg := range p.all {
		if uses(pkg) {
			down(pkg)
		}
	}
}

// An imports is how one package imports others.
type imports struct {
	*program
	by *packages.Package
}

func (i imports) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	pkg := i.by.Imports[path]
	if pkg == nil {
		pkg = i.all[path] // of a file that only another system builds
	}
	if pkg == nil {
		return nil, fmt.Errorf("there is no package %s", path)
	}
	if i.fromSource(pkg) {
		if u := i.checked[pkg.PkgPath]; u != nil {
			return u.types, nil
		}
		return nil, fmt.Errorf("package %s imports this one, in a circle", pkg.PkgPath)
	}
	i.importing.Lock() // the importer is for one at a time
	defer i.importing.Unlock()
	return i.compiled.Import(pkg.PkgPath)
}

// checkAll checks the packages that reach the runtime as this system builds them, and what it leaves out of them. Those that do
// not import each other are checked at the same time.
func (p *program) checkAll() {
	for _, level := range p.levels() {
		units := make([]*unit, len(level))
		together(len(level), func(i int) { units[i] = p.check(level[i]) })
		for i, u := range units {
			p.checked[level[i].PkgPath] = u
		}
		p.units = append(p.units, units...)
	}
	for _, path := range sortedKeys(p.checked) {
		p.checkPlatforms(p.all[path])
	}
}

// levels returns the packages that are checked from source: after the first, each level imports what is in those before it.
func (p *program) levels() (levels [][]*packages.Package) {
	depths := map[*packages.Package]int{}
	var depth func(*packages.Package) int
	depth = func(pkg *packages.Package) int {
		known, ok := depths[pkg]
		if ok {
			return known
		}
		depths[pkg] = 0 // while a circle is walked, which does not compile
		for _, imported := range pkg.Imports {
			if p.fromSource(imported) {
				depths[pkg] = max(depths[pkg], depth(imported)+1)
			}
		}
		return depths[pkg]
	}
	for _, path := range sortedKeys(p.all) {
		if pkg := p.all[path]; p.fromSource(pkg) {
			for len(levels) <= depth(pkg) {
				levels = append(levels, nil)
			}
			levels[depth(pkg)] = append(levels[depth(pkg)], pkg)
		}
	}
	return levels
}

// together calls f for each number below n, some at the same time.
func together(n int, f func(i int)) {
	var working sync.WaitGroup
	var next atomic.Int64
	for range min(n, runtime.GOMAXPROCS(0)) {
		working.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	working.Wait()
}

// check checks a package as this system builds it.
func (p *program) check(pkg *packages.Package) *unit {
	// What does not compile is reported where it can matter.
	report := func(error) {}
	if p.related[pkg.PkgPath] {
		report = p.noteBroken
	}
	u := &unit{path: pkg.PkgPath, types: types.NewPackage(pkg.PkgPath, pkg.Name)}
	p.checkFiles(u, pkg, pkg.GoFiles, report)
	return u
}

// checkFiles checks files as one package, as far as they compile.
func (p *program) checkFiles(u *unit, pkg *packages.Package, names []string, report func(error)) {
	for _, name := range names {
		file, err := p.parse(name)
		if err != nil {
			report(err)
		}
		if file != nil {
			u.files = append(u.files, file)
		}
	}
	size := 0 // in bytes
	for _, file := range u.files {
		size += int(file.FileEnd - file.FileStart)
	}
	// An expression has about 8 bytes, and every second one is a name. Tables that grow would take a tenth of the whole time.
	u.info = &types.Info{
		Types: make(map[ast.Expr]types.TypeAndValue, size/8), Defs: map[*ast.Ident]types.Object{}, Uses: make(map[*ast.Ident]types.Object, size/16),
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Instances: map[*ast.Ident]types.Instance{},
	}
	config := types.Config{Importer: imports{p, pkg}, FakeImportC: true, Error: report}
	_ = types.NewChecker(&config, p.fset, u.types, u.info).Files(u.files) // reported one by one
}

// A syntax is what was read of a file. With mistakes in it, the file is what could be read.
type syntax struct {
	file *ast.File
	err  error
}

// parse reads a file once, whichever packages it is in.
func (p *program) parse(name string) (*ast.File, error) {
	read, ok := p.syntax[name]
	if !ok {
		read = p.read(name)
		p.syntax[name] = read
	}
	return read.file, read.err
}

func (p *program) read(name string) syntax {
	var code any
	if written, ok := p.written[name]; ok {
		code = written
	}
	file, err := parser.ParseFile(p.fset, name, code, parser.ParseComments|parser.SkipObjectResolution)
	return syntax{file, err}
}

// parseAll reads files at the same time, but for those that were read for another target.
func (p *program) parseAll(names []string) {
	names = slices.DeleteFunc(names, func(name string) bool { return p.syntax[name].file != nil })
	all := make([]syntax, len(names))
	together(len(names), func(i int) { all[i] = p.read(names[i]) })
	for i, name := range names {
		p.syntax[name] = all[i]
	}
}

// noteBroken keeps why code does not compile.
func (p *program) noteBroken(err error) {
	p.noting.Lock()
	defer p.noting.Unlock()
	var typeError types.Error
	var list scanner.ErrorList
	switch {
	case errors.As(err, &typeError) && !typeError.Soft && typeError.Msg[0] != '\t':
		// A soft one, such as an import that is not used, hides nothing; one that begins with a tab goes on with the last.
		p.broken = append(p.broken, mistakeAt(p.fset.Position(typeError.Pos), typeError.Msg))
	case errors.As(err, &list):
		for _, e := range list {
			p.broken = append(p.broken, mistakeAt(e.Pos, e.Msg))
		}
	}
}

func mistakeAt(at token.Position, text string) *schema.Error {
	first, _, _ := strings.Cut(text, "\n")
	return &schema.Error{File: at.Filename, Pos: schema.Pos{Line: at.Line, Column: at.Column}, Text: first}
}

// sorted returns a list in the order of the code, none twice.
func sorted(list schema.ErrorList) schema.ErrorList {
	slices.SortFunc(list, func(a, b *schema.Error) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column), cmp.Compare(a.Text, b.Text))
	})
	return slices.CompactFunc(list, func(a, b *schema.Error) bool { return *a == *b })
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
