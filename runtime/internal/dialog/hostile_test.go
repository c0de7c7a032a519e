//go:build linux

package dialog

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/layout"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

// Every argument that begins with "-" in a dialog of ours is one of these.
var ourOptions = []string{
	"--entry", "--question", "--list", "--text", "--title", "--ok-label", "--cancel-label", "--extra-button",
	"--width", "--height", "--entry-text", "--hide-text", "--no-markup", "--no-wrap", "--default-cancel",
	"--hide-header", "--column=",
}

func hostileTexts(module string) []string {
	return []string{
		"--gtk-module=" + module,
		"\x00--gtk-module=" + module,
		"\u200b--gtk-module=" + module,
		" \n--gtk-module=" + module,
		"--class=x", "--name=x", "--display=:4711", "--help", "--version", "--", "-",
		"--sync", "--g-fatal-warnings",
		`<b>bold</b> <span size="100000">big</span> & &amp; <`,
		`\n \t \\ \101 \`,
		"%n %s %d %%",
		"_under __score",
		"nul\x00nul", "\x1b]0;title\x07 \x1b[31m",
		"\u202egnirts \u2066isolate \u200fmark",
		"\xff\xfe\xc3",
		strings.Repeat("x", 5000),
		strings.Repeat("W", 5000),
		strings.Repeat("word ", 1000),
		strings.Repeat("line\n", 100),
		strings.Repeat("漢字", 1000),
		strings.Repeat("\ufdfd", 300),
		strings.Repeat("e"+strings.Repeat("\u0301", 100), 100),
		"漢字 Ünï 😀",
		"", " ", "\n",
	}
}

// opened counts how often a file is opened from now on; loading it as a library
// does. The returned function tells.
func opened(t *testing.T, path string) func() int {
	t.Helper()
	fd, err := syscall.InotifyInit1(syscall.IN_NONBLOCK | syscall.IN_CLOEXEC)
	check(t, err)
	t.Cleanup(func() { syscall.Close(fd) })
	_, err = syscall.InotifyAddWatch(fd, path, syscall.IN_OPEN)
	check(t, err)
	return func() int {
		n, _ := syscall.Read(fd, make([]byte, 4096))
		return max(n, 0) / syscall.SizeofInotifyEvent
	}
}

func module(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "module.so")
	check(t, os.WriteFile(path, []byte("not a library"), 0o600))
	return path
}

// Without care, GTK takes the text for its own option. If this test fails, the
// others of this file prove nothing.
func TestHostileTextIsDetected(t *testing.T) {
	d := screen(t)
	if desktop.Shared(t).IsZenity4() {
		t.Skip("GTK 4 has no options of its own, and zenity 4 stops at those that it does not know")
	}
	path := module(t)
	count := opened(t, path)
	cmd := exec.Command("zenity", "--entry", "--title", "Naive", "--text", "--gtk-module="+path)
	cmd.Env = d.Env()
	check(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	eventually(t, "the module's loading", func() bool { return count() > 0 })
}

func TestHostileTexts(t *testing.T) {
	d := screen(t)
	path := module(t)
	count := opened(t, path)
	for i, text := range hostileTexts(path) {
		title := fmt.Sprintf("Title %d", i)
		if !layout.Fits(text) {
			wantUnshown(t, text)
			text = cleanText(text) // as much of it as a dialog has room for
		}
		q := question
		q.Title, q.Text = title, text
		for name, run := range map[string]func(context.Context) answer{
			"entry":  enter(person(), Entry{Title: title, Text: text, Prefill: text}),
			"choice": enter(person(), Entry{Title: title, Text: text, Kind: Choice, Choices: []string{"a", "b"}}),
			"ask":    ask(person(), q),
		} {
			wait := start(t, d, run)
			w := whole(t, d, usual, title)
			args := argv(t, child(t))
			for _, a := range args[1:] {
				if strings.HasPrefix(a, "-") && !slices.Contains(ourOptions, a) {
					t.Errorf("%s %.40q: argument %.40q", name, text, a)
				}
			}
			if os.Getenv("SCREENSHOTS") != "" {
				picture(t, d, fmt.Sprintf("hostile-%02d-%s", i, name))
			}
			check(t, d.Press(w, "Escape"))
			wait()
		}
	}
	if n := count(); n > 0 {
		t.Errorf("the module was opened %d times", n)
	}
}

// The other places that take a text: titles and labels.
func TestHostileTitlesAndLabels(t *testing.T) {
	d := screen(t)
	path := module(t)
	count := opened(t, path)
	for _, text := range hostileTexts(path) {
		label := cleanLabel(text)
		q := Question{Title: text, Text: "x", Allow: "A", Deny: "D", AllowForSession: text}
		if label == "" {
			q.AllowForSession = ""
		}
		wait := start(t, d, ask(person(), q))
		w := whole(t, d, usual, cleanTitle(text))
		if out, err := exec.Command("xdotool", "search", "--onlyvisible", "--class", "^[Zz]enity$").Output(); err != nil {
			t.Errorf("%.40q: the window's class has changed: %v %s", text, err, out)
		}
		if label == "" {
			check(t, d.Press(w, "Escape"))
			wait()
			continue
		}
		check(t, d.Press(w, d.Keys(desktop.AllowAll)...))
		if a := wait(); a.err != nil || a.given != AllowSession {
			t.Errorf("%.40q: %v, %v", text, a.given, a.err)
		}
	}
	if n := count(); n > 0 {
		t.Errorf("the module was opened %d times", n)
	}
}

// What the library is given is what zenity shows: escapes and markup are undone.
func TestTextsArriveLiterally(t *testing.T) {
	d := screen(t)
	text := "a\\nb <b>_x</b> & %n\n漢字"
	for kind, want := range map[Kind]string{
		Line:   "a\\\\nb <b>__x</b> & %n\n漢字",
		Choice: "a\\\\nb &lt;b&gt;_x&lt;/b&gt; &amp; %n\n漢字",
	} {
		wait := start(t, d, enter(person(), Entry{Title: "Literal", Text: text, Kind: kind, Choices: []string{"a"}}))
		w, err := d.WaitWindow("Literal")
		check(t, err)
		picture(t, d, fmt.Sprintf("literal-%d", kind))
		if got := option(t, argv(t, child(t)), "--text"); got != want {
			t.Errorf("kind %d: --text %q, want %q", kind, got, want)
		}
		check(t, d.Press(w, "Escape"))
		wait()
	}
	q := question
	q.Text = text
	wait := start(t, d, ask(person(), q))
	w, err := d.WaitWindow(q.Title)
	check(t, err)
	picture(t, d, "literal-ask")
	args := argv(t, child(t))
	if got := option(t, args, "--text"); got != text || !slices.Contains(args, "--no-markup") || !slices.Contains(args, "--default-cancel") {
		t.Errorf("question: %q", args)
	}
	check(t, d.Press(w, "Escape"))
	wait()
}
