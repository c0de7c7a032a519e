package keychain

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// memory are entries as macOS and Windows have them, of a small limit, that
// can be killed: after budget changes nothing works any more, as for a process
// that was killed, until somebody sets another budget.
type memory struct {
	limit  int
	values map[string]string
	budget int // changes still allowed; negative is no end
	mixed  func(account string)
}

var errKilled = fmt.Errorf("%w: killed", ErrStore)

func newMemory(limit int) *memory {
	return &memory{limit: limit, values: map[string]string{}, budget: -1}
}

func (m *memory) step() error {
	if m.budget == 0 {
		return errKilled
	}
	m.budget--
	return nil
}

func (m *memory) get(ctx context.Context, service, account string) (string, error) {
	if ctx.Err() != nil {
		return "", gaveUp(ctx)
	}
	if m.budget == 0 {
		return "", errKilled
	}
	value, ok := m.values[service+":"+account]
	if !ok {
		return "", ErrNotSet
	}
	return value, nil
}

func (m *memory) set(_ context.Context, service, account, value string) error {
	if len(value) > m.limit {
		return ErrTooBig
	}
	if err := m.step(); err != nil {
		return err
	}
	m.values[service+":"+account] = value
	if m.mixed != nil {
		m.mixed(account)
	}
	return nil
}

func (m *memory) delete(_ context.Context, service, account string) error {
	if err := m.step(); err != nil {
		return err
	}
	if _, ok := m.values[service+":"+account]; !ok {
		return ErrNotSet
	}
	delete(m.values, service+":"+account)
	return nil
}

func (m *memory) clear(_ context.Context, service string) error {
	maps.DeleteFunc(m.values, func(key, _ string) bool { return strings.HasPrefix(key, service+":") })
	return nil
}

func overMemory(m *memory) *System {
	return newSystem(Options{Timeout: patience, PromptTimeout: patience, Logger: slog.New(slog.DiscardHandler)},
		&splitStore{entries: m, limit: m.limit, log: slog.New(slog.DiscardHandler)})
}

// testValues are values that a layer in between could spoil.
var testValues = map[string]string{
	"empty":            "",
	"short":            "pets-0123456789abcdef",
	"at the limit":     strings.Repeat("x", 200),
	"over the limit":   strings.Repeat("x", 201),
	"lines":            "-----BEGIN KEY-----\nMIIB\r\n\tab\n-----END KEY-----\n\n",
	"unicode":          "sécrèt 🔑 密码 \u202eabc",
	"quotes":           `'"` + "`" + `$(reboot) \n %s {"a":"b"} --gtk-module=/x.so`,
	"spaces":           "  begins and ends with spaces  ",
	"looks like head":  headMark + "a 1 " + digest("x"),
	"looks like base":  "go-keyring-base64:aGVsbG8=",
	"bytes, no UTF-8":  "\xff\xfe\x80",
	"64 KiB":           strings.Repeat("0123456789abcdef", 4096),
	"64 KiB of umlaut": strings.Repeat("ü", 32<<10),
	"the longest":      strings.Repeat("\n\"", MaxValue/2),
}

func TestSplitValuesComeBackWhole(t *testing.T) {
	m := newMemory(200)
	s := overMemory(m)
	for _, name := range slices.Sorted(maps.Keys(testValues)) {
		value := testValues[name]
		if err := s.Set(t.Context(), "svc", "key", value); err != nil {
			t.Fatalf("%s: Set: %v", name, err)
		}
		if got, err := s.Get(t.Context(), "svc", "key"); err != nil || got != value {
			t.Fatalf("%s: Get: %d bytes, %v; want the %d written", name, len(got), err, len(value))
		}
		if names, err := s.Names(t.Context(), "svc"); err != nil || !cmp.Equal(names, []string{"key"}) {
			t.Fatalf("%s: Names: %q, %v", name, names, err)
		}
	}
	if err := s.Delete(t.Context(), "svc", "key"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"svc:" + indexAccount: "[]"}, m.values); diff != "" {
		t.Errorf("left after Delete (-want +got):\n%s", diff)
	}
	if _, err := s.Get(t.Context(), "svc", "key"); !errors.Is(err, ErrNotSet) {
		t.Errorf("Get after Delete: %v", err)
	}
	if err := s.Delete(t.Context(), "svc", "key"); !errors.Is(err, ErrNotSet) {
		t.Errorf("second Delete: %v", err)
	}
	if err := s.Set(t.Context(), "svc", "key", strings.Repeat("x", MaxValue+1)); !errors.Is(err, ErrTooBig) {
		t.Errorf("one byte too many: %v", err)
	}
}

