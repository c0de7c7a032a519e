//go:build linux

package dialog

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

func TestEnterLine(t *testing.T) {
	d := screen(t)
	wait := start(t, d, enter(person(), Entry{
		Title: "Petstore: contact",
		Text:  "Contact address (1 of 3)\n\nThe store writes to it when a pet is ready.\n\nCode: KX4M-9TQ2, the same as in your MCP client.",
	}))
	w, err := d.WaitWindow("Petstore: contact")
	check(t, err)
	picture(t, d, "enter-line")
	fits(t, d, w)
	check(t, d.Type(w, `ann@petstore.example \n <b> "$x" _y`))
	check(t, d.Press(w, "Return"))
	a := wait()
	if a.err != nil || a.value != `ann@petstore.example \n <b> "$x" _y` {
		t.Errorf("%q, %v", a.value, a.err)
	}
}

func TestEnterHidden(t *testing.T) {
	const secret = "pets-f81d4fae7dec"
	d := screen(t)
	wait := start(t, d, enter(person(), Entry{
		Title: "Petstore: API key", Kind: Hidden, Prefill: secret, // a prefill that must be ignored
		Text: "Petstore API key (2 of 3)\n\nCreate one under Account, API keys.\n\nCode: KX4M-9TQ2, the same as in your MCP client.",
	}))
	w, err := d.WaitWindow("Petstore: API key")
	check(t, err)
	noSecret(t, secret)
	// Typed in two parts, so that the program that types has no whole one either.
	check(t, d.Type(w, secret[:6]))
	check(t, d.Type(w, secret[6:]))
	picture(t, d, "enter-hidden")
	fits(t, d, w)
	noSecret(t, secret)
	check(t, d.Press(w, "Return"))
	if a := wait(); a.err != nil || a.value != secret {
		t.Errorf("%q, %v", a.value, a.err)
	}
}

func TestEnterPrefill(t *testing.T) {
	d := screen(t)
	for prefill, want := range map[string]string{
		"https://petstore.example/a_b?x=%20&y=\\n": "https://petstore.example/a_b?x=%20&y=\\n",
		"-5":                     "-5",
		"--gtk-module=/x.so":     "--gtk-module=/x.so",
		"two\nlines":             "", // not offered: a line can't hold it
		"\u202egnirts":           "",
		strings.Repeat("x", 1e4): "",
	} {
		wait := start(t, d, enter(person(), Entry{Title: "Prefill", Text: "API endpoint", Prefill: prefill}))
		w, err := d.WaitWindow("Prefill")
		check(t, err)
		check(t, d.Press(w, "Return"))
		if a := wait(); a.err != nil || a.value != want {
			t.Errorf("%q: got %q, %v", prefill, a.value, a.err)
		}
	}
}

func TestEnterNothing(t *testing.T) {
	d := screen(t)
	wait := start(t, d, enter(person(), Entry{Title: "Nothing", Text: "Optional", Optional: true}))
	w, err := d.WaitWindow("Nothing")
	check(t, err)
	check(t, d.Press(w, "Return"))
	if a := wait(); a.err != nil || a.value != "" {
		t.Errorf("%q, %v", a.value, a.err)
	}
}

func TestEnterDismissed(t *testing.T) {
	d := screen(t)
	for _, kind := range []Kind{Line, Hidden, Choice, Choices, YesNo, File} {
		for _, how := range []string{"Escape", "close"} {
			wait := start(t, d, enter(person(), Entry{Title: "Dismiss", Text: "x", Kind: kind, Choices: []string{"a", "b"}, Prefill: "a"}))
			w, err := d.WaitWindow("Dismiss")
			check(t, err)
			if how == "close" {
				check(t, d.Close(w))
			} else {
				check(t, d.Press(w, how))
			}
			a := wait()
			wantErr(t, a.err, ErrDismissed)
			if a.value != "" {
				t.Errorf("kind %d, %s: value %q", kind, how, a.value)
			}
		}
	}
}

