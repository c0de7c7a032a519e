package keychain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/zalando/go-keyring"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

// wantOne checks that one item is left of an account, and that it is laid out as the others expect.
func wantOne(t testing.TB, r *raw, account string) {
	t.Helper()
	want := []rawItem{{
		Label:      fmt.Sprintf("Password for '%s' on '%s'", account, testService),
		Attributes: map[string]string{"service": testService, "username": account, "application": "Python keyring library"},
	}}
	if diff := cmp.Diff(want, r.items(account)); diff != "" {
		t.Fatalf("items of %q (-want +got):\n%s", account, diff)
	}
}

func TestStoredByUsAndReadByOthers(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true})
	s, r := opened(t), lookAt(t, d)
	for name, value := range map[string]string{
		"plain": "pets-0123456789abcdef", "lines": testValues["lines"], "unicode": testValues["unicode"],
		"quotes": testValues["quotes"], "big": testValues["64 KiB"],
	} {
		mustSet(t, s, name, value)
		wantOne(t, r, name)
		if got := program(t, "", "secret-tool", "lookup", "service", testService, "username", name); got != value {
			t.Errorf("secret-tool reads %q for %q", shorten(got), shorten(value))
		}
		got := python(t, "sys.stdout.buffer.write(keyring.get_password(*sys.argv[1:]).encode())", testService, name)
		if got != value {
			t.Errorf("Python reads %q for %q", shorten(got), shorten(value))
		}
		if got, err := keyring.Get(testService, name); err != nil || got != value {
			t.Errorf("go-keyring reads %q, %v for %q", shorten(got), err, shorten(value))
		}
	}
}

func TestValuesComeBackWhole(t *testing.T) {
	desktop.ForTest(t, desktop.Options{NoDisplay: true})
	s := opened(t)
	for name, value := range testValues {
		mustSet(t, s, "key", value)
		got, err := s.Get(t.Context(), testService, "key")
		if err != nil || got != value {
			t.Errorf("%s: %d bytes of %d, %v", name, len(got), len(value), err)
		}
	}
	if err := s.Set(t.Context(), testService, "key", strings.Repeat("x", MaxValue+1)); !errors.Is(err, ErrTooBig) {
		t.Errorf("one byte too many: %v", err)
	}
}

func TestTurnsWithPython(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true})
	s, r := opened(t), lookAt(t, d)

	// Python first.
	python(t, "keyring.set_password(*sys.argv[1:])", testService, "key", "python 1")
	wantValue(t, s, "key", "python 1")
	mustSet(t, s, "key", "ours 2")
	wantOne(t, r, "key")
	python(t, "keyring.set_password(*sys.argv[1:])", testService, "key", "python 3")
	wantOne(t, r, "key")
	wantValue(t, s, "key", "python 3")

	// Ours first.
	mustSet(t, s, "other", "ours 1")
	python(t, "keyring.set_password(*sys.argv[1:])", testService, "other", "python 2")
	wantOne(t, r, "other")
	wantValue(t, s, "other", "python 2")

	// Deletes on both sides.
	python(t, "keyring.delete_password(*sys.argv[1:])", testService, "other")
	if _, err := s.Get(t.Context(), testService, "other"); !errors.Is(err, ErrNotSet) {
		t.Errorf("deleted by Python: %v", err)
	}
	if err := s.Delete(t.Context(), testService, "key"); err != nil {
		t.Fatal(err)
	}
	if got := python(t, "print(keyring.get_password(*sys.argv[1:]))", testService, "key"); got != "None\n" {
		t.Errorf("deleted by us, Python reads %q", got)
	}
	if err := s.Delete(t.Context(), testService, "key"); !errors.Is(err, ErrNotSet) {
		t.Errorf("second Delete: %v", err)
	}
	if left := r.find(map[string]string{"service": testService}); len(left) != 0 {
		t.Errorf("left in the keyring: %v", left)
	}
}

