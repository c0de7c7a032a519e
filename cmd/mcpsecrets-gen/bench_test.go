package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/testdata/ratio"
)

// BenchmarkHundredPackages generates for a server of 100 packages that use its vault, when nothing has changed. Its floor is the
// go command's list of the packages that these are built of.
func BenchmarkHundredPackages(b *testing.B) {
	root := hundredPackages(b)
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	command := filepath.Join(b.TempDir(), "mcpsecrets-gen") // under the command's name, the test is the command
	if err := os.Symlink(self, command); err != nil {
		b.Fatal(err)
	}
	run := func(name string, args ...string) {
		cmd := exec.Command(name, args...)
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
	generate := func() { run(command, "vault/secrets.yaml") }
	list := func() { run("go", "list", "-deps", "-export", "./...") }
	generate()
	generate() // with the code there
	list()
	ratio.Measure(b, 1.5, list, generate)
}

// hundredPackages writes the module of a server.
func hundredPackages(b *testing.B) (root string) {
	tree, err := filepath.Abs("../..")
	if err != nil {
		b.Fatal(err)
	}
	root = b.TempDir()
	write := func(name, text string) {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			b.Fatal(err)
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(tree, name))
		if err != nil {
			b.Fatal(err)
		}
		write(name, string(text))
	}
	text, _ := os.ReadFile(filepath.Join(root, "go.mod"))
	write("go.mod", moduleText("example.com/server", tree, string(text)))
	write("vault/doc.go", "package vault\n")
	write("vault/secrets.yaml", "version: 1\nserver: server\nsecrets: {api_key: {required: true}}\n")
	var imports strings.Builder
	for i := range 100 {
		var code strings.Builder
		fmt.Fprintf(&code, handler, i)
		for n := range 40 {
			fmt.Fprintf(&code, "\nfunc f%d(a, b int) string {\n\ts := \"\"\n\tfor i := a; i < b; i++ {\n\t\ts += fmt.Sprint(i * %[1]d)\n\t}\n\treturn s\n}\n", n)
		}
		write(fmt.Sprintf("p%d/p.go", i), code.String())
		fmt.Fprintf(&imports, "\t_ \"example.com/server/p%d\"\n", i)
	}
	write("main.go", "package main\n\nimport (\n"+imports.String()+")\n\nfunc main() {}\n")
	return root
}

const handler = `package p%d

import (
	"context"
	"fmt"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"

	"example.com/server/vault"
)

func Handle(ctx context.Context, v *vault.Secrets, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	key, err := v.APIKey(ctx, "Read number %[1]d")
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, key.Reveal(), nil)
	return mcp.NewToolResultText(fmt.Sprint(r)), err
}
`