func TestEnterChoice(t *testing.T) {
	d := screen(t)
	choices := []string{"eu", "us_east|1", `a\b<i>&`, "漢字"}
	for _, c := range []struct {
		prefill string
		keys    []string
		want    string
	}{
		// Without a prefill, the first row stands for no choice.
		{"", []string{"Down", "Return"}, "eu"},
		{"", []string{"Down", "Down", "Return"}, "us_east|1"},
		{"", []string{"Down", "Down", "Down", "Return"}, `a\b<i>&`},
		{"", []string{"End", "Return"}, "漢字"},
		{"", []string{"space", "Return"}, ""},
		{"", d.Keys(desktop.Agree), ""},
		{"other", d.Keys(desktop.Agree), ""},
		// With one, the prefill is the first row, and what OK takes at once.
		{"us_east|1", d.Keys(desktop.Agree), "us_east|1"},
		{"us_east|1", []string{"space", "Return"}, "us_east|1"},
		{"us_east|1", []string{"Down", "Return"}, "eu"},
		{"eu", []string{"Down", "Return"}, "us_east|1"},
	} {
		wait := start(t, d, enter(person(), Entry{
			Title: "Choice", Text: "Region <b>of</b> the store\\n & more", Kind: Choice, Choices: choices, Prefill: c.prefill,
		}))
		w, err := d.WaitWindow("Choice")
		check(t, err)
		fits(t, d, w)
		if c.want == "us_east|1" {
			picture(t, d, "enter-choice")
		}
		check(t, d.Press(w, c.keys...))
		if a := wait(); a.err != nil || a.value != c.want {
			t.Errorf("%v: got %q, %v, want %q", c.keys, a.value, a.err, c.want)
		}
	}
}

// What is offered can be left empty too, where the value may be.
func TestEnterOptionalChoice(t *testing.T) {
	d := screen(t)
	for _, c := range []struct {
		kind    Kind
		prefill string
		keys    []string
		want    string
	}{
		{Choice, "us", d.Keys(desktop.Agree), "us"},
		{Choice, "us", []string{"End", "Return"}, ""},
		{Choice, "us", []string{"End", "Up", "Return"}, "eu"},
		{YesNo, "false", []string{"End", "Return"}, ""},
		{Choice, "", []string{"End", "Return"}, "us"},
	} {
		wait := start(t, d, enter(person(), Entry{
			Title: "Optional", Text: "Region", Kind: c.kind, Choices: []string{"eu", "us"}, Prefill: c.prefill, Optional: true,
		}))
		w, err := d.WaitWindow("Optional")
		check(t, err)
		fits(t, d, w)
		check(t, d.Press(w, c.keys...))
		if a := wait(); a.err != nil || a.value != c.want {
			t.Errorf("%q, %v: got %q, %v, want %q", c.prefill, c.keys, a.value, a.err, c.want)
		}
	}
}

// A list is as wide as a label may be, so that no end of one is out of sight.
func TestListIsAsWideAsItsRows(t *testing.T) {
	for _, shape := range []shape{listShape, checklistShape} {
		for row, want := range map[string]string{"eu": "420", strings.Repeat("a label ", 7) + "here": "600"} {
			if got := option(t, arguments(window{shape: shape, choices: []string{"x", row}}), "--width"); got != want {
				t.Errorf("%q is in a list that is %s wide, want %s", row, got, want)
			}
		}
	}
}

// The list of open choices has a row after which a line is typed, and one for what is stored, whatever that is.
func TestEnterOpenChoice(t *testing.T) {
	d := screen(t)
	for _, c := range []struct {
		prefill string
		keys    []string
		typed   string // in the window after the list; "" is no such window
		want    string
	}{
		{"", []string{"Down", "Down", "Return"}, "", "large"},
		{"", []string{"End", "Return"}, "huge", "huge"},
		{"large", []string{"End", "Return"}, "-x", "-x"},
		{"custom", d.Keys(desktop.Agree), "", "custom"},
		{"custom", []string{"Down", "Return"}, "", "small"},
		{"custom", []string{"End", "Return"}, "er", "customer"}, // what is offered is prefilled
		{"--gtk-module=/x.so", []string{"End", "Return"}, "2", "--gtk-module=/x.so2"},
		{"--gtk-module=/x.so", d.Keys(desktop.Agree), "", ""},
	} {
		wait := start(t, d, enter(person(), Entry{
			Title: "Open", Text: "Model", Kind: Choice, Choices: []string{"small", "large"}, Open: true, Prefill: c.prefill,
		}))
		w, err := d.WaitWindow("Open")
		check(t, err)
		fits(t, d, w)
		picture(t, d, "enter-open-choice")
		if c.typed == "" {
			check(t, d.Press(w, c.keys...))
		} else {
			w = next(t, d, w, c.keys...)
			fits(t, d, w)
			check(t, d.Press(w, "End"))
			check(t, d.Type(w, c.typed))
			check(t, d.Press(w, "Return"))
		}
		if a := wait(); a.err != nil || a.value != c.want {
			t.Errorf("%q, %v: got %q, %v, want %q", c.prefill, c.keys, a.value, a.err, c.want)
		}
	}
}

