package emit_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/emit"
	"github.com/mcpsecrets/mcpsecrets/schema"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

var update = flag.Bool("update", false, "rewrite testdata/fragments and testdata/whole")

// TestGolden compares what every format makes of testdata/secrets.yaml, as fragments that hand nothing over, and as whole files
// for a server that reads its environment.
func TestGolden(t *testing.T) {
	file := parse(t, "testdata/secrets.yaml")
	names, files := emit.Formats()
	for i, format := range names {
		for folder, options := range map[string]emit.Options{"fragments": {}, "whole": withEnv(optionsFor(format))} {
			got, missing, err := emit.Write(format, file, options)
			if err != nil || folder == "whole" && len(missing) > 0 {
				t.Fatalf("%s: %v, missing %q", format, err, missing)
			}
			path := filepath.Join("testdata", folder, files[i])
			if *update {
				if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, got, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			same(t, path+" (go test ./internal/emit -update)", want, got, err)
		}
	}
}

func parse(t *testing.T, path string) *schema.File {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := templates.Parse("secrets.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	return file.File
}
