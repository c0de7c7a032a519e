package dialog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// osascriptDouble names the folder of a double of the program osascript, if the package was built for one.
const osascriptDouble = "MCPSECRETS_TEST_OSASCRIPT"

// answers is what the person in front of the double does.
type answers struct {
	Button  string   `json:"button,omitempty"`
	Text    string   `json:"text"`
	Choice  []string `json:"choice,omitempty"`
	File    string   `json:"file,omitempty"`
	Cancels bool     `json:"cancels,omitempty"`
	GaveUp  bool     `json:"gaveUp,omitempty"`
	Hangs   bool     `json:"hangs,omitempty"`
	Killed  bool     `json:"killed,omitempty"`
	Error   string   `json:"error,omitempty"`
}

// paper is one window of the double.
type paper struct {
	Operation, Text string
	Options         struct {
		Message                     string
		WithTitle                   *string
		DefaultAnswer               *string
		HiddenAnswer                bool
		Buttons                     []string
		DefaultButton, CancelButton int
		Items, DefaultItems         []string
		EmptySelectionAllowed       bool
	}
}

type osascriptCall struct {
	Args, Environ []string
	Script        string
	Pid           int
}

// stage prepares the double for one answer, and returns where it writes to.
func stage(t *testing.T, a answers) (dir string) {
	t.Helper()
	dir = os.Getenv(osascriptDouble)
	if dir == "" {
		t.Skip("this is not for the real screen")
	}
	for _, file := range []string{"shown", "calls", "trapped"} {
		if err := os.Remove(filepath.Join(dir, file)); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	text, err := json.Marshal(a)
	check(t, err)
	check(t, os.WriteFile(filepath.Join(dir, "answer"), text, 0o600))
	return dir
}

func lines[T any](t *testing.T, dir, file string) (all []T) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for decoder := json.NewDecoder(bytes.NewReader(text)); decoder.More(); {
		var one T
		check(t, decoder.Decode(&one))
		all = append(all, one)
	}
	return all
}

// onPaper returns the only window that was shown. Its program got the script on its standard input and nothing else of ours,
// and no text ran as a part of the script.
func onPaper(t *testing.T, dir string, private ...string) paper {
	t.Helper()
	windows, calls := lines[paper](t, dir, "shown"), lines[osascriptCall](t, dir, "calls")
	if len(windows) != 1 || len(calls) != 1 {
		t.Fatalf("%d windows of %d programs", len(windows), len(calls))
	}
	if !slices.Equal(calls[0].Args, []string{"-l", "JavaScript"}) {
		t.Errorf("arguments %q", calls[0].Args)
	}
	for _, text := range private {
		if strings.Contains(strings.Join(calls[0].Environ, "\n"), text) {
			t.Errorf("%q is in the environment", text)
		}
	}
	if trapped := lines[struct{}](t, dir, "trapped"); len(trapped) > 0 {
		t.Errorf("a text ran: %s", calls[0].Script)
	}
	return windows[0]
}

func TestOsascriptQuestion(t *testing.T) {
	for button, want := range map[string]Answer{"Allow": AllowOnce, "Allow for session": AllowSession, "Deny": Deny} {
		dir := stage(t, answers{Button: button})
		given, err := person().Ask(t.Context(), question)
		if err != nil || given != want {
			t.Errorf("%s: %d, %v", button, given, err)
		}
		w := onPaper(t, dir, question.Text)
		if w.Text != question.Title || w.Options.Message != cleanText(question.Text) {
			t.Errorf("shown: %+v", w)
		}
		// Return and Escape mean the same.
		if b := w.Options; !slices.Equal(b.Buttons, []string{"Allow for session", "Deny", "Allow"}) || b.DefaultButton != 2 || b.CancelButton != 2 {
			t.Errorf("buttons %+v", b)
		}
	}
	two := question
	two.AllowForSession = ""
	for button, want := range map[string]Answer{"Allow": AllowOnce, "Deny": Deny} {
		dir := stage(t, answers{Button: button})
		if given, err := person().Ask(t.Context(), two); err != nil || given != want {
			t.Errorf("%s of two: %d, %v", button, given, err)
		}
		if b := onPaper(t, dir).Options; !slices.Equal(b.Buttons, []string{"Deny", "Allow"}) || b.DefaultButton != 1 || b.CancelButton != 1 {
			t.Errorf("two buttons %+v", b)
		}
	}
}

