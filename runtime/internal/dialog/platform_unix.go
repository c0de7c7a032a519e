//go:build !windows && !darwin

package dialog

import (
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/layout"
)

// The texts of zenity have small languages of their own.

const (
	dialogWidth  = 420
	entryColumns = layout.Columns
)

// entryShows reports whether the entry dialog shows a text whole.
func entryShows(string) bool { return true }

// quoteEntry undoes zenity's reading of backslash escapes and of underscores.
func quoteEntry(text string) string { return strings.NewReplacer(`\`, `\\`, "_", "__").Replace(text) }

var markup = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `\`, `\\`)

// quoteList undoes zenity's reading of backslash escapes and of Pango markup.
func quoteList(text string) string { return markup.Replace(text) }

// quoteMarkup is for a text that is read as Pango markup: no character of it is markup, nor a backslash that begins an escape.
func quoteMarkup(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `\`, "&#92;").Replace(text)
}

// quoteLabel keeps underscores from becoming keyboard shortcuts.
func quoteLabel(label string) string { return strings.ReplaceAll(label, "_", "__") }

// listWidth makes room for rows of the usual letters and a box before them, in pixels. The list scrolls sideways if they are wider.
func listWidth(rows []string) int {
	const box, column = 60, 9
	width := dialogWidth
	for _, row := range rows {
		width = max(width, box+column*min(layout.Width(row), 100))
	}
	return width
}

// listHeight makes room for the text and about ten rows, in pixels. Below a long
// text the list has fewer and scrolls, so that the buttons stay on the screen.
func listHeight(text string, choices int) int {
	return min(120+18*strings.Count(text, "\n")+24*min(choices, 10), 740)
}
