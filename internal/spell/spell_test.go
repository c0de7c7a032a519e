package spell

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	known := []string{"password", "label", "min", "max", "x"}
	for _, c := range []struct {
		word  string
		limit int
		want  string
	}{
		{"passwrd", 2, "password"},
		{"PASSWORD", 2, "password"},
		{"pasowrd", 2, "password"},
		{"pasowrd", 1, ""},
		{"lable", 1, "label"},
		{"mix", 1, "min"}, // as near as max, and before it
		{"label", 0, "label"},
		{"lab", 1, ""},
		{"qqq", 3, ""}, // three letters off from "min", which has no more
		{"y", 2, ""},
		{"", 3, ""},
		{strings.Repeat("label", 1_000_000), 2, ""},
	} {
		if got := Nearest(c.word, known, c.limit); got != c.want {
			t.Errorf("%.20q within %d: got %q, want %q", c.word, c.limit, got, c.want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0},
		{"abc", "acb", 1}, {"abc", "abd", 1}, {"abc", "abcd", 1}, {"abc", "bc", 1}, {"kitten", "sitting", 3},
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%q, %q: got %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
