package keychain

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	"github.com/mcpsecrets/mcpsecrets/testdata/chance"
)

// The law of this file: whatever is killed, at whatever moment, and whoever writes at the same time, each secret has one of
// the values that it may have, whole. Processes of this test change secrets by chance and say what they do, on a pipe that
// outlives them; from that it is known what may be there.

// lossAccounts are few, so that writers meet.
var lossAccounts = []string{"first", "second"}

const changerVariable = "MCPSECRETS_TEST_CHANGER"

// numbered is the value of a number. Its length is the number's too: one entry, or many where entries are small.
func numbered(n uint64) string {
	text := fmt.Sprintf("%016x.", n)
	return strings.Repeat(text, []int{1, 7, 40, 200}[n%4])
}

// number is the number of a value, and whether that is whole.
func number(value string) (n uint64, ok bool) {
	text, _, _ := strings.Cut(value, ".")
	n, err := strconv.ParseUint(text, 16, 64)
	return n, err == nil && value == numbered(n)
}

// absent is the number that stands for no value.
const absent = 0

// changer is what each process of this law does until it is killed: it changes secrets, and says what before and after.
func changer(order string) error {
	place, seed, _ := strings.Cut(order, " ")
	first, err := strconv.ParseUint(seed, 10, 64)
	if err != nil {
		return err
	}
	s := lossSystem(place)
	defer s.Close()
	chance := rand.New(rand.NewPCG(first, 1))
	ctx := context.Background()
	for {
		account := lossAccounts[chance.IntN(len(lossAccounts))]
		n := chance.Uint64() | 4 // never absent
		change := func() error { return s.Set(ctx, testService, account, numbered(n)) }
		if chance.IntN(5) == 0 {
			n = absent
			change = func() error { return s.Delete(ctx, testService, account) }
		}
		fmt.Printf("begin %s %x\n", account, n)
		if err := change(); err == nil || n == absent && errors.Is(err, ErrNotSet) {
			fmt.Printf("end %s %x\n", account, n)
		} else {
			fmt.Printf("error %s %s\n", account, url.QueryEscape(err.Error()))
		}
	}
}

// lossSystem is the system's keychain, or for a folder one of small entries.
func lossSystem(place string) *System {
	options := Options{Timeout: 2 * patience, PromptTimeout: patience, Logger: slog.New(slog.DiscardHandler)}
	if place == "" {
		return New(options)
	}
	locks := locks{dir: place + "/locks", timeout: options.Timeout, log: options.Logger}
	return newSystem(options, &splitStore{entries: folder(place), limit: 100, log: options.Logger, lock: locks.lock})
}

// A folder has entries as macOS and Windows do, which all processes share: each is a file and changes at once.
type folder string

func (f folder) file(service, account string) string {
	return filepath.Join(string(f), url.PathEscape(service+":"+account))
}

func (f folder) get(_ context.Context, service, account string) (string, error) {
	text, err := os.ReadFile(f.file(service, account))
	if errors.Is(err, os.ErrNotExist) {
		err = ErrNotSet
	}
	return string(text), err
}

func (f folder) set(_ context.Context, service, account, value string) error {
	whole, err := os.CreateTemp(string(f), "new-")
	if err != nil {
		return err
	}
	_, err = whole.WriteString(value)
	return errors.Join(err, whole.Close(), os.Rename(whole.Name(), f.file(service, account)))
}

func (f folder) delete(_ context.Context, service, account string) error {
	err := os.Remove(f.file(service, account))
	if errors.Is(err, os.ErrNotExist) {
		err = ErrNotSet
	}
	return err
}

func (f folder) clear(context.Context, string) error { return nil }

// parts are the entries of an account that hold parts of values.
func (f folder) parts(account string) []string {
	files, _ := filepath.Glob(f.file(testService, partPrefix) + "*." + account) // the pattern is well-formed
	return files
}

// changes are what one changer said of one account.
type changes struct {
	settled  bool     // a change was done
	possible []uint64 // what may be there if nobody else changed it since
}

// A changing is one process of changer.
type changing struct {
	cmd      *exec.Cmd
	said     map[string]*changes
	problems []string
	begun    chan struct{} // closed when it has said something
	ended    chan struct{} // closed when all that it said was heard
}

func startChanger(t *testing.T, place string, seed uint64) *changing {
	t.Helper()
	c := &changing{said: map[string]*changes{}, begun: make(chan struct{}), ended: make(chan struct{})}
	for _, account := range lossAccounts {
		c.said[account] = &changes{}
	}
	c.cmd = exec.CommandContext(t.Context(), os.Args[0])
	c.cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d", changerVariable, place, seed))
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.ended)
		begun := sync.OnceFunc(func() { close(c.begun) })
		defer begun()
		for lines := bufio.NewScanner(out); lines.Scan(); {
			c.hear(strings.Fields(lines.Text()))
			begun()
		}
	}()
	return c
}

