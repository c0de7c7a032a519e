package schema

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// What the parser lets through is shown whole, in each dialog and question; one more is refused, with its place.
func TestTextsAtTheirLimitAreShownWhole(t *testing.T) {
	labels := []string{strings.Repeat("W", 40), strings.Repeat("漢", 20), strings.Repeat("w ", 19) + "ww", strings.Repeat("é", 40)}
	helps := []string{
		strings.Repeat(strings.Repeat("W", 60)+"\n", 8), strings.Repeat("漢", 240), strings.Repeat("1. Do\n", 8), strings.Repeat("W", 480),
	}
	servers := []string{"s", strings.Repeat("s", 64), strings.Repeat("s ", 31) + "ss", strings.Repeat("s", 31) + " " + strings.Repeat("s", 32), strings.Repeat("鍵", 30)}
	for _, server := range servers {
		for _, label := range labels {
			for _, help := range helps {
				s := parseSecret(t, server, label, help)
				wantWhole(t, dialogOf(server, s.Field), label, strings.TrimSpace(help))
				wantWhole(t, questionOf(server, s.Field), label, longestHost)
			}
		}
	}
	for key, text := range map[string]string{"label": labels[0] + "W", "help_text": helps[0] + "W", "placeholder": strings.Repeat("p", 101)} {
		src := fmt.Sprintf("version: 1\nserver: s\nsecrets:\n  key:\n    %s: %q\n", key, text)
		var errs ErrorList
		if _, err := Parse("secrets.yaml", []byte(src)); !errors.As(err, &errs) || len(errs) != 1 || errs[0].Pos.Line != 5 {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func parseSecret(t *testing.T, server, label, help string) *Secret {
	t.Helper()
	src := fmt.Sprintf("version: 1\nserver: %q\nsecrets:\n  key: {label: %q, help_text: %q, placeholder: %q}\n", server, label, help, strings.Repeat("p", 51))
	f, err := Parse("secrets.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return f.Secret("key")
}

// longestHost is the longest by which a secret can be sent to an address that others can read along with.
var longestHost = "http://" + strings.Repeat("w", 253) + ":65535"

var longest = struct{ by, text string }{wording.English().AskedBy(strings.Repeat("p", 80), false), strings.Repeat("long ", 100)}

// dialogOf returns what the dialog for f shows where most is to be said.
func dialogOf(server string, f field.Field) string {
	broken := &field.Problem{Kind: field.NoMatch, Want: longest.text}
	asking := wording.Asking{Code: "K7QM-2XWD", By: longest.by, Number: 1, Total: 2, Rejected: longest.text, Again: broken}
	return strings.Join(wording.English().Ask(server, f, asking), "\n")
}

// questionOf returns what the question for f shows where most is to be said.
func questionOf(server string, f field.Field) string {
	by := wording.Requester{Tool: longest.text, Reason: longest.text, By: longest.by}
	return strings.Join(wording.English().Permission(server, []wording.Use{{Field: f, Host: longestHost}}, by), "\n")
}

// wantWhole checks that a dialog's own layout has all of each part of text, and its last line.
func wantWhole(t *testing.T, text string, parts ...string) {
	t.Helper()
	if !layout.Fits(text) {
		t.Fatalf("%d lines:\n%s", layout.Height(text), text)
	}
	shown := unbroken(layout.Clean(text, layout.Lines, layout.Columns))
	for _, part := range append(slices.Clone(parts), text[strings.LastIndexByte(text, '\n'):]) {
		if !strings.Contains(shown, unbroken(part)) {
			t.Errorf("%q is not in\n%s", part, shown)
		}
	}
}

// unbroken is text without what parts its words and lines.
func unbroken(text string) string { return strings.Join(strings.Fields(text), "") }
