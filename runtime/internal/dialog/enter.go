package dialog

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
)

// A Kind of value, and so of dialog.
type Kind int

// The kinds of value.
const (
	Line   Kind = iota // one line, shown while it is typed
	Hidden             // one line, hidden while it is typed
	Choice             // one of [Entry].Choices
	YesNo              // "true" or "false"; shown as Yes and No
	// File is the content of a file that the person chooses, for values of many
	// lines. The desktop may keep the file's name among the recently used ones.
	File
)

// An Entry asks for one value.
type Entry struct {
	Title string // not drawn on every desktop: the text must do without it
	Text  string
	Kind  Kind
	// Prefill is offered, and taken if the person just agrees. It is visible in
	// the process list: never a secret, and ignored for Hidden and File.
	Prefill string
	// Choices are shown as they are: each one clean line, not beginning with "-".
	Choices []string
	// Optional allows the value to be left empty, where the dialog needs a
	// button for that: it makes no other difference.
	Optional bool
}

// maxAnswer is the longest line, in characters. The entry field of zenity cuts
// longer ones silently.
const maxAnswer = 65534

// Enter shows the dialog that suits the kind, and returns the value as it was
// typed, chosen or read. An empty value is not an error: the person pressed OK
// without giving one. Whether it will do is the caller's to judge.
func (n *Native) Enter(ctx context.Context, e Entry) (string, error) {
	if err := checkShown(e.Text); err != nil {
		return "", err
	}
	switch e.Kind {
	case Line, Hidden:
		return n.enterLine(ctx, e)
	case Choice:
		return n.choose(ctx, e)
	case YesNo:
		return n.enterYesNo(ctx, e)
	case File:
		return n.enterFile(ctx, e)
	default:
		return "", failed("unknown kind of entry")
	}
}

func (n *Native) enterLine(ctx context.Context, e Entry) (string, error) {
	text := cleanText(e.Text)
	w := window{
		shape: entryShape, // the library's Password dialog shows no text of ours
		title: cleanTitle(e.Title), text: quoteEntry(text),
		ok: "OK", cancel: "Cancel",
		hidden: e.Kind == Hidden,
	}
	guard := ""
	if e.Kind != Hidden && e.Prefill == plain(e.Prefill) {
		// Offered as it is or not at all, but for a negative number: it would be an
		// argument that begins with "-", so it is led by a space that goes again.
		if strings.HasPrefix(e.Prefill, "-") {
			guard = " "
		}
		w.prefill = guard + e.Prefill
	}
	value, err := "", ErrUnshown
	if entryShows(text) {
		value, err = n.show(ctx, w)
	}
	if err == ErrUnshown {
		// The entry has no room for the text: show all of it before.
		if err := n.question(ctx, window{title: e.Title, text: e.Text, ok: "Continue", cancel: "Cancel"}); err != nil {
			return "", err
		}
		for _, columns := range []int{entryColumns, entryColumns / 4} {
			if err == ErrUnshown {
				w.text = quoteEntry(layout.Clean(text, 1, columns))
				value, err = n.show(ctx, w)
			}
		}
	}
	if err != nil {
		return "", err
	}
	return checkAnswer(strings.TrimPrefix(value, guard))
}

// checkAnswer refuses what no dialog could have been given by a person.
func checkAnswer(value string) (string, error) {
	switch {
	case !utf8.ValidString(value) || strings.Contains(value, "\x00"):
		return "", failed("its answer is not a text")
	case utf8.RuneCountInString(value) > maxAnswer:
		return "", ErrTooLong
	default:
		return value, nil
	}
}

// nothing is the row of a list that stands for no choice, where no choice is offered.
const nothing = field.NothingRow

// choose shows a list. Pressing OK at once takes the prefill, and gives "" where there is none.
func (n *Native) choose(ctx context.Context, e Entry) (string, error) {
	if err := checkChoices(e.Choices); err != nil {
		return "", err
	}
	text := cleanText(e.Text)
	w := window{shape: listShape, title: cleanTitle(e.Title), ok: "OK", cancel: "Cancel", choices: e.Choices}
	if slices.Contains(e.Choices, e.Prefill) {
		w.marked = e.Prefill
		text += "\n\nOK without a choice takes: " + e.Prefill
	}
	w.text = quoteList(layout.Clean(text, layout.Lines+defaultLines, layout.Columns))
	value, err := n.show(ctx, w)
	switch {
	case err != nil:
		return "", err
	case value == "":
		return w.marked, nil
	case value == nothing && w.marked == "":
		return "", nil
	case !slices.Contains(e.Choices, value):
		return "", failed("its answer was not offered")
	default:
		return value, nil
	}
}

// defaultLines is how much the line on the prefill adds to a text.
const defaultLines = 4

// checkChoices makes sure that choices can be shown as they are: the program
// reads them from its arguments, and the answer is compared with them.
func checkChoices(choices []string) error {
	if len(choices) == 0 {
		return failed("nothing to choose from")
	}
	for i, c := range choices {
		if c == "" || c == nothing || c != plain(c) || strings.HasPrefix(c, "-") || slices.Contains(choices[:i], c) {
			return failed("choice %q is empty, twice there or can't be shown", c)
		}
	}
	return nil
}

var yesNo = []struct{ shown, value string }{{"Yes", "true"}, {"No", "false"}}

// enterYesNo is a list of two words and not a question with two buttons: an OK
// without a choice stays "nothing", and the answer has to be one of the words.
func (n *Native) enterYesNo(ctx context.Context, e Entry) (string, error) {
	prefill := e.Prefill
	e.Choices, e.Prefill = nil, ""
	for _, word := range yesNo {
		e.Choices = append(e.Choices, word.shown)
		if prefill == word.value {
			e.Prefill = word.shown
		}
	}
	answer, err := n.choose(ctx, e)
	if err != nil {
		return "", err
	}
	for _, word := range yesNo {
		if answer == word.shown {
			return word.value, nil
		}
	}
	return "", nil
}

// enterFile asks before it opens the file chooser, which shows no text of ours. Return opens it: nothing is given away by
// looking for a file.
func (n *Native) enterFile(ctx context.Context, e Entry) (string, error) {
	empty := ""
	if e.Optional {
		empty = "Leave empty"
	}
	err := n.question(ctx, window{title: e.Title, text: e.Text, ok: "Choose a file", extra: empty, cancel: "Cancel"})
	if err == errExtra && e.Optional {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	path, err := n.show(ctx, window{shape: fileShape, title: cleanTitle(e.Title)})
	if err != nil {
		return "", err
	}
	return readChosen(path)
}