// TestEnterChoices: any number of choices can be ticked by keyboard, and what is offered is ticked at first.
func TestEnterChoices(t *testing.T) {
	d := screen(t)
	choices := []string{"eu", "us_east|1, or", `a\b<i>&`, "漢字"}
	agree := d.Keys(desktop.Agree)
	tick := append([]string{"Home", "Right", "space", "Down", "space"}, agree...) // Right goes from the words to the box
	if d.IsZenity4() {                                                            // where Return ticks too, and Tab goes from box to box, then to Cancel and OK
		agree = []string{"Tab", "Tab", "Tab", "Tab", "Tab", "Tab", "Return"}
		tick = append([]string{"Tab", "space", "Down", "space"}, agree[2:]...)
	}
	for _, c := range []struct {
		ticked []string
		keys   []string
		want   string
	}{
		{nil, tick, `["eu","us_east|1, or"]`},
		{[]string{"us_east|1, or", "漢字", "other"}, agree, `["us_east|1, or","漢字"]`},
		{choices, agree, `["eu","us_east|1, or","a\\b\u003ci\u003e\u0026","漢字"]`},
		{nil, agree, ""},
	} {
		wait := start(t, d, enter(person(), Entry{
			Title: "Choices", Text: "Regions <b>of</b> the store\\n & more", Kind: Choices, Choices: choices, Ticked: c.ticked,
		}))
		w, err := d.WaitWindow("Choices")
		check(t, err)
		fits(t, d, w)
		check(t, d.Press(w, c.keys...))
		if a := wait(); a.err != nil || a.value != c.want {
			t.Errorf("%v: got %q, %v, want %q", c.keys, a.value, a.err, c.want)
		}
	}
}

// Whoever closes the second window has given nothing.
func TestEnterOpenChoiceDismissed(t *testing.T) {
	d := screen(t)
	wait := start(t, d, enter(person(), Entry{Title: "Closed", Text: "Model", Kind: Choice, Choices: []string{"small"}, Open: true}))
	w, err := d.WaitWindow("Closed")
	check(t, err)
	w = next(t, d, w, "End", "Return")
	check(t, d.Press(w, "Escape"))
	a := wait()
	wantErr(t, a.err, ErrDismissed)
	if a.value != "" {
		t.Errorf("value %q", a.value)
	}
}

func TestChoicesThatCannotBeShown(t *testing.T) {
	for _, choices := range [][]string{
		nil, {""}, {"a", "a"}, {"--gtk-module=/x.so"}, {"-"}, {"a\nb"}, {"a\x00"}, {"\u202ea"}, {"a "}, {nothing}, {another},
	} {
		_, err := person().Enter(context.Background(), Entry{Kind: Choice, Choices: choices})
		wantErr(t, err, ErrFailed)
	}
}

func TestEnterYesNo(t *testing.T) {
	d := screen(t)
	for _, c := range []struct {
		prefill string
		keys    []string
		want    string
	}{
		{"", []string{"Down", "Return"}, "true"},
		{"", []string{"Down", "Down", "Return"}, "false"},
		{"", d.Keys(desktop.Agree), ""},
		{"false", d.Keys(desktop.Agree), "false"},
		{"false", []string{"Down", "Return"}, "true"},
		{"true", d.Keys(desktop.Agree), "true"},
		{"true", []string{"Down", "Return"}, "false"},
	} {
		wait := start(t, d, enter(person(), Entry{Title: "Sandbox", Text: "Use the sandbox?", Kind: YesNo, Prefill: c.prefill}))
		w, err := d.WaitWindow("Sandbox")
		check(t, err)
		fits(t, d, w)
		if c.prefill != "" {
			picture(t, d, "enter-yes-no")
		}
		check(t, d.Press(w, c.keys...))
		if a := wait(); a.err != nil || a.value != c.want {
			t.Errorf("%v: got %q, %v, want %q", c.keys, a.value, a.err, c.want)
		}
	}
}

func TestEnterFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.pem")
	const pem = "-----BEGIN KEY-----\nMC4CAQ==\n-----END KEY-----\n"
	check(t, os.WriteFile(path, []byte(pem), 0o600))
	for kind, want := range map[Kind]string{File: pem, Path: path} {
		enterChosen(t, kind, path, want)
	}
}