func TestGoKeyringItemsAreHealed(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true})
	s, r := opened(t), lookAt(t, d)
	if err := keyring.Set(testService, "key", "from go-keyring"); err != nil {
		t.Fatal(err)
	}
	wantValue(t, s, "key", "from go-keyring")
	mustSet(t, s, "key", "ours")
	wantOne(t, r, "key")
	// What a plain go-keyring item makes of it: a second item, and the old value back.
	python(t, "keyring.set_password(*sys.argv[1:])", testService, "key", "python")
	wantOne(t, r, "key")
	wantValue(t, s, "key", "python")
	// It takes the attributes away again, and we give them back.
	if err := keyring.Set(testService, "key", "go-keyring again"); err != nil {
		t.Fatal(err)
	}
	wantValue(t, s, "key", "go-keyring again")
	mustSet(t, s, "key", "ours again")
	wantOne(t, r, "key")
}

func TestDuplicatesAreHealed(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true})
	s, r := opened(t), lookAt(t, d)
	ours := map[string]string{"service": testService, "username": "key", "application": application}
	with := func(name, value string) map[string]string {
		attributes := maps.Clone(ours)
		attributes[name] = value
		return attributes
	}
	plain := maps.Clone(ours)
	delete(plain, "application")
	const session = dbus.ObjectPath("/org/freedesktop/secrets/collection/session")

	for name, sets := range map[string][]map[string]string{
		"go-keyring and Python":   {plain, ours},
		"Python and go-keyring":   {ours, plain},
		"twice the same":          {ours, ours},
		"twice go-keyring":        {plain, plain},
		"other applications":      {with("application", "other"), plain, with("application", "third")},
		"more attributes than us": {plain, ours, with("more", "attributes")},
	} {
		var last dbus.ObjectPath
		for i, attributes := range sets {
			last = r.create(defaultPath, fmt.Sprint("value ", i), attributes)
		}
		if name == "go-keyring and Python" {
			last = r.create(session, "in another collection", plain)
		}
		// Time stamps are in seconds, and stay when the value does: write the one that is
		// to count, each time another value, until its stamp is the only newest.
		var value string
		eventually(t, "a newer time stamp", func() bool {
			value += "!"
			r.call(last, itemIface+"SetSecret", rawSecret{r.session, []byte{}, []byte(value), "text/plain"}).must()
			var stamps []uint64
			var newest uint64
			for _, path := range r.find(plain) {
				var stamp dbus.Variant
				r.call(path, propertiesIface+"Get", "org.freedesktop.Secret.Item", "Modified").must(&stamp)
				if path == last {
					newest = stamp.Value().(uint64)
				} else {
					stamps = append(stamps, stamp.Value().(uint64))
				}
			}
			return newest > slices.Max(stamps)
		})

		if got, err := s.Get(t.Context(), testService, "key"); err != nil || got != value {
			t.Errorf("%s: Get: %q, %v", name, got, err)
		}
		mustSet(t, s, "key", "healed")
		items := r.items("key")
		if len(items) != 1 || items[0].Attributes["application"] != application {
			t.Errorf("%s: left: %v", name, items)
		}
		wantValue(t, s, "key", "healed")
		python(t, "keyring.set_password(*sys.argv[1:])", testService, "key", "python")
		wantValue(t, s, "key", "python")
		if n := len(r.items("key")); n != 1 {
			t.Errorf("%s: %d items after Python wrote", name, n)
		}

		r.create(defaultPath, "yet another", plain)
		if err := s.Delete(t.Context(), testService, "key"); err != nil {
			t.Errorf("%s: Delete: %v", name, err)
		}
		if items := r.items("key"); len(items) != 0 {
			t.Errorf("%s: left after Delete: %v", name, items)
		}
	}
}

