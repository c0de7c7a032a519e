// Package dialog shows native dialogs: one that asks a person for a value, and
// one that asks for permission. On macOS and Windows github.com/ncruces/zenity
// draws them, which only library.go knows; elsewhere it is the program zenity,
// which only zenity_unix.go knows. How a text is laid out, and what of it can be
// shown, says package internal/layout.
//
// Begin with [New], then [Native.Enter] and [Native.Ask]. Every dialog is a window,
// which goes through one method, show in native.go, and every text goes through one
// function, layout.Clean:
//
//	d := dialog.New(dialog.Options{})
//	unlock, err := d.Lock(ctx) // one dialog of one server at a time
//	...
//	defer unlock()
//	key, err := d.Enter(ctx, dialog.Entry{Title: "Petstore", Text: "API key", Kind: dialog.Hidden})
//
// What is promised:
//
//   - Unclear means no. No display, a display that died, a program that is
//     missing, crashes, finds no display, ends with an unknown status or answers
//     faster than a person could, or does not even tell its version, a lock that can't be had: each is an error of its
//     own ([Fault]), never a value, never a permission, and never mistaken for a
//     person's "no" ([ErrDismissed], [Deny]).
//   - Return or space on a fresh question for permission denies.
//   - A text is only ever text: it is not taken for an option, an escape or
//     markup, it hides and reverses nothing, and it leaves the buttons on the
//     screen.
//   - A dialog shows all of its text or does not open ([ErrUnshown]), and whoever wants it
//     is told so. With zenity on X, one that is larger than the screen, as with large fonts,
//     opens again with smaller letters, or its text before it in a window of its own. No
//     text scrolls: what is out of sight is not read. A compositor of Wayland tells nobody
//     how large a window is, so there the size of package layout is all that is kept.
//   - Of a list, OK takes what is first: the prefill, else nothing.
//   - What is typed comes back by a pipe. It is in no argument, no environment
//     and no error. [Entry].Prefill, though, is an argument that every user of the
//     machine can read: never a secret.
//   - A cancelled context closes the dialog. So does a limit of our own.
//
// What is not:
//
//   - The program that draws the dialog is trusted. One that prints an answer
//     nobody gave, slowly, is believed; so it must not come from a folder that
//     others can write to, and it loads no code that the environment names.
//   - No link can be clicked. zenity has none above an entry; in a question or a list it
//     could, but the browser that it starts has the dialog's output, and whatever that
//     prints would be taken for the answer.
//   - When the process is killed outright (SIGKILL), the dialog it was showing
//     stays on the screen until somebody closes it, or another one opens. Its answer
//     goes nowhere.
package dialog
