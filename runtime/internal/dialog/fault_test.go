//go:build linux

package dialog

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

// refused runs Ask and Enter, and wants no answer from either but the error.
func refused(t *testing.T, n *Native, want error) {
	t.Helper()
	given, err := n.Ask(context.Background(), question)
	wantErr(t, err, want)
	if given != Deny {
		t.Errorf("answer %d", given)
	}
	for _, kind := range []Kind{Line, Hidden, Choice, Choices, YesNo, File} {
		value, err := n.Enter(context.Background(), Entry{Title: "x", Text: "x", Kind: kind, Choices: []string{"a", "b"}, Prefill: "a"})
		wantErr(t, err, want)
		if value != "" {
			t.Errorf("value %q", value)
		}
		if err != nil && strings.Contains(err.Error(), "rubbish") {
			t.Errorf("the program's output is in %v", err)
		}
	}
	eventually(t, "end of the dialog's program", func() bool { return len(children()) == 0 })
}

func TestProgramFails(t *testing.T) {
	screen(t)
	for name, script := range map[string]string{
		"killed":           "kill -9 $$",
		"aborted":          "echo rubbish; kill -6 $$",
		"status 255":       "echo rubbish >&2; exit 255",
		"timeout status":   "exit 5",
		"unknown status":   "echo rubbish; exit 2",
		"cannot start":     "exit 127",
		"rubbish and 255":  "head -c 100000 /dev/urandom; exit 255",
		"label and 255":    "echo 'Allow for session'; exit 255",
		"label and killed": "echo 'Allow for session'; kill -9 $$",
	} {
		t.Run(name, func(t *testing.T) {
			double(t, script)
			refused(t, person(), ErrFailed)
		})
	}
}

func TestFasterThanAPerson(t *testing.T) {
	screen(t)
	for name, script := range map[string]string{
		"yes":     "exit 0",
		"value":   "echo a",
		"rubbish": "echo rubbish",
		"extra":   "echo 'Allow for session'; exit 1",
		"no":      "exit 1", // as zenity does when it can't open its display
	} {
		t.Run(name, func(t *testing.T) {
			double(t, script)
			refused(t, New(Options{Fast: 10 * time.Second}), ErrFailed)
		})
	}
	if fast := New(Options{}).opts.Fast; fast != 300*time.Millisecond {
		t.Errorf("by default, fast is %v", fast)
	}
}

// A program that never works ends with the status of a person's no, also when it takes its time, as a wrapper does.
func TestBrokenProgramIsNobodysNo(t *testing.T) {
	screen(t)
	for name, script := range map[string]string{
		"silent":     "sleep 0.6; exit 1",
		"says why":   "sleep 0.6; echo 'error: app/org.gnome.Zenity not installed' >&2; exit 1",
		"says Allow": "sleep 0.6; echo 'Allow for session'; exit 1",
		"of its own": `[ "$1" = --version ] && exit 3; sleep 0.6; exit 1`,
	} {
		t.Run(name, func(t *testing.T) {
			double(t, script)
			n := New(Options{})
			given, err := n.Ask(t.Context(), question)
			wantErr(t, err, ErrFailed)
			if given != Deny || !strings.Contains(err.Error(), " ended with ") {
				t.Errorf("%d, %v", given, err)
			}
			_, err = n.Enter(t.Context(), Entry{Title: "x", Text: "x"})
			wantErr(t, err, ErrFailed)
		})
	}
	t.Run("works", func(t *testing.T) {
		double(t, `[ "$1" = --version ] && exit; sleep 0.6; exit 1`)
		given, err := New(Options{}).Ask(t.Context(), question)
		if given != Deny || err != nil {
			t.Errorf("%d, %v", given, err)
		}
	})
}

func TestRubbish(t *testing.T) {
	screen(t)
	enterKind := func(kind Kind) error {
		_, err := person().Enter(context.Background(), Entry{Title: "x", Text: "x", Kind: kind, Choices: []string{"a"}})
		return err
	}
	double(t, "echo rubbish")
	for _, kind := range []Kind{Choice, YesNo, File} {
		wantErr(t, enterKind(kind), ErrFailed)
	}
	double(t, `printf '\377\376'`)
	for _, kind := range []Kind{Line, Hidden, Choice, Choices, YesNo, File} {
		wantErr(t, enterKind(kind), ErrFailed)
	}
	double(t, `printf 'a\000b'`)
	wantErr(t, enterKind(Line), ErrFailed)
	// A label that is not the extra button's is no permission.
	double(t, "echo 'Allow for session and more'; exit 1")
	if given, _ := person().Ask(context.Background(), question); given != Deny {
		t.Errorf("answer %d", given)
	}
}

