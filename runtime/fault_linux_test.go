package secrets_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// A breakage keeps dialogs from being shown.
type breakage struct {
	name string
	// breaks does it, until undo is called.
	breaks func(r *real) (undo func())
	says   string // what the error says beside what is wrong in general
}

var breakages = []breakage{
	{"lock folder that others can write to", func(r *real) func() {
		r.must(os.Chmod(lockFolder(r), 0o777))
		return func() { r.must(os.Chmod(lockFolder(r), 0o700)) }
	}, "/mcpsecrets can't be used: others can write to it"},
	{"lock that is a folder", inPlaceOfLock(func(path string) error { return os.Mkdir(path, 0o700) }), notPlain},
	{"lock that is a pipe", inPlaceOfLock(func(path string) error { return syscall.Mkfifo(path, 0o600) }), notPlain},
	{"lock that is a link", inPlaceOfLock(func(path string) error {
		return errors.Join(os.WriteFile(path+".target", nil, 0o600), os.Symlink(path+".target", path))
	}), notPlain},
	{"lock that is a link to nothing", inPlaceOfLock(func(path string) error { return os.Symlink("/nowhere", path) }), notPlain},
	{"lock under two names", inPlaceOfLock(func(path string) error {
		return errors.Join(os.WriteFile(path+".other", nil, 0o600), os.Link(path+".other", path))
	}), notPlain},
	{"runtime folder that is not there", environ("XDG_RUNTIME_DIR", "/proc/nope"), "/proc/nope/mcpsecrets can't be used: no such file"},
	{"runtime folder that is a file", environ("XDG_RUNTIME_DIR", "/dev/null"), "/dev/null/mcpsecrets can't be used: not a directory"},
	{"no folder at all", environ("XDG_RUNTIME_DIR", "", "XDG_CACHE_HOME", "", "HOME", ""), "XDG_RUNTIME_DIR is not set"},
	{"program without its libraries", program("echo 'zenity: error while loading shared libraries' >&2; exit 127"), "/zenity does not run"},
	{"program that is killed", program("sleep 0.5; kill -9 $$"), "/zenity ended with signal: killed"},
	{"program that ends at once", program("exit 3"), "/zenity ended with exit status 3"},
	{"program that answers at once", program("[ $1 = --version ] || exit 1"), "/zenity ended faster than a person can answer"},
	{"program that finds no display, late", program("sleep 0.5; echo '(zenity:1): Gtk-WARNING **: cannot open display: :99' >&2; exit 1"),
		"/zenity could not open the display"},
	{"program that loses its display", program("sleep 0.5; echo 'zenity: Fatal IO error 11 (Resource temporarily unavailable) on X server :99.' >&2; exit 1"),
		"/zenity could not open the display, or has lost it"},
	{"program that can't be started", func(r *real) func() {
		dir := r.t.TempDir()
		r.must(os.WriteFile(filepath.Join(dir, "zenity"), []byte("#!/no/such/interpreter\n"), 0o755))
		return environ("PATH", dir+":"+os.Getenv("PATH"))(r)
	}, "/zenity can't be started"},
	{"program that everybody can replace", func(r *real) func() {
		dir := r.t.TempDir()
		r.must(os.WriteFile(filepath.Join(dir, "zenity"), []byte("#!/bin/sh\n"), 0o755))
		r.must(os.Chmod(dir, 0o777))
		return environ("PATH", dir+":"+os.Getenv("PATH"))(r)
	}, "everybody may write to /"},
	{"another kind of display", environ("GDK_BACKEND", "wayland"), "GDK_BACKEND"},
	{"no descriptors", func(r *real) func() {
		var limit syscall.Rlimit
		r.must(syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
		files, err := os.ReadDir("/proc/self/fd")
		r.must(err)
		r.must(syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: uint64(len(files) + 4), Max: limit.Max}))
		return func() { r.must(syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)) }
	}, "open files"},
}

