package templates

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/schema"
)

// adapterPaths are the packages whose Tool, Prompt and Resource take a getter and its reason.
var adapterPaths = []string{runtimePath + "/mcpgo", runtimePath + "/gosdk"}

// A Source is a Go file that may call the getters.
type Source struct {
	Name string // for mistakes, such as "main.go"
	Code []byte
}

// Reasons are what was found in the sources at the calls of one getter.
type Reasons struct {
	Constants []string // sorted
	Elsewhere []string // files with a call whose reason is no constant there, such as a parameter; sorted
}

// findReasons reads the syntax of sources for the reasons at the getters of p. It types nothing: a call counts as a
// getter's if the method has its name and the arguments look like its own, so a getter that is called as a function value
// is not found. The mistakes are conversions to secrets.Reason of what is no
// constant, since a model's text could come through there, and empty reasons.
func (p *Package) findReasons(sources []Source) schema.ErrorList {
	getters := map[string]*Reasons{"All": &p.All}
	for _, s := range p.Secrets {
		if s.Asks() {
			getters[s.GoName] = &s.Reasons
		}
	}
	for _, g := range p.Groups {
		getters[g.GoName] = &g.Reasons
	}
	var errs schema.ErrorList
	fset := token.NewFileSet()
	packages := map[string][]*sourceFile{} // by folder: constants of one file are seen in all
	for _, source := range sources {
		// A file that does not parse does not compile either: its reasons are found once it does.
		syntax, err := parser.ParseFile(fset, source.Name, source.Code, parser.SkipObjectResolution)
		if err == nil {
			dir := path.Dir(source.Name)
			packages[dir] = append(packages[dir], &sourceFile{source.Name, syntax, importsOf(syntax)})
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(packages)) {
		scan := reasonScan{fset: fset, getters: getters, packaged: packageConstants(packages[dir])}
		for _, file := range packages[dir] {
			scan.file(file)
		}
		errs = append(errs, scan.errors...)
	}
	for _, r := range getters {
		r.Constants = sortedSet(r.Constants)
		r.Elsewhere = sortedSet(r.Elsewhere)
	}
	return errs
}

func sortedSet(words []string) []string { return slices.Compact(slices.Sorted(slices.Values(words))) }

type sourceFile struct {
	name    string
	syntax  *ast.File
	imports map[imported]bool
}

// An imported is a package under the name that a file gives it; "." where its names stand without one.
type imported struct{ name, path string }

// importsOf returns what a file imports. A package is called as the last element of its path, unless the file says
// otherwise; only the runtime's name is another.
func importsOf(file *ast.File) map[imported]bool {
	imports := map[imported]bool{}
	for _, spec := range file.Imports {
		importPath, _ := strconv.Unquote(spec.Path.Value)
		name := path.Base(importPath)
		switch {
		case spec.Name != nil:
			name = spec.Name.Name
		case importPath == runtimePath:
			name = "secrets"
		}
		imports[imported{name, importPath}] = true
	}
	return imports
}

// A constants says what names stand for: the expression of a constant, or nil for anything else.
type constants map[string]ast.Expr

// packageConstants returns the constants of the package level.
func packageConstants(files []*sourceFile) constants {
	names := constants{}
	for _, file := range files {
		for _, decl := range file.syntax.Decls {
			if decl, ok := decl.(*ast.GenDecl); ok {
				names.declare(decl)
			}
		}
	}
	return names
}

// localConstants returns what is declared inside a function, its parameters included. A name that is declared twice there
// may be either: it counts as no constant.
func localConstants(function *ast.FuncDecl) constants {
	names := constants{}
	ast.Inspect(function, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			names.declare(n)
		case *ast.Field:
			for _, name := range n.Names {
				names[name.Name] = nil
			}
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				names.hide(n.Lhs...)
			}
		case *ast.RangeStmt:
			if n.Tok == token.DEFINE {
				names.hide(n.Key, n.Value)
			}
		}
		return true
	})
	return names
}

func (c constants) declare(decl *ast.GenDecl) {
	for _, spec := range decl.Specs {
		value, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		for i, name := range value.Names {
			_, twice := c[name.Name]
			c[name.Name] = nil
			if decl.Tok == token.CONST && i < len(value.Values) && !twice {
				c[name.Name] = value.Values[i]
			}
		}
	}
}

func (c constants) hide(names ...ast.Expr) {
	for _, name := range names {
		if name, ok := name.(*ast.Ident); ok {
			c[name.Name] = nil
		}
	}
}

type reasonScan struct {
	fset     *token.FileSet
	getters  map[string]*Reasons
	packaged constants
	local    constants // of the function that is being read
	errors   schema.ErrorList
}

func (r *reasonScan) file(file *sourceFile) {
	for _, decl := range file.syntax.Decls {
		r.local = nil
		if function, ok := decl.(*ast.FuncDecl); ok {
			r.local = localConstants(function)
		}
		r.calls(file, decl)
	}
}