func TestAnswerTooLong(t *testing.T) {
	screen(t)
	e := Entry{Title: "x", Text: "x", Kind: Hidden}
	double(t, fmt.Sprintf("head -c %d /dev/zero | tr '\\0' x", maxAnswer))
	value, err := person().Enter(context.Background(), e)
	if err != nil || len(value) != maxAnswer {
		t.Errorf("longest: %d, %v", len(value), err)
	}
	double(t, fmt.Sprintf("head -c %d /dev/zero | tr '\\0' x", maxAnswer+1))
	value, err = person().Enter(context.Background(), e)
	wantErr(t, err, ErrTooLong)
	if value != "" {
		t.Errorf("%d characters with the error", len(value))
	}
}

func TestProgramMissing(t *testing.T) {
	screen(t)
	t.Setenv("PATH", t.TempDir())
	refused(t, person(), ErrNoDialog)
	wantErr(t, person().Ready(context.Background()), ErrNoDialog)
}

func TestProgramPlace(t *testing.T) {
	screen(t)
	const script = "#!/bin/sh\nsleep 0.01\necho a\n"
	place := func(t *testing.T, name string) string {
		dir := t.TempDir()
		check(t, os.Chmod(dir, 0o755))
		check(t, os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755))
		return dir
	}
	chmod := func(t *testing.T, path string, mode os.FileMode) {
		t.Helper()
		check(t, os.Chmod(path, mode))
	}
	for name, path := range map[string]func(t *testing.T) string{
		"world-writable folder": func(t *testing.T) string {
			dir := place(t, "zenity")
			chmod(t, dir, 0o777)
			return dir
		},
		"world-writable sticky folder": func(t *testing.T) string {
			dir := place(t, "zenity")
			chmod(t, dir, 0o777|os.ModeSticky)
			return dir
		},
		"world-writable parent": func(t *testing.T) string {
			dir := place(t, "zenity")
			chmod(t, filepath.Dir(dir), 0o777)
			return dir
		},
		"world-writable program": func(t *testing.T) string {
			dir := place(t, "zenity")
			chmod(t, filepath.Join(dir, "zenity"), 0o777)
			return dir
		},
		"another user's folder": func(t *testing.T) string {
			dir := place(t, "zenity")
			giveAway(t, dir)
			return dir
		},
		"another user's program": func(t *testing.T) string {
			dir := place(t, "zenity")
			giveAway(t, filepath.Join(dir, "zenity"))
			return dir
		},
		"link into a world-writable folder": func(t *testing.T) string {
			target, dir := place(t, "zenity"), t.TempDir()
			chmod(t, target, 0o777)
			check(t, os.Symlink(filepath.Join(target, "zenity"), filepath.Join(dir, "zenity")))
			return dir
		},
		"another program of the library's": func(t *testing.T) string {
			dir := place(t, "qarma")
			chmod(t, dir, 0o777)
			return dir + ":/usr/bin"
		},
		"relative folder": func(t *testing.T) string {
			t.Chdir(place(t, "zenity"))
			return ".:/usr/bin"
		},
		"empty element": func(t *testing.T) string {
			t.Chdir(place(t, "zenity"))
			return ":/usr/bin"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("PATH", path(t))
			refused(t, person(), ErrNoDialog)
		})
	}
	t.Run("good folder", func(t *testing.T) {
		t.Setenv("PATH", place(t, "zenity")+":/usr/bin:/bin")
		value, err := person().Enter(context.Background(), Entry{Title: "x", Text: "x"})
		if err != nil || value != "a" {
			t.Errorf("%q, %v", value, err)
		}
	})
}

// giveAway makes a file another user's, which only root can.
func giveAway(t *testing.T, path string) {
	t.Helper()
	if err := os.Chown(path, 65534, 65534); err != nil {
		t.Skip(err)
	}
}

