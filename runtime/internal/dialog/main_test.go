//go:build linux

package dialog

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

func TestMain(m *testing.M) {
	if os.Getenv(lockHelperDir) != "" {
		lockHelper()
		return
	}
	os.Exit(desktop.Main(m, desktop.Options{Keyring: desktop.KeyringNone}))
}

// screen is the shared desktop, with zenity in it.
func screen(t *testing.T) *desktop.Desktop {
	t.Helper()
	desktop.Need(t, "zenity")
	return desktop.Shared(t)
}

// start runs Enter or Ask, and the returned function waits for its answer. By
// then the window and the program must be gone.
func start(t *testing.T, d *desktop.Desktop, show func(context.Context) answer) (wait func() answer) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel) // a test that fails half way leaves no dialog to the next
	ended := make(chan answer, 1)
	go func() { ended <- show(ctx) }()
	return func() answer {
		t.Helper()
		select {
		case a := <-ended:
			if d != nil {
				check(t, d.WaitNoWindow())
			}
			eventually(t, "end of the dialog's program", func() bool { return len(children()) == 0 })
			return a
		case <-time.After(patience):
			t.Fatal("the dialog did not end")
			panic("unreachable")
		}
	}
}

// children lists this process's children that run zenity, or a double of it.
func children() (pids []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		// "pid (comm) state ppid ..."
		m := regexp.MustCompile(`^(\d+) \(zenity\) (\S) (\d+) `).FindSubmatch(stat)
		if m != nil && string(m[3]) == strconv.Itoa(os.Getpid()) {
			pid, _ := strconv.Atoi(string(m[1]))
			pids = append(pids, pid)
		}
	}
	return pids
}

// child waits for the one dialog's program.
func child(t *testing.T) (pid int) {
	t.Helper()
	eventually(t, "the dialog's program", func() bool {
		if pids := children(); len(pids) == 1 {
			pid = pids[0]
		}
		return pid != 0
	})
	return pid
}

func proc(t *testing.T, pid int, file string) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	check(t, err)
	return string(text)
}

// argv is a process's arguments.
func argv(t *testing.T, pid int) []string {
	return strings.Split(strings.TrimSuffix(proc(t, pid, "cmdline"), "\x00"), "\x00")
}

// option is the argument that follows an option.
func option(t *testing.T, args []string, name string) string {
	t.Helper()
	for i, a := range args[:len(args)-1] {
		if a == name {
			return args[i+1]
		}
	}
	t.Fatalf("no %s in %q", name, args)
	return ""
}

// place returns a window's X, Y, WIDTH and HEIGHT; none if it has gone.
func place(d *desktop.Desktop, w desktop.Window) map[string]int {
	cmd := exec.Command("xdotool", "getwindowgeometry", "--shell", w.ID)
	cmd.Env = d.Env()
	out, _ := cmd.Output()
	at := map[string]int{}
	for _, line := range strings.Fields(string(out)) {
		name, value, _ := strings.Cut(line, "=")
		at[name], _ = strconv.Atoi(value)
	}
	return at
}

// isOn reports whether a place is wholly on a screen.
func (s size) isOn(at map[string]int) bool {
	return at["X"] >= 0 && at["Y"] >= 0 && at["X"]+at["WIDTH"] <= s.width && at["Y"]+at["HEIGHT"] <= s.height && at["WIDTH"] > 0
}

var usual = size{1024, 768}

// whole waits for a window that is wholly on the screen, after which it does not change any more. One that is too large
// may have been there before.
func whole(t *testing.T, d *desktop.Desktop, screen size, title string) desktop.Window {
	t.Helper()
	for end := time.Now().Add(3 * patience); ; time.Sleep(10 * time.Millisecond) { // it may open some times before
		windows, _ := d.Windows()
		for _, w := range windows {
			if w.Title == title && screen.isOn(place(d, w)) {
				return w
			}
		}
		if time.Now().After(end) {
			t.Fatalf("no window is whole on the screen, titled %q: %v", title, windows)
		}
	}
}

// next presses keys in a window, and waits for the one that another run of the program opens with the same title.
func next(t *testing.T, d *desktop.Desktop, w desktop.Window, keys ...string) desktop.Window {
	t.Helper()
	before := child(t)
	check(t, d.Press(w, keys...))
	eventually(t, "the next dialog", func() bool {
		pids := children()
		return len(pids) == 1 && pids[0] != before
	})
	w, err := d.WaitWindow(w.Title)
	check(t, err)
	return w
}

// fits fails if a window is not wholly on the screen.
func fits(t *testing.T, d *desktop.Desktop, w desktop.Window) {
	t.Helper()
	if at := place(d, w); !usual.isOn(at) {
		t.Errorf("window is not on the screen of 1024x768: %v", at)
	}
}

// picture keeps a screenshot where SCREENSHOTS says, for a person to look at.
func picture(t *testing.T, d *desktop.Desktop, name string) {
	t.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	time.Sleep(300 * time.Millisecond) // let it be drawn; nothing else depends on it
	check(t, d.Screenshot(filepath.Join(dir, name+".png")))
}

// double puts a program named zenity first on PATH: a shell script.
func double(t *testing.T, script string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "double-") // its name is in errors, and the test's is not
	check(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	check(t, os.WriteFile(filepath.Join(dir, "zenity"), []byte("#!/bin/sh\n"+script+"\n"), 0o755))
	check(t, os.Chmod(dir, 0o755))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

// noSecret fails if a text is in the arguments or the environment of any process.
func noSecret(t *testing.T, secret string) {
	t.Helper()
	for _, pattern := range []string{"/proc/[0-9]*/cmdline", "/proc/[0-9]*/environ"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			if text, err := os.ReadFile(file); err == nil && bytes.Contains(text, []byte(secret)) {
				t.Errorf("secret is in %s", file)
			}
		}
	}
	for _, kv := range os.Environ() {
		if strings.Contains(kv, secret) {
			t.Error("secret is in our own environment")
		}
	}
}
