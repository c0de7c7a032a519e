package templates

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The arrows between the packages point one way.
func TestImports(t *testing.T) {
	for folder, forbidden := range map[string][]string{
		"../schema":           {"jennifer", "mcp-go", "go-sdk", "go/ast", "mcpsecrets/templates"},
		"../templates":        {"go-yaml", "mcp-go", "go-sdk", "\"os\""},
		"../internal/emit":    {"jennifer", "mcp-go", "go-sdk", "\"os\""},
		"../internal/field":   {"go-yaml", "jennifer", "mcp-go", "go-sdk", "mcpsecrets/"},
		"../internal/spell":   {"go-yaml", "jennifer", "mcp-go", "go-sdk", "mcpsecrets/"},
		"../internal/wording": {"go-yaml", "jennifer", "mcp-go", "go-sdk"},

		"../internal/credential": {"go-yaml", "jennifer", "mcp-go", "go-sdk", "mcpsecrets/"},
		"../runtime/store":       {"go-yaml", "jennifer", "mcp-go", "go-sdk", "mcpsecrets/"},
	} {
		for _, a := range arrowsFrom(t, folder) {
			a.check(t, forbidden)
		}
	}
}

// What a server links by importing a package of the runtime, also through others of this module: no SDK but its own, no YAML and
// no code generator. And of the packages inside, none knows what it does not need.
func TestReach(t *testing.T) {
	sdks := []string{"mark3labs/mcp-go", "modelcontextprotocol/go-sdk", "runtime/mcpgo", "runtime/gosdk"}
	generator := []string{"yaml", "jennifer", "mcpsecrets/schema", "mcpsecrets/templates"}
	system := []string{"internal/keychain", "internal/dialog", "internal/guard"}
	for folder, forbidden := range map[string][]string{
		"runtime":                       slices.Concat(sdks, generator),
		"runtime/mcpgo":                 append(generator, "modelcontextprotocol/go-sdk", "runtime/gosdk"),
		"runtime/gosdk":                 append(generator, "mark3labs/mcp-go", "runtime/mcpgo"),
		"runtime/usercmd":               slices.Concat(sdks, generator),
		"runtime/runtimetest":           slices.Concat(sdks, generator),
		"runtime/internal/consent":      slices.Concat(sdks, system, []string{"internal/intake", "internal/field", "internal/wording"}),
		"runtime/internal/intake":       slices.Concat(sdks, system),
		"runtime/internal/wire":         slices.Concat(sdks, generator, system),
		"runtime/internal/standing":     slices.Concat(sdks, generator, system, []string{"internal/consent"}),
		"runtime/internal/check":        slices.Concat(sdks, generator, system),
		"runtime/internal/client":       slices.Concat(sdks, system, []string{"jennifer", "mcpsecrets/schema"}),
		"runtime/internal/store/chosen": slices.Concat(sdks, generator, system, []string{"internal/consent"}),
		"runtime/internal/store/files":  slices.Concat(sdks, generator, system),
		"runtime/internal/store/env":    slices.Concat(sdks, generator, system),
		"runtime/internal/store/age":    slices.Concat(sdks, generator, system[1:]), // whose context says that nobody is to be asked
		"runtime/internal/serve":        sdks,
	} {
		reached := []string{folder}
		for n := 0; n < len(reached); n++ { // which grows
			for _, a := range arrowsFrom(t, "../"+reached[n]) {
				a.check(t, forbidden)
				if next, ok := strings.CutPrefix(a.to, module); ok && !slices.Contains(reached, next) {
					reached = append(reached, next)
				}
			}
		}
	}
}

const module = "github.com/mcpsecrets/mcpsecrets/"

// An arrow leads from a file to the package that it imports.
type arrow struct{ from, to string }

// check fails if the arrow leads to a path that contains a forbidden word, or is one that is in quotes.
func (a arrow) check(t *testing.T, forbidden []string) {
	t.Helper()
	for _, word := range forbidden {
		if a.to == strings.Trim(word, "\"") || word[0] != '"' && strings.Contains(a.to, word) {
			t.Errorf("%s imports %s", a.from, a.to)
		}
	}
}

// arrowsFrom returns the imports of a folder's package, on any system, but for those of its tests.
func arrowsFrom(t *testing.T, folder string) (list []arrow) {
	t.Helper()
	files, err := filepath.Glob(folder + "/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no files, %v", folder, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, arrow{name, path})
		}
	}
	return list
}

func TestGoName(t *testing.T) {
	for _, row := range []struct{ in, want string }{
		{"api_key", "APIKey"},
		{"stripe_api_key", "StripeAPIKey"},
		{"base-url", "BaseURL"},
		{"user.id", "UserID"},
		{"user_ids", "UserIDs"},
		{"oauth_token", "OAuthToken"},
		{"s3_bucket", "S3Bucket"},
		{"x", "X"},
		{"a__b", "AB"},
		{"2fa", "2fa"},
		{"", ""},
		{"___", ""},
		{"eu-west-1", "EuWest1"},
		{"漢字", "漢字"},
		{"straße", "Straße"},
	} {
		if got := goName(row.in); got != row.want {
			t.Errorf("goName(%q) = %q, want %q", row.in, got, row.want)
		}
	}
}

// TestBaseNameIsOneLine: the header's comment says the schema's name, and nothing else can follow it there.
func TestBaseNameIsOneLine(t *testing.T) {
	for name, want := range map[string]string{
		"a\npackage x.yaml": `"a\npackage x.yaml"`, "a\rb": `"a\rb"`, "\u202e.yaml": `"\u202e.yaml"`, "my secrets.yaml": "my secrets.yaml", "clé.yaml": "clé.yaml",
	} {
		if got := baseName(name); got != want {
			t.Errorf("baseName(%q) = %s, want %s", name, got, want)
		}
	}
}

func TestBaseNameIsTheSameOnEverySystem(t *testing.T) {
	for _, name := range []string{"secrets.yaml", "/a/b/secrets.yaml", `C:\a\secrets.yaml`, "./secrets.yaml"} {
		if got := baseName(name); got != "secrets.yaml" {
			t.Errorf("baseName(%s) = %s", strconv.Quote(name), got)
		}
	}
}
