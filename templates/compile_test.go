package templates_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// exports has the compiler's export data of what generated code may import, by import path. Checking types against it
// takes milliseconds, where a go build of each case takes seconds.
var exports = sync.OnceValues(func() (map[string]string, error) {
	cmd := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Export",
		"github.com/mcpsecrets/mcpsecrets/runtime", "github.com/mcpsecrets/mcpsecrets/runtime/runtimetest",
		"github.com/mcpsecrets/mcpsecrets/runtime/mcpgo", "github.com/mcpsecrets/mcpsecrets/runtime/gosdk",
		"github.com/mark3labs/mcp-go/mcp", "github.com/modelcontextprotocol/go-sdk/mcp", "context", "embed", "fmt", "math", "net/url", "slices", "time")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, stderr.Bytes())
	}
	files := map[string]string{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg struct{ ImportPath, Export string }
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			return files, nil
		} else if err != nil {
			return nil, err
		}
		files[pkg.ImportPath] = pkg.Export
	}
})

// typeErrors returns what the compiler's type checker says of one package, one line for each error.
func typeErrors(t testing.TB, fset *token.FileSet, files ...*ast.File) []error {
	t.Helper()
	exported, err := exports()
	if err != nil {
		t.Fatal(err)
	}
	var found []error
	config := types.Config{
		Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
			if exported[path] == "" {
				return nil, fmt.Errorf("generated code must not import %q", path)
			}
			return os.Open(exported[path])
		}),
		Error: func(err error) { found = append(found, err) },
	}
	_, _ = config.Check("generated", fset, files, nil)
	return found
}

// parse returns the syntax of one file.
func parse(t testing.TB, fset *token.FileSet, name string, code []byte) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(fset, name, code, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatalf("%v\n%s", err, code)
	}
	return file
}

// TestMisuseDoesNotCompile adds each file of testdata/compile to the code of the golden case petstore. A comment
// `// want "expression"` stands on each line that must not compile; nothing else may fail.
func TestMisuseDoesNotCompile(t *testing.T) {
	generated, err := os.ReadFile("../testdata/golden/petstore/want/secrets_gen.go")
	if err != nil {
		t.Fatal(err)
	}
	cases, err := filepath.Glob("testdata/compile/*.go")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".go"), func(t *testing.T) {
			code, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			fset := token.NewFileSet()
			misuse := parse(t, fset, name, code)
			wanted := wantedErrors(t, fset, misuse)
			for _, err := range typeErrors(t, fset, parse(t, fset, "secrets_gen.go", generated), misuse) {
				var typeError types.Error
				if !errors.As(err, &typeError) || typeError.Fset.Position(typeError.Pos).Filename != name {
					t.Fatalf("the generated code does not compile: %v", err)
				}
				line := typeError.Fset.Position(typeError.Pos).Line
				if want := wanted[line]; want == nil || !want.MatchString(typeError.Msg) {
					t.Errorf("line %d: %s, want %v", line, typeError.Msg, want)
				}
				delete(wanted, line)
			}
			for line, want := range wanted {
				t.Errorf("line %d compiles, but should fail with %q", line, want)
			}
		})
	}
}

func wantedErrors(t *testing.T, fset *token.FileSet, file *ast.File) map[int]*regexp.Regexp {
	wanted := map[int]*regexp.Regexp{}
	for _, group := range file.Comments {
		for _, c := range group.List {
			text, ok := strings.CutPrefix(c.Text, "// want ")
			if !ok {
				continue
			}
			expression, err := strconv.Unquote(text)
			if err != nil {
				t.Fatal(err)
			}
			wanted[fset.Position(c.Pos()).Line] = regexp.MustCompile(expression)
		}
	}
	if len(wanted) == 0 {
		t.Fatal("the case wants no error")
	}
	return wanted
}
