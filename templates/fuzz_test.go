package templates_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/token"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/changes"
	"github.com/mcpsecrets/mcpsecrets/internal/field"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	"github.com/mcpsecrets/mcpsecrets/schema"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

// FuzzRender holds: what the schema accepts renders to code that is formatted, compiles and does nothing but what generated
// code does, twice to the same bytes, and to a manifest that reads back and that the runtime opens; what it refuses is
// refused with places.
func FuzzRender(f *testing.F) {
	for _, pattern := range []string{goldenDir + "/*/secrets.*", "../schema/testdata/valid/*"} {
		seeds, err := filepath.Glob(pattern)
		if err != nil || len(seeds) == 0 {
			f.Fatalf("no seeds at %s: %v", pattern, err)
		}
		for _, seed := range seeds {
			text, err := os.ReadFile(seed)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	for _, word := range instructions {
		f.Add([]byte(schemaWithText(word)))
	}
	// An input that takes ten seconds is taken for one that hangs, and the first one must not wait for the compiler.
	if _, err := exports(); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		if len(source) > 20_000 {
			t.Skip("it takes long, and says no more")
		}
		first, err := makeModel("secrets.yaml", source, templates.Options{Package: "golden"})
		if err != nil {
			var mistakes schema.ErrorList
			if !errors.As(err, &mistakes) || len(mistakes) == 0 {
				t.Fatalf("no list of mistakes: %v", err)
			}
			return
		}
		code, err := first.Render()
		if err != nil {
			t.Fatal(err)
		}
		mustCompile(t, code)
		mustDoNothingElse(t, code)
		second, err := makeModel("secrets.yaml", source, templates.Options{Package: "golden"})
		if err != nil {
			t.Fatal(err)
		}
		if again, err := second.Render(); err != nil || !bytes.Equal(code, again) {
			t.Errorf("the second rendering differs: %v", err)
		}
		manifest, err := first.Manifest(nil).JSON()
		if err != nil {
			t.Fatal(err)
		}
		read, ok, err := templates.ReadManifest(manifest)
		if err != nil || !ok {
			t.Fatalf("the manifest does not read back: %t %v", ok, err)
		}
		if differences := changes.Between(read, second.Manifest(nil)); len(differences) > 0 {
			t.Errorf("a schema differs from itself: %v", differences)
		}
		mustOpen(t, first, manifest)
	})
}

// instructions are words that tools of Go or an editor obey where a comment begins with them, or a line of one.
var instructions = []string{
	"+build", "go:linkname", "//go:build", "line", "export", "extern", "*/", "#cgo", "#include", "nolint", "lint:ignore", "#", "-", "1.", "Deprecated:",
}

// schemaWithText is a schema in whose texts word begins a line wherever they are wrapped: 90 characters lead up to each.
func schemaWithText(word string) string {
	lead := strings.Repeat("x", 90)
	text := fmt.Sprintf("%s %s %s %s x", lead, word, lead, word+" "+word)
	short := fmt.Sprintf("%.60s %s x", lead, word)
	return fmt.Sprintf("version: 1\nserver: a\nsecrets:\n  b: {help_text: %q, deprecated: %q}\n  c: {field_type: text, permission: none, label: %q, default: %q}\n",
		text, text, word, short+" "+text)
}

// directive is a comment that tells a tool to do something.
var directive = regexp.MustCompile(`^//([a-z0-9]+:[a-z0-9]|line |export |extern )`)

// mustDoNothingElse fails if a text of the schema got out of the place for it: the code has no functions but the getters, what
// binds one_ofs and all_or_nones, validators, keys and lists of choices, calls nothing but the runtime when it starts, and has no
// directive but the one that embeds the manifest.
func mustDoNothingElse(t *testing.T, code []byte) {
	t.Helper()
	file := parse(t, token.NewFileSet(), "secrets_gen.go", code)
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if directive.MatchString(comment.Text) && comment.Text != "//go:embed secrets.golden.json" ||
				strings.HasPrefix(comment.Text, "/*") {
				t.Errorf("the comment %q", comment.Text)
			}
			if constraint.IsPlusBuild(comment.Text) || constraint.IsGoBuild(comment.Text) {
				t.Errorf("the build constraint %q", comment.Text)
			}
		}
	}
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv == nil && decl.Name.Name != "OpenSecrets" && !strings.HasPrefix(decl.Name.Name, "into") && !onlyReturns(decl, "Validate", "Key", "All") {
				t.Errorf("the function %s", decl.Name)
			}
		case *ast.GenDecl:
			ast.Inspect(decl, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok && !isOfRuntime(call.Fun) {
					t.Errorf("a call when the package starts: %s", code[call.Pos()-1:call.End()-1])
				}
				return true
			})
		}
	}
}

