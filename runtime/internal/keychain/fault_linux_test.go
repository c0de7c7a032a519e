package keychain

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/session"
)

// hasty are options for what is never answered.
var hasty = Options{Timeout: 500 * time.Millisecond, PromptTimeout: 500 * time.Millisecond}

var named = []error{ErrNotSet, ErrNoStore, ErrLocked, ErrDismissed, ErrTimeout, ErrTooBig, ErrStore}

// operations are all ways to use a System, each with its own account so that
// they can't help each other.
func operations(s *System) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Get":    func(ctx context.Context) error { _, err := s.Get(ctx, testService, "get"); return err },
		"Set":    func(ctx context.Context) error { return s.Set(ctx, testService, "set", canary) },
		"Delete": func(ctx context.Context) error { return s.Delete(ctx, testService, "delete") },
		"Names":  func(ctx context.Context) error { _, err := s.Names(ctx, testService); return err },
		"Clear":  func(ctx context.Context) error { return s.Clear(ctx, testService) },
	}
}

// ended returns what a call returns, which it has to do before patience is over.
func ended(t testing.TB, what string, call func(context.Context) error) error {
	t.Helper()
	result := make(chan error, 1)
	go func() { result <- call(context.Background()) }()
	return received(t, what, result)
}

func received(t testing.TB, what string, result <-chan error) error {
	t.Helper()
	select {
	case err := <-result:
		wantDecent(t, what, err)
		return err
	case <-time.After(2 * patience):
		t.Fatalf("%s hangs", what)
		return nil
	}
}

// wantDecent checks what holds for every error.
func wantDecent(t testing.TB, what string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if !slices.ContainsFunc(named, func(name error) bool { return errors.Is(err, name) }) && !errors.Is(err, context.Canceled) {
		t.Errorf("%s: an error without a name: %v", what, err)
	}
	if strings.Contains(err.Error(), canary) || strings.Contains(fmt.Sprintf("%#v", err), canary) {
		t.Errorf("%s: the value is in its error: %v", what, err)
	}
}

// wantAll checks that each operation fails in the same way.
func wantAll(t testing.TB, s *System, want error) {
	t.Helper()
	for name, operation := range operations(s) {
		if err := ended(t, name, operation); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}

func TestNoBus(t *testing.T) {
	// A double for dbus-launch tells whether somebody wanted a bus of his own.
	dir := t.TempDir()
	launched := filepath.Join(dir, "launched")
	double := "#!/bin/sh\ntouch " + launched + "\necho DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere\n"
	if err := os.WriteFile(filepath.Join(dir, "dbus-launch"), []byte(double), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	notASocket := filepath.Join(dir, "run")
	if err := os.Mkdir(notASocket, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(notASocket, "bus"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	useUserFolders(t, t.TempDir())
	dead := socketPath(t)
	listener := listen(t, dead)
	listener.(*net.UnixListener).SetUnlinkOnClose(false)
	listener.Close()

	for name, test := range map[string]struct{ address, runtimeDir string }{
		"nothing set":          {"", ""},
		"autolaunch":           {"autolaunch:", ""},
		"no socket":            {"", dir},
		"a file for a socket":  {"", notASocket},
		"relative runtime dir": {"", "run"},
		"missing socket":       {"unix:path=/nowhere/at/all", ""},
		"dead socket":          {"unix:path=" + dead, ""},
		"a list of them":       {"unix:path=/nowhere;unix:abstract=nothing-here;tcp:host=localhost,port=1", ""},
		"a command":            {"unixexec:path=touch,argv1=" + launched, ""},
		"over the network":     {"tcp:host=127.0.0.1,port=9", ""},
		"rubbish":              {"\x00;=,:%zz;unix:path=%zz;unix:", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Contains(test.address, "\x00") {
				test.address = strings.ReplaceAll(test.address, "\x00", "\x01")
			}
			t.Setenv("DBUS_SESSION_BUS_ADDRESS", test.address)
			t.Setenv("XDG_RUNTIME_DIR", test.runtimeDir)
			leavesNothing(t)
			wantAll(t, openedWith(t, Options{Timeout: patience, PromptTimeout: patience}), ErrNoStore)
			if _, err := os.Stat(launched); err == nil {
				t.Error("a program was started")
			}
			if got := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); got != test.address {
				t.Errorf("the environment was changed to %q", got)
			}
		})
	}
}

// useUserFolders has the folders of users elsewhere.
func useUserFolders(t *testing.T, dir string) {
	old := session.UserFolders
	session.UserFolders = dir
	t.Cleanup(func() { session.UserFolders = old })
}

// The keychain is found on the bus of the user's folder, with the environment that the official SDKs give to a server.
func TestBusOfTheUser(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true})
	users := filepath.Join(d.Dir(), "users")
	if err := os.Mkdir(users, 0o700); err != nil {
		t.Fatal(err)
	}
	useUserFolders(t, users)
	for _, name := range []string{"DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"} {
		os.Unsetenv(name) // put back by ForTest
	}
	s := opened(t)
	wantAll(t, s, ErrNoStore)
	if err := os.Symlink(d.Getenv("XDG_RUNTIME_DIR"), filepath.Join(users, strconv.Itoa(os.Geteuid()))); err != nil {
		t.Fatal(err)
	}
	mustSet(t, s, "key", "value")
	wantValue(t, s, "key", "value")
}

