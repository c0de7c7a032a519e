package field

import (
	"slices"
	"strings"
)

// Where a person chooses from a list, its rows are what [Field.Shown] returns. In a sentence, and where they type, a value is called
// what [Field.Named] returns. Whatever they choose or type of it, [Field.Entered] makes the value of it.

// Shown returns how a list shows a value of f, or of a list each item: by the label of a choice that has one, else as it is.
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

// Named returns what a value of f is called, or of a list each item: as it is, with the label behind it of a choice that has
// one, such as "eu (Europe)".
func (f Field) Named(value string) string {
	if len(f.ChoiceLabels) == 0 {
		return value
	}
	items := f.Texts(value)
	for i, item := range items {
		if f.List {
			items[i] = JoinList(items[i : i+1])
		}
		if label := f.ChoiceLabels[item]; label != "" {
			items[i] += " (" + label + ")"
		}
	}
	return strings.Join(items, ", ")
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

// choiceList names the choices: "eu (Europe) or us".
func (f Field) choiceList() string {
	list := make([]string, len(f.Choices))
	for i, choice := range f.Choices {
		list[i] = f.Item().Named(choice)
	}
	return orList(list)
}

// The rows of the dialogs' own in a list of choices.
const (
	NothingRow = "(nothing chosen)"
	AnotherRow = "(another value)"
)

// IsReserved reports whether a row of a list would be taken for one of the dialog's own.
func IsReserved(row string) bool {
	return strings.EqualFold(row, NothingRow) || strings.EqualFold(row, AnotherRow)
}

// Clash returns another choice that a person may mean too by what the choice at i is shown as: one that is shown alike and stands
// before it, or whose value that is.
func (f Field) Clash(i int) (other int, clashes bool) {
	shown := f.ShownChoices()
	if other = slices.Index(f.Choices, shown[i]); other >= 0 {
		return other, other != i
	}
	other = slices.Index(shown, shown[i])
	return other, other < i
}