func TestNoDisplay(t *testing.T) {
	screen(t)
	xauth := os.Getenv("XAUTHORITY")
	silent := func(answer string) string { // an address where somebody listens who is no X server
		l, err := net.Listen("tcp", "127.0.0.1:0")
		check(t, err)
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = conn.Write([]byte(answer))
				t.Cleanup(func() { conn.Close() })
			}
		}()
		return fmt.Sprintf("127.0.0.1:%d", l.Addr().(*net.TCPAddr).Port-6000)
	}
	for name, env := range map[string]map[string]string{
		"unset":        {"DISPLAY": ""},
		"nobody there": {"DISPLAY": ":47110"},
		"rubbish":      {"DISPLAY": "rubbish"},
		"bad number":   {"DISPLAY": ":-1"},
		"mute":         {"DISPLAY": silent("")},
		"refuses":      {"DISPLAY": silent("\x00\x10no entry")},
		"no X server":  {"DISPLAY": silent("HTTP/1.1 400 Bad Request\r\n")},
		"wrong cookie": {"DISPLAY": os.Getenv("DISPLAY"), "XAUTHORITY": "/dev/null"},
		"dead wayland": {"DISPLAY": "", "WAYLAND_DISPLAY": "wayland-47"},
		"another kind": {"DISPLAY": os.Getenv("DISPLAY"), "GDK_BACKEND": "wayland"},
		"other kinds":  {"DISPLAY": os.Getenv("DISPLAY"), "GDK_BACKEND": "broadway,wayland", "WAYLAND_DISPLAY": "wayland-47"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("XAUTHORITY", xauth)
			for k, v := range env {
				t.Setenv(k, v)
			}
			ctx := context.Background()
			given, err := person().Ask(ctx, question)
			wantErr(t, err, ErrNoDisplay)
			if given != Deny {
				t.Errorf("answer %d", given)
			}
			wantErr(t, person().Ready(ctx), ErrNoDisplay)
		})
	}
	check(t, person().Ready(context.Background()))
	for _, backend := range []string{"x11", "wayland,x11", "broadway,*"} {
		t.Setenv("GDK_BACKEND", backend)
		check(t, person().Ready(context.Background()))
	}
}

func TestWayland(t *testing.T) {
	t.Setenv("DISPLAY", "")
	dir := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", dir)
	t.Setenv("WAYLAND_DISPLAY", "wayland-0")
	l, err := net.Listen("unix", filepath.Join(dir, "wayland-0"))
	check(t, err)
	defer l.Close()
	replies := make(chan []byte)
	go func() {
		for reply := range replies {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 12))
			_, _ = conn.Write(reply)
			conn.Close()
		}
	}()
	defer close(replies)
	go func() { replies <- make([]byte, 12) }()
	check(t, checkDisplay(context.Background()))
	t.Setenv("GDK_BACKEND", "x11") // it is not even asked then
	wantErr(t, checkDisplay(context.Background()), ErrNoDisplay)
	t.Setenv("GDK_BACKEND", "x11,wayland")
	go func() { replies <- nil }()
	wantErr(t, checkDisplay(context.Background()), ErrNoDisplay)
}

func TestDisplayDies(t *testing.T) {
	screen(t)
	for name, run := range map[string]func(context.Context) answer{
		"entry":  enter(person(), Entry{Title: "Doomed", Text: "x", Kind: Hidden}),
		"choice": enter(person(), Entry{Title: "Doomed", Text: "x", Kind: YesNo, Prefill: "true"}),
		"ask":    ask(person(), Question{Title: "Doomed", Text: "x", Allow: "A", AllowForSession: "S", Deny: "D"}),
	} {
		t.Run(name, func(t *testing.T) {
			d := desktop.ForTest(t, desktop.Options{NoBus: true})
			wait := start(t, nil, run)
			_, err := d.WaitWindow("Doomed")
			check(t, err)
			check(t, d.KillDisplay())
			a := wait()
			wantErr(t, a.err, ErrNoDisplay)
			if a.given != Deny || a.value != "" {
				t.Errorf("%+v", a)
			}
		})
	}
}