// The socket in the runtime folder serves where the variable is not set, as for libdbus.
func TestRuntimeFolder(t *testing.T) {
	desktop.ForTest(t, desktop.Options{NoDisplay: true})
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	s := opened(t)
	mustSet(t, s, "key", "value")
	wantValue(t, s, "key", "value")
}

// socketPath is short enough for a socket.
func socketPath(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bus")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

func listen(t testing.TB, path string) net.Listener {
	t.Helper()
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

// fakeBus is a socket on which talk talks to each client.
func fakeBus(t testing.TB, talk func(net.Conn)) {
	t.Helper()
	path := socketPath(t)
	listener := listen(t, path)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+path)
	var clients sync.WaitGroup
	done := make(chan struct{})
	t.Cleanup(func() { listener.Close(); close(done); clients.Wait() })
	clients.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			clients.Go(func() { <-done; conn.Close() })
			clients.Go(func() { talk(conn) })
		}
	})
}

func TestFakeBuses(t *testing.T) {
	const letIn = "REJECTED EXTERNAL\r\nOK 00000000000000000000000000000000\r\nAGREE_UNIX_FD\r\n"
	for name, test := range map[string]struct {
		talk func(net.Conn)
		want error
	}{
		"mute":                {func(net.Conn) {}, ErrTimeout},
		"hangs up":            {func(c net.Conn) { c.Close() }, ErrNoStore},
		"rubbish":             {func(c net.Conn) { fmt.Fprint(c, "HTTP/1.1 400 "+canary+"\r\n\r\n"); c.Close() }, ErrNoStore},
		"half a line":         {func(c net.Conn) { fmt.Fprint(c, "REJECTED EXT") }, ErrTimeout},
		"lets nobody in":      {func(c net.Conn) { fmt.Fprint(c, "REJECTED EXTERNAL\r\nREJECTED EXTERNAL\r\n") }, ErrNoStore},
		"mute once let in":    {func(c net.Conn) { fmt.Fprint(c, letIn) }, ErrTimeout},
		"hangs up later":      {func(c net.Conn) { fmt.Fprint(c, letIn); c.Close() }, ErrNoStore},
		"rubbish once inside": {func(c net.Conn) { fmt.Fprint(c, letIn+strings.Repeat(canary, 100)); c.Close() }, ErrNoStore},
	} {
		t.Run(name, func(t *testing.T) {
			// The bus in this process has goroutines too, which its clean-up ends: so it comes last.
			leavesNothing(t)
			fakeBus(t, test.talk)
			options := hasty
			if test.want != ErrTimeout {
				options = Options{Timeout: patience, PromptTimeout: patience}
			}
			s := openedWith(t, options)
			wantAll(t, s, test.want)
			s.Close()
		})
	}
}

