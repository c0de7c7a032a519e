package wording

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
)

// A Text is the one rule for texts of a kind that people read: how much of one can be shown. Whatever the kind, it must look
// like what it is. The generator checks by it what a schema and the server's code say, and the runtime what it is given.
type Text struct {
	Characters int // at most
	Columns    int // of each line, at most; 0 is any number
	Lines      int // of a window, at most; 0 is any number, and a tab and line ends may be in a text that may have several
}

// The texts that people are shown. Lines and columns are those of package layout.
var (
	ServerText      = Text{64, 64, 1}
	LabelText       = Text{field.LabelColumns, field.LabelColumns, 1}
	PlaceholderText = Text{field.PlaceholderColumns, field.PlaceholderColumns, 1}
	HelpText        = Text{field.HelpLines * (layout.Columns + len("\n")), 0, field.HelpLines}
	ReasonText      = Text{ReasonColumns, ReasonColumns, 1}
	FormerText      = Text{field.MaxNameLength, 0, 1}
	DeprecatedText  = Text{500, 0, 0}   // in the manifest and in Go
	ExampleText     = Text{1_000, 0, 0} // in the manifest; one is shown as a placeholder if it can be
	ChoiceText      = Text{100, 0, 1}
	ChoiceLabelText = Text{layout.Columns, layout.Columns, 1}
	PrefixText      = Text{100, 0, 1}
	PatternText     = Text{1_000, 0, 1}
	PatternHelpText = Text{90, 90, 1} // which dialogs say before it is broken, see [Sentences.Rules]
)

// ReasonColumns is how long a reason may be: wherever its words end, a question has room for it in the lines that it gives one.
const ReasonColumns = 100

// Check returns the first reason why people can't be shown text whole and as it is, or nil. The error is one sentence that
// continues what the text is called: "has 41 characters, ...".
func (t Text) Check(text string) error {
	if length := utf8.RuneCountInString(text); length > t.Characters {
		return fmt.Errorf("has %d characters, a dialog has room for %d", length, t.Characters)
	}
	if err := t.checkCharacters(text); err != nil {
		return err
	}
	if hole := holeIn(text); hole != "" {
		return fmt.Errorf("has %q in it, which a question fills in, write it without the braces", hole)
	}
	if width := layout.Width(text); t.Columns > 0 && width > t.Columns {
		return fmt.Errorf("is %d columns wide, a dialog has room for %d; some characters take two", width, t.Columns)
	}
	if height := layout.Height(text); t.Lines > 1 && height > t.Lines {
		return fmt.Errorf("takes %d lines of %d columns, a dialog has room for %d", height, layout.Columns, t.Lines)
	}
	return nil
}

// maxAccents is how many marks package layout shows on one character: more of them paint over the lines around.
const maxAccents = 4

func (t Text) checkCharacters(text string) error {
	if !utf8.ValidString(text) {
		return errors.New("is not UTF-8")
	}
	accents, before := 0, rune(0)
	for i, c := range text {
		after, _ := utf8.DecodeRuneInString(text[i+utf8.RuneLen(c):])
		accents++
		if !unicode.In(c, unicode.Mn, unicode.Me) {
			accents = 0
		}
		switch {
		case c == '\n' && t.Lines == 1:
			return errors.New("must be one line")
		case c == '\n' || c == '\t' && t.Lines != 1:
		case unicode.IsControl(c):
			return fmt.Errorf("has the control character %U in it, remove it", c)
		case field.Spells(c, before, after):
		case invisible(c):
			return fmt.Errorf("has the invisible character %U in it, remove it", c)
		case !layout.Shows(c):
			return fmt.Errorf("has the character %U in it, which a dialog can't show, remove it", c)
		case accents > maxAccents:
			return fmt.Errorf("has more than %d accents on one character, remove some", maxAccents)
		}
		before = c
	}
	return nil
}

// invisible reports whether c is seen as nothing, or changes what is seen without being seen itself, such as the bidirectional
// controls. Some of them are part of a visible character: where, says [field.Spells].
func invisible(c rune) bool {
	return c > unicode.MaxASCII && unicode.In(c, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point,
		unicode.Variation_Selector)
}

// holeIn returns the first hole of a sentence that is in text, or "". It would be filled in too.
func holeIn(text string) string {
	for _, after := range strings.Split(text, "{")[1:] {
		name, _, closed := strings.Cut(after, "}")
		if _, hole := holes[name]; closed && hole {
			return "{" + name + "}"
		}
	}
	return ""
}

var holes = Holes()