// onlyReturns reports whether a function has a name of one of the kinds, and does nothing but to return something.
func onlyReturns(f *ast.FuncDecl, kinds ...string) bool {
	isOfKind := slices.ContainsFunc(kinds, func(kind string) bool { return strings.HasPrefix(f.Name.Name, kind) })
	if len(f.Body.List) != 1 || !isOfKind {
		return false
	}
	_, returns := f.Body.List[0].(*ast.ReturnStmt)
	return returns
}

// isOfRuntime reports whether a function is one of the runtime's.
func isOfRuntime(function ast.Expr) bool {
	if generic, ok := function.(*ast.IndexExpr); ok {
		function = generic.X
	}
	selector, ok := function.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	name, ok := selector.X.(*ast.Ident)
	return ok && name.Name == "secrets"
}

// mustOpen fails unless the runtime opens the keys and the manifest that were generated.
func mustOpen(t *testing.T, model *templates.Package, manifest []byte) {
	t.Helper()
	var keys []secrets.AnyKey
	for _, s := range model.Secrets {
		keys = append(keys, keyOf(secrets.Field(s.Field)))
	}
	for _, o := range model.OneOfs {
		keys = append(keys, keyOf(secrets.Field(o.Choice.Field)))
	}
	m, err := secrets.Open(secrets.Schema{Server: model.Server, Manifest: string(manifest), Keys: keys},
		secrets.WithStore(runtimetest.NewStore()))
	if err != nil {
		t.Fatalf("the runtime does not open it: %v", err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

func keyOf(f secrets.Field) secrets.AnyKey {
	if f.List {
		f.List = false
		return listOf(keyOf(f))
	}
	if f.Format != "" {
		return keyOfFormat(f)
	}
	switch {
	case field.Field(f).IsConnection():
		return secrets.DSN(f.Name, f)
	case f.Secrecy == field.Shown && f.Type == field.File:
		return secrets.Shown(secrets.File(f.Name, f))
	case f.Secrecy == field.Shown:
		return secrets.Shown(secrets.Multiline(f.Name, f))
	case f.Secrecy == field.Hidden && f.Type == field.Text:
		return secrets.Hidden(secrets.Text(f.Name, f))
	case f.Secrecy == field.Hidden && f.Type == field.URL:
		return secrets.Hidden(secrets.URL(f.Name, f))
	case f.Secrecy == field.Hidden && f.Type == field.Email:
		return secrets.Hidden(secrets.Email(f.Name, f))
	case f.Secrecy == field.Hidden && f.Type == field.Integer:
		return secrets.Hidden(secrets.Integer(f.Name, f))
	case f.Secrecy == field.Hidden && f.Type == field.Number:
		return secrets.Hidden(secrets.Number(f.Name, f))
	case f.Secrecy == field.Hidden && f.Type == field.Duration:
		return secrets.Hidden(secrets.Duration(f.Name, f))
	}
	switch f.Type {
	case field.Password:
		return secrets.Password(f.Name, f)
	case field.URL:
		return secrets.URL(f.Name, f)
	case field.Email:
		return secrets.Email(f.Name, f)
	case field.Integer:
		return secrets.Integer(f.Name, f)
	case field.Number:
		return secrets.Number(f.Name, f)
	case field.Boolean:
		return secrets.Boolean(f.Name, f)
	case field.Choice:
		return secrets.Choice[string](f.Name, f)
	case field.Duration:
		return secrets.Duration(f.Name, f)
	case field.Multiline:
		return secrets.Multiline(f.Name, f)
	case field.File:
		return secrets.File(f.Name, f)
	}
	return secrets.Text(f.Name, f)
}

func keyOfFormat(f secrets.Field) secrets.AnyKey {
	format := f.Format
	switch hidden := field.Field(f).Confidential(); format {
	case field.PEMFormat:
		return parsed[secrets.PEM](f, format, hidden)
	case field.JSONFormat:
		return parsed[json.RawMessage](f, format, hidden)
	case field.Base64Format:
		return parsed[[]byte](f, format, hidden)
	case field.DateFormat:
		return parsed[time.Time](f, format, hidden)
	case field.PortFormat:
		return parsed[uint16](f, format, hidden)
	case field.HostPortFormat:
		return parsed[secrets.HostPort](f, format, hidden)
	}
	return textKey(f, format)
}

// textKey makes the key of a text that has a format.
func textKey(f secrets.Field, format field.Format) secrets.AnyKey {
	f.Format = format
	switch {
	case f.Type == field.Password:
		return secrets.Password(f.Name, f)
	case f.Type == field.File && f.Secrecy == field.Shown:
		return secrets.Shown(secrets.File(f.Name, f))
	case f.Type == field.File:
		return secrets.File(f.Name, f)
	case f.Type == field.Multiline && f.Secrecy == field.Shown:
		return secrets.Shown(secrets.Multiline(f.Name, f))
	case f.Type == field.Multiline:
		return secrets.Multiline(f.Name, f)
	case f.Secrecy == field.Hidden:
		return secrets.Hidden(secrets.Text(f.Name, f))
	}
	return secrets.Text(f.Name, f)
}

func parsed[T any](f secrets.Field, format field.Format, hidden bool) secrets.AnyKey {
	if hidden {
		return secrets.Parsed[secrets.Confidential[T]](textKey(f, format))
	}
	return secrets.Parsed[T](textKey(f, format))
}

func listOf(key secrets.AnyKey) secrets.AnyKey {
	switch key := key.(type) {
	case secrets.Key[string]:
		return secrets.List(key)
	case secrets.Key[secrets.Secret]:
		return secrets.List(key)
	case secrets.Key[*url.URL]:
		return secrets.List(key)
	case secrets.Key[secrets.Confidential[*url.URL]]:
		return secrets.List(key)
	case secrets.Key[int64]:
		return secrets.List(key)
	case secrets.Key[secrets.Confidential[int64]]:
		return secrets.List(key)
	case secrets.Key[float64]:
		return secrets.List(key)
	case secrets.Key[secrets.Confidential[float64]]:
		return secrets.List(key)
	case secrets.Key[time.Duration]:
		return secrets.List(key)
	case secrets.Key[secrets.Confidential[time.Duration]]:
		return secrets.List(key)
	case secrets.Key[json.RawMessage]:
		return secrets.List(key)
	case secrets.Key[secrets.Confidential[json.RawMessage]]:
		return secrets.List(key)
	case secrets.Key[[]byte]:
		return secrets.List(key)
	case secrets.Key[secrets.Confidential[[]byte]]:
		return secrets.List(key)
	case secrets.Key[time.Time]:
		return secrets.List(key)
	case secrets.Key[uint16]:
		return secrets.List(key)
	case secrets.Key[secrets.HostPort]:
		return secrets.List(key)
	}
	return key
}

// TestTenThousandSecrets holds the law of FuzzRender for a schema of the largest size that is promised.
func TestTenThousandSecrets(t *testing.T) {
	model, err := makeModel("secrets.yaml", bigSchema(10_000), templates.Options{Package: "golden"})
	if err != nil {
		t.Fatal(err)
	}
	code, err := model.Render()
	if err != nil {
		t.Fatal(err)
	}
	mustCompile(t, code)
}

// bigSchema has n secrets of mixed types, as real schemas have.
func bigSchema(n int) []byte {
	var text bytes.Buffer
	text.WriteString("version: 1\nserver: big\nsecrets:\n")
	for i := range n {
		fmt.Fprintf(&text, "  secret_%d:\n    label: Secret number %d\n    help_text: Create one under Account, then API keys, and copy it from there.\n", i, i)
		switch i % 5 {
		case 0, 1:
			fmt.Fprintf(&text, "    field_type: password\n    required: true\n    min_length: 16\n")
		case 2:
			fmt.Fprintf(&text, "    field_type: url\n    schemes: [https]\n    default: https://host-%d.example/api\n    permission: none\n", i)
		case 3:
			fmt.Fprintf(&text, "    field_type: email\n")
		case 4:
			fmt.Fprintf(&text, "    field_type: integer\n    min: 1\n    max: 65535\n    default: 8080\n")
		}
	}
	return text.Bytes()
}
