package templates_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/templates"
)

// vetted are names of secrets whose getters go vet (stdmethods) would take for methods of Go's own interfaces, and others of
// those interfaces, which it does not.
var vetted = strings.Fields(`
	as is unwrap format scan seek read_from write_to string error go_string close read write
	gob_decode gob_encode marshal_json marshal_xml read_byte read_rune unmarshal_json unmarshal_xml unread_byte unread_rune write_byte`)

// TestGoToolsTakeTheCode: go list and go vet are the judges of whether generated code is built, on each system, and of
// whether it is in order. What the generator refuses with a place need not be.
func TestGoToolsTakeTheCode(t *testing.T) {
	module := scratchModule(t)
	written := 0
	write := func(folder, schema string) {
		model, err := makeModel("secrets.yaml", []byte(schema), templates.Options{Package: "vault"})
		if err != nil {
			if !strings.Contains(err.Error(), "set go_name") {
				t.Fatal(err)
			}
			return
		}
		written++
		code, err := model.Render()
		if err != nil {
			t.Fatal(err)
		}
		manifest, err := model.Manifest(nil).JSON()
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(module, folder, "secrets_gen.go"), code)
		writeFile(t, filepath.Join(module, folder, "secrets.golden.json"), manifest)
	}
	for i, word := range instructions {
		write(fmt.Sprintf("word%d", i), schemaWithText(word))
	}
	for _, name := range vetted {
		write("name_"+name, "version: 1\nserver: s\nsecrets:\n  "+name+": {}\n")
	}
	for _, system := range []string{"linux", "windows"} {
		// It passes over packages of which it builds no file.
		if got := strings.Fields(goTool(t, module, system, "list", "./...")); len(got) != written || written == 0 {
			t.Errorf("on %s the go command builds %d packages of %d: %s", system, len(got), written, got)
		}
	}
	goTool(t, module, "linux", "vet", "./...")
}

// scratchModule makes a module that depends on this one as it is.
func scratchModule(t *testing.T) string {
	t.Helper()
	module := t.TempDir()
	here, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(here, name))
		if err != nil {
			t.Fatal(err)
		}
		own := []byte("module github.com/mcpsecrets/mcpsecrets\n")
		writeFile(t, filepath.Join(module, name), bytes.Replace(text, own, []byte("module example.com/scratch\n"), 1))
	}
	goTool(t, module, "linux", "mod", "edit", "-require", "github.com/mcpsecrets/mcpsecrets@v0.0.0", "-replace", "github.com/mcpsecrets/mcpsecrets="+here)
	return module
}

func writeFile(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

func goTool(t *testing.T, module, system string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "GOOS="+system, "GOFLAGS=-mod=mod", "GOWORK=off", "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s on %s: %v\n%s", strings.Join(args, " "), system, err, stderr.Bytes())
	}
	return string(out)
}
