package secrets

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/dialog"
)

// A Prompter puts questions to the person at this computer, outside the MCP client. The default opens native dialogs;
// [WithPrompter] sets another, such as runtimetest's scripted user in tests. Every error means no.
//
// A Prompter may have one more method, Ready(context.Context) error, which says at once, without showing anything, why no
// dialog can open now: [ErrNoDisplay] or [ErrNoDialog]. It is asked before an MCP client is told of a window. Without it, a
// window is announced that may then fail to open.
type Prompter interface {
	// Enter asks for one value and returns what was entered; its rules are checked by the caller.
	// The error is [ErrDismissed] if the person closed the dialog.
	Enter(ctx context.Context, entry Entry) (string, error)
	// Ask asks for permission.
	Ask(ctx context.Context, question Question) (Answer, error)
	// Lock waits until no other server of this user has a dialog open, and keeps others waiting until unlock is called.
	Lock(ctx context.Context) (unlock func(), err error)
}

// An Entry is what a dialog shows that asks for one value.
type Entry struct {
	Title string // not drawn on every desktop: the text must do without it
	Text  string
	// Kind is "line", "hidden" for a line that is not shown while it is typed, "choice", "yes-no" for "true" or "false", or
	// "file" for the content of a file that the person chooses, or "path" for the path of one. Of "choices", any
	// number of which can be chosen, the value is those with commas between them, or a JSON array of texts.
	Kind    string
	Prefill string   // offered, and taken if the person just agrees; never a secret
	Choices []string // of a choice or choices, as they are shown; who chooses one enters this text
	Open    bool     // of a choice: another text than those offered may be entered
	// Optional allows the value to be left empty, where the dialog needs a button or a row for that.
	Optional bool
}

// A Question is what a dialog shows that asks for permission.
type Question struct {
	Title string // not drawn on every desktop: the text must do without it
	Text  string
	// The buttons' labels. Where AllowForSession is empty there is no such button.
	Allow, AllowForSession, Deny string
}

// An Answer is what the person chose. The zero Answer is [Deny].
type Answer int

// The answers to a [Question].
const (
	Deny Answer = iota
	AllowOnce
	AllowSession
)

// ready returns why no dialog can open now, as far as the prompter can tell.
func (m *Manager) ready(ctx context.Context) error {
	if p, ok := m.prompter.(interface{ Ready(context.Context) error }); ok {
		return m.notePrompter(ctx, p.Ready(ctx))
	}
	return nil
}

// native is the [Prompter] of this computer's desktop.
type native struct{ *dialog.Native }

var dialogKinds = map[string]dialog.Kind{
	"line": dialog.Line, "hidden": dialog.Hidden, "choice": dialog.Choice, "choices": dialog.Choices, "yes-no": dialog.YesNo, "file": dialog.File, "path": dialog.Path,
}

// Enter implements [Prompter].
func (n native) Enter(ctx context.Context, e Entry) (string, error) {
	ticked, _ := field.SplitList(e.Prefill)
	return n.Native.Enter(ctx, dialog.Entry{
		Title: e.Title, Text: e.Text, Kind: dialogKinds[e.Kind], Prefill: e.Prefill, Ticked: ticked, Choices: e.Choices, Open: e.Open, Optional: e.Optional,
	})
}

// Ask implements [Prompter].
func (n native) Ask(ctx context.Context, q Question) (Answer, error) {
	answer, err := n.Native.Ask(ctx, dialog.Question(q))
	return Answer(answer), err
}

// errPrompter is what somebody else's prompter says of its own.
var errPrompter = fmt.Errorf("%w: the server's own prompter reported an error", dialog.ErrFailed)

// notePrompter logs why the prompter failed, without the values that are known, and returns err as a failure of ours: what
// somebody else's says of its own is nobody's refusal, and not the keychain's failure. The log of native dialogs is their own.
func (m *Manager) notePrompter(ctx context.Context, err error) error {
	_, ours := failureOf(err)
	if err == nil || ours || errors.Is(err, dialog.ErrBadFile) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	m.log.LogAttrs(ctx, slog.LevelWarn, "the prompter failed",
		slog.String("server", m.server), slog.String("cause", m.values.guard().Text(err.Error())))
	return errPrompter
}

// lockScreen waits for the prompter's lock.
func (m *Manager) lockScreen(ctx context.Context) (unlock func(), err error) {
	unlock, err = m.prompter.Lock(ctx)
	return unlock, m.notePrompter(ctx, err)
}

// visible returns f with its texts as they can be seen. A label is not shortened: where there is no room for it, nobody is
// asked. The generator has seen to it that there is room, and only its older versions let longer help texts through.
func visible(f field.Field) field.Field {
	f.Label, f.Placeholder = layout.Line(f.Label), layout.Line(f.Placeholder)
	f.Help = layout.Clean(f.Help, field.HelpLines, layout.Columns)
	return f
}