func TestOsascriptEntry(t *testing.T) {
	for value, kind := range map[string]Kind{
		"pets-0123456789abcdef": Hidden, `'"\ \n ${trap()} "+trap()+" sécrèt 🔑 密码 a|b`: Hidden, "  spaces  ": Line, "": Line, "undefined": Line,
		strings.Repeat("x", 5000): Hidden,
	} {
		dir := stage(t, answers{Button: "OK", Text: value})
		entry := Entry{Title: "API key", Text: "Petstore API key\n\nCode: KX4M-9TQ2", Kind: kind, Prefill: "offered"}
		got, err := person().Enter(t.Context(), entry)
		if err != nil || got != value {
			t.Errorf("%q: %q, %v", value, got, err)
		}
		w := onPaper(t, dir, entry.Text)
		prefill := map[Kind]string{Line: "offered", Hidden: ""}[kind]
		if w.Operation != "dialog" || w.Text != entry.Text || w.Options.HiddenAnswer != (kind == Hidden) ||
			w.Options.DefaultAnswer == nil || *w.Options.DefaultAnswer != prefill {
			t.Errorf("kind %d: %+v", kind, w)
		}
	}
}

func TestOsascriptChoice(t *testing.T) {
	choices := []string{"eu", `a\b"<i>&`, "漢字", "true"}
	for _, c := range []struct {
		prefill string
		choice  []string
		want    string
	}{{"", []string{`a\b"<i>&`}, `a\b"<i>&`}, {"", []string{"漢字"}, "漢字"}, {"eu", nil, "eu"}, {"", nil, ""}} {
		dir := stage(t, answers{Choice: c.choice})
		got, err := person().Enter(t.Context(), Entry{Title: "Region", Text: "Where?", Kind: Choice, Choices: choices, Prefill: c.prefill})
		if err != nil || got != c.want {
			t.Errorf("%+v: %q, %v", c, got, err)
		}
		w := onPaper(t, dir, choices[1])
		if !slices.Equal(w.Options.Items, choices) || !w.Options.EmptySelectionAllowed {
			t.Errorf("list %+v", w)
		}
	}
	stage(t, answers{Choice: []string{"not offered"}})
	_, err := person().Enter(t.Context(), Entry{Title: "Region", Text: "Where?", Kind: Choice, Choices: choices})
	wantErr(t, err, ErrFailed)
	stage(t, answers{Choice: []string{"Yes"}})
	if got, err := person().Enter(t.Context(), Entry{Title: "Sandbox", Text: "Use it?", Kind: YesNo}); err != nil || got != "true" {
		t.Errorf("yes: %q, %v", got, err)
	}
}

func TestOsascriptFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "it's \"my\" key.pem")
	check(t, os.WriteFile(path, []byte("-----BEGIN-----\n"), 0o600))
	dir := stage(t, answers{Button: "Choose a file", File: path})
	got, err := person().Enter(t.Context(), Entry{Title: "Client key", Text: "A PEM file.", Kind: File})
	if err != nil || got != "-----BEGIN-----\n" {
		t.Errorf("%q, %v", got, err)
	}
	if windows := lines[paper](t, dir, "shown"); len(windows) != 2 || windows[0].Options.Message != "A PEM file." {
		t.Errorf("windows %+v", windows)
	}
}

func TestOsascriptDismissed(t *testing.T) {
	for _, kind := range []Kind{Line, Hidden, Choice, YesNo, File} {
		stage(t, answers{Cancels: true, Text: "half a sec"})
		value, err := person().Enter(t.Context(), Entry{Title: "x", Text: "x", Kind: kind, Choices: []string{"a"}, Prefill: "a"})
		wantErr(t, err, ErrDismissed)
		if value != "" {
			t.Errorf("kind %d: %q", kind, value)
		}
	}
}

// literal is a text in a script.
var literal = regexp.MustCompile(`"(?:[^"\\\n]|\\.)*"`)