func (c *changing) hear(words []string) {
	if len(words) != 3 {
		return // it was killed while it spoke
	}
	said := c.said[words[1]]
	n, err := strconv.ParseUint(words[2], 16, 64)
	switch {
	case words[0] == "begin":
		said.possible = append(said.possible, n)
	case words[0] == "end" && err == nil:
		said.settled, said.possible = true, []uint64{n}
	case words[0] == "error":
		text, _ := url.QueryUnescape(words[2])
		c.problems = append(c.problems, text)
	}
}

// kill kills the process and hears the rest of what it said.
func (c *changing) kill() {
	_ = c.cmd.Process.Kill()
	<-c.ended
	_ = c.cmd.Wait()
}

// A lossTrial is a keychain in which secrets are changed by processes that are killed.
type lossTrial struct {
	*System
	t      *testing.T
	place  string // as lossSystem has it
	chance *rand.Rand
	now    map[string]uint64 // the numbers of the values that were there before a round
	revive func() error      // starts a keyring that has crashed; nil where none can
}

func newLossTrial(t *testing.T, place string) *lossTrial {
	t.Helper()
	l := &lossTrial{System: lossSystem(place), t: t, place: place, chance: chance.Source(t), now: map[string]uint64{}}
	t.Cleanup(func() { l.Close() })
	return l
}

// round lets some processes make changes, and a reader look at them all the time, until they are killed; strike, if not nil,
// strikes before that. It returns what the processes could not do.
func (l *lossTrial) round(writers int, strike func()) (problems []string) {
	l.t.Helper()
	var changers []*changing
	for range writers {
		changers = append(changers, startChanger(l.t, l.place, l.chance.Uint64()))
	}
	for _, c := range changers {
		<-c.begun
	}
	reading := l.read()
	for i, c := range changers {
		time.Sleep(time.Duration(l.chance.Int64N(int64(6 * time.Millisecond))))
		if strike != nil && i == 0 {
			strike()
		}
		c.kill()
	}
	reading()
	for _, c := range changers {
		problems = append(problems, c.problems...)
	}
	for _, account := range lossAccounts {
		l.check(account, changers)
	}
	return problems
}

// check checks that an account has a value that it may have, and that its next change leaves nothing behind.
func (l *lossTrial) check(account string, changers []*changing) {
	l.t.Helper()
	possible, settled := []uint64{l.now[account]}, false
	for _, c := range changers {
		settled = settled || c.said[account].settled
		possible = append(possible, c.said[account].possible...)
	}
	if settled { // by now what was there before is not
		possible = possible[1:]
	}
	n, err := l.number(account)
	if err != nil {
		l.t.Fatalf("%s: %v; may be there: %x", account, err, possible)
	}
	if !slices.Contains(possible, n) {
		l.t.Fatalf("%s has the value %x; may be there: %x", account, n, possible)
	}
	l.now[account] = n
}

// number is the number of the value that is there.
func (l *lossTrial) number(account string) (uint64, error) {
	var value string
	err := l.alive(func() (err error) { value, err = l.Get(l.t.Context(), testService, account); return err })
	if errors.Is(err, ErrNotSet) {
		return absent, nil
	}
	if err != nil {
		return 0, err
	}
	if value == "" && l.revive != nil { // gnome-keyring makes an item first and fills it then; who reads takes it for none
		return absent, nil
	}
	n, ok := number(value)
	if !ok {
		return 0, fmt.Errorf("half a value: %d bytes, %s", len(value), shorten(value))
	}
	return n, nil
}

// alive makes a call again after a crash of the keyring.
func (l *lossTrial) alive(call func() error) error {
	l.t.Helper()
	for {
		err := call()
		if !errors.Is(err, ErrNoStore) || l.revive == nil {
			return err
		}
		if err := l.revive(); err != nil {
			l.t.Fatal(err)
		}
	}
}

// read begins to read all the time, from another connection. What it can't get whole it must not get.
func (l *lossTrial) read() (end func()) {
	ctx, cancel := context.WithCancel(l.t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		s := lossSystem(l.place)
		defer s.Close()
		for ctx.Err() == nil {
			for _, account := range lossAccounts {
				value, err := s.Get(ctx, testService, account)
				if _, ok := number(value); err == nil && !ok && !(value == "" && l.revive != nil) {
					l.t.Errorf("read while others write: %d bytes, %s", len(value), shorten(value))
				}
			}
		}
	})
	return func() {
		cancel()
		group.Wait()
	}
}

// settle changes all accounts, after which nothing may be left of what was killed.
func (l *lossTrial) settle() {
	l.t.Helper()
	for _, account := range lossAccounts {
		n := l.chance.Uint64() | 4
		if err := l.alive(func() error { return l.Set(l.t.Context(), testService, account, numbered(n)) }); err != nil {
			l.t.Fatalf("%s: the next change: %v", account, err)
		}
		l.now[account] = n
		if got, err := l.number(account); err != nil || got != n {
			l.t.Fatalf("%s: after the next change: %x, %v; want %x", account, got, err, n)
		}
	}
	if names, err := l.Names(l.t.Context(), testService); err != nil || !slices.Equal(names, lossAccounts) {
		l.t.Fatalf("Names: %q, %v", names, err)
	}
}