func TestIndexAndNames(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true})
	s, r := opened(t), lookAt(t, d)
	index := func(s *System) []string {
		var names []string
		err := s.inTurn(t.Context(), func(ctx context.Context) error {
			text, err := s.store.get(ctx, testService, indexAccount)
			names = decodeIndex(text)
			return err
		})
		if err != nil && !errors.Is(err, ErrNotSet) {
			t.Fatal(err)
		}
		return names
	}
	wantNames := func(want ...string) {
		t.Helper()
		got, err := s.Names(t.Context(), testService)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("Names: %q, %v; want %q", got, err, want)
		}
	}
	wantIndex := func(want ...string) {
		t.Helper()
		if got := index(s); !slices.Equal(got, want) {
			t.Errorf("index: %q, want %q", got, want)
		}
	}

	wantNames()
	mustSet(t, s, "b", "1")
	mustSet(t, s, "a", "1")
	wantNames("a", "b")
	wantIndex("a", "b")
	wantOne(t, r, indexAccount)
	if got := python(t, "import json; print(json.loads(keyring.get_password(*sys.argv[1:])))", testService, indexAccount); got != "['a', 'b']\n" {
		t.Errorf("Python reads the index as %q", got)
	}

	// A Python program adds a name and forgets another; a third is in no index at all.
	python(t, "keyring.set_password(sys.argv[1], 'c', 'python'); keyring.set_password(sys.argv[1], '__secret_index__', '[\"c\", \"ghost\"]')", testService)
	r.create(defaultPath, "x", map[string]string{"service": testService, "username": "d"})
	wantNames("a", "b", "c", "d")
	mustSet(t, s, "e", "1")
	wantIndex("a", "b", "c", "d", "e")

	if err := s.Delete(t.Context(), testService, "a"); err != nil {
		t.Fatal(err)
	}
	wantNames("b", "c", "d", "e")
	wantIndex("b", "c", "d", "e")

	// A second process finds a wrecked index and mends it with its first write of a known name.
	python(t, "keyring.set_password(sys.argv[1], '__secret_index__', 'rubbish')", testService)
	s2 := opened(t)
	wantNames("b", "c", "d", "e")
	mustSet(t, s2, "b", "2")
	wantIndex("b", "c", "d", "e")

	if err := s.Set(t.Context(), testService+".other", "z", "1"); err != nil {
		t.Fatal(err)
	}
	for range 2 { // an empty service can be cleared too
		if err := s.Clear(t.Context(), testService); err != nil {
			t.Fatal(err)
		}
		wantNames()
		wantIndex()
	}
	if got, err := s.Get(t.Context(), testService+".other", "z"); err != nil || got != "1" {
		t.Errorf("another service after Clear: %q, %v", got, err)
	}
	mustSet(t, s, "b", "3") // known once, cleared since
	wantIndex("b")
	if err := s.Delete(t.Context(), testService, "b"); err != nil {
		t.Fatal(err)
	}
	if left := r.find(map[string]string{"service": testService}); len(left) != 0 {
		t.Errorf("left in the keyring: %v", left)
	}
}

const (
	writers     = 20
	writerNames = 3
)

// writer is what each process of TestConcurrentWriters does: it writes names
// of its own, one of them twice, one and a name that all share, and deletes one.
func writer(name string) error {
	s := New(Options{Timeout: 2 * patience})
	defer s.Close()
	ctx := context.Background()
	for n := 0; name == writerForEver; n++ {
		if err := s.Set(ctx, testService, "key", killedValue(n%2)); err != nil {
			return err
		}
		fmt.Print(".")
	}
	if strings.HasPrefix(name, writerOfShared) {
		return errors.Join(s.Set(ctx, testService, "shared", name), s.Set(ctx, testService, "shared", name))
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	for n := range writerNames + 1 {
		account := fmt.Sprintf("%s-%d", name, n)
		if err := s.Set(ctx, testService, account, account); err != nil {
			return fmt.Errorf("%s: %w", account, err)
		}
		if err := s.Set(ctx, testService, "shared", account); err != nil {
			return fmt.Errorf("shared: %w", err)
		}
	}
	return s.Delete(ctx, testService, fmt.Sprintf("%s-%d", name, writerNames))
}

func TestConcurrentWriters(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true})
	s, r := opened(t), lookAt(t, d)
	mustSet(t, s, "shared", "before")

	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	start, all, err := os.Pipe() // each waits for its end, so that all write at once
	if err != nil {
		t.Fatal(err)
	}
	defer start.Close()
	want := []string{"shared"}
	for n := range writers {
		name := fmt.Sprintf("writer%02d", n)
		for i := range writerNames {
			want = append(want, fmt.Sprintf("%s-%d", name, i))
		}
		cmd := exec.CommandContext(t.Context(), exe)
		cmd.Env = append(os.Environ(), "MCPSECRETS_TEST_WRITER="+name)
		cmd.Stdin = start
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		group.Go(func() {
			if err := cmd.Wait(); err != nil {
				t.Errorf("%s: %v: %s", name, err, &stderr)
			}
		})
	}
	all.Close()
	group.Wait()

	slices.Sort(want)
	if got, err := s.Names(t.Context(), testService); err != nil || !cmp.Equal(got, want) {
		t.Errorf("Names: %v\n%s", err, cmp.Diff(want, got))
	}
	text := program(t, "", "secret-tool", "lookup", "service", testService, "username", indexAccount)
	if diff := cmp.Diff(want, decodeIndex(text)); diff != "" {
		t.Errorf("index (-want +got):\n%s", diff)
	}
	for _, name := range want {
		if name != "shared" {
			wantValue(t, s, name, name)
		}
		wantOne(t, r, name)
	}
	wantOne(t, r, indexAccount)
	if got, err := s.Get(t.Context(), testService, "shared"); err != nil || !slices.Contains(want, got) && !strings.HasPrefix(got, "writer") {
		t.Errorf("shared: %q, %v", got, err)
	}
}