// enterChosen has the person choose a file, of which a dialog of that kind returns what is wanted.
func enterChosen(t *testing.T, kind Kind, path, want string) {
	t.Helper()
	d := screen(t)
	wait := start(t, d, enter(person(), Entry{
		Title: "Petstore: client key", Kind: kind,
		Text: "Client key (3 of 3)\n\nA PEM file.\n\nCode: KX4M-9TQ2, the same as in your MCP client.",
	}))
	w, err := d.WaitWindow("Petstore: client key")
	check(t, err)
	picture(t, d, "enter-file-1")
	fits(t, d, w)
	w = next(t, d, w, "Return")
	picture(t, d, "enter-file-2")
	choose(t, d, w, path)
	if a := wait(); a.err != nil || a.value != want {
		t.Errorf("%q, %v, want %q", a.value, a.err, want)
	}
	// GTK keeps the file's name among the recent files, but nothing of its content.
	_ = filepath.WalkDir(d.Dir(), func(path string, _ os.DirEntry, _ error) error {
		if text, err := os.ReadFile(path); err == nil && strings.Contains(string(text), "MC4CAQ==") {
			t.Errorf("the value is in %s", path)
		}
		return nil
	})
}

// choose has the chooser choose a file. A busy one swallows keys while its field for a path opens, and that of GTK 4 completes what
// one types some time later, so the field is read back before Return.
func choose(t *testing.T, d *desktop.Desktop, w desktop.Window, path string) {
	t.Helper()
	_ = d.Press(w, "slash") // opens the field
	eventually(t, "the file's choice", func() bool {
		if len(children()) == 0 {
			return true // later than one had waited for it
		}
		_ = d.Press(w, "ctrl+a")
		_ = d.Type(w, path)
		for range 3 {
			_ = d.Press(w, "Delete", "ctrl+a", "ctrl+c") // the first for what was completed, which is selected
			if copied, err := d.Copied(); err != nil || copied != path {
				return false
			}
			_ = d.Press(w, "Return") // which GTK 4 heeds only once it has looked for the file
			for range 20 {
				if len(children()) == 0 {
					return true
				}
				time.Sleep(50 * time.Millisecond)
			}
			_ = d.Press(w, "End")
		}
		return false
	})
}

func TestEnterFileLeftEmpty(t *testing.T) {
	d := screen(t)
	wait := start(t, d, enter(person(), Entry{Title: "Maybe", Text: "Client key", Kind: File, Optional: true}))
	w, err := d.WaitWindow("Maybe")
	check(t, err)
	picture(t, d, "enter-file-optional")
	check(t, d.Press(w, d.Keys(desktop.LeaveEmpty)...))
	if a := wait(); a.err != nil || a.value != "" {
		t.Errorf("%q, %v", a.value, a.err)
	}
}

func TestReadChosen(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		check(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	pipe := filepath.Join(dir, "pipe")
	check(t, syscall.Mkfifo(pipe, 0o600))
	for _, c := range []struct {
		path string
		want error
	}{
		{write("ok", strings.Repeat("x", maxFile)), nil},
		{write("empty", ""), nil},
		{write("long", strings.Repeat("x", maxFile+1)), ErrTooLong},
		{write("binary", "\xff\xfe"), ErrBadFile},
		{dir, ErrBadFile},
		{pipe, ErrBadFile},
		{"/dev/zero", ErrBadFile},
		{filepath.Join(dir, "missing"), ErrBadFile},
		{"ok", ErrFailed},
		{"", ErrFailed},
	} {
		value, err := readChosen(c.path)
		if !errors.Is(err, c.want) || err != nil && (value != "" || strings.Contains(err.Error(), dir)) {
			t.Errorf("%s: %d bytes, %v, want %v", filepath.Base(c.path), len(value), err, c.want)
		}
	}
}

func TestEnterCancelled(t *testing.T) {
	d := screen(t)
	for _, kind := range []Kind{Line, Choice, Choices, File} {
		ctx, cancel := context.WithCancel(context.Background())
		wait := start(t, d, func(context.Context) answer {
			v, err := person().Enter(ctx, Entry{Title: "Cancel me", Text: "x", Kind: kind, Choices: []string{"a"}})
			return answer{value: v, err: err}
		})
		w, err := d.WaitWindow("Cancel me")
		check(t, err)
		if kind == Line {
			check(t, d.Type(w, "half a sec"))
		}
		cancel()
		if a := wait(); a.err != context.Canceled || a.value != "" {
			t.Errorf("%q, %v", a.value, a.err)
		}
	}
}