// A kill after any single step leaves the old value or the new one, whole; and
// the next write or delete works and clears up what the killed one left.
func TestSplitSurvivesAKillAfterEachStep(t *testing.T) {
	sizes := map[string]string{
		"nothing": "", "small": "s", "big": strings.Repeat("b", 35), "other": strings.Repeat("o", 25), "head-like": headMark,
	}
	for from, old := range sizes {
		for to, value := range sizes {
			if to == "nothing" || from == to {
				continue
			}
			for steps := 0; ; steps++ {
				m := newMemory(100) // holds a head, and 100 bytes
				m.limit = 100
				s := overMemory(m)
				old, value := strings.Repeat(old, 10), strings.Repeat(value, 10)
				if from != "nothing" {
					if err := s.Set(t.Context(), "svc", "key", old); err != nil {
						t.Fatal(err)
					}
				}
				m.budget = steps
				err := s.Set(t.Context(), "svc", "key", value)
				done := m.budget > 0
				m.budget = -1

				got, failure := s.Get(t.Context(), "svc", "key")
				isOld := got == old && failure == nil || from == "nothing" && errors.Is(failure, ErrNotSet)
				isNew := got == value && failure == nil
				if !isOld && !isNew || err == nil && !isNew {
					t.Fatalf("%s to %s, killed after %d steps (Set: %v): got %q, %v", from, to, steps, err, got, failure)
				}
				if err := s.Set(t.Context(), "svc", "key", value); err != nil {
					t.Fatalf("%s to %s, killed after %d steps: Set again: %v", from, to, steps, err)
				}
				if err := s.Delete(t.Context(), "svc", "key"); err != nil {
					t.Fatalf("%s to %s, killed after %d steps: Delete: %v", from, to, steps, err)
				}
				if diff := cmp.Diff(map[string]string{"svc:" + indexAccount: "[]"}, m.values); diff != "" {
					t.Fatalf("%s to %s, killed after %d steps: left (-want +got):\n%s", from, to, steps, diff)
				}
				if done {
					break
				}
			}
		}
	}
}

// A write that was killed may leave more parts than the next one has.
func TestSplitClearsUpAfterALongerValue(t *testing.T) {
	for name, value := range map[string]string{"small": "s", "split": strings.Repeat("s", 150)} {
		m := newMemory(100)
		s := overMemory(m)
		m.budget = 5
		if err := s.Set(t.Context(), "svc", "key", strings.Repeat("b", 1000)); err == nil {
			t.Fatal("it was not killed")
		}
		m.budget = -1
		if err := s.Set(t.Context(), "svc", "key", value); err != nil {
			t.Fatal(err)
		}
		head, _ := parseHead(m.values["svc:key"])
		parts := 0
		for name := range m.values {
			if strings.HasPrefix(name, "svc:"+partPrefix) {
				parts++
			}
		}
		if parts != head.parts {
			t.Errorf("%s: %d parts, want %d", name, parts, head.parts)
		}
	}
}

// A writer clears up while another one stores the next value: unless they take turns, it removes the parts of that.
func TestSplitWritersTakeTurns(t *testing.T) {
	m := newMemory(100)
	var turn sync.Mutex
	meet := func() {}
	store := func(digit string) error {
		s := splitStore{entries: m, limit: m.limit, log: slog.New(slog.DiscardHandler)}
		s.lock = func(context.Context, string) (func(), error) { meet(); turn.Lock(); return turn.Unlock, nil }
		return s.set(t.Context(), "svc", "key", strings.Repeat(digit, 250))
	}
	if err := store("1"); err != nil {
		t.Fatal(err)
	}
	var other sync.WaitGroup
	m.mixed = func(account string) {
		if account != "key" {
			return
		}
		m.mixed = nil // its head is switched, and its old parts are still there
		met := make(chan struct{})
		meet = sync.OnceFunc(func() { close(met) })
		other.Go(func() {
			if err := store("3"); err != nil {
				t.Error(err)
			}
			meet() // or it has never waited
		})
		<-met
	}
	if err := store("2"); err != nil {
		t.Fatal(err)
	}
	other.Wait()
	if got, err := overMemory(m).Get(t.Context(), "svc", "key"); err != nil || got != strings.Repeat("3", 250) {
		t.Errorf("got %q, %v", got, err)
	}
}

