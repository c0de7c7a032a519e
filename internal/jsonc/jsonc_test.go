package jsonc

import (
	"errors"
	"strings"
	"testing"
)

// What is not ours stays as it is: order, spaces, comments, line ends, and commas where nothing is removed.
func TestPutChangesOnlyItsOwn(t *testing.T) {
	old := func(key string, _ *Value) bool { return strings.HasPrefix(key, "old") }
	for _, row := range []struct{ in, want string }{
		{`{"l":[]}`, "{\"l\":[\n  {\n    \"id\": \"a\"\n  }\n]}"},
		{"{\n\t\"z\" : 1 ,\n\t\"l\": [\n\t\t{\"id\": \"x\",  \"y\":1}\n\t]\n}\n", "{\n\t\"z\" : 1 ,\n\t\"l\": [\n\t\t{\"id\": \"x\",  \"y\":1},\n\t\t{\n\t\t\t\"id\": \"a\"\n\t\t}\n\t]\n}\n"},
		{"{\n  // why\n  \"l\": [\n    {\"id\": \"a\", \"old\": 1}, // ours\n    {\"id\": \"x\"}, // theirs\n    /* end */\n  ],\n}\n",
			"{\n  // why\n  \"l\": [\n    {\n      \"id\": \"a\"\n    }, // ours\n    {\"id\": \"x\"}, // theirs\n    /* end */\n  ],\n}\n"},
		{"{\n  \"l\": [\n    {\"id\": \"x\"} // theirs\n  ]\n}", "{\n  \"l\": [\n    {\"id\": \"x\"}, // theirs\n    {\n      \"id\": \"a\"\n    }\n  ]\n}"},
		{"{\n  \"l\": [\n    {\"id\": \"a\"},\n    {\"id\": \"old\"}\n  ]\n}", "{\n  \"l\": [\n    {\n      \"id\": \"a\"\n    }\n  ]\n}"},
		{"{\n  \"l\": [\n    {\"id\": \"old\"},\n    {\"id\": \"a\"}\n  ]\n}", "{\n  \"l\": [\n    {\n      \"id\": \"a\"\n    }\n  ]\n}"},
		{"{\n  \"l\": [\n    {\"id\": \"old\"}\n  ]\n}", "{\n  \"l\": [\n    {\n      \"id\": \"a\"\n    }\n  ]\n}"},
		{`{"l": [{"id": "old"}, {"id": "old2"}, {"id": "x"}]}`, "{\"l\": [  {\"id\": \"x\"},\n{\n  \"id\": \"a\"\n}\n]}"},
		{"{\r\n  \"l\": [\r\n    {\"id\": \"x\"}\r\n  ]\r\n}\r\n", "{\r\n  \"l\": [\r\n    {\"id\": \"x\"},\r\n    {\r\n      \"id\": \"a\"\r\n    }\r\n  ]\r\n}\r\n"},
	} {
		text, err := Parse(row.in)
		if err != nil {
			t.Fatalf("%q: %v", row.in, err)
		}
		type item struct {
			ID string `json:"id"`
		}
		for range 2 { // a second time, nothing changes
			if err := text.Put([]string{"l"}, "id", []Part{{"a", item{"a"}}}, old); err != nil {
				t.Fatal(err)
			}
			if text.Text != row.want {
				t.Errorf("%q\n got  %q\n want %q", row.in, text.Text, row.want)
			}
		}
	}
}

func TestMistakesInJSON(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "line 1: the text ends inside a value",
		"{":                       "line 1: the text ends inside a value",
		"{\n\"a\" 1}":             `line 2: a colon is missing behind "a"`,
		"{\"a\": 1\n\"b\": 2}":    "line 2: a comma is missing before '\"'",
		"{a: 1}":                  "line 1: a key in quotes is missing before 'a'",
		"{\"a\": tru}":            `line 1: "tru" is no value`,
		"{} {}":                   "line 1: something is left over behind the value",
		"[/* ":                    "line 1: a comment does not end",
		`["\x"]`:                  "line 1: a text in quotes is no JSON",
		"[\"a":                    "line 1: a text in quotes does not end",
		"[,]":                     `line 1: "," is no value`,
		strings.Repeat("[", 2000): "line 1: nested more than 100 levels deep",
	} {
		if _, err := Parse(in); err == nil || err.Error() != want {
			t.Errorf("%.20q: %v, want %s", in, err, want)
		}
	}
}

// What not all readers accept is found where it first stands.
func TestPlaces(t *testing.T) {
	for in, want := range map[string][2]Place{
		`{"a": [1], "b": "//, "}`:                 {},
		"{\n  // c\n  \"a\": [1, /* d */ 2,],\n}": {{2, 3}, {3, 21}},
		"[1 ,\n]": {{}, {1, 4}},
		"[] /**/": {{1, 4}, {}},
	} {
		document, err := Parse(in)
		if err != nil {
			t.Fatalf("%q: %v", in, err)
		}
		if got := [2]Place{document.Comment, document.Comma}; got != want {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
	var mistake *SyntaxError
	if _, err := Parse("{\n  \"a\": tru}"); !errors.As(err, &mistake) || mistake.Place != (Place{2, 8}) {
		t.Errorf("%v at %v", err, mistake)
	}
}
