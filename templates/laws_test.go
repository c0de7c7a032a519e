package templates

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The arrows between the packages point one way.
func TestImports(t *testing.T) {
	for folder, forbidden := range map[string][]string{
		"../schema":                   {"jennifer", "mcp-go", "go-sdk", "go/ast", "mcpsecrets/templates"},
		"../templates":                {"go-yaml", "mcp-go", "go-sdk", "\"os\""},
		"../runtime":                  {"go-yaml", "jennifer", "mcp-go", "go-sdk", "mcpsecrets/schema", "mcpsecrets/templates"},
		"../runtime/internal/consent": {"mcp-go", "go-sdk", "internal/keychain", "internal/dialog", "internal/intake"},
		"../runtime/internal/intake":  {"mcp-go", "go-sdk", "internal/keychain", "internal/dialog"},
		"../runtime/internal/serve":   {"mcp-go", "go-sdk"},
		"../runtime/mcpgo":            {"go-sdk", "runtime/gosdk"},
		"../runtime/gosdk":            {"mcp-go", "runtime/mcpgo"},
		"../runtime/usercmd":          {"mcp-go", "go-sdk", "runtime/mcpgo", "runtime/gosdk"},
		"../internal/field":           {"go-yaml", "jennifer", "mcp-go", "go-sdk", "mcpsecrets/"},
		"../internal/spell":           {"go-yaml", "jennifer", "mcp-go", "go-sdk", "mcpsecrets/"},
		"../internal/wording":         {"go-yaml", "jennifer", "mcp-go", "go-sdk"},
		"../runtime/runtimetest":      {"go-yaml", "jennifer", "mcp-go", "go-sdk"},
	} {
		files, err := filepath.Glob(folder + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no files, %v", folder, err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			code, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, code, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, spec := range file.Imports {
				for _, word := range forbidden {
					if strings.Contains(spec.Path.Value, strings.Trim(word, "\"")) && (word[0] != '"' || spec.Path.Value == word) {
						t.Errorf("%s imports %s", name, spec.Path.Value)
					}
				}
			}
		}
	}
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

func TestBaseNameIsTheSameOnEverySystem(t *testing.T) {
	for _, name := range []string{"secrets.yaml", "/a/b/secrets.yaml", `C:\a\secrets.yaml`, "./secrets.yaml"} {
		if got := baseName(name); got != "secrets.yaml" {
			t.Errorf("baseName(%s) = %s", strconv.Quote(name), got)
		}
	}
}