// The writers end at the same time here, which is when an index that is
// written from what was true a moment ago would stay wrong.
func TestIndexOfConcurrentWriters(t *testing.T) {
	desktop.ForTest(t, desktop.Options{NoDisplay: true})
	systems := make([]*System, 8)
	for n := range systems {
		systems[n] = opened(t)
		mustSet(t, systems[n], fmt.Sprintf("name-%d", n), "v")
	}
	for round := range 20 {
		var group sync.WaitGroup
		for n, s := range systems {
			group.Go(func() {
				account, change := fmt.Sprintf("name-%d", n), s.Delete
				if round%2 == 1 {
					change = func(ctx context.Context, service, account string) error { return s.Set(ctx, service, account, "v") }
				}
				if n == 0 {
					return // so that there is always an index
				}
				if err := change(t.Context(), testService, account); err != nil && !errors.Is(err, ErrNotSet) {
					t.Errorf("round %d: %s: %v", round, account, err)
				}
			})
		}
		group.Wait()
		names, err := systems[0].Names(t.Context(), testService)
		if err != nil {
			t.Fatal(err)
		}
		text := program(t, "", "secret-tool", "lookup", "service", testService, "username", indexAccount)
		if diff := cmp.Diff(names, decodeIndex(text)); diff != "" {
			t.Fatalf("round %d: index (-names +index):\n%s", round, diff)
		}
	}
}

// A process that is killed while it writes leaves one of its values, whole,
// and one item.
func TestKilledWriter(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true})
	s, r := opened(t), lookAt(t, d)
	mustSet(t, s, "key", killedValue(0))
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		cmd := exec.CommandContext(t.Context(), exe)
		cmd.Env = append(os.Environ(), "MCPSECRETS_TEST_WRITER="+writerForEver)
		var complaint bytes.Buffer
		cmd.Stderr = &complaint
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		_, err = out.Read(make([]byte, 1)) // it has begun to write
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if err != nil {
			t.Fatal(err, complaint.String())
		}
		got, err := s.Get(t.Context(), testService, "key")
		if err != nil || got != killedValue(0) && got != killedValue(1) {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
		wantOne(t, r, "key")
	}
}

const writerForEver = "for ever"

func killedValue(n int) string { return strings.Repeat(fmt.Sprint("value ", n, "\n"), 8<<10) }

// Fifty goroutines of one process share the connection.
func TestConcurrentCallers(t *testing.T) {
	desktop.ForTest(t, desktop.Options{NoDisplay: true})
	s := opened(t)
	var group sync.WaitGroup
	for n := range 50 {
		group.Go(func() {
			name := fmt.Sprintf("name%02d", n%10)
			if err := s.Set(t.Context(), testService, name, name); err != nil {
				t.Errorf("Set: %v", err)
			}
			if got, err := s.Get(t.Context(), testService, name); err != nil || got != name {
				t.Errorf("Get: %q, %v", got, err)
			}
			if _, err := s.Names(t.Context(), testService); err != nil {
				t.Errorf("Names: %v", err)
			}
		})
	}
	group.Wait()
}