func TestNoSecretService(t *testing.T) {
	desktop.ForTest(t, desktop.Options{NoDisplay: true, Keyring: desktop.KeyringNone})
	leavesNothing(t)
	wantAll(t, openedWith(t, Options{Timeout: patience}), ErrNoStore)
}

func TestNoKeyringYet(t *testing.T) {
	t.Run("without a screen", func(t *testing.T) {
		desktop.ForTest(t, desktop.Options{NoDisplay: true, Keyring: desktop.KeyringFresh})
		leavesNothing(t)
		s := openedWith(t, Options{Timeout: patience, PromptTimeout: patience})
		for name, want := range map[string]error{"Get": ErrNotSet, "Set": ErrNoStore, "Delete": ErrNotSet, "Names": nil, "Clear": nil} {
			if err := ended(t, name, operations(s)[name]); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", name, err, want)
			}
		}
	})
	t.Run("with a screen", func(t *testing.T) {
		d := desktop.ForTest(t, desktop.Options{Keyring: desktop.KeyringFresh})
		leavesNothing(t)
		s := opened(t)
		result := make(chan error, 1)
		go func() { result <- s.Set(context.Background(), testService, "key", canary) }()
		if err := d.DismissPrompt(); err != nil {
			t.Fatal(err)
		}
		if err := received(t, "Set", result); !errors.Is(err, ErrDismissed) {
			t.Errorf("dismissed: %v", err)
		}

		// The person chooses a password for the new keyring, twice. The window swallows
		// the first keys, and the others then hit Cancel: again, in that case, and later.
		var pause time.Duration
		eventually(t, "a keyring", func() bool {
			pause += 250 * time.Millisecond
			go func() { result <- s.Set(context.Background(), testService, "key", canary) }()
			eventually(t, "end of the prompt", func() bool {
				windows, _ := d.Windows()
				for _, w := range windows {
					time.Sleep(pause)
					_ = d.Type(w, d.Password)
					_ = d.Press(w, "Tab")
					_ = d.Type(w, d.Password)
					_ = d.Press(w, "Return")
				}
				return len(result) == 1
			})
			err := received(t, "Set", result)
			if err != nil && !errors.Is(err, ErrDismissed) {
				t.Fatal(err)
			}
			return err == nil
		})
		wantValue(t, s, "key", canary)
		wantOne(t, lookAt(t, d), "key")
	})
}

