package subject

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
	"unicode/utf16"
)

// encoders are what tools make of a text before they return it.
var encoders = map[string]func(string) string{
	"base64":         func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64 raw":     func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) },
	"base64 url":     func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) },
	"base64 url raw": func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"base64 lines":   func(s string) string { return lines(base64.StdEncoding.EncodeToString([]byte(s)), 76) },
	"hex":            func(s string) string { return hex.EncodeToString([]byte(s)) },
	"HEX":            func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
	"query":          url.QueryEscape,
	"path":           url.PathEscape,
	"percent":        func(s string) string { return bytewise(s, "%%%02X") },
	"percent lower":  func(s string) string { return bytewise(s, "%%%02x") },
	"JSON":           quoted,
	"JSON slashes":   func(s string) string { return strings.ReplaceAll(quoted(s), "/", `\/`) },
	"JSON all":       func(s string) string { return utf16wise(s, `\u%04x`) },
	"JSON all upper": func(s string) string { return utf16wise(s, `\u%04X`) },
	"Go":             func(s string) string { return strings.Trim(fmt.Sprintf("%q", s), `"`) },
	"Go ASCII":       func(s string) string { return strings.Trim(fmt.Sprintf("%+q", s), `"`) },
	"bytes":          func(s string) string { return bytewise(s, `\x%02x`) },
	"HTML":           html.EscapeString,
	"HTML all":       func(s string) string { return runewise(s, "&#%d;") },
	"HTML all hex":   func(s string) string { return runewise(s, "&#x%X;") },
	"reversed": func(s string) string {
		reversed := []rune(s)
		slices.Reverse(reversed)
		return string(reversed)
	},
	"spaced":   func(s string) string { return runewise(s, "%c ") },
	"capitals": strings.ToUpper,
}

func quoted(s string) string {
	text, _ := json.Marshal(s) // of a string, it has no error
	return string(text[1 : len(text)-1])
}

func bytewise(s, format string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, format, c)
	}
	return b.String()
}

func runewise(s, format string) string {
	var b strings.Builder
	for _, c := range s {
		fmt.Fprintf(&b, format, c)
	}
	return b.String()
}

// utf16wise writes characters as JavaScript and JSON count them, some as two.
func utf16wise(s, format string) string {
	var b strings.Builder
	for _, c := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, format, c)
	}
	return b.String()
}

// lines breaks a text into lines, as base64 does.
func lines(s string, length int) string {
	var b strings.Builder
	for len(s) > length {
		b.WriteString(s[:length] + "\n")
		s = s[length:]
	}
	return b.String() + s
}
