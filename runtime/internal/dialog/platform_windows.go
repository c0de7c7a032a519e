package dialog

import "strings"

// The library calls Win32 in this process; texts go to windows as they are.

const entryColumns = 40 // the prompt of the library's Entry is one line of that length

func entryShows(text string) bool {
	return !strings.Contains(text, "\n") && len([]rune(text)) <= entryColumns
}

func quoteEntry(text string) string  { return text }
func quoteList(text string) string   { return text }
func quoteLabel(label string) string { return label }