// calls looks at every call below a declaration.
func (r *reasonScan) calls(file *sourceFile, decl ast.Decl) {
	ast.Inspect(decl, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if file.names(call.Fun, runtimePath, "Reason") && len(call.Args) == 1 {
			if _, ok := r.constant(file, call.Args[0], 0); !ok {
				r.fail(file, call.Args[0], "a reason must be a constant, so that it can be reviewed and no model can write it")
			}
			return true
		}
		getter, reason := file.getterCall(call)
		found, ok := r.getters[getter]
		if !ok {
			return true
		}
		switch text, ok := r.constant(file, reason, 0); {
		case !ok:
			found.Elsewhere = append(found.Elsewhere, file.name)
		case strings.TrimSpace(text) == "":
			r.fail(file, reason, "the reason of %s is empty, say what the secret is for", getter)
		default:
			found.Constants = append(found.Constants, text)
		}
		return true
	})
}

// getterCall returns the name and the reason of a call that may be a getter's: vault.Name(ctx, reason), or
// mcpgo.Tool(vault.Name, reason, handler), and the same with Prompt, Resource and the other adapters.
func (f *sourceFile) getterCall(call *ast.CallExpr) (name string, reason ast.Expr) {
	method, ok := call.Fun.(*ast.SelectorExpr)
	if ok && len(call.Args) == 2 && isContext(call.Args[0]) && !isManager(method.X) {
		return method.Sel.Name, call.Args[1]
	}
	if len(call.Args) == 3 && f.makesHandler(call.Fun) {
		if value, ok := call.Args[0].(*ast.SelectorExpr); ok {
			return value.Sel.Name, call.Args[1]
		}
	}
	return "", nil
}

// isManager reports whether e looks like vault.Manager, whose methods may have the names of getters.
func isManager(e ast.Expr) bool {
	field, ok := e.(*ast.SelectorExpr)
	return ok && field.Sel.Name == "Manager"
}

// isContext reports whether an argument looks like a context: client.Login("bob", "hunter2") is no getter's call, and what
// looks like a reason there must not get into the manifest.
func isContext(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return contextName(e.Name)
	case *ast.SelectorExpr:
		return contextName(e.Sel.Name)
	case *ast.CallExpr:
		method, ok := e.Fun.(*ast.SelectorExpr)
		if !ok {
			return isContext(e.Fun)
		}
		pkg, _ := method.X.(*ast.Ident)
		return contextName(method.Sel.Name) || method.Sel.Name == "Background" || pkg != nil && pkg.Name == "context"
	}
	return false
}

// contextName reports whether a name is one that Go programmers give a context: c, ctx, reqCtx, Context.
func contextName(name string) bool {
	name = strings.ToLower(name)
	return name == "c" || strings.HasSuffix(name, "ctx") || strings.HasSuffix(name, "context")
}

// makesHandler reports whether e is a function of an adapter that takes a getter and its reason.
func (f *sourceFile) makesHandler(e ast.Expr) bool {
	return slices.ContainsFunc(adapterPaths, func(adapter string) bool {
		return f.names(e, adapter, "Tool") || f.names(e, adapter, "Prompt") || f.names(e, adapter, "Resource")
	})
}

// names reports whether e is a name of the package at pkgPath, such as secrets.Reason, or gosdk.Tool[In, Out, Secret].
func (f *sourceFile) names(e ast.Expr, pkgPath, name string) bool {
	switch e := e.(type) {
	case *ast.IndexExpr:
		return f.names(e.X, pkgPath, name)
	case *ast.IndexListExpr:
		return f.names(e.X, pkgPath, name)
	case *ast.SelectorExpr:
		pkg, ok := e.X.(*ast.Ident)
		return ok && e.Sel.Name == name && f.imports[imported{pkg.Name, pkgPath}]
	case *ast.Ident:
		return e.Name == name && f.imports[imported{".", pkgPath}]
	}
	return false
}

// maxConstantDepth bounds constants that are made of constants; those that are made of themselves do not compile.
const maxConstantDepth = 20

// constant returns the text of a constant expression.
func (r *reasonScan) constant(file *sourceFile, e ast.Expr, depth int) (string, bool) {
	if depth > maxConstantDepth {
		return "", false
	}
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.ParenExpr:
		return r.constant(file, e.X, depth+1)
	case *ast.BinaryExpr:
		left, ok := r.constant(file, e.X, depth+1)
		right, ok2 := r.constant(file, e.Y, depth+1)
		return left + right, ok && ok2 && e.Op == token.ADD
	case *ast.Ident:
		value, ok := r.local[e.Name]
		if !ok {
			value = r.packaged[e.Name]
		}
		return r.constant(file, value, depth+1) // nil is no constant
	case *ast.CallExpr:
		if len(e.Args) == 1 && file.names(e.Fun, runtimePath, "Reason") {
			return r.constant(file, e.Args[0], depth+1)
		}
	}
	return "", false
}

func (r *reasonScan) fail(file *sourceFile, at ast.Expr, format string, args ...any) {
	position := r.fset.Position(at.Pos())
	r.errors = append(r.errors, &schema.Error{
		File: file.name,
		Pos:  schema.Pos{Line: position.Line, Column: position.Column},
		Text: fmt.Sprintf(format, args...),
	})
}
