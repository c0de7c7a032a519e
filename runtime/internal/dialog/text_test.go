package dialog

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestPlain(t *testing.T) {
	for text, want := range map[string]bool{
		"eu": true, "-5": true, "https://petstore.example/api/v3": true, "a b": true, "漢字": true, "": true,
		"a  b": false, "a\nb": false, "a\x00": false, "a\u202e": false,
		strings.Repeat("x", 2000): false,
	} {
		if got := plain(text) == text; got != want {
			t.Errorf("%q is plain: %v, want %v", text, got, want)
		}
	}
}

// wantUnshown checks that no dialog opens for a text of which it would cut something.
func wantUnshown(t *testing.T, text string) {
	t.Helper()
	q := question
	q.Text = text
	for name, run := range map[string]func(context.Context) answer{
		"entry":  enter(person(), Entry{Title: "T", Text: text}),
		"choice": enter(person(), Entry{Title: "T", Text: text, Kind: Choice, Choices: []string{"a", "b"}}),
		"file":   enter(person(), Entry{Title: "T", Text: text, Kind: File}),
		"yes-no": enter(person(), Entry{Title: "T", Text: text, Kind: YesNo}),
		"ask":    ask(person(), q),
	} {
		if a := run(t.Context()); !errors.Is(a.err, ErrUnshown) || a.value != "" || a.given != Deny {
			t.Errorf("%s %.40q: %q, %v, %v", name, text, a.value, a.given, a.err)
		}
	}
}
