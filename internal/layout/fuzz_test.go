package layout

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzClean holds what every text on the screen leans on.
func FuzzClean(f *testing.F) {
	for _, seed := range []string{"", "-", "--gtk-module=/x.so", "a\n-b", "漢字 漢字", "\x00-\xff", "e\u0301\u0301",
		"e" + strings.Repeat("\u0301", 9), "a b  c", "\u202e--", " \n - ",
		"\u2028-", "a\u2029\u2029b", "\r\n\r-", "\u3164-", "--\u00ad", "\ufdfd\ufdfd\ufdfd", strings.Repeat("e\u0301\u0300", 9),
		"…", "-…", strings.Repeat("-", 99),
		strings.Repeat("a -", 50), "\U000e0041\U000e0042", "\u2800 \u115f", "a\u200d\u200c\u2060b", "abc \u0301", "\t-x",
		"x\v\fy", "👨‍👩‍👧"} {
		f.Add(seed, uint8(3), uint8(7))
		f.Add(seed, uint8(0), uint8(0))
		f.Add(seed, uint8(23), uint8(47))
	}
	f.Fuzz(func(t *testing.T, text string, lines, columns uint8) {
		l, c := int(lines)%30+1, int(columns)%100+13 // the widest character and "…"
		got := Clean(text, l, c)
		wantHarmless(t, got, l, c)
		if again := Clean(got, l, c); again != got {
			t.Errorf("%q, and once more %q", got, again)
		}
		// Nothing is made up: what is shown stood in the text in the same order.
		rest := []rune(text)
		for _, r := range got {
			if strings.ContainsRune(" \n…\ufffd", r) {
				continue
			}
			i := slices.Index(rest, r)
			if i < 0 {
				t.Fatalf("%q became %q", text, got)
			}
			rest = rest[i+1:]
		}
		// Nothing is lost of a text in ASCII that fits, but for spaces at the ends of lines and a space in front.
		if len(text) < c && l == 1 && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) &&
			strings.TrimSpace(got) != strings.Join(strings.Fields(text), " ") {
			t.Errorf("%q became %q", text, got)
		}
		if Fits(text) && Clean(text, Lines, Columns) != Clean(text, len(text)+1, Columns) || Height(text) > len(text)+1 {
			t.Errorf("%q has %d lines", text, Height(text))
		}
		for _, bounded := range []struct {
			text           string
			lines, columns int
		}{{Clean(Clip(text, l), l, Columns), l, Columns}, {Shorten(text, c), 1, c}, {Clip(Hang(text), l), l, Columns}} {
			wantHarmless(t, "."+bounded.text, bounded.lines, bounded.columns+1)
		}
	})
}

// wantHarmless checks a text on its way to the screen.
func wantHarmless(t *testing.T, text string, lines, columns int) {
	t.Helper()
	if strings.HasPrefix(text, "-") {
		t.Errorf("begins like an option: %q", text)
	}
	if !utf8.ValidString(text) {
		t.Errorf("invalid UTF-8: %q", text)
	}
	if n := strings.Count(text, "\n") + 1; n > lines {
		t.Errorf("%d lines, %d allowed", n, lines)
	}
	marks := 0
	for _, r := range text {
		if r != '\n' && (!unicode.IsGraphic(r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Bidi_Control,
			unicode.Variation_Selector, blank) ||
			r != ' ' && unicode.IsSpace(r)) {
			t.Errorf("%q holds %U", text, r)
		}
		if marks++; !unicode.In(r, unicode.Mn, unicode.Me) {
			marks = 0
		}
		if marks > 4 {
			t.Errorf("%q has %d accents in a pile", text, marks)
		}
	}
	for i, line := range strings.Split(text, "\n") {
		if i == 0 {
			line = strings.TrimPrefix(line, " ") // in front of a "-"
		}
		wide := 0
		for _, r := range line {
			wide += width(r)
		}
		if wide > columns && utf8.RuneCountInString(line) > 1 {
			t.Errorf("line %q is %d columns wide, %d allowed", line, wide, columns)
		}
	}
}
