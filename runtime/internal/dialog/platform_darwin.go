package dialog

import "github.com/mcpsecrets/mcpsecrets/internal/layout"

// The library runs osascript with a script on its standard input; texts are
// JSON strings in it and need no quoting, and the system lays the dialog out.

const entryColumns = layout.Columns

func entryShows(string) bool { return true }

func quoteEntry(text string) string  { return text }
func quoteList(text string) string   { return text }
func quoteLabel(label string) string { return label }
