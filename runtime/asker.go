package secrets

import (
	"context"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/dialog"
)

// An Asker puts questions to the person at this computer, outside the MCP client. The default opens native dialogs;
// [WithAsker] sets another, such as runtimetest's scripted user in tests. Every error means no.
type Asker interface {
	// Enter asks for one value and returns what was entered; its rules are checked by the caller.
	// The error is [ErrDismissed] if the person closed the dialog.
	Enter(ctx context.Context, entry Entry) (string, error)
	// Ask asks for permission.
	Ask(ctx context.Context, question Question) (Answer, error)
	// Lock waits until no other server of this user has a dialog open, and keeps others waiting until unlock is called.
	Lock(ctx context.Context) (unlock func(), err error)
}

type (
	// An Entry is what a dialog that asks for one value shows.
	Entry = dialog.Entry
	// A Question is what a dialog that asks for permission shows.
	Question = dialog.Question
	// An Answer is what the person chose. The zero Answer is [Deny].
	Answer = dialog.Answer
)

// The answers to a [Question].
const (
	Deny         = dialog.Deny
	AllowOnce    = dialog.AllowOnce
	AllowSession = dialog.AllowSession
)

// How much of one text a dialog shows, so that none pushes another, or the buttons, off the screen.
const (
	textColumns  = 60 // of a line
	labelColumns = 120
	toolColumns  = 60
	hostColumns  = 120
	helpLines    = 6
	reasonLines  = 3
)

// fitting returns f with texts that fit a dialog beside others.
func fitting(f Field) Field {
	f.Label = dialog.Clean(f.Label, 1, labelColumns)
	f.Help = dialog.Clean(f.Help, helpLines, textColumns)
	f.Placeholder = dialog.Clean(f.Placeholder, 1, labelColumns)
	return f
}

// fittingAsker returns by with texts that fit a dialog beside others.
func fittingAsker(by wording.Asker) wording.Asker {
	by.Tool, by.Reason = dialog.Clean(by.Tool, 1, toolColumns), dialog.Clean(by.Reason, reasonLines, textColumns)
	return by
}
