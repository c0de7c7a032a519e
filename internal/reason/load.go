package reason

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
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
	fset    *token.FileSet
	target  Target                       // with an absolute path
	written map[string][]byte            // what is to be written, by its absolute path: the target, and what is beside it
	all     map[string]*packages.Package // what the go command knows, by import path
	ours    *packages.Package            // which the target is in
	exports map[string]string            // what the compiler has written of those that are not checked from source, by import path
	broken  schema.ErrorList
	units   []*unit // what was checked from source

	importing, noting sync.Mutex

	compiled types.Importer            // of packages that were not checked from source
	checked  map[string]*unit          // by import path; those of this system whose imports may be asked for
	syntax   map[string]syntax         // by path
	reaching map[string]bool           // by import path
	related  map[string]bool           // by import path: see relate
	vaults   map[*types.Package]string // by package: see vaultOf

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

// load asks the go command for the packages of the module, or of all modules of the workspace, and checks from source those
// that reach the runtime. The packages that are not the user's are imported as they were compiled.
func load(t Target) (*program, error) {
	written := map[string][]byte{}
	for name, code := range t.Beside {
		file, err := filepath.Abs(name)
		if err != nil {
			return nil, err
		}
		written[file] = code
	}
	file, err := filepath.Abs(t.File)
	if err != nil {
		return nil, err
	}
	written[file] = t.Code
	t.File = file
	p := &program{
		fset: token.NewFileSet(), target: t, written: written, all: map[string]*packages.Package{}, exports: map[string]string{},
		checked: map[string]*unit{}, syntax: map[string]syntax{}, reaching: map[string]bool{}, vaults: map[*types.Package]string{},
		instances: map[*types.TypeParam][]types.Type{},
	}
	if err := p.list(); err != nil {
		return nil, err
	}
	p.compiled = importer.ForCompiler(p.fset, "gc", p.export)
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
	roots, err := p.ask(config)
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
	// "work" is every package of the module or workspace (Go 1.25). Below testdata, the folder itself is none of them.
	roots, err := packages.Load(config, append(p.target.Also, "work", ".")...)
	clear(p.reaching)
	for pkg := range packages.Postorder(roots) {
		p.all[pkg.PkgPath] = pkg
		p.exports[pkg.PkgPath] = pkg.ExportFile
		if slices.Contains(pkg.GoFiles, p.target.File) {
			p.ours = pkg
		}
	}
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

// export opens what the compiler has written of a package.
func (p *program) export(path string) (io.ReadCloser, error) {
	if p.exports[path] != "" {
		return os.Open(p.exports[path])
	}
	if pkg := p.all[path]; pkg != nil && len(pkg.Errors) > 0 {
		return nil, errors.New(strings.Join(strings.Fields(pkg.Errors[0].Msg), " ")) // the go command's own words, such as what to get
	}
	return nil, fmt.Errorf("package %s does not compile, or is not there", path)
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

// parseAll reads files at the same time.
func (p *program) parseAll(names []string) {
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
