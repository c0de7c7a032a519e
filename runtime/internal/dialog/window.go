package dialog

// A window is what one dialog shows. Its texts are clean, and quoted for who draws it.
type window struct {
	shape shape
	title string
	text  string
	// The labels of the buttons; "" is no such button, or the system's own label.
	ok, extra, cancel string

	refuses bool     // of a question: Return or space on a fresh window are cancel, else ok
	prefill string   // of an entry
	hidden  bool     // of an entry
	choices []string // of a list
	marked  string   // the choice that is marked at first, where the system can
	ticked  []string // of a checklist, the choices that are ticked at first
	fit
}

// A shape is a kind of window.
type shape int

const (
	questionShape  shape = iota // a text over two or three buttons
	entryShape                  // a text over a line to type
	listShape                   // a text over a list
	checklistShape              // a text over a list of which any number can be ticked; the answer is a line for each
	fileShape                   // the system's file chooser, without a text of ours
)
