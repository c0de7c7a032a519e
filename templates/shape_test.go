package templates_test

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"testing"
)

// TestCodeCanNotBeChangedFromOutside: no other package can assign what a getter uses, and whoever reads about a name finds what
// it is.
func TestCodeCanNotBeChangedFromOutside(t *testing.T) {
	for _, name := range goldenCases(t) {
		code, err := os.ReadFile(filepath.Join(goldenDir, name, "want", "secrets_gen.go"))
		if os.IsNotExist(err) {
			continue // a case of mistakes
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parse(t, token.NewFileSet(), name, code).Decls {
			switch decl := decl.(type) {
			case *ast.GenDecl:
				checkDeclaration(t, name, decl)
			case *ast.FuncDecl:
				if decl.Name.IsExported() && decl.Doc == nil {
					t.Errorf("%s: %s has no comment", name, decl.Name)
				}
			}
		}
	}
}

func checkDeclaration(t *testing.T, name string, decl *ast.GenDecl) {
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.ValueSpec:
			if decl.Tok == token.VAR && spec.Names[0].IsExported() {
				t.Errorf("%s: %s is a variable that other packages can assign", name, spec.Names[0])
			}
		case *ast.TypeSpec:
			fields, isStruct := spec.Type.(*ast.StructType)
			if !isStruct || spec.Name.Name == "Secrets" {
				continue
			}
			for _, field := range fields.Fields.List {
				if field.Doc == nil {
					t.Errorf("%s: field %s.%s has no comment", name, spec.Name, field.Names[0])
				}
			}
		}
	}
}
