package dialog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/layout"
)

var hostile = []string{
	"--gtk-module=x", "/? /s", `"quoted" & | > <`, "&Allow", "&&", "%PATH% %s %n", `\n \t \\`, "_under",
	"nul\x00nul", "\x00", "\x1b]0;title\x07", "\u202egnirts \u2066isolate \u200fmark", "\xff\xfe\xc3",
	strings.Repeat("x", 5000), strings.Repeat("word ", 1000), strings.Repeat("line\n", 100),
	strings.Repeat("漢字", 1000), strings.Repeat("e"+strings.Repeat("\u0301", 100), 100), "漢字 Ünï 😀", "", "\n",
}

// What is shown is the cleaned text and no more, in windows of their usual class and buttons.
func TestHostileTexts(t *testing.T) {
	for i, text := range hostile {
		title := fmt.Sprintf("Title %d", i)
		if !layout.Fits(text) {
			wantUnshown(t, text)
			text = cleanText(text) // as much of it as a dialog has room for
		}
		q := question
		q.Title, q.Text = title, text
		for name, c := range map[string]struct {
			show    func(context.Context) answer
			buttons []string
			shown   string
		}{
			"ask":    {ask(person(), q), []string{"Allow", "Allow for session", "Deny"}, cleanText(text)},
			"choice": {enter(person(), Entry{Title: title, Text: text, Kind: Choice, Choices: []string{"a"}}), []string{"OK", "Cancel"}, ""},
			"hidden": {enter(person(), Entry{Title: title, Text: text, Kind: Hidden}), nil, ""},
		} {
			wait := start(t, c.show)
			w := shown(t, title)
			if labels := w.texts("Button"); c.buttons != nil && !slices.Equal(labels, c.buttons) {
				t.Errorf("%s %.40q: buttons %q", name, text, labels)
			}
			if c.shown != "" && !slices.Contains(w.texts("Static"), c.shown) {
				t.Errorf("%s %.40q: shows %.100q", name, text, w.texts("Static"))
			}
			w.post(wmClose, 0)
			if a := wait(); a.given != Deny || a.value != "" {
				t.Errorf("%s %.40q: %+v", name, text, a)
			}
		}
	}
}

// Titles and labels as well; each button still means what it meant.
func TestHostileTitlesAndLabels(t *testing.T) {
	for _, text := range hostile {
		q := Question{Title: text, Text: "x", Allow: "A", Deny: "D", AllowForSession: text}
		label := cleanLabel(text)
		if label == "" {
			q.AllowForSession = ""
		}
		wait := start(t, ask(person(), q))
		var w control
		eventually(t, "the dialog", func() bool {
			if windows := dialogs(); len(windows) == 1 && focus(windows[0]) != 0 {
				w = windows[0]
			}
			return w != 0
		})
		if title := w.text(); title != cleanTitle(text) && cleanTitle(text) != "" {
			t.Errorf("%.40q: title %q", text, title)
		}
		want := Deny
		if label == "" {
			press(t, w, vkReturn)
		} else {
			want = AllowSession
			press(t, w, vkTab, vkTab, vkReturn)
		}
		if a := wait(); a.err != nil || a.given != want {
			t.Errorf("%.40q: %v, %v", text, a.given, a.err)
		}
	}
}