// Some keychains (KeePassXC) show nothing while they are locked, and ask before
// each change.
func TestKeychainThatAsksForEverything(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true, Keyring: desktop.KeyringNone})
	const item, none = dbus.ObjectPath("/org/freedesktop/secrets/collection/x/1"), dbus.ObjectPath("/")
	var lock sync.Mutex
	var asked []string
	var value string
	locked := true
	complete := map[dbus.ObjectPath]func() any{
		"/unlock": func() any { locked = false; return []dbus.ObjectPath{defaultPath} },
		"/create": func() any { value = "value"; return item },
		"/delete": func() any { value = ""; return none },
	}
	in := func(method func() []any) ownMethod {
		return func() ([]any, *dbus.Error) {
			lock.Lock()
			defer lock.Unlock()
			return method(), nil
		}
	}
	lock.Lock()
	var bus *dbus.Conn
	var next dbus.ObjectPath // the prompt that will be shown
	ask := func(path dbus.ObjectPath, answers ...any) []any { next = path; return append(answers, path) }
	bus = ownKeychain(t, d, ownTables{
		serviceIface: {
			"OpenSession": in(func() []any { return []any{dbus.MakeVariant(""), dbus.ObjectPath("/session")} }),
			"SearchItems": in(func() []any {
				if locked || value == "" {
					return []any{[]dbus.ObjectPath{}, []dbus.ObjectPath{}}
				}
				return []any{[]dbus.ObjectPath{item}, []dbus.ObjectPath{}}
			}),
			"Unlock": in(func() []any { return ask("/unlock", []dbus.ObjectPath{}) }),
		},
		collectionIface: {"CreateItem": in(func() []any { return ask("/create", none) })},
		itemIface: {
			"GetSecret": in(func() []any { return []any{rawSecret{"/session", []byte{}, []byte(value), "text/plain"}} }),
			"SetSecret": in(func() []any { return nil }),
			"Delete":    in(func() []any { return ask("/delete") }),
		},
		propertiesIface: {
			"Get":    in(func() []any { return []any{dbus.MakeVariant(locked)} }),
			"GetAll": in(func() []any { return []any{map[string]dbus.Variant{}} }),
		},
		promptIface: {"Prompt": in(func() []any {
			asked = append(asked, string(next))
			_ = bus.Emit(next, promptIface+"Completed", false, dbus.MakeVariant(complete[next]()))
			return nil
		})},
	})
	lock.Unlock()
	leavesNothing(t)
	l, err := dial(t.Context(), Options{Timeout: patience, PromptTimeout: patience}, new(atomic.Bool))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.cut)
	if _, err := l.get(t.Context(), testService, "key"); !errors.Is(err, ErrNotSet) {
		t.Errorf("get: %v", err)
	}
	if isNew, err := l.set(t.Context(), testService, "key", "value"); err != nil || !isNew {
		t.Errorf("set: %t, %v", isNew, err)
	}
	if got, err := l.get(t.Context(), testService, "key"); err != nil || got != "value" {
		t.Errorf("get: %q, %v", got, err)
	}
	if left, err := l.delete(t.Context(), map[string]string{"service": testService}); err != nil || len(left) > 0 {
		t.Errorf("delete: %v, left: %v", err, left)
	}
	lock.Lock()
	defer lock.Unlock()
	if want := []string{"/unlock", "/create", "/delete"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}

func TestLockedWithoutScreen(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true})
	mustSet(t, opened(t), "get", canary)
	if err := d.Lock(); err != nil {
		t.Fatal(err)
	}
	leavesNothing(t)
	wantAll(t, openedWith(t, Options{Timeout: patience, PromptTimeout: patience}), ErrLocked)
}

func TestUnlockedByItsPrompt(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{})
	s := opened(t)
	mustSet(t, s, "key", "value")
	for name, call := range map[string]func(context.Context) error{
		"Get": func(ctx context.Context) error {
			got, err := s.Get(ctx, testService, "key")
			if err == nil && got != "value" {
				t.Errorf("Get: %q", got)
			}
			return err
		},
		"Set": func(ctx context.Context) error { return s.Set(ctx, testService, "key", "value") },
	} {
		if err := d.Lock(); err != nil {
			t.Fatal(err)
		}
		// Ten callers, one prompt.
		results := make(chan error, 10)
		for range cap(results) {
			go func() { results <- call(context.Background()) }()
		}
		if err := d.AnswerPrompt(d.Password); err != nil {
			t.Fatal(err)
		}
		for range cap(results) {
			if err := received(t, name, results); err != nil {
				t.Errorf("%s, unlocked by a person: %v", name, err)
			}
		}
		if windows, err := d.Windows(); err != nil || len(windows) != 0 {
			t.Errorf("%s: windows left: %v, %v", name, windows, err)
		}
	}
}

