package keychain

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

// writerOfShared makes this binary a process that stores its own name, twice, as the value of one account.
const writerOfShared = "shared "

// Processes of ours and of others store values under one name at the same time: each of ours is done without an error, and the
// value is a whole one of those that were stored.
func TestWritersOfOneName(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true, Programs: []string{"secret-tool"}})
	s, r := opened(t), lookAt(t, d)
	mustSet(t, s, "shared", "before")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	python(t, "") // or the test ends here
	var want []string
	var cmds []*exec.Cmd
	for n := range 7 {
		name := fmt.Sprint(writerOfShared, n)
		cmd := exec.CommandContext(t.Context(), exe)
		cmd.Env = append(os.Environ(), "MCPSECRETS_TEST_WRITER="+name)
		want, cmds = append(want, name), append(cmds, cmd)
	}
	for n := range 7 {
		name := fmt.Sprint("python ", n)
		cmd := exec.CommandContext(t.Context(), "/usr/bin/python3", "-c", "import keyring, sys\n"+
			"from keyring.backends import SecretService\nSecretService.Keyring().set_password(*sys.argv[1:])", testService, "shared", name)
		want, cmds = append(want, name), append(cmds, cmd)
	}
	for n := range 6 {
		name := fmt.Sprint("secret-tool ", n)
		cmd := exec.CommandContext(t.Context(), "secret-tool", "store", "--label=x", "service", testService, "username", "shared")
		cmd.Stdin = strings.NewReader(name)
		want, cmds = append(want, name), append(cmds, cmd)
	}
	var group sync.WaitGroup
	for n, cmd := range cmds {
		group.Go(func() {
			// Others have an error of their own where items go under their feet.
			if out, err := cmd.CombinedOutput(); err != nil && strings.HasPrefix(want[n], writerOfShared) {
				t.Errorf("%s: %v: %s", want[n], err, out)
			}
		})
	}
	group.Wait()
	if got, err := s.Get(t.Context(), testService, "shared"); err != nil || !slices.Contains(want, got) {
		t.Errorf("got %q, %v", got, err)
	}
	mustSet(t, s, "shared", "after")
	wantOne(t, r, "shared")
}

// Eight processes' worth of connections store and remove one name, over and over, and none hears of the others.
func TestWritersTakeTurns(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true})
	r := lookAt(t, d)
	var group sync.WaitGroup
	for n := range 8 {
		s := opened(t)
		group.Go(func() {
			for i := range 15 {
				if err := s.Set(t.Context(), testService, "key", fmt.Sprint(n, " ", i)); err != nil {
					t.Errorf("writer %d: %v", n, err)
				}
			}
		})
	}
	group.Wait()
	wantOne(t, r, "key")
	if name := nameOf(t, "key"); r.bus.BusObject().Call("org.freedesktop.DBus.GetNameOwner", 0, name).Err == nil {
		t.Error("somebody still has the turn")
	}
}

// nameOf is the name on the bus of who writes an account.
func nameOf(t *testing.T, account string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(testService + ":" + account))
	return writerBus + hex.EncodeToString(sum[:16])
}

// The owner of a turn that does not give it up holds nobody up for long; that of another name nobody at all.
func TestOwnerOfATurnIsFrozen(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true})
	r := lookAt(t, d)
	const timeout = 10 * time.Second
	s := openedWith(t, Options{Timeout: timeout})
	mustSet(t, s, "key", "old")
	if _, err := r.bus.RequestName(nameOf(t, "key"), 0); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	mustSet(t, s, "key", "new")
	if took := time.Since(begin); took < timeout/2 {
		t.Errorf("it did not wait for its turn: %v", took)
	}
	wantValue(t, s, "key", "new")
	mustSet(t, s, "other", "value")
	wantOne(t, r, "key")
}

// Another program, which takes no turns, overwrites what we store: that is no error unless it does so for ever, and no success
// before ours was read back.
func TestOverwrittenByOthers(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true, Keyring: desktop.KeyringNone})
	var times atomic.Int64 // how often ours is overwritten
	ownKeychain(t, d, ownTables{
		serviceIface: {
			"OpenSession": openSession,
			"SearchItems": answer([]dbus.ObjectPath{"/item"}, []dbus.ObjectPath{}),
		},
		itemIface: {
			"GetSecret": func() ([]any, *dbus.Error) {
				value := "ours"
				if n := times.Add(-1); n >= 0 {
					value = fmt.Sprint("theirs ", n)
				}
				return []any{rawSecret{"/session", []byte{}, []byte(value), "text/plain"}}, nil
			},
			"SetSecret": answer(),
		},
		propertiesIface: {"Get": answer(dbus.MakeVariant(map[string]string{"application": application}))},
	})
	s := opened(t)
	for n, want := range map[int64]error{0: nil, 1: nil, 13: nil, 1000: errChanged} {
		times.Store(n)
		if err := s.Set(t.Context(), testService, "key", "ours"); err != want {
			t.Errorf("overwritten %d times: got %v, want %v", n, err, want)
		}
	}
}