// A text is shown as it is cleaned, and no text is ever a part of the script.
func TestOsascriptHostile(t *testing.T) {
	scripts := map[string]bool{} // without their texts
	for texts := range slices.Chunk([]string{
		"benign", "two", "three", `"); trap(); ("`, `'); trap(); ('`, "`); trap(); (`", "${trap()}", `\"); trap(); //`, `\u0022); trap(); //`,
		"*/ trap() /*", "x\u2028trap()\u2029trap()", "x\ntrap()\r\ntrap()", "{{.Text}} {{template \"common\"}}", "</script><!-- trap()",
		"\x00\x1b]0;\x07x", "\xff\xfe", "];trap();[", "-e trap()",
	}, 3) {
		session := cleanLabel(texts[2])
		dir := stage(t, answers{Button: session})
		given, err := person().Ask(t.Context(), Question{Title: texts[0], Text: texts[1], Allow: "Allow", Deny: "Deny", AllowForSession: texts[2]})
		if err != nil || given != AllowSession {
			t.Errorf("%q: %v, %v", texts, given, err)
		}
		if w := onPaper(t, dir); w.Text != cleanTitle(texts[0]) || w.Options.Message != cleanText(texts[1]) || w.Options.Buttons[0] != session {
			t.Errorf("%q: shown %+v", texts, w)
		}
		scripts[literal.ReplaceAllString(lines[osascriptCall](t, dir, "calls")[0].Script, `""`)] = true

		dir = stage(t, answers{Button: "OK", Text: "v"})
		_, err = person().Enter(t.Context(), Entry{Title: texts[2], Text: texts[0], Kind: Line, Prefill: texts[1]})
		check(t, err)
		if w := onPaper(t, dir); w.Text != cleanText(texts[0]) || *w.Options.WithTitle != cleanTitle(texts[2]) ||
			*w.Options.DefaultAnswer != texts[1] && texts[1] == plain(texts[1]) {
			t.Errorf("%q: shown %+v", texts, w)
		}
		scripts[literal.ReplaceAllString(lines[osascriptCall](t, dir, "calls")[0].Script, `""`)] = true
	}
	if len(scripts) != 2 {
		t.Errorf("%d scripts for two kinds of dialog", len(scripts))
	}
}

// Endings that are nobody's answer.
func TestOsascriptFails(t *testing.T) {
	for name, a := range map[string]answers{
		"no user interaction allowed": {Error: "No user interaction allowed."},
		"gave up":                     {GaveUp: true},
		"killed":                      {Killed: true, Button: "Allow"},
	} {
		stage(t, a)
		given, err := person().Ask(t.Context(), question)
		wantErr(t, err, ErrFailed)
		if given != Deny || err != nil && strings.Contains(err.Error(), "interaction") {
			t.Errorf("%s: answer %d, %v", name, given, err)
		}
	}
	stage(t, answers{Button: "Allow"})
	given, err := New(Options{Fast: patience}).Ask(t.Context(), question)
	wantErr(t, err, ErrFailed)
	if given != Deny {
		t.Errorf("faster than a person: %d", given)
	}
}

func TestOsascriptCancelled(t *testing.T) {
	dir := stage(t, answers{Hangs: true})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan answer, 1)
	go func() { ended <- ask(person(), question)(ctx) }()
	eventually(t, "the window", func() bool { return len(lines[paper](t, dir, "shown")) == 1 })
	cancel()
	select {
	case a := <-ended:
		if a.err != context.Canceled || a.given != Deny {
			t.Errorf("%+v", a)
		}
	case <-time.After(patience):
		t.Fatal("the question did not end")
	}
	pid := lines[osascriptCall](t, dir, "calls")[0].Pid
	eventually(t, "the program's end", func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) })
}

// Another program of that name on PATH is not started, nor one in the current folder.
func TestOsascriptElsewhere(t *testing.T) {
	real := stage(t, answers{Button: "Allow"})
	dir := t.TempDir()
	check(t, os.WriteFile(filepath.Join(dir, "osascript"), []byte("#!/bin/sh\ntouch "+dir+"/started\n"), 0o700))
	t.Chdir(dir)
	for _, path := range []string{dir + ":" + real, ".:" + real, dir, ""} {
		t.Setenv("PATH", path)
		given, err := person().Ask(t.Context(), question)
		wantErr(t, err, ErrNoDialog)
		if given != Deny {
			t.Errorf("PATH %s: answer %d", path, given)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "started")); err == nil {
		t.Error("the other program was started")
	}
}
