package main

import (
	"errors"
	"go/token"
	"path/filepath"
	"testing"
)

func TestManifestPath(t *testing.T) {
	for _, c := range []struct{ out, want string }{
		{"secrets_gen.go", "secrets.golden.json"},
		{"secrets.go", "secrets.golden.json"},
		{"vault/keys_gen.go", "vault/keys.golden.json"},
		{"v1.2/keys.v2_gen.go", "v1.2/keys.v2.golden.json"},
		{"/abs/_gen_gen.go", "/abs/_gen.golden.json"},
	} {
		if got := manifestPath(filepath.FromSlash(c.out)); got != filepath.FromSlash(c.want) {
			t.Errorf("the manifest of %s is %s, want %s", c.out, got, c.want)
		}
	}
}

func TestPackageFor(t *testing.T) {
	for _, c := range []struct{ folder, want string }{
		{"vault", "vault"},
		{"Vault", "vault"},
		{"go-petstore", "petstore"},
		{"pet-store.v2", "petstorev2"},
		{"pet_store", "pet_store"},
		{"mcp server", "mcpserver"},
		{"café", "caf"},
	} {
		got := packageFor(c.folder)
		if got != c.want {
			t.Errorf("the package in %s is %s, want %s", c.folder, got, c.want)
		}
		if !token.IsIdentifier(got) {
			t.Errorf("%q is no identifier", got)
		}
	}
}

func TestTargetFile(t *testing.T) {
	for _, c := range []struct{ out, want string }{
		{"", "vault/secrets_gen.go"},
		{"keys_gen.go", "keys_gen.go"},
		{"./keys-2.x.go", "keys-2.x.go"},
		{"schlüssel.go", "schlüssel.go"},
		{".hidden.go", ""},
		{"_hidden.go", ""},
		{"two words.go", ""},
		{"a[b].go", ""},
		{"line\nbreak.go", ""},
		{"keys_test.go", ""},
		{"keys_windows.go", ""},
		{"keys_amd64.go", ""},
		{"keys_linux_arm64.go", ""},
		{"keys_js.go", ""},
		{"windows.go", "windows.go"},
		{"test.go", "test.go"},
		{"keys_unix.go", "keys_unix.go"},
		{"keys_windows_gen.go", "keys_windows_gen.go"},
		{"keys.GO", ""},
		{".go", ""},
		{"vault/", ""},
	} {
		got, err := target{out: filepath.FromSlash(c.out)}.file(filepath.FromSlash("vault/secrets.yaml"))
		if got != filepath.FromSlash(c.want) {
			t.Errorf("--out %q is %q, want %q", c.out, got, c.want)
		}
		if usage := (*usageError)(nil); errors.As(err, &usage) != (c.want == "") {
			t.Errorf("--out %q: error %v", c.out, err)
		}
	}
}
