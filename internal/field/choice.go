package field

import "slices"

// NothingRow is the row in a list of choices that stands for no choice.
const NothingRow = "(nothing chosen)"

// Shown returns how a person is shown a value of f: by the label of a choice that has one, else as it is.
func (f Field) Shown(value string) string {
	if label := f.ChoiceLabels[value]; label != "" {
		return label
	}
	return value
}

// ShownChoices returns what a person chooses from, in the order of the choices.
func (f Field) ShownChoices() []string {
	shown := make([]string, len(f.Choices))
	for i, choice := range f.Choices {
		shown[i] = f.Shown(choice)
	}
	return shown
}

// Entered returns the text that is meant by what a person entered: without what is surely an accident of copying, as
// [Field.Clean] has it, and of a choice the value that is shown so.
func (f Field) Entered(text string) string {
	text = f.Clean(text)
	if i := slices.Index(f.ShownChoices(), text); i >= 0 {
		return f.Choices[i]
	}
	return text
}
