package schema

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// FuzzParse holds: a schema is read twice alike; what is accepted keeps the rules that the rest of the project leans on; what
// is refused is refused with sentences of one line each, at places in the file, in order.
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
			wantSound(t, file)
			return
		}
		if file != nil {
			t.Fatal("an error and a File")
		}
		wantMistakes(t, src, err.(ErrorList))
	})
}

// TestShortTexts: whatever four signs of YAML follow on each other, the mistakes keep the same rules.
func TestShortTexts(t *testing.T) {
	signs := []string{"a", ":", " ", "\n", "- ", "---", "? ", "[", "]", "{", "}", ",", `"`, `\`, "#", "&a", "*a", "!", "|", "%", "\t"}
	var try func(text string, more int)
	try = func(text string, more int) {
		if _, err := Parse("secrets.yaml", []byte(text)); err != nil {
			wantMistakes(t, []byte(text), err.(ErrorList))
		}
		for _, sign := range signs[:len(signs)*min(more, 1)] {
			try(text+sign, more-1)
		}
	}
	try("", 4)
}

// wantMistakes checks what is said of a text that was refused.
func wantMistakes(t *testing.T, src []byte, list ErrorList) {
	t.Helper()
	lines := strings.Split(strings.TrimPrefix(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(src)), "\uFEFF"), "\n")
	if len(list) == 0 || !reflect.DeepEqual(list, slices.Clone(list).sorted()) {
		t.Fatalf("%q: none, not in order, or one twice: %q", src, list)
	}
	for _, e := range list {
		if strings.ContainsAny(e.Text, "\n\r") || e.Text == "" {
			t.Fatalf("%q: not one line: %q", src, e.Text)
		}
		if e.Text == "this can't be read as YAML" {
			t.Fatalf("%q: a panic behind the mistake", src)
		}
		if e.Pos.Line < 1 || e.Pos.Line > len(lines) || e.Pos.Column < 1 ||
			e.Pos.Column > utf8.RuneCountInString(lines[e.Pos.Line-1])+1 {
			t.Fatalf("%q: not in the file: %v", src, e)
		}
	}
}

// wantSound checks a schema that was accepted.
func wantSound(t *testing.T, file *File) {
	t.Helper()
	if !oneLineOf(file.Server) || len(file.Secrets) == 0 {
		t.Errorf("server %q with %d secrets", file.Server, len(file.Secrets))
	}
	for _, s := range file.Secrets {
		if file.Secret(s.Name) != s || !field.ValidName(s.Name) || !oneLineOf(s.Label) {
			t.Errorf("a secret of the name %q, labelled %q", s.Name, s.Label)
		}
		if !slices.Contains(field.Types(), s.Type) || !slices.Contains(field.Permissions(), s.Permission) ||
			!slices.Contains(field.Scopes(), s.Scope) {
			t.Errorf("%q: %q, %q, %q", s.Name, s.Type, s.Permission, s.Scope)
		}
		if s.Confidential() && (s.Default != "" && s.Type != field.File || !s.Asks()) {
			t.Errorf("%q is confidential: default %q, permission %q", s.Name, s.Default, s.Permission)
		}
		if s.Default != "" && s.Check(s.Default) != nil {
			t.Errorf("default of %q: %v", s.Name, s.Check(s.Default))
		}
		if to := file.Secret(s.SentTo); s.SentTo != "" && (to == nil || !to.IsDestination() || to == s) {
			t.Errorf("%q is sent to %q", s.Name, s.SentTo)
		}
		if _, err := field.CompilePattern(s.Pattern); err != nil {
			t.Errorf("%q: %v", s.Name, err)
		}
		for _, former := range s.RenamedFrom {
			if !oneLineOf(former) || strings.TrimSpace(former) != former || file.Secret(former) != nil { // other frameworks take any
				t.Errorf("%q was %q", s.Name, former)
			}
		}
		for _, name := range s.Env {
			if !field.ValidEnv(name) {
				t.Errorf("%q has the variable %q", s.Name, name)
			}
		}
		if (s.Type == field.Choice) != (len(s.Choices) > 0) || slices.ContainsFunc(s.Choices,
			func(c string) bool { return s.Item().Check(c) != nil }) {
			t.Errorf("%q: choices %q", s.Name, s.Choices)
		}
	}
	for _, g := range file.Groups {
		for _, member := range g.Members {
			if file.Secret(member) == nil {
				t.Errorf("group %q has %q", g.Name, member)
			}
		}
		if len(g.Members) == 0 {
			t.Errorf("group %q is empty", g.Name)
		}
	}
}

// oneLineOf reports whether text can stand in a line of a dialog, a comment or an error.
func oneLineOf(text string) bool {
	return text != "" && utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp)
	})
}
