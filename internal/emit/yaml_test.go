package emit

import (
	"strings"
	"testing"
)

// What is not ours stays as it is: order, spaces, comments, line ends, quotes.
func TestPutInYAMLChangesOnlyItsOwn(t *testing.T) {
	old := func(c child) bool { return strings.HasPrefix(c.key, "old") }
	want := []block{{"a", []string{"- name: a", "  new: true"}}}
	for _, row := range []struct{ in, want string }{
		{"x: 1\n", "x: 1\nl:\n  list:\n    - name: a\n      new: true\n"},
		{"x: 1", "x: 1\nl:\n  list:\n    - name: a\n      new: true\n"},
		{"l: # mine\n  list: ~ # none yet\n", "l: # mine\n  list: # none yet\n    - name: a\n      new: true\n"},
		{"l: {} # mine\n", "l: # mine\n  list:\n    - name: a\n      new: true\n"},
		{"l:\nx: 1\n", "l:\n  list:\n    - name: a\n      new: true\nx: 1\n"},
		{"l:\n  list: []\n  b: 2 # two\n", "l:\n  list:\n    - name: a\n      new: true\n  b: 2 # two\n"},
		{"# top\nl:\n    b:   2\n    list:\n    -   name: theirs   # stays\n        x: |\n          # no comment\n\n          text\n    # end\nz: [1,  2]\n",
			"# top\nl:\n    b:   2\n    list:\n    -   name: theirs   # stays\n        x: |\n          # no comment\n\n          text\n    - name: a\n      new: true\n    # end\nz: [1,  2]\n"},
		{"l:\n  list:\n    - x: 1\n      name: a\n    - name: theirs\n", "l:\n  list:\n    - name: a\n      new: true\n    - name: theirs\n"},
		{"l:\n  list:\n    - name: old1\n      x: 1\n    # theirs\n    - name: theirs\n    - name: old2\nz: 1\n", "l:\n  list:\n    # theirs\n    - name: theirs\n    - name: a\n      new: true\nz: 1\n"},
		{"l:\r\n  list:\r\n    - name: theirs\r\n", "l:\r\n  list:\r\n    - name: theirs\r\n    - name: a\r\n      new: true\r\n"},
	} {
		text, err := parseYAML(row.in)
		if err != nil {
			t.Fatalf("%q: %v", row.in, err)
		}
		for range 2 { // a second time, nothing changes
			if err := text.put([]string{"l", "list"}, "name", want, old); err != nil {
				t.Fatalf("%q: %v", row.in, err)
			}
			if got := text.String(); got != row.want {
				t.Errorf("%q\n got  %q\n want %q", row.in, got, row.want)
			}
		}
	}
}

// What is written otherwise than in lines is refused, and stays.
func TestPutInYAMLRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"l: text\n":                         "l is no mapping",
		"l:\n  list: text\n":                "l.list is no list or mapping",
		"l:\n  list: [{name: b}]\n":         "l.list is written in brackets, write it in lines",
		"l:\n  list:\n    []\n":             "l.list is written in brackets, write it in lines",
		"l: {list: []}\n":                   "l is written in brackets",
		"x: &x [1]\nl:\n  list: *x\n":       "l.list is no list or mapping",
		"l:\n  list: &y\n    - name: b\n":   "",
		"l: !!map\n  list: # c\n\n\nx: 1\n": "",
	} {
		text, err := parseYAML(in)
		if err != nil {
			t.Fatal(err)
		}
		err = text.put([]string{"l", "list"}, "name", []block{{"a", []string{"- name: a"}}}, func(child) bool { return false })
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: %v, want %q", in, err, want)
		case want != "" && text.String() != in:
			t.Errorf("%q became %q", in, text.String())
		}
	}
}