func TestPromptDismissed(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{Keyring: desktop.KeyringLocked})
	leavesNothing(t)
	s := opened(t)
	for name, operation := range operations(s) {
		result := make(chan error, 1)
		go func() { result <- operation(context.Background()) }()
		if err := d.DismissPrompt(); err != nil {
			t.Fatal(err)
		}
		if err := received(t, name, result); !errors.Is(err, ErrDismissed) {
			t.Errorf("%s: %v, want ErrDismissed", name, err)
		}
	}
}

// A prompt that nobody answers ends the call, not the prompt. Later calls wait
// for the same one, and once it is answered all is well.
func TestPromptNotAnswered(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{})
	mustSet(t, opened(t), "key", "value")
	if err := d.Lock(); err != nil {
		t.Fatal(err)
	}
	leavesNothing(t)
	s := openedWith(t, Options{Timeout: patience, PromptTimeout: 300 * time.Millisecond})
	for range 2 {
		wantAll(t, s, ErrLocked)
	}
	// One "no" is enough, and the next call hears of it.
	if err := d.DismissPrompt(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), testService, "key"); !errors.Is(err, ErrDismissed) {
		t.Errorf("dismissed since the last call: %v", err)
	}
	if err := d.WaitNoWindow(); err != nil {
		t.Errorf("another prompt is open: %v", err)
	}

	wantAll(t, s, ErrLocked)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Get(ctx, testService, "key"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	pid, err := d.KeyringPID()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.AnswerPrompt(d.Password); err != nil {
		t.Fatal(err)
	}
	wantValue(t, s, "key", "value")
	if err := d.WaitNoWindow(); err != nil {
		t.Errorf("another prompt is open: %v", err)
	}
	if now, err := d.KeyringPID(); err != nil || now != pid {
		t.Errorf("the keyring was process %d and is %d (%v)", pid, now, err)
	}
}

// whilePrompting starts a Get of a locked keyring and returns once its prompt is open.
func whilePrompting(t *testing.T, d *desktop.Desktop, s *System) <-chan error {
	t.Helper()
	result := make(chan error, 1)
	go func() { _, err := s.Get(context.Background(), testService, "get"); result <- err }()
	eventually(t, "the prompt", func() bool {
		windows, _ := d.Windows()
		return s.store.asking() && len(windows) > 0
	})
	return result
}

func TestKeyringKilled(t *testing.T) {
	phases := map[string]func(t *testing.T, d *desktop.Desktop, s *System) <-chan error{
		"before the first call": func(t *testing.T, d *desktop.Desktop, s *System) <-chan error {
			result := make(chan error, 1)
			result <- ErrNoStore // no call under way
			return result
		},
		"between calls": func(t *testing.T, d *desktop.Desktop, s *System) <-chan error {
			mustSet(t, s, "get", canary)
			result := make(chan error, 1)
			result <- ErrNoStore
			return result
		},
		"in a call": func(t *testing.T, d *desktop.Desktop, s *System) <-chan error {
			mustSet(t, s, "get", canary)
			if err := d.Freeze(); err != nil { // so that the call is under way for long enough
				t.Fatal(err)
			}
			result := make(chan error, 1)
			go func() { _, err := s.Get(context.Background(), testService, "get"); result <- err }()
			eventually(t, "a call under way", func() bool { return s.reads.isUnderWay(testService + ":get") })
			return result
		},
		"while prompting": func(t *testing.T, d *desktop.Desktop, s *System) <-chan error {
			if err := d.Lock(); err != nil {
				t.Fatal(err)
			}
			return whilePrompting(t, d, s)
		},
	}
	for name, begin := range phases {
		t.Run(name, func(t *testing.T) {
			d := desktop.ForTest(t, desktop.Options{NoDisplay: name != "while prompting"})
			leavesNothing(t)
			s := opened(t)
			result := begin(t, d, s)
			if err := d.KillKeyring(); err != nil {
				t.Fatal(err)
			}
			if err := received(t, "call under way", result); !errors.Is(err, ErrNoStore) {
				t.Errorf("call under way: %v, want ErrNoStore", err)
			}
			wantAll(t, s, ErrNoStore)
		})
	}
}

