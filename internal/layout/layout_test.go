package layout

import (
	"strings"
	"testing"
)

func TestClean(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "Petstore API key", "Petstore API key"},
		{"lines stay", "a\nb\r\nc\rd", "a\nb\nc\nd"},
		{"edges go", "\n\na  \n\n", "a"},
		{"option", "--gtk-module=/x.so", " --gtk-module=/x.so"},
		{"option after what is removed", "\x00\u200b\n--class=x", " --class=x"},
		{"single dash", "-", " -"},
		{"controls", "a\x00b\x1b[31mc\x7fd\u0085e", "ab[31mcd e"},
		{"tab", "a\tb", "a b"},
		{"bidi", "a\u202eb\u2066c\u200fd\u061ce", "abcde"},
		{"zero width", "a\u200bb\u200dc\ufeffd\u00ade\u2060f", "abcdef"},
		{"tags and selectors", "a\U000e0041b\ufe0fc", "abc"},
		{"blank letters", "a\u3164b\u2800c", "abc"},
		{"invalid UTF-8", "a\xffb\xc3", "a\ufffdb\ufffd"},
		{"private use and unassigned", "a\ue000b\U000e1000", "a\ufffdb\ufffd"},
		{"odd spaces", "a\u00a0b\u3000c", "a b c"},
		{"separators", "a\u2028b\u2029c", "a\nb\nc"},
		{"piled accents", "e" + strings.Repeat("\u0301", 50), "e\u0301\u0301\u0301\u0301"},
		{"accents piled on what is removed", "e\u0301\u0301\u0301\u200b\u0301\ufe0f\u0301\u0301", "e\u0301\u0301\u0301\u0301"},
		{"CJK", "漢字", "漢字"},
		{"literal", `<b>x</b> \n %n & _y`, `<b>x</b> \n %n & _y`},
		{"empty", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Clean(c.in, 10, 40); got != c.want {
				t.Errorf("Clean(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

// Names that are alike differ at either end.
func TestShorten(t *testing.T) {
	for _, c := range []struct {
		in      string
		columns int
		want    string
	}{
		{"get_pet", 7, "get_pet"},
		{"get_my_pet", 7, "get…pet"},
		{"pets://a\nTool: b", 20, "pets://a Tool: b"},
		{"漢字漢字漢字", 8, "漢字…字"},
		{strings.Repeat("a", 500) + "/evil", 21, "aaaaaaaaaa…aaaaa/evil"},
	} {
		if got := Shorten(c.in, c.columns); got != c.want || Width(got) > c.columns {
			t.Errorf("Shorten(%q, %d) = %q, want %q", c.in, c.columns, got, c.want)
		}
	}
}

// No line but the first begins at the margin.
func TestHang(t *testing.T) {
	x := strings.Repeat("x", 53)
	for in, want := range map[string]string{
		"Tool: get_pet":                "Tool: get_pet",
		"Tool: " + x + " Reason: Fine": "Tool: " + x + "\n    Reason: Fine",
		"Tool: " + x + "yReason: Fine": "Tool:\n    " + x + "yRe\n    ason: Fine",
		"Tool: a\nReason: Fine":        "Tool: a Reason: Fine",
		strings.Repeat("z", 120):       strings.Repeat("z", 60) + "\n    " + strings.Repeat("z", 56) + "\n    zzzz",
	} {
		if got := Hang(in); got != want || Clean(got, 9, Columns) != got {
			t.Errorf("Hang(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCleanBreaksAndCuts(t *testing.T) {
	for _, c := range []struct {
		in             string
		lines, columns int
		want           string
	}{
		{"one two three", 3, 7, "one two\nthree"},
		{"one two three", 3, 8, "one two\nthree"},
		{"one two three", 3, 6, "one\ntwo\nthree"},
		{"abcdefgh", 3, 3, "abc\ndef\ngh"},
		{"abcdefgh", 2, 3, "abc\nde…"},
		{"a\nb\nc", 2, 9, "a\nb…"},
		{"a\nb\n c", 1, 9, "a b c"},
		{"漢字漢字", 2, 4, "漢字\n漢字"},
		{"漢", 1, 1, "漢"},
		{strings.Repeat("\n", 50) + "a", 2, 5, "a"},
		{"a" + strings.Repeat("\n", 50) + "b", 3, 5, "a\n\n…"},
	} {
		if got := Clean(c.in, c.lines, c.columns); got != c.want {
			t.Errorf("Clean(%q, %d, %d) = %q, want %q", c.in, c.lines, c.columns, got, c.want)
		}
	}
}
