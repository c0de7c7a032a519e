package schema

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"

	"go.yaml.in/yaml/v4"
)

// Here is what authors paste and yaml/v4 refuses. Each is replaced by something of the same length, so
// that nothing moves to another place.

func prepare(src string) string { return joinSurrogates(replaceTabs(hideDirectives(src))) }

var (
	beforeDocument = regexp.MustCompile(`\A(?:%.*\n|[ \t]*(?:#.*)?\n)*`)
	directive      = regexp.MustCompile(`(?m)^%`)
)

// hideDirectives turns the directives before the document into comments. yaml/v4 refuses the commonest,
// "%YAML 1.2", and a schema needs none.
func hideDirectives(src string) string {
	head := beforeDocument.FindString(src)
	return directive.ReplaceAllLiteralString(head, "#") + src[len(head):]
}

// lacksDocument returns the place behind the directives of a text where "---" is missing, without which they are none.
func lacksDocument(src string) *mistake {
	head := beforeDocument.FindString(src)
	if !directive.MatchString(head) || strings.HasPrefix(src[len(head):], "---") || head == src {
		return nil
	}
	return &mistake{placeOf(src, len(head)), `"---" is missing before this: a line that begins with "%" is a directive, which stands before a document`}
}

var tabsBeforeJSON = regexp.MustCompile(`(?m)^\t[ \t]*["{}\[\],]`)

// replaceTabs replaces the tabs at the beginning of a line of JSON by spaces. yaml/v4 refuses them after a
// number, true or false. They are part of no text: every line of a YAML block begins with a space.
func replaceTabs(src string) string {
	if !strings.Contains(src, "\n\t") {
		return src
	}
	return tabsBeforeJSON.ReplaceAllStringFunc(src, func(tabs string) string { return strings.ReplaceAll(tabs, "\t", " ") })
}

var (
	escapes = regexp.MustCompile(`\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|.)`)
	joined  = regexp.MustCompile(`\\U(000[0-9A-F]{5}|0010[0-9A-F]{4})\\0`)
	padded  = regexp.MustCompile(`([\x{10000}-\x{10FFFF}])\x00`)
)

// hasSurrogates reports whether src may have a character above U+FFFF as JSON escapes it: as two,
// "\ud83d\udd11".
func hasSurrogates(src string) bool {
	return strings.Contains(src, `\ud`) || strings.Contains(src, `\uD`)
}

// joinSurrogates makes one escape of two, as YAML has it: "\U0001F511\0".
func joinSurrogates(src string) string {
	if !hasSurrogates(src) {
		return src
	}
	return escapes.ReplaceAllStringFunc(src, func(escape string) string {
		if len(escape) != len(`\ud83d\udd11`) {
			return escape
		}
		high, _ := strconv.ParseUint(escape[2:6], 16, 16)
		low, _ := strconv.ParseUint(escape[8:12], 16, 16)
		return fmt.Sprintf(`\U%08X\0`, utf16.DecodeRune(rune(high), rune(low)))
	})
}

// unjoined returns the text of n without a trace of [joinSurrogates].
func unjoined(n *yaml.Node) string {
	if n.Style&yaml.DoubleQuotedStyle != 0 {
		return padded.ReplaceAllString(n.Value, "$1")
	}
	// Without double quotes there are no escapes: this is a text with a "\" in it.
	return joined.ReplaceAllStringFunc(n.Value, func(escape string) string {
		r, _ := strconv.ParseUint(escape[2:10], 16, 32)
		high, low := utf16.EncodeRune(rune(r))
		return fmt.Sprintf(`\u%04x\u%04x`, high, low)
	})
}
