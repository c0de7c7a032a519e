package field

import "slices"

// Shown returns how a person is shown a value of f, or of a list each item: by the label of a choice that has one, else as it is.
func (f Field) Shown(value string) string {
	if f.List && len(f.ChoiceLabels) > 0 {
		items := f.Texts(value)
		for i := range items {
			items[i] = f.Item().Shown(items[i])
		}
		return JoinList(items)
	}
	if label := f.ChoiceLabels[value]; label != "" {
		return label
	}
	return value
}

// ShownChoices returns what a person chooses from, in the order of the choices.
func (f Field) ShownChoices() []string {
	shown := make([]string, len(f.Choices))
	for i, choice := range f.Choices {
		shown[i] = f.Item().Shown(choice)
	}
	return shown
}

// Entered returns the text that is meant by what a person entered: without what is surely an accident of copying, as
// [Field.Clean] has it, and of a choice the value that is shown so. Of a list, it does so with each item.
func (f Field) Entered(text string) string {
	if f.List && len(text) <= MaxEntry {
		return cleanList(text, f.Item().Entered)
	}
	text = f.Clean(text)
	if i := slices.Index(f.ShownChoices(), text); i >= 0 {
		return f.Choices[i]
	}
	return text
}

// isListed reports whether text is one of the choices, whatever characters it has.
func (f Field) isListed(text string) bool { return slices.Contains(f.Choices, text) }

// choiceList names the choices by value, and by label where they have one: "eu (Europe) or us".
func (f Field) choiceList() string {
	list := make([]string, len(f.Choices))
	for i, choice := range f.Choices {
		list[i] = choice
		if shown := f.Shown(choice); shown != choice {
			list[i] += " (" + shown + ")"
		}
	}
	return orList(list)
}

// The rows of the dialogs' own in a list of choices.
const (
	NothingRow = "(nothing chosen)"
	AnotherRow = "(another value)"
)

// ReservedRows returns what no choice may be shown as, since it would be taken for a row of the dialog's own.
func ReservedRows() []string { return []string{NothingRow, AnotherRow} }
