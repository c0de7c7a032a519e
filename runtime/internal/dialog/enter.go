package dialog

import (
	"context"
	"encoding/json"
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
	Line    Kind = iota // one line, shown while it is typed
	Hidden              // one line, hidden while it is typed
	Choice              // one of [Entry].Choices, or where those are open any line
	Choices             // any number of [Entry].Choices, as a JSON array of texts; "" is none
	YesNo               // "true" or "false"; shown as Yes and No
	// File is the content of a file that the person chooses, for values of many
	// lines. The desktop may keep the file's name among the recently used ones.
	File
	// Path is the full path of a file that the person chooses.
	Path
)

// An Entry asks for one value.
type Entry struct {
	Title string // not drawn on every desktop: the text must do without it
	Text  string
	Kind  Kind
	// Prefill is offered, and taken if the person just agrees. It is visible in
	// the process list: never a secret, and ignored for Hidden, File, Path and Choices.
	Prefill string
	// Ticked are those of Choices that are offered, where several can be chosen.
	Ticked []string
	// Choices are shown as they are: each one clean line, not beginning with "-".
	Choices []string
	// Open has the list of a Choice offer that another line is typed.
	Open bool
	// Optional allows the value to be left empty, where the dialog needs a
	// button or a row for that: it makes no other difference.
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
	case Choices:
		return n.chooseSome(ctx, e)
	case YesNo:
		return n.enterYesNo(ctx, e)
	case File, Path:
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

// nothing is the row of a list that stands for no choice, where no choice is offered, and another is the row after which a line
// is typed. No choice may read like one of them, see [field.IsReserved].
const nothing, another = field.NothingRow, field.AnotherRow

// choose shows a list. Pressing OK at once takes the prefill, and gives "" where there is none. Beside a prefill, what may be left
// empty has a row for that.
func (n *Native) choose(ctx context.Context, e Entry) (string, error) {
	if err := checkChoices(e.Choices); err != nil {
		return "", err
	}
	text := cleanText(e.Text)
	w := window{shape: listShape, title: cleanTitle(e.Title), ok: "OK", cancel: "Cancel", choices: e.offered()}
	if slices.Contains(w.choices, e.Prefill) {
		w.marked = e.Prefill
		text += "\n\nOK without a choice takes: " + e.Prefill
		if e.Optional {
			w.choices = append(slices.Clip(w.choices), nothing)
		}
	}
	w.text = quoteList(layout.Clean(text, layout.Lines+defaultLines, layout.Columns))
	value, err := n.show(ctx, w)
	switch {
	case err != nil:
		return "", err
	case value == "":
		return w.marked, nil
	case value == nothing && (w.marked == "" || e.Optional):
		return "", nil
	case !slices.Contains(w.choices, value):
		return "", failed("its answer was not offered")
	case value == another && e.Open:
		if slices.Contains(e.Choices, e.Prefill) {
			e.Prefill = "" // it was on the list
		}
		return n.enterLine(ctx, e)
	default:
		return value, nil
	}
}

// offered are the rows of a list, besides the one for no choice. What was stored before may be none of the choices.
func (e Entry) offered() []string {
	if !e.Open {
		return e.Choices
	}
	rows := slices.Clone(e.Choices)
	if !slices.Contains(rows, e.Prefill) && checkChoices(append(rows, e.Prefill)) == nil {
		rows = append(rows, e.Prefill)
	}
	return append(rows, another)
}

// chooseSome shows a list with a box before each choice.
func (n *Native) chooseSome(ctx context.Context, e Entry) (string, error) {
	if err := checkChoices(e.Choices); err != nil {
		return "", err
	}
	text := quoteList(layout.Clean(cleanText(e.Text), layout.Lines, layout.Columns))
	w := window{shape: checklistShape, title: cleanTitle(e.Title), text: text, ok: "OK", cancel: "Cancel", choices: e.Choices, ticked: e.Ticked}
	answer, err := n.show(ctx, w)
	if err != nil || answer == "" {
		return "", err
	}
	chosen := strings.Split(answer, "\n")
	if slices.ContainsFunc(chosen, func(c string) bool { return !slices.Contains(e.Choices, c) }) {
		return "", failed("its answer was not offered")
	}
	array, err := json.Marshal(chosen)
	return string(array), err
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
		if c == "" || field.IsReserved(c) || c != plain(c) || strings.HasPrefix(c, "-") || slices.Contains(choices[:i], c) {
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
	if e.Kind == Path {
		return checkChosen(path)
	}
	return readChosen(path)
}