func TestLossWhenSplitWriterIsKilled(t *testing.T) {
	l := newLossTrial(t, t.TempDir())
	for range 15 * chance.Times() {
		l.round(1, nil)
		if l.chance.IntN(3) == 0 {
			l.settleSplit()
		}
	}
}

func TestLossWhenSplitWritersMeet(t *testing.T) {
	l := newLossTrial(t, t.TempDir())
	for range 5 * chance.Times() {
		for _, problem := range l.round(3, nil) {
			t.Errorf("a writer: %s", problem)
		}
		if l.chance.IntN(3) == 0 {
			l.settleSplit()
		}
	}
}

// settleSplit is settle where values are split: of each only the parts that its head names are left.
func (l *lossTrial) settleSplit() {
	l.t.Helper()
	l.settle()
	for _, account := range lossAccounts {
		entry, err := folder(l.place).get(l.t.Context(), testService, account)
		if err != nil {
			l.t.Fatal(err)
		}
		head, _ := parseHead(entry)
		if left := folder(l.place).parts(account); len(left) != head.parts {
			l.t.Fatalf("%s: parts %q, want %d", account, left, head.parts)
		}
	}
}

func TestLossWhenWriterIsKilled(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true})
	l, r := newLossTrial(t, ""), lookAt(t, d)
	for n := range 20 * chance.Times() {
		for _, problem := range l.round(1+n%3, nil) {
			t.Errorf("a writer: %s", problem)
		}
		for _, account := range lossAccounts {
			if items := len(r.items(account)); items > 1 || items == 0 && l.now[account] != absent {
				t.Fatalf("%s: %d items", account, items)
			}
		}
		if l.chance.IntN(3) == 0 {
			l.settle()
			wantOne(t, r, indexAccount)
		}
	}
}

// What was stored is on the disk: a keyring that is killed, and started again, still has it.
func TestLossWhenKeyringIsKilled(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true})
	l := newLossTrial(t, "")
	// gnome-keyring 42 crashes when a program is killed while it opens a session: then it is started once more.
	l.revive = func() (err error) {
		for range 5 {
			if err = d.StartKeyring(); err == nil {
				break
			}
		}
		return err
	}
	for range 4 * chance.Times() {
		l.round(1, func() {
			if err := errors.Join(d.KillKeyring(), l.revive()); err != nil {
				t.Fatal(err)
			}
		})
		l.settle()
	}
}

// Another process may forget a name between two writes of this one, and takes it out of the index.
func TestIndexOfWhatAnotherForgot(t *testing.T) {
	desktop.ForTest(t, desktop.Options{NoDisplay: true})
	s, other := opened(t), opened(t)
	mustSet(t, s, "key", "1")
	if err := other.Delete(t.Context(), testService, "key"); err != nil {
		t.Fatal(err)
	}
	mustSet(t, s, "key", "2")
	if got := program(t, "", "secret-tool", "lookup", "service", testService, "username", indexAccount); got != `["key"]` {
		t.Errorf("index: %s", got)
	}
}

// gnome-keyring that was just started finds an item some milliseconds before it can show it.
func TestItemIsShownLater(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true, Keyring: desktop.KeyringNone})
	var found atomic.Int64 // when, in nanoseconds
	ownKeychain(t, d, ownTables{
		serviceIface: {
			"OpenSession": openSession,
			"SearchItems": func() ([]any, *dbus.Error) {
				found.CompareAndSwap(0, time.Now().UnixNano())
				return []any{[]dbus.ObjectPath{"/item"}, []dbus.ObjectPath{}}, nil
			},
		},
		itemIface: {"GetSecret": func() ([]any, *dbus.Error) {
			if time.Since(time.Unix(0, found.Load())) < 20*time.Millisecond {
				return nil, dbus.NewError("org.freedesktop.DBus.Error.UnknownMethod", nil)
			}
			return []any{rawSecret{"/session", []byte{}, []byte("value"), "text/plain"}}, nil
		}},
	})
	wantValue(t, opened(t), "key", "value")
}

// A keychain that takes a value and keeps another, or one that somebody else overwrites each time, is found out.
func TestWhatIsNotKeptIsAnError(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true, Keyring: desktop.KeyringNone})
	ownKeychain(t, d, ownTables{
		serviceIface: {
			"OpenSession": openSession,
			"SearchItems": answer([]dbus.ObjectPath{"/item"}, []dbus.ObjectPath{}),
		},
		itemIface: {
			"GetSecret": answer(rawSecret{"/session", []byte{}, []byte("val"), "text/plain"}),
			"SetSecret": answer(),
		},
		propertiesIface: {"Get": answer(dbus.MakeVariant(map[string]string{"application": application}))},
	})
	if err := opened(t).Set(t.Context(), testService, "key", "value"); !errors.Is(err, errChanged) {
		t.Errorf("got %v, want %v", err, errChanged)
	}
}
