package dialog

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// The longest question and the longest dialog that the generator lets through are whole on the screen, with their buttons.
func TestLongestTextsAreWhole(t *testing.T) {
	d := screen(t)
	s := wording.English()
	long := strings.Repeat("long ", 100)
	by := s.AskedBy(strings.Repeat("p", 80), false)
	server, label := strings.Repeat("s", 64), strings.Repeat("W", field.LabelColumns)
	q := question
	q.Title = "Longest"
	uses := []wording.Use{{Field: field.Field{Label: label}, Host: "http://" + strings.Repeat("w", 240) + ".evil.example:65535"}}
	for range 20 {
		uses = append(uses, wording.Use{Field: field.Field{Label: label}, Host: "api.example"})
	}
	requester := wording.Requester{Tool: long, Reason: long, By: by}
	for _, uses := range [][]wording.Use{uses[:1], uses[1:]} {
		q.Text = strings.Join(s.Permission(server, uses[:s.Room(server, uses, requester)], requester), "\n")
		longest(t, d, q.Text, ask(person(), q))
	}
	f := field.Field{Label: label, Help: strings.Repeat(strings.Repeat("W", layout.Columns)+"\n", field.HelpLines), Placeholder: strings.Repeat("p", 51)}
	asking := wording.Asking{Code: "K7QM-2XWD", By: by, Number: 1, Total: 2, Rejected: long, Again: &field.Problem{Kind: field.NoMatch, Want: long}}
	text := strings.Join(s.Ask(server, f, asking), "\n")
	longest(t, d, text, enter(person(), Entry{Title: "Longest", Text: text}))
}

// longest looks at the dialog that shows text.
func longest(t *testing.T, d *desktop.Desktop, text string, run func(context.Context) answer) {
	t.Helper()
	wait := start(t, d, run)
	w := whole(t, d, usual, "Longest")
	picture(t, d, fmt.Sprintf("longest-%d", len(text)))
	if layout.Height(text) < layout.Lines-4 {
		t.Errorf("it has only %d lines:\n%s", layout.Height(text), text)
	}
	shows(t, text)
	check(t, d.Press(w, "Escape"))
	wait()
}

// A line is broken where package layout breaks it, and not once more by the window.
func TestLinesAreBrokenOnce(t *testing.T) {
	d := screen(t)
	for name, run := range map[string]func(text string) func(context.Context) answer{
		"question": func(text string) func(context.Context) answer {
			return ask(person(), Question{Title: "Lines", Text: text, Allow: "Allow", Deny: "Deny"})
		},
		"entry": func(text string) func(context.Context) answer {
			return enter(person(), Entry{Title: "Lines", Text: text})
		},
		"hidden": func(text string) func(context.Context) answer {
			return enter(person(), Entry{Title: "Lines", Text: text, Kind: Hidden})
		},
		"choice": func(text string) func(context.Context) answer {
			return enter(person(), Entry{Title: "Lines", Text: text, Kind: Choice, Choices: []string{"one"}})
		},
		"file": func(text string) func(context.Context) answer {
			return enter(person(), Entry{Title: "Lines", Text: text, Kind: File})
		},
	} {
		height := func(line string) int {
			wait := start(t, d, run(strings.Repeat(line+"\n", 6)+"end"))
			w := whole(t, d, usual, "Lines")
			defer wait()
			defer func() { check(t, d.Press(w, "Escape")) }()
			return place(d, w)["HEIGHT"]
		}
		words := strings.Repeat("WWWW ", layout.Columns)[:layout.Columns-1]
		if whole, broken := height(strings.ReplaceAll(words, " ", ".")), height(words); whole != broken {
			t.Errorf("%s: with lines of one word it is %d pixels high, with lines of several %d", name, whole, broken)
		}
	}
}