const notPlain = "dialog.lock can't be used: it is no plain file"

func lockFolder(r *real) string { return filepath.Join(r.Getenv("XDG_RUNTIME_DIR"), "mcpsecrets") }

func inPlaceOfLock(makes func(path string) error) func(r *real) func() {
	return func(r *real) func() {
		path := filepath.Join(lockFolder(r), "dialog.lock")
		r.must(os.RemoveAll(path))
		r.must(makes(path))
		return func() { r.must(os.RemoveAll(path)) }
	}
}

// environ sets variables; "" unsets one.
func environ(pairs ...string) func(r *real) func() {
	return func(r *real) func() {
		var undo []func()
		for i := 0; i < len(pairs); i += 2 {
			name, value, old := pairs[i], pairs[i+1], os.Getenv(pairs[i])
			r.must(os.Setenv(name, value))
			if value == "" {
				r.must(os.Unsetenv(name))
			}
			if old == "" {
				undo = append(undo, func() { r.must(os.Unsetenv(name)) })
			} else {
				undo = append(undo, func() { r.must(os.Setenv(name, old)) })
			}
		}
		return func() {
			for _, u := range undo {
				u()
			}
		}
	}
}

// program puts a shell script in zenity's place.
func program(script string) func(r *real) func() {
	return func(r *real) func() {
		dir, err := os.MkdirTemp("", "double-")
		r.must(err)
		r.must(os.Chmod(dir, 0o755))
		r.must(os.WriteFile(filepath.Join(dir, "zenity"), []byte("#!/bin/sh\n"+script+"\n"), 0o755))
		undo := environ("PATH", dir+":"+os.Getenv("PATH"))(r)
		return func() { undo(); os.RemoveAll(dir) }
	}
}

// Where no window can be shown, or what shows it breaks, the error says what is broken and where, the log too, and nobody is
// taken to have refused: once it is mended, the next call asks.
func TestBrokenDialogIsNobodysRefusal(t *testing.T) {
	var log bytes.Buffer
	d := desktop.ForTest(t, desktop.Options{})
	vault, err := petstore.OpenSecrets(secrets.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	defer vault.Manager.Close()
	r := &real{vault, d, t, ""}
	r.must(os.MkdirAll(lockFolder(r), 0o700))
	r.must(r.Manager.Set(t.Context(), petstore.KeyContact(), "ann@example.com"))
	fails := func(b breakage, key secrets.Binding) {
		t.Helper()
		log.Reset()
		err := secrets.GetGroup(r.Manager.Background(t.Context()), r.Manager, "Read one pet", key)
		var failure *secrets.Error
		if !errors.As(err, &failure) || failure.Failure != "dialog_failed" || !strings.Contains(err.Error(), b.says) {
			t.Errorf("%v does not say %q", err, b.says)
		}
		if told := strings.ReplaceAll(log.String(), `\"`, `"`); !strings.Contains(told, b.says) {
			t.Errorf("the log does not say %q:\n%s", b.says, told)
		}
	}
	for _, b := range breakages {
		t.Run(b.name, func(t *testing.T) {
			r.t = t
			var key secrets.Secret
			var contact string
			r.must(r.Manager.Forget(t.Context(), petstore.KeyAPIKey()))
			mend := b.breaks(r)
			fails(b, petstore.KeyAPIKey().Into(&key))      // a value
			fails(b, petstore.KeyContact().Into(&contact)) // permission
			mend()
			done := make(chan error, 1)
			go func() {
				done <- secrets.GetGroup(r.Manager.Background(t.Context()), r.Manager, "Read one pet",
					petstore.KeyAPIKey().Into(&key), petstore.KeyContact().Into(&contact))
			}()
			r.types(valueTitle, goodKey)
			r.presses(questionTitle, r.Keys(desktop.Allow)...)
			if err := <-done; err != nil || key.Reveal() != goodKey {
				t.Errorf("once it is mended: %v, %v", key, err)
			}
		})
	}
}
