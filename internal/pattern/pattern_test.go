package pattern

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestMeet(t *testing.T) {
	for _, c := range []struct {
		rules Rules
		want  bool
	}{
		{Rules{}, false}, // it matches the empty text only, which is no value
		{Rules{Pattern: "abc"}, true},
		{Rules{Pattern: "sk_.*", Prefixes: []string{"sk_"}}, true},
		{Rules{Pattern: "sk_", Prefixes: []string{"sk_"}}, true},
		{Rules{Pattern: "pk_.*", Prefixes: []string{"sk_"}}, false},
		{Rules{Pattern: "pk_.*", Prefixes: []string{"sk_", "pk_"}}, true},
		{Rules{Pattern: "pk_.*", Prefixes: []string{"sk_", "rk_"}}, false},
		{Rules{Pattern: "sk", Prefixes: []string{"sk_"}}, false},
		{Rules{Pattern: "(pk|sk)_[a-z]+", Prefixes: []string{"sk_"}, Min: 10}, true},
		{Rules{Pattern: "(?i)SK_.+", Prefixes: []string{"sk_"}}, true},
		{Rules{Pattern: "abc", Min: 5}, false},
		{Rules{Pattern: "abc", Min: 3, Max: 3}, true},
		{Rules{Pattern: "abc", Max: 2}, false},
		{Rules{Pattern: "[a-f0-9]{32}", Min: 33}, false},
		{Rules{Pattern: "[a-f0-9]{32}", Min: 32, Max: 32}, true},
		{Rules{Pattern: "(ab)+", Min: 3, Max: 3}, false},
		{Rules{Pattern: "(ab)+", Min: 3, Max: 4}, true},
		{Rules{Pattern: "(ab)+", Min: 3}, true},
		{Rules{Pattern: ".{10,}", Max: 9}, false},
		{Rules{Pattern: "/^sk-/i"}, false},
		{Rules{Pattern: "^sk-"}, true}, // of that very value
		{Rules{Pattern: "^sk-", Min: 10}, false},
		{Rules{Pattern: "^sk-.*$", Min: 10}, true},
		{Rules{Pattern: "a$b"}, false},
		{Rules{Pattern: `\bkey\b`}, true},
		{Rules{Pattern: `[^\x00-\x{10FFFF}]`}, false},
		{Rules{Pattern: `a\nb`, Takes: unicode.IsGraphic}, false},
		{Rules{Pattern: `a[\n\t\x00-\x1f]b`, Takes: unicode.IsGraphic}, false},
		{Rules{Pattern: `a[\n -]b`, Takes: unicode.IsGraphic}, true},
		{Rules{Pattern: `a\nb`}, true},
		{Rules{Pattern: `-----BEGIN [A-Z ]+-----[\s\S]+`, Takes: unicode.IsGraphic, Prefixes: []string{"-----BEGIN"}}, true},
		{Rules{Pattern: ".*", Min: 262_144}, true},
		{Rules{Pattern: "漢字.*", Prefixes: []string{"漢"}, Min: 2, Max: 2}, true},
		{Rules{Pattern: "("}, false},
	} {
		if got := c.rules.Meet(); got != c.want {
			t.Errorf("%+v: %t", c.rules, got)
		}
	}
}

// TestMeetIsRight: what a search through all short values finds, Meet finds too, and nothing else.
func TestMeetIsRight(t *testing.T) {
	values := []string{""}
	for i := 0; len(values[i]) < 5; i++ {
		values = append(values, values[i]+"a", values[i]+"b")
	}
	chance := rand.New(rand.NewPCG(1, 1))
	for range 3_000 {
		r := Rules{Pattern: expression(chance, 3), Prefixes: [][]string{nil, nil, {"a"}, {"b"}, {"ab"}, {"aa", "b"}}[chance.IntN(6)], Min: chance.IntN(5), Max: 5}
		whole := regexp.MustCompile(`\A(?:` + r.Pattern + `)\z`)
		want := false
		for _, value := range values[1:] {
			want = want || len(value) >= r.Min && begins(value, r.Prefixes) && whole.MatchString(value)
		}
		if got := r.Meet(); got != want {
			t.Fatalf("%+v: %t, want %t", r, got, want)
		}
	}
}

func begins(value string, prefixes []string) bool {
	return len(prefixes) == 0 || slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(value, prefix) })
}

// expression makes an expression over the letters a and b.
func expression(chance *rand.Rand, depth int) string {
	if depth == 0 {
		return []string{"a", "b", "[ab]", "^", "$", "aa"}[chance.IntN(6)]
	}
	left, right := expression(chance, depth-1), expression(chance, depth-1)
	return []string{left + right, "(?:" + left + "|" + right + ")", "(?:" + left + ")*", "(?:" + left + "){2}" + right, "(?:" + left + ")?" + right}[chance.IntN(5)]
}
