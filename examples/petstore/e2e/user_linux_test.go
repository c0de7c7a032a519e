package e2e

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

// The answers to a question for permission.
const (
	allow        = "Allow"
	allowSession = "Allow for session"
	deny         = "Deny"
)

// buttons are an answer's buttons in a fresh dialog.
var buttons = map[string]desktop.Button{allow: desktop.Allow, allowSession: desktop.AllowAll, deny: desktop.Deny}

// reading is how long the user looks at something, at least: what is faster than a person does not count as an answer.
const reading = 400 * time.Millisecond

var codePattern = regexp.MustCompile(`\b[2-9A-Z]{4}-[2-9A-Z]{4}\b`)

// A form is what a client shows to its user.
type form struct {
	message string
	schema  any
	answer  chan<- string
}

// choices are what the form offers. It must have no other field: nobody is to type a secret into a client.
func (f form) choices() (offered []string) {
	schema, _ := f.schema.(map[string]any)
	properties, _ := schema["properties"].(map[string]any)
	if len(properties) != 1 {
		return nil
	}
	answer, _ := properties["answer"].(map[string]any)
	enum, _ := answer["enum"].([]any)
	for _, choice := range enum {
		text, _ := choice.(string)
		offered = append(offered, text)
	}
	return offered
}

// A user answers the forms of a client and the dialogs on a desktop.
type user struct {
	*place
	forms chan form // that the client shows
}

// window waits for the next dialog, reads it, and returns its text.
func (u *user) window(title string) (w desktop.Window, text string) {
	u.t.Helper()
	d, err := u.WaitDialog(title)
	u.must(err)
	return d.Window, d.Text
}

// form waits for the next form of the client, with these choices.
func (u *user) form(choices ...string) form {
	u.t.Helper()
	select {
	case f := <-u.forms:
		if !slices.Equal(f.choices(), choices) {
			u.t.Fatalf("the client shows %q with %v, want the choices %q", f.message, f.schema, choices)
		}
		return f
	case <-time.After(patience):
		u.t.Fatalf("the client shows no form with the choices %q", choices)
		return form{}
	}
}

// enters types a value into the first dialog of a collection, which says the words, once the client has shown the same code.
func (u *user) enters(title, value, words string) {
	u.t.Helper()
	w, text := u.window(title)
	u.wantWords("the dialog", text, words)
	inDialog := codePattern.FindString(text)
	if !u.guest.forms {
		if inDialog != "" {
			u.t.Errorf("the dialog shows the code %s, which the client can't", inDialog)
		}
	} else {
		f := u.form("The codes match", "They differ")
		if inForm := codePattern.FindString(f.message); inForm == "" || inForm != inDialog {
			u.t.Fatalf("the client shows the code %q, the dialog %q", inForm, inDialog)
		}
		u.wantWords("the client", f.message, "petstore has opened a window", "Never type a secret here.")
		time.Sleep(reading)
		f.answer <- "The codes match"
	}
	u.types(w, value)
}

// entersNext types a value into a further dialog of a collection.
func (u *user) entersNext(title, value, words string) {
	u.t.Helper()
	w, text := u.window(title)
	u.wantWords("the dialog", text, words)
	u.types(w, value)
}

func (u *user) types(w desktop.Window, value string) {
	u.t.Helper()
	time.Sleep(reading)
	u.must(u.Type(w, value))
	u.must(u.Press(w, "Return"))
}

// permits answers the question for permission, in the client if it can ask.
func (u *user) permits(answer, tool, reason string) {
	u.t.Helper()
	if !u.guest.forms {
		u.permitsInDialog(answer, tool, reason)
		return
	}
	f := u.form(allow, allowSession, deny)
	if d, open := u.Dialog(); open {
		u.t.Errorf("besides the client, a dialog asks: %q", d.Text)
	}
	u.wantWords("the client", f.message, "petstore wants to use: Petstore API key\n", "Tool: "+tool+"\n", "Reason: "+reason+"\n")
	time.Sleep(reading)
	f.answer <- answer
}

// permitsWithout is permits where the last question was answered with allow. After one for the session, nobody is asked.
func (u *user) permitsWithout(last, tool, reason string) {
	u.t.Helper()
	if last == allow {
		u.permits(allow, tool, reason)
	}
}

// permitsInDialog answers the question for permission in a native dialog.
func (u *user) permitsInDialog(answer, tool, reason string) {
	u.t.Helper()
	w, text := u.window("petstore asks for permission")
	u.wantWords("the dialog", text, "petstore wants to use: ", "Tool: "+tool+"\n", "Reason: "+reason+"\n")
	time.Sleep(reading)
	u.must(u.Press(w, u.Keys(buttons[answer])...))
}

// wantWords fails the test unless a text has the words, however its lines are broken.
func (u *user) wantWords(who, text string, words ...string) {
	u.t.Helper()
	oneLine := func(text string) string { return strings.Join(strings.Fields(text), " ") }
	for _, w := range words {
		if !strings.Contains(oneLine(text), oneLine(w)) {
			u.t.Errorf("%s shows %q, want %q", who, text, w)
		}
	}
}
