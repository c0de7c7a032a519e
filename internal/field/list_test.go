package field

import (
	"errors"
	"slices"
	"testing"
)

// TestListsAreOneForm: whatever separates the items, the value is the same, and stays so when it is entered again.
func TestListsAreOneForm(t *testing.T) {
	list := Field{Type: Text, List: true}
	for entered, want := range map[string]string{
		"a,b":                    "a, b",
		" a ,  b\n":              "a, b",
		"a\nb\n":                 "a, b",
		"a,\r\n\r\nb,\r\n":       "a, b",
		`["a", "b"]`:             "a, b",
		"\x1b[200~a\nb\x1b[201~": "a, b",
		"\ufeffa,\u200bb\u00a0":  "a, b",
		"a":                      "a",
		"a,":                     "a",
		"":                       "",
		" \n ":                   "",
		`["a, b", "c"]`:          `["a, b","c"]`,
		`["<a>", ""]`:            `["<a>",""]`,
		"a,,b":                   "a, , b",
		"[]":                     "",
		",":                      `[""]`,
		"[1, 2.50]":              "1, 2.50",
		"[::1]:80,[::2]:80":      "[::1]:80, [::2]:80",
		"{a},{b}":                "{a}, {b}",
		`["[::1]","[::2]"]`:      `["[::1]","[::2]"]`,
		`["[", "]"]`:             `["[","]"]`,
		`["\"x"]`:                `"x`,
		"[a, b]":                 "[a, b]",
		`["a", "b"`:              `["a", "b"`,
		`["a"] x ["b"]`:          `["a"] x ["b"]`,
		`["a", null]`:            `["a", null]`,
	} {
		got := list.Clean(entered)
		if got != want || list.Clean(got) != got {
			t.Errorf("%q becomes %q, and then %q, want %q", entered, got, list.Clean(got), want)
		}
	}
}

// TestListRules: the rules are those of an item, and a problem names the item by its place.
func TestListRules(t *testing.T) {
	number := Field{Type: Integer, Range: Between(1, 9), List: true, MinItems: 2, MaxItems: 3, Unique: true}
	for text, want := range map[string]string{
		"1, 2":       "",
		"1,2,3":      "",
		"[1, \"2\"]": "",
		"":           "must not be empty",
		"[]":         "must not be empty",
		"1":          "must have at least 2 items",
		"1,2,3,4":    "must have at most 3 items",
		"1,x":        "is a list whose 2nd item must be a whole number",
		"1,2,10":     "is a list whose 3rd item must be 9 or less",
		"1,,2":       "is a list whose 2nd item must not be empty",
		"1,2,+1":     "is a list whose 3rd item must not be there twice",
		"[1, 2":      "is a list whose 1st item must be a whole number",
		"[1, [2]]":   "must be a list with commas between its items, or a JSON array of texts",
		"[1, true]":  "must be a list with commas between its items, or a JSON array of texts",
		"\xff,1":     "must be text in UTF-8 without NUL characters",
	} {
		got := ""
		if err := number.Check(text); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	words := Field{Type: Text, MinLength: 3, Pattern: "[a-z]+", List: true}
	if err := words.CheckAll("abc, X"); err == nil || err.Error() !=
		"is a list whose 2nd item must have at least 3 characters, is a list whose 2nd item must match the pattern [a-z]+" {
		t.Error(err)
	}
	var problem *Problem
	if err := words.Check("abc, d\u200bef"); !errors.As(err, &problem) || problem.Kind != Unseen || problem.Item != 2 {
		t.Error(err)
	}
}

func TestListValues(t *testing.T) {
	value, err := Field{Type: Integer, List: true}.Parse(" 7,8")
	items, ok := value.([]Item)
	if err != nil || !ok || !slices.Equal(items, []Item{{"7", int64(7)}, {"8", int64(8)}}) {
		t.Error(value, err)
	}
	hooks := Field{Type: URL, Secrecy: Hidden, List: true}
	text := "https://a.example/x, http://b.example, https://a.example/y"
	value, err = hooks.Parse(text)
	if got := hooks.Destination(text, value); err != nil || got != "a.example, http://b.example" {
		t.Error(got, err)
	}
	// What a question can't show is not stored.
	long := JoinList(slices.Repeat([]string{"https://" + label(60) + "." + label(60) + ".example"}, 1))
	for i := range 3 {
		long += ", https://" + label(60) + string(rune('a'+i)) + "." + label(60) + ".example"
	}
	if err := hooks.Check(long); !errors.As(err, new(*Problem)) {
		t.Errorf("%v", err)
	}
}

func label(n int) string { return string(slices.Repeat([]byte("w"), n)) }

func FuzzList(f *testing.F) {
	for _, seed := range []string{"\x88,,", "a, b", `["a, b"]`, "[::1]", "a,\nb", "[", "]", `["`, ",", "\x1b[200~a\x1b[201~"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list := Field{Type: Text, List: true}
		once := list.Clean(text)
		if again := list.Clean(once); again != once {
			t.Errorf("%q becomes %q, then %q", text, once, again)
		}
		if list.Check(once) != nil {
			return
		}
		items, ok := SplitList(once)
		if joined := JoinList(items); !ok || joined != once {
			t.Errorf("%q is stored as %q and written as %q", text, once, joined)
		}
	})
}