// A delete that is killed leaves the value or nothing, never half of it.
func TestSplitDeleteSurvivesAKillAfterEachStep(t *testing.T) {
	value := strings.Repeat("v", 550)
	for steps := 0; ; steps++ {
		m := newMemory(100)
		s := overMemory(m)
		if err := s.Set(t.Context(), "svc", "key", value); err != nil {
			t.Fatal(err)
		}
		m.budget = steps
		_ = s.Delete(t.Context(), "svc", "key")
		done := m.budget > 0
		m.budget = -1
		if got, err := s.Get(t.Context(), "svc", "key"); !errors.Is(err, ErrNotSet) && got != value {
			t.Fatalf("killed after %d steps: got %q, %v", steps, got, err)
		}
		_ = s.Delete(t.Context(), "svc", "key")
		for name := range m.values {
			if name != "svc:"+indexAccount {
				t.Fatalf("killed after %d steps: %s is left after another Delete", steps, name)
			}
		}
		if done {
			return
		}
	}
}

// Each damage to the parts makes the value unreadable, and never a shorter one.
func TestSplitNeverReturnsHalfAValue(t *testing.T) {
	damages := map[string]func(m *memory, part string){
		"missing":   func(m *memory, part string) { delete(m.values, part) },
		"changed":   func(m *memory, part string) { m.values[part] = "x" + m.values[part][1:] },
		"shortened": func(m *memory, part string) { m.values[part] = m.values[part][1:] },
		"emptied":   func(m *memory, part string) { m.values[part] = "" },
	}
	for name, damage := range damages {
		for n := range 3 {
			m := newMemory(100)
			s := overMemory(m)
			if err := s.Set(t.Context(), "svc", "key", strings.Repeat("v", 250)); err != nil {
				t.Fatal(err)
			}
			damage(m, "svc:"+partAccount("a", n, "key"))
			if got, err := s.Get(t.Context(), "svc", "key"); !errors.Is(err, ErrStore) || got != "" {
				t.Errorf("part %d %s: got %q, %v; want ErrStore", n, name, got, err)
			}
		}
	}
}

// Two writers of one value can mix their parts. Who reads back a mix tries
// again, so that in the end a value of one of them is there.
func TestSplitWritersThatMix(t *testing.T) {
	m := newMemory(100)
	s := overMemory(m)
	mine, theirs := strings.Repeat("m", 350), strings.Repeat("t", 350)
	times := 2
	m.mixed = func(account string) {
		if times > 0 && strings.HasPrefix(account, partPrefix) {
			times--
			m.values["svc:"+account] = theirs[:100]
		}
	}
	if err := s.Set(t.Context(), "svc", "key", mine); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(t.Context(), "svc", "key"); err != nil || got != mine {
		t.Errorf("got %q, %v", got, err)
	}
	times = 1000
	if err := s.Set(t.Context(), "svc", "key", theirs+"!"); !errors.Is(err, ErrStore) {
		t.Errorf("disturbed all the time: %v, want ErrStore", err)
	}
	if got, err := s.Get(t.Context(), "svc", "key"); err != nil || got != mine {
		t.Errorf("the old value: got %q, %v", got, err)
	}
}

// Values outlive their index, whatever is in it.
func TestSplitIndexIsNotNeeded(t *testing.T) {
	for _, index := range []string{"", "no json", `{"a":1}`, `[1]`, `["__part__.a.0.x",""]`, headMark + "a 9 0"} {
		m := newMemory(100)
		s := overMemory(m)
		m.values["svc:"+indexAccount] = index
		if err := s.Set(t.Context(), "svc", "key", "v"); err != nil {
			t.Fatalf("index %q: %v", index, err)
		}
		if got, err := s.Get(t.Context(), "svc", "key"); err != nil || got != "v" {
			t.Errorf("index %q: got %q, %v", index, got, err)
		}
		if names, err := s.Names(t.Context(), "svc"); err != nil || !cmp.Equal(names, []string{"key"}) {
			t.Errorf("index %q: names %q, %v", index, names, err)
		}
	}
}

func TestSplitIndexLongerThanAnEntry(t *testing.T) {
	s := overMemory(newMemory(100))
	var want []string
	for n := range 40 {
		name := fmt.Sprintf("name-%02d", n)
		want = append(want, name)
		if err := s.Set(t.Context(), "svc", name, "v"); err != nil {
			t.Fatal(err)
		}
	}
	if names, err := s.Names(t.Context(), "svc"); err != nil || !cmp.Equal(names, want) {
		t.Errorf("names %q, %v", names, err)
	}
	if err := s.Clear(t.Context(), "svc"); err != nil {
		t.Fatal(err)
	}
	if names, err := s.Names(t.Context(), "svc"); err != nil || len(names) != 0 {
		t.Errorf("after Clear: names %q, %v", names, err)
	}
}
