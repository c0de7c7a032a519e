package schema

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzParse(f *testing.F) {
	paths := append(files(f, "valid"), files(f, "invalid")...)
	golden, err := filepath.Glob("../testdata/golden/*/secrets.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range append(paths, golden...) {
		f.Add(read(f, path))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		file, err := Parse("secrets.yaml", src)
		again, errAgain := Parse("secrets.yaml", src)
		if !reflect.DeepEqual(file, again) || !reflect.DeepEqual(err, errAgain) {
			t.Fatalf("read twice, differs: %v, %v", err, errAgain)
		}
		if err == nil {
			for _, s := range file.Secrets {
				if s.Default != "" && s.Check(s.Default) != nil {
					t.Fatalf("default of %q: %v", s.Name, s.Check(s.Default))
				}
			}
			return
		}
		if file != nil {
			t.Fatal("an error and a File")
		}
		lines := strings.Split(strings.TrimPrefix(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(src)), "\uFEFF"), "\n")
		for _, e := range err.(ErrorList) {
			if strings.ContainsAny(e.Text, "\n\r") || e.Text == "" {
				t.Fatalf("not one line: %q", e.Text)
			}
			if e.Text == "this can't be read as YAML" {
				t.Fatal("a panic behind the mistake")
			}
			if e.Pos.Line < 1 || e.Pos.Line > len(lines) || e.Pos.Column < 1 || e.Pos.Column > utf8.RuneCountInString(lines[e.Pos.Line-1])+1 {
				t.Fatalf("not in the file: %v", e)
			}
		}
	})
}
