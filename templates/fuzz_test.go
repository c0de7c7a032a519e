package templates_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/schema"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

// FuzzRender holds: what the schema accepts renders to code that is formatted and compiles, twice to the same bytes, and
// to a manifest that reads back; what it refuses is refused with places.
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
	f.Fuzz(func(t *testing.T, source []byte) {
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
		second, err := makeModel("secrets.yaml", source, templates.Options{Package: "golden"})
		if err != nil {
			t.Fatal(err)
		}
		if again, err := second.Render(); err != nil || !bytes.Equal(code, again) {
			t.Errorf("the second rendering differs: %v", err)
		}
		manifest, err := first.Manifest().JSON()
		if err != nil {
			t.Fatal(err)
		}
		read, ok, err := templates.ReadManifest(manifest)
		if err != nil || !ok {
			t.Fatalf("the manifest does not read back: %t %v", ok, err)
		}
		if changes := templates.Compare(read, second.Manifest()); len(changes) > 0 {
			t.Errorf("a schema differs from itself: %v", changes)
		}
	})
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
