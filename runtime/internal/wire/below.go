package wire

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// isBelow reports whether to has the path of base, or one below it: segment by segment, since "a%2Fb" is one where "a/b" are two. What a
// server, or a proxy before it, may read as a step up is below nothing but the root.
func isBelow(to, base *url.URL) bool {
	prefix, path := segments(strings.TrimSuffix(base.EscapedPath(), "/")), segments(to.EscapedPath())
	if len(prefix) == 1 { // what is before the first slash
		return true
	}
	return len(path) >= len(prefix) && slices.Equal(path[:len(prefix)], prefix) && !mayStepUp(to.Path)
}

func segments(escaped string) []string {
	all := strings.Split(escaped, "/")
	for i, segment := range all {
		all[i], _ = url.PathUnescape(segment) // of what was escaped
	}
	return all
}

// maxDecoded bounds how often a path is taken to be decoded on its way.
const maxDecoded = 4

// mayStepUp reports whether a path has "." or ".." as a segment, to somebody who may decode it more than once.
func mayStepUp(path string) bool {
	for range maxDecoded {
		for segment := range strings.FieldsFuncSeq(lookalikes.Replace(path), func(r rune) bool { return r == '/' || r == '\\' }) {
			if isStep(segment) {
				return true
			}
		}
		decoded := decodedOnce(path)
		if decoded == path {
			return false
		}
		path = decoded
	}
	return true
}

// isStep reports whether a segment is "." or "..", also before a parameter, a query or a fragment, and with characters in it that
// nobody sees.
func isStep(segment string) bool {
	if end := strings.IndexAny(segment, ";?#"); end >= 0 {
		segment = segment[:end]
	}
	segment = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsGraphic(r) {
			return -1
		}
		return r
	}, segment)
	return segment == "." || segment == ".."
}

// lookalikes are what is read as a dot or a slash by who decodes UTF-8 carelessly (RFC 3629, section 10), or maps letters to ASCII.
var lookalikes = strings.NewReplacer(
	"\xc0\xae", ".", "\xe0\x80\xae", ".", "\xf0\x80\x80\xae", ".", "\uff0e", ".", "\ufe52", ".", "\u2024", ".", "\u2025", "..",
	"\xc0\xaf", "/", "\xe0\x80\xaf", "/", "\xf0\x80\x80\xaf", "/", "\uff0f", "/", "\u2215", "/", "\u2044", "/",
	"\xc1\x9c", "/", "\xe0\x81\x9c", "/", "\uff3c", "/", "\ufe68", "/", "\u2216", "/",
)

// decodedOnce returns a path with what is percent-encoded in it decoded, and what only looks so as it is.
func decodedOnce(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] == '%' && i+2 < len(path) {
			if c, err := strconv.ParseUint(path[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(path[i])
	}
	return b.String()
}