func TestKeyringFrozen(t *testing.T) {
	t.Run("before the first call", func(t *testing.T) {
		d := desktop.ForTest(t, desktop.Options{NoDisplay: true})
		if err := d.Freeze(); err != nil {
			t.Fatal(err)
		}
		leavesNothing(t)
		wantAll(t, openedWith(t, hasty), ErrTimeout)
	})
	t.Run("between calls", func(t *testing.T) {
		d := desktop.ForTest(t, desktop.Options{NoDisplay: true})
		mustSet(t, opened(t), "key", "value")
		leavesNothing(t)
		s := openedWith(t, hasty)
		eventually(t, "a first answer", func() bool { _, err := s.Get(t.Context(), testService, "key"); return err == nil })
		if err := d.Freeze(); err != nil {
			t.Fatal(err)
		}
		wantAll(t, s, ErrTimeout)
		// Ten at once do not wait for each other's failures.
		results := make(chan error, 10)
		for range cap(results) {
			go func() { _, err := s.Get(context.Background(), testService, "key"); results <- err }()
		}
		for range cap(results) {
			if err := received(t, "Get", results); !errors.Is(err, ErrTimeout) {
				t.Errorf("one of ten: %v", err)
			}
		}
		if err := d.Thaw(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "an answer after the thaw", func() bool {
			got, err := s.Get(t.Context(), testService, "key")
			return err == nil && got == "value"
		})
	})
	t.Run("while prompting", func(t *testing.T) {
		d := desktop.ForTest(t, desktop.Options{Keyring: desktop.KeyringLocked})
		leavesNothing(t)
		s := openedWith(t, Options{Timeout: patience, PromptTimeout: 3 * time.Second})
		pid, err := d.KeyringPID()
		if err != nil {
			t.Fatal(err)
		}
		result := whilePrompting(t, d, s)
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		if err := received(t, "Get", result); !errors.Is(err, ErrLocked) {
			t.Errorf("Get: %v, want ErrLocked", err)
		}
	})
}

// A bus that is frozen does not even read: a big write fills the socket.
func TestBusFrozen(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true})
	r := lookAt(t, d)
	var pid uint32
	if err := r.bus.BusObject().Call("org.freedesktop.DBus.GetConnectionUnixProcessID", 0, "org.freedesktop.DBus").Store(&pid); err != nil {
		t.Fatal(err)
	}
	mustSet(t, opened(t), "set", "old")
	leavesNothing(t)
	s := openedWith(t, hasty)
	eventually(t, "a first answer", func() bool { _, err := s.Get(t.Context(), testService, "set"); return err == nil })
	if err := syscall.Kill(int(pid), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(int(pid), syscall.SIGCONT) })

	// Straight to the write, since a search would already time out.
	l := s.store.(*secretService).link
	err := ended(t, "CreateItem", func(ctx context.Context) error {
		_, err := l.create(ctx, testService, "set", strings.Repeat(canary, MaxValue/len(canary)))
		return err
	})
	if !errors.Is(err, ErrTimeout) {
		t.Errorf("write to a frozen bus: %v, want ErrTimeout", err)
	}
	wantAll(t, s, ErrTimeout)
}

func TestBusKilled(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true})
	leavesNothing(t)
	s := opened(t)
	mustSet(t, s, "get", canary)
	if err := d.KillBus(); err != nil {
		t.Fatal(err)
	}
	wantAll(t, s, ErrNoStore)
}