// Two items of the index, as two other frameworks make them, become one with the next change of whichever process.
func TestDuplicatesOfTheIndexAreHealed(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true})
	s, r := opened(t), lookAt(t, d)
	mustSet(t, s, "key", "1")
	mustSet(t, s, "other", "1")
	plain := indexOf(testService)
	foreign := map[string]string{"service": testService, "username": indexAccount, "application": "other", "target": "default"}
	for name, change := range map[string]func() error{
		"an update":         func() error { return s.Set(t.Context(), testService, "key", "2") },
		"a new name":        func() error { return s.Set(t.Context(), testService, "new", "1") },
		"a deletion":        func() error { return s.Delete(t.Context(), testService, "new") },
		"another process's": func() error { return opened(t).Set(t.Context(), testService, "key", "3") },
	} {
		if name == "a deletion" {
			mustSet(t, s, "new", "1")
		}
		names, err := s.Names(t.Context(), testService)
		if err != nil {
			t.Fatal(err)
		}
		// As long as ours and of the same names, so that nothing but their number is wrong.
		r.create(defaultPath, encodeIndex(names), plain)
		r.create(defaultPath, encodeIndex(names), foreign)
		r.create(sessionPath, encodeIndex(names), foreign)
		if err := change(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantOne(t, r, indexAccount)
	}
	if err := s.Clear(t.Context(), testService); err != nil {
		t.Fatal(err)
	}
	r.create(defaultPath, `["ghost"]`, plain)
	r.create(defaultPath, `["ghost"]`, foreign)
	mustSet(t, s, "last", "1")
	if err := s.Delete(t.Context(), testService, "last"); err != nil {
		t.Fatal(err)
	}
	if left := r.find(map[string]string{"service": testService}); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// Who gives up while it asks for a turn does not keep it: its process may run for days, and each other writer would wait.
func TestTurnThatIsGivenUp(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true})
	s, r := opened(t), lookAt(t, d)
	mustSet(t, s, "key", "value")
	l := s.store.(*secretService).link
	var bus uint32
	if err := r.bus.BusObject().Call("org.freedesktop.DBus.GetConnectionUnixProcessID", 0, "org.freedesktop.DBus").Store(&bus); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(int(bus), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	free := l.alone(ctx, testService, "key")
	if err := syscall.Kill(int(bus), syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	free()
	l.callBus(t.Context(), "GetId") // once this is answered, so is whatever was sent before
	eventually(t, "the end of its turn", func() bool {
		return r.bus.BusObject().Call("org.freedesktop.DBus.GetNameOwner", 0, nameOf(t, "key")).Err != nil
	})
}

// Calls share the link: one that has ended already leaves it to the others.
func TestCallThatHasEndedLeavesTheLink(t *testing.T) {
	desktop.ForTest(t, desktop.Options{NoDisplay: true})
	s := opened(t)
	mustSet(t, s, "key", "value")
	l := s.store.(*secretService).link
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 50 {
		if err := l.call(ended, servicePath, serviceIface+"ReadAlias", "default").err; !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
		if _, err := l.get(t.Context(), testService, "key"); err != nil {
			t.Fatalf("the others have %v", err)
		}
	}
}

// Nor does one that ends while it is sent.
func TestCallsThatEndAtAnyTimeLeaveTheLink(t *testing.T) {
	desktop.ForTest(t, desktop.Options{NoDisplay: true})
	s := opened(t)
	mustSet(t, s, "key", "value")
	l := s.store.(*secretService).link
	var group sync.WaitGroup
	for n := range 16 {
		group.Go(func() {
			for i := range 200 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(10*n+i)*time.Microsecond)
				l.call(ctx, servicePath, serviceIface+"ReadAlias", "default")
				cancel()
			}
		})
	}
	group.Wait()
	if !l.bus.Connected() {
		t.Error("the others have lost it")
	}
}
