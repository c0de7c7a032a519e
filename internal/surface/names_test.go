package surface

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"
)

// maxNames is the number of names that users can reach. Lower it with each name that goes; raise it only for one that
// users need, and say so in the commit.
const maxNames = 210

func TestNamesThatUsersCanReach(t *testing.T) {
	total := 0
	for _, folder := range publicFolders(t) {
		names := 0
		for _, name := range load(t, folder, "linux").GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			names += countNames(file)
		}
		t.Logf("%4d %s", names, folder)
		total += names
	}
	if total > maxNames {
		t.Errorf("users can reach %d names, more than %d; -v shows in which packages", total, maxNames)
	}
}

// countNames counts the exported constants, variables, functions and types of a file, and the exported methods that it
// declares on exported types. The fields of a struct and the methods of an interface come with their type and do not
// count, nor does what an alias stands for.
func countNames(file *ast.File) (names int) {
	count := func(name *ast.Ident) {
		if name.IsExported() {
			names++
		}
	}
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv == nil || receiver(decl.Recv.List[0].Type).IsExported() {
				count(decl.Name)
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					count(spec.Name)
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						count(name)
					}
				}
			}
		}
	}
	return names
}

// receiver returns the name of the type that a method belongs to: T of *T and T[K, V].
func receiver(expr ast.Expr) *ast.Ident {
	switch expr := expr.(type) {
	case *ast.StarExpr:
		return receiver(expr.X)
	case *ast.IndexExpr:
		return receiver(expr.X)
	case *ast.IndexListExpr:
		return receiver(expr.X)
	}
	return expr.(*ast.Ident)
}

func TestCountNames(t *testing.T) {
	for code, want := range map[string]int{
		`const A, b = 1, 2`:        1,
		`var A, B int`:             2,
		`func F() {}; func f() {}`: 1,
		`type T struct { F int }; type t struct { F int}`: 1,
		`type I interface { M(); N() }`:                   1,
		`type T = t; type t int; func (t) M() {}`:         1,
		`type T int; func (T) M() {}; func (*T) N() {}`:   3,
		`type T int; func (T) m() {}`:                     1,
		`type T[A any] int; func (*T[A]) M() {}`:          2,
		`type T[A, B any] int; func (T[A, B]) M() {}`:     2,
		`import . "fmt"`:                                  0,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "a.go", "package a; "+code, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := countNames(file); got != want {
			t.Errorf("%s: got %d, want %d", code, got, want)
		}
	}
}

// isPublicHere reports whether a type is a public one of the same package, or an instance of one.
func isPublicHere(expr ast.Expr) bool {
	if instance, ok := expr.(*ast.IndexExpr); ok {
		expr = instance.X
	}
	name, ok := expr.(*ast.Ident)
	return ok && name.IsExported()
}

// An alias of an internal type shows none of its fields and methods in the documentation. One of a public type beside it does.
func TestNoPublicAliases(t *testing.T) {
	for _, folder := range publicFolders(t) {
		for _, name := range load(t, folder, "linux").GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if spec, ok := n.(*ast.TypeSpec); ok && spec.Assign.IsValid() && spec.Name.IsExported() && !isPublicHere(spec.Type) {
					t.Errorf("%s: %s is an alias", folder, spec.Name)
				}
				return true
			})
		}
	}
}
