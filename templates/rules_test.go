package templates

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/dave/jennifer/jen"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// TestMaskedBy: the manifest says "yes" from that length on from which the guard masks every value.
func TestMaskedBy(t *testing.T) {
	const (
		yes    = "yes"
		behind = "only where 8 characters or more follow the prefix"
		some   = "only values with 8 confidential characters or more"
	)
	for _, row := range []struct {
		field field.Field
		want  string
	}{
		{field.Field{Type: field.Password, Prefixes: []string{"sk_"}, MinLength: 11}, yes},
		{field.Field{Type: field.Password, Prefixes: []string{"sk_"}, MinLength: 10}, behind},
		{field.Field{Type: field.Password, Prefixes: []string{"sk_"}}, behind},
		{field.Field{Type: field.Password, Prefixes: []string{"sk_", "sk_live_"}, MinLength: 15}, behind},
		{field.Field{Type: field.Password, Prefixes: []string{"sk_live_", "sk_"}, MinLength: 16}, yes},
		{field.Field{Type: field.Password, Prefixes: []string{"鍵_"}, MinLength: 10}, yes},
		{field.Field{Type: field.Password, MinLength: 16}, some},
		{field.Field{Type: field.Multiline, Prefixes: []string{"sk_"}, MinLength: 16}, some},
		{field.Field{Type: field.Text, Prefixes: []string{"sk_"}, MinLength: 16}, "no: text is not confidential"},
	} {
		if got := maskedBy(row.field); got != row.want {
			t.Errorf("%+v: %s, want %s", row.field, got, row.want)
		}
	}
}

// TestDurationCode: the largest unit without a remainder, also the smallest that there is.
func TestDurationCode(t *testing.T) {
	for d, want := range map[time.Duration]string{
		8 * time.Hour: "8 * time.Hour", 90 * time.Minute: "90 * time.Minute", 61 * time.Second: "61 * time.Second",
		1500 * time.Millisecond: "1500 * time.Millisecond", 2 * time.Microsecond: "2 * time.Microsecond",
		2001 * time.Nanosecond: "2001 * time.Nanosecond", 1: "1 * time.Nanosecond",
	} {
		var out bytes.Buffer
		if err := jen.Var().Id("d").Op("=").Add(durationCode(d)).Render(&out); err != nil || !strings.HasSuffix(out.String(), "= "+want) {
			t.Errorf("%v: %s, %v", d, out.String(), err)
		}
	}
}

// TestProgramKeepsItsComment: a package has its comment from the generated file, a program from its author.
func TestProgramKeepsItsComment(t *testing.T) {
	for name, want := range map[string]bool{"vault": true, "main": false} {
		file, err := Parse("secrets.yaml", []byte("version: 1\nserver: pets\nsecrets: {a: }\n"))
		if err != nil {
			t.Fatal(err)
		}
		model := New(file, Options{Package: name})
		code, err := model.Render()
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(code), "// Package "+name); got != want {
			t.Errorf("package %s has a comment: %t", name, got)
		}
	}
}
