package field

import (
	"errors"
	"strings"
)

// maxLink is how many characters a link has room for in a dialog, where it stands beside all else.
const maxLink = 180

// CheckLink returns why text is no link that people can be given: it must be an https URL, in the characters of RFC 3986,
// section 2, which no program that shows it takes for the link's end or for markup.
func CheckLink(text string) error {
	switch {
	case len(text) > maxLink:
		return errors.New("has more than 180 characters, for which a dialog has no room")
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"'<>\\^`{|}()[]*", r) }):
		return errors.New("must be written in the characters of a URL, without brackets, quotes and spaces: others are percent-encoded")
	case strings.HasSuffix(text, ".") || strings.HasSuffix(text, ",") || strings.HasSuffix(text, ";"):
		return errors.New("must not end with a punctuation mark")
	}
	return Field{Type: URL, Schemes: []string{"https"}}.Check(text)
}