func TestProgramKilled(t *testing.T) {
	d := screen(t)
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGSEGV} {
		wait := start(t, d, ask(person(), question))
		_, err := d.WaitWindow(question.Title)
		check(t, err)
		check(t, syscall.Kill(child(t), sig))
		a := wait()
		wantErr(t, a.err, ErrFailed)
		if a.given != Deny {
			t.Errorf("answer %d", a.given)
		}
	}
}

// A frozen program can't be told anything, but it can be killed.
func TestProgramFrozen(t *testing.T) {
	d := screen(t)
	over := make(chan struct{})
	wait := start(t, d, func(ctx context.Context) answer { return ask(person(), question)(expiring{ctx, over}) })
	check(t, syscall.Kill(child(t), syscall.SIGSTOP))
	close(over)
	if a := wait(); a.err != context.DeadlineExceeded || a.given != Deny {
		t.Errorf("%+v", a)
	}
}

// An expiring context is past its deadline as soon as over is closed.
type expiring struct {
	context.Context
	over chan struct{}
}

func (e expiring) Done() <-chan struct{} { return e.over }

func (e expiring) Err() error {
	select {
	case <-e.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// A panic in the library must not end the server.
func TestLibraryPanics(t *testing.T) {
	screen(t)
	n := person()
	n.draw = func(context.Context, string, window) (string, error) { panic("rubbish") }
	_, err := n.show(context.Background(), window{})
	wantErr(t, err, ErrFailed)
	if strings.Contains(err.Error(), "rubbish") {
		t.Error(err)
	}
}

// The library waits for whoever holds the program's output; we don't.
func TestOutputHeldOpen(t *testing.T) {
	screen(t)
	started := filepath.Join(t.TempDir(), "started")
	double(t, "sleep 1000 & echo $! >"+started+".new; mv "+started+".new "+started+"; wait")
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		_, err := person().Ask(ctx, question)
		ended <- err
	}()
	eventually(t, "the double's start", func() bool { _, err := os.Stat(started); return err == nil })
	line, err := os.ReadFile(started)
	check(t, err)
	holder, err := strconv.Atoi(strings.TrimSpace(string(line)))
	check(t, err)
	t.Cleanup(func() { _ = syscall.Kill(holder, syscall.SIGKILL) })
	cancel()
	select {
	case err := <-ended:
		if err != context.Canceled {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("Ask waits for a program's child")
	}
	// The next dialog waits for its turn, and gives up when it is told to.
	ctx, cancel = context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := person().Ask(ctx, question); err != context.DeadlineExceeded {
		t.Error(err)
	}
	check(t, syscall.Kill(holder, syscall.SIGKILL))
	turn <- struct{}{} // the next test has to find it free
	<-turn
}

func TestNothingGrows(t *testing.T) {
	screen(t)
	double(t, "exit 1")
	n := person()
	once := func() { _, _ = n.Ask(context.Background(), question) }
	once()
	before := runtime.NumGoroutine()
	files := func() int { f, _ := os.ReadDir("/proc/self/fd"); return len(f) }
	open := files()
	for range 30 {
		once()
	}
	eventually(t, "end of all goroutines and files", func() bool {
		return runtime.NumGoroutine() <= before && files() <= open
	})
}

// loadsCode are variables by which the environment has a program load code, or data that says what it shows.
var loadsCode = []string{
	"LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "GCONV_PATH", "LOCPATH", "GTK_PATH", "GTK_EXE_PREFIX", "GTK_DATA_PREFIX",
	"GTK3_MODULES", "GTK_IM_MODULE_FILE", "GDK_PIXBUF_MODULE_FILE", "GDK_PIXBUF_MODULEDIR", "GIO_EXTRA_MODULES", "GIO_MODULE_DIR",
	"GI_TYPELIB_PATH", "GSETTINGS_SCHEMA_DIR", "FONTCONFIG_FILE", "QT_PLUGIN_PATH",
}

// A snap or an AppImage has its programs load libraries of its own, with which the system's zenity does not start.
func TestForeignLibraries(t *testing.T) {
	d := screen(t)
	dir := t.TempDir()
	for _, name := range []string{"libgtk-3.so.0", "libgtk-4.so.1"} {
		check(t, os.WriteFile(filepath.Join(dir, name), []byte("junk"), 0o600))
	}
	t.Setenv("LD_LIBRARY_PATH", dir)
	if err := exec.Command("zenity", "--version").Run(); err == nil {
		t.Fatal("zenity starts by itself: this proves nothing")
	}
	check(t, person().Ready(t.Context()))
	wait := start(t, d, ask(person(), question))
	w, err := d.WaitWindow(question.Title)
	check(t, err)
	check(t, d.Press(w, "Escape"))
	if a := wait(); a.err != nil || a.given != Deny {
		t.Errorf("%+v", a)
	}
}

// zenity 3 takes its windows from a file in its working directory, which for a server may be a project's.
func TestWorkingDirectoryDrawsNothing(t *testing.T) {
	d := screen(t)
	dir := t.TempDir()
	check(t, os.WriteFile(filepath.Join(dir, "zenity.ui"), []byte("junk"), 0o600))
	t.Chdir(dir)
	wait := start(t, d, ask(person(), question))
	w, err := d.WaitWindow(question.Title)
	check(t, err)
	if folder, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", child(t))); err != nil || folder == dir {
		t.Errorf("the program runs in %s, %v", folder, err)
	}
	check(t, d.Press(w, "Escape"))
	wait()
}

func TestEnvironment(t *testing.T) {
	d := screen(t)
	t.Setenv("LC_ALL", "C") // no UTF-8: zenity alone would refuse the text below
	t.Setenv("GTK_MODULES", "gail:atk-bridge")
	t.Setenv("NO_AT_BRIDGE", "0")
	t.Setenv("GTK_DEBUG", "")
	for _, name := range loadsCode {
		t.Setenv(name, "/nowhere")
	}
	t.Setenv("GTK_THEME", "Adwaita")
	address := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	wait := start(t, d, enter(person(), Entry{Title: "Wide", Text: "漢字 Ünï"}))
	w, err := d.WaitWindow("Wide")
	check(t, err)
	environ := "\x00" + proc(t, child(t), "environ")
	for _, want := range []string{"LC_ALL=C.UTF-8", "NO_AT_BRIDGE=1", "DBUS_SESSION_BUS_ADDRESS=" + address} {
		if !strings.Contains(environ, "\x00"+want+"\x00") {
			t.Errorf("the program's environment has no %s", want)
		}
	}
	for _, name := range append(loadsCode, "GTK_MODULES") {
		if strings.Contains(environ, "\x00"+name+"=") {
			t.Errorf("%s is in the program's environment", name)
		}
	}
	if !strings.Contains(environ, "\x00GTK_THEME=Adwaita\x00") {
		t.Error("GTK_THEME is not in the program's environment")
	}
	// What somebody else changes meanwhile stays as they want it.
	check(t, os.Setenv("NO_AT_BRIDGE", "2"))
	check(t, d.Press(w, "Escape"))
	wait()
	if os.Getenv("LC_ALL") != "C" || os.Getenv("GTK_MODULES") != "gail:atk-bridge" {
		t.Error("our own environment was not put back")
	}
	if v := os.Getenv("NO_AT_BRIDGE"); v != "2" {
		t.Errorf("a change from outside was undone: %q", v)
	}
}

// GTK would start a session bus through dbus-launch, and nobody would end it.
func TestNoBusIsStarted(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoBus: true})
	screen(t)
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	check(t, os.WriteFile(filepath.Join(dir, "dbus-launch"), []byte("#!/bin/sh\necho \"$@\" >>"+log+"\nexit 1\n"), 0o755))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	wait := start(t, d, func(ctx context.Context) answer {
		v, err := person().Enter(ctx, Entry{Title: "No bus", Text: "x", Kind: File})
		return answer{value: v, err: err}
	})
	w, err := d.WaitWindow("No bus")
	check(t, err)
	w = next(t, d, w, "Return")
	check(t, d.Press(w, "Escape"))
	wantErr(t, wait().err, ErrDismissed)
	if text, err := os.ReadFile(log); err == nil {
		t.Errorf("dbus-launch was started: %s", text)
	}
	if v, set := os.LookupEnv("DBUS_SESSION_BUS_ADDRESS"); set {
		t.Errorf("our own environment was not put back: %q", v)
	}
}