func TestConnectionIsMadeAgain(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true})
	s := opened(t)
	mustSet(t, s, "key", "value")
	link := func() *link { return s.store.(*secretService).link }

	before := link()
	wantValue(t, s, "key", "value")
	if link() != before {
		t.Error("the connection was not kept")
	}
	before.cut()
	wantValue(t, s, "key", "value")
	if link() == before {
		t.Error("the connection was not made again")
	}
	// Under a call's feet: the link looks well until it is used.
	link().socket.CloseWrite()
	wantValue(t, s, "key", "value")

	// Another keyring takes over: the bus is the same, the session is unknown to it.
	if err := d.KillKeyring(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), testService, "key"); !errors.Is(err, ErrNoStore) {
		t.Errorf("no keyring: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "gnome-keyring-daemon", "--foreground", "--components=secrets", "--unlock")
	cmd.Stdin = strings.NewReader(d.Password)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cancel(); _ = cmd.Wait() }()
	eventually(t, "an answer of the second keyring", func() bool {
		got, err := openedWith(t, Options{Timeout: patience, PromptTimeout: time.Millisecond}).Get(t.Context(), testService, "key")
		return err == nil && got == "value"
	})
	wantValue(t, s, "key", "value")
}

// Whatever a keychain answers, and whatever words it uses: a named error, no
// value in it, no panic.
func TestErrorsNeverHoldAValue(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true, Keyring: desktop.KeyringNone})
	var lock sync.Mutex
	var victim, misdeed string
	const item = dbus.ObjectPath("/org/freedesktop/secrets/collection/login/1")

	// method answers right, unless it is the one that misbehaves.
	method := func(name string, answers ...any) ownMethod {
		return func() ([]any, *dbus.Error) {
			lock.Lock()
			defer lock.Unlock()
			if name != victim {
				return answers, nil
			}
			switch misdeed {
			case "unknown error":
				return nil, dbus.NewError("org.example."+strings.ReplaceAll(canary, "-", "_"), []any{canary, "value " + canary})
			case "locked":
				return nil, dbus.NewError("org.freedesktop.Secret.Error.IsLocked", []any{canary})
			case "gone":
				return nil, dbus.NewError("org.freedesktop.Secret.Error.NoSuchObject", []any{canary})
			case "no session":
				return nil, dbus.NewError("org.freedesktop.Secret.Error.NoSession", []any{canary})
			default: // "other type"
				return []any{canary, []string{canary}, uint16(7), canary, canary}, nil
			}
		}
	}
	unlocked := []dbus.ObjectPath{item}
	tables := ownTables{
		serviceIface: {
			"OpenSession":      method("OpenSession", dbus.MakeVariant(""), dbus.ObjectPath("/session")),
			"SearchItems":      method("SearchItems", unlocked, []dbus.ObjectPath{}),
			"Unlock":           method("Unlock", []dbus.ObjectPath{}, dbus.ObjectPath("/prompt")),
			"CreateCollection": method("CreateCollection", dbus.ObjectPath("/"), dbus.ObjectPath("/prompt")),
		},
		collectionIface: {"CreateItem": method("CreateItem", item, dbus.ObjectPath("/"))},
		itemIface: {
			"GetSecret": method("GetSecret", rawSecret{"/session", []byte{}, []byte(canary), "text/plain"}),
			"SetSecret": method("SetSecret"),
			"Delete":    method("Delete", dbus.ObjectPath("/")),
		},
		propertiesIface: {
			"Get":    method("Get", dbus.MakeVariant(map[string]string{"username": canary})),
			"GetAll": method("GetAll", map[string]dbus.Variant{"Attributes": dbus.MakeVariant(map[string]string{"username": "name"})}),
			"Set":    method("Set"),
		},
	}
	ownKeychain(t, d, tables)
	leavesNothing(t)
	for _, table := range tables {
		for name := range table {
			for _, deed := range []string{"unknown error", "locked", "gone", "no session", "other type"} {
				lock.Lock()
				victim, misdeed = name, deed
				lock.Unlock()
				s := openedWith(t, Options{Timeout: patience, PromptTimeout: hasty.PromptTimeout})
				for operation, call := range operations(s) {
					ended(t, fmt.Sprintf("%s while %s answers %s", operation, name, deed), call)
				}
				s.Close()
			}
		}
	}
}
