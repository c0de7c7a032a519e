//go:build !windows && !darwin

package dialog

import "strings"

// The texts of zenity have small languages of their own.

const (
	textColumns  = 60 // so that even 60 wide letters fit a small screen
	dialogWidth  = 420
	entryColumns = textColumns
)

// entryShows reports whether the entry dialog shows a text whole.
func entryShows(string) bool { return true }

// quoteEntry undoes zenity's reading of backslash escapes and of underscores.
func quoteEntry(text string) string { return strings.NewReplacer(`\`, `\\`, "_", "__").Replace(text) }

var markup = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `\`, `\\`)

// quoteList undoes zenity's reading of backslash escapes and of Pango markup.
func quoteList(text string) string { return markup.Replace(text) }

// quoteLabel keeps underscores from becoming keyboard shortcuts.
func quoteLabel(label string) string { return strings.ReplaceAll(label, "_", "__") }

// listHeight makes room for the text and about ten rows, in pixels.
func listHeight(text string, choices int) int {
	return 120 + 18*strings.Count(text, "\n") + 24*min(choices, 10)
}
