package dialog

import (
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/layout"
)

// The bounds of what stands beside a dialog's text.
const (
	titleColumns = 60
	labelColumns = 30
)

// checkShown returns [ErrUnshown] for a text of which something would be cut:
// nobody is to answer what they do not see.
func checkShown(text string) error {
	if !layout.Fits(text) {
		return ErrUnshown
	}
	return nil
}

func cleanText(text string) string   { return layout.Clean(text, layout.Lines, layout.Columns) }
func cleanTitle(title string) string { return layout.Clean(title, 1, titleColumns) }
func cleanLabel(label string) string { return layout.Clean(label, 1, labelColumns) }

// plain is one line without anything that the layout removes, of any sensible
// length and beginning with anything.
func plain(text string) string {
	return strings.TrimPrefix(layout.Clean("."+text, 1, 1000), ".")
}
