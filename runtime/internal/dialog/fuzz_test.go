package dialog

import (
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/layout"
)

// FuzzArguments holds what is given to the program that draws the dialogs.
func FuzzArguments(f *testing.F) {
	for _, seed := range []string{"", "-", "--gtk-module=/x.so", "a\n-b", "漢字 漢字", "\x00-\xff", "e\u0301\u0301",
		"e" + strings.Repeat("\u0301", 9), "a b  c", "\u202e--", " \n - ",
		"\u2028-", "a\u2029\u2029b", "\r\n\r-", "\u3164-", "--\u00ad", "\ufdfd\ufdfd\ufdfd", strings.Repeat("e\u0301\u0300", 9),
		"…", "-…", strings.Repeat("-", 99),
		strings.Repeat("a -", 50), "\U000e0041\U000e0042", "\u2800 \u115f", "a\u200d\u200c\u2060b", "abc \u0301", "\t-x",
		"x\v\fy", "👨‍👩‍👧"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// What is given to the program is read back by it as the clean text.
		for name, quote := range map[string]func(string) string{"entry": quoteEntry, "list": quoteList, "label": quoteLabel} {
			for _, clean := range []string{cleanText(text), cleanTitle(text), cleanLabel(text)} {
				if quoted := quote(clean); strings.HasPrefix(quoted, "-") {
					t.Errorf("%s: the argument %q begins like an option", name, quoted)
				}
			}
		}
		if plain(text) == text && strings.ContainsAny(text, "\x00\n\r\u2028\u202e") {
			t.Errorf("%q passes for plain", text)
		}
		if err := checkChoices([]string{text}); err == nil && (layout.Clean("."+text, 1, 1000) != "."+text) {
			t.Errorf("the choice %q is not shown as it is", text)
		}
	})
}
