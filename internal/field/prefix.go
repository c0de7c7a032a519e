package field

import "strings"

// PrefixOf returns which of f's prefixes text begins with: the longest, or "" if there is none. It is public: what follows it
// makes a confidential value confidential.
func (f Field) PrefixOf(text string) (longest string) {
	for _, prefix := range f.Prefixes {
		if len(prefix) > len(longest) && strings.HasPrefix(text, prefix) {
			longest = prefix
		}
	}
	return longest
}

// lacksPrefix reports whether text begins with none of the prefixes that f wants.
func (f Field) lacksPrefix(text string) bool { return len(f.Prefixes) > 0 && f.PrefixOf(text) == "" }
