package reason_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/mcpsecrets/mcpsecrets/internal/reason"
	"github.com/mcpsecrets/mcpsecrets/schema"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

var update = flag.Bool("update", false, "rewrite what the cases want")

// TestFind makes a module of each archive in testdata, and compares what is found for the getters of its vault with the archive's
// file "want". A vault has the schema below where the archive has none. A file "x.link" is a symbolic link x.
func TestFind(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			root, want := unpack(t, archive)
			got := describe(root, filepath.Join(root, "vault", "secrets_gen.go"), code(t))
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if difference := diff.Diff("want", want.Data, "found", []byte(got)); len(difference) > 0 {
				t.Errorf("%s\nrewrite it with: go test ./internal/reason -update", difference)
			}
		})
	}
}

const vaultSchema = `
version: 1
server: pets
secrets:
  api_key: {required: true}
  user: {field_type: text, required: true}
  base_url: {field_type: url, default: "https://a.example", permission: none}
groups:
  login: [user, api_key]
`

// code is the generated file of every case.
func code(t *testing.T) []byte {
	t.Helper()
	file, err := templates.Parse("secrets.yaml", []byte(vaultSchema))
	if err != nil {
		t.Fatal(err)
	}
	code, err := templates.New(file, templates.Options{Package: "vault"}).Render()
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// unpack writes an archive to a new folder, as a module that requires the tree under test unless it says otherwise.
func unpack(t *testing.T, archive *txtar.Archive) (root string, want *txtar.File) {
	t.Helper()
	root = filepath.Join(t.TempDir(), "m")
	write(t, root, "go.mod", modFile(t, "example.com/m"))
	write(t, root, "vault/doc.go", "package vault\n")
	want = &txtar.File{Name: "want"}
	for i := range archive.Files {
		file := &archive.Files[i]
		link, isLink := strings.CutSuffix(file.Name, ".link")
		switch {
		case file.Name == "want":
			want = file
		case isLink:
			if err := os.Symlink(strings.TrimSpace(string(file.Data)), filepath.Join(root, link)); err != nil {
				t.Fatal(err)
			}
		case filepath.Base(file.Name) == "go.mod":
			write(t, root, file.Name, modFile(t, strings.TrimSpace(strings.TrimPrefix(string(file.Data), "module "))))
		default:
			write(t, root, file.Name, strings.ReplaceAll(string(file.Data), "GENERATED", string(code(t))))
		}
	}
	return root, want
}

func write(t *testing.T, root, name, text string) {
	t.Helper()
	path := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if filepath.Base(name) == "go.mod" {
		sums, err := os.ReadFile("../../go.sum")
		if err != nil {
			t.Fatal(err)
		}
		write(t, root, filepath.ToSlash(filepath.Join(filepath.Dir(name), "go.sum")), string(sums))
	}
}

// modFile is that of the tree under test for another module, which requires it.
func modFile(t *testing.T, module string) string {
	t.Helper()
	tree, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(tree, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n")
	return fmt.Sprintf("module %s\n%s\nrequire %s v0.0.0\n\nreplace %[3]s => %s\n", module, rest, "github.com/mcpsecrets/mcpsecrets", tree)
}

// describe says what Find returns, with paths below root.
func describe(root, file string, code []byte) string {
	var b strings.Builder
	run := reason.Run{Written: map[string][]byte{file: code}}
	found, err := run.Find(reason.Target{File: file})
	if err != nil {
		var mistakes schema.ErrorList
		if !errors.As(err, &mistakes) {
			fmt.Fprintln(&b, "not found:", err)
		}
		list(&b, root, mistakes)
		return b.String()
	}
	for _, getter := range []string{"APIKey", "User", "Login", "All"} {
		for _, text := range found.At[getter] {
			fmt.Fprintf(&b, "%s: %s\n", getter, text)
		}
		for _, text := range found.Rejections[getter] {
			fmt.Fprintf(&b, "%s rejected: %s\n", getter, text)
		}
	}
	for _, text := range found.Others {
		fmt.Fprintf(&b, "any: %s\n", text)
	}
	for _, place := range found.LetPass {
		fmt.Fprintf(&b, "not reviewed: %s\n", place)
	}
	if len(found.Broken) > 0 {
		fmt.Fprintln(&b, "does not compile:")
		list(&b, root, found.Broken)
	}
	return b.String()
}

func list(b *strings.Builder, root string, mistakes schema.ErrorList) {
	for _, m := range mistakes {
		below, err := filepath.Rel(root, m.File)
		if err != nil {
			below = m.File
		}
		fmt.Fprintf(b, "%s:%s: %s\n", filepath.ToSlash(below), m.Pos, m.Text)
	}
}
