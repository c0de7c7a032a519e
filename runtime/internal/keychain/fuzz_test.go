package keychain

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzParseHead holds: a head is read as it was written, and nothing else is a head.
func FuzzParseHead(f *testing.F) {
	f.Add(head{"a", 3, digest("x")}.String())
	for _, entry := range []string{"a -1 x", "a +1 " + digest("x"), "a 01 " + digest("x"), "c 1 " + digest("x"),
		"\n 1 " + digest("x"), "a 1 x"} {
		f.Add(headMark + entry)
	}
	f.Fuzz(func(t *testing.T, entry string) {
		h, ok := parseHead(entry)
		if !ok {
			return
		}
		if h.String() != entry {
			t.Errorf("%q was read as %q", entry, h)
		}
		if h.generation != "a" && h.generation != "b" || h.parts < 1 || h.parts > MaxValue || len(h.sum) != len(digest("")) {
			t.Errorf("accepted %q", entry)
		}
		if account := partAccount(h.generation, h.parts, "key"); !isPlain(account, maxName) {
			t.Errorf("%q leads to the account %q", entry, account)
		}
	})
}

// FuzzRoundTrip holds: a value of any length comes back as it was, whatever was there before, from entries that are short
// enough for the system; one that is too long leaves the old one.
func FuzzRoundTrip(f *testing.F) {
	for _, limit := range []int{100, 2000, 2500} {
		for _, size := range []int{0, 1, limit - 1, limit, limit + 1, 2 * limit, 2*limit + 1, MaxValue, MaxValue + 1} {
			f.Add("0123456789", size, limit)
		}
	}
	f.Add(headMark+"a 1 "+digest("x"), 0, 2000)
	f.Add(headMark, 2001, 2000)
	f.Add("\xff\x00\r\n é", 5000, 2500)
	f.Fuzz(func(t *testing.T, text string, size, limit int) {
		if limit < 100 || limit > 5000 || size < 0 || size > MaxValue+1 {
			t.Skip() // a head needs about 100 bytes
		}
		value := text
		if size > 0 && text != "" {
			value = strings.Repeat(text, size/len(text)+1)[:size]
		}
		m := newMemory(limit)
		s := overMemory(m)
		for _, old := range []string{"", strings.Repeat("o", limit+1), "short"} {
			if err := s.Set(t.Context(), "svc", "key", old); err != nil {
				t.Fatal(err)
			}
			want, err := value, s.Set(t.Context(), "svc", "key", value)
			if len(value) > MaxValue {
				want = old
				if !errors.Is(err, ErrTooBig) {
					t.Errorf("%d bytes: %v", len(value), err)
				}
			} else if err != nil {
				t.Errorf("%d bytes: %v", len(value), err)
			}
			if got, err := s.Get(t.Context(), "svc", "key"); err != nil || got != want {
				t.Errorf("%d bytes became %d, %v", len(want), len(got), err)
			}
		}
		if err := s.Delete(t.Context(), "svc", "key"); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(map[string]string{"svc:" + indexAccount: "[]"}, m.values); diff != "" {
			t.Errorf("left after Delete (-want +got):\n%s", diff)
		}
	})
}

// FuzzParts holds: whatever becomes of the entries of a value, of which a write was killed halfway, what is read is the old
// value, the new one or an error. Each byte of damage does something to one entry.
func FuzzParts(f *testing.F) {
	f.Add("o", "n", 250, 250, 100, []byte{})
	for damage := range 64 {
		f.Add("o", "n", 250, 350, damage%16, []byte{byte(damage), byte(damage * 7)})
	}
	f.Add("o", "n", 250, 10, 1, []byte{3})
	f.Add(headMark, "n", 90, 300, 5, []byte{9, 200, 17})
	f.Fuzz(func(t *testing.T, oldText, newText string, oldSize, newSize, kill int, damage []byte) {
		if oldText == "" || newText == "" || oldSize < 0 || newSize < 0 || oldSize > 2000 || newSize > 2000 || len(damage) > 50 {
			t.Skip()
		}
		// Each part is told from all others, so that a mixture can't be one of the values by chance.
		former, latter := counted(oldText, oldSize), counted(newText, newSize)
		m := newMemory(100)
		s := overMemory(m)
		if err := s.Set(t.Context(), "svc", "key", former); err != nil {
			t.Fatal(err)
		}
		before := maps.Clone(m.values)
		m.budget = max(kill, 0)
		_ = s.Set(t.Context(), "svc", "key", latter)
		m.budget = -1
		killed := maps.Clone(m.values)
		if err := s.Set(t.Context(), "svc", "key", latter); err != nil {
			t.Fatal(err)
		}
		after := maps.Clone(m.values)

		m.values = maps.Clone(killed)
		var parts []string // that there are, or were
		for _, state := range []map[string]string{before, killed, after} {
			for account := range state {
				if strings.Contains(account, partPrefix) && !slices.Contains(parts, account) {
					parts = append(parts, account)
				}
			}
		}
		slices.Sort(parts)
		for _, b := range damage {
			state := []map[string]string{before, killed, after}[b%3]
			if value, ok := state["svc:key"]; ok && b%7 == 0 {
				m.values["svc:key"] = value
			}
			if len(parts) == 0 {
				continue
			}
			to, from := parts[int(b)%len(parts)], parts[int(b/3)%len(parts)]
			switch b % 5 {
			case 0:
				delete(m.values, to)
			case 1:
				m.values[to] = state[from]
			case 2:
				m.values[to], m.values[from] = m.values[from], m.values[to]
			case 3:
				m.values[to] = m.values[to][:len(m.values[to])/2]
			case 4:
				m.values[to] += state[from]
			}
		}
		got, err := s.Get(t.Context(), "svc", "key")
		if err == nil && got != former && got != latter || err != nil && (!errors.Is(err, ErrStore) || got != "") {
			t.Errorf("neither the old value nor the new one: %q, %v", got, err)
		}
		// Whatever it is, it can be written again and deleted.
		if err := s.Set(t.Context(), "svc", "key", former); err != nil {
			t.Error(err)
		}
		if got, err := s.Get(t.Context(), "svc", "key"); err != nil || got != former {
			t.Errorf("written again: %q, %v", got, err)
		}
		if err := s.Delete(t.Context(), "svc", "key"); err != nil {
			t.Error(err)
		}
		if _, err := s.Get(t.Context(), "svc", "key"); !errors.Is(err, ErrNotSet) {
			t.Errorf("deleted: %v", err)
		}
	})
}

// counted is text over and over, each with its number, up to a size.
func counted(text string, size int) string {
	var b strings.Builder
	for n := 0; b.Len() < size; n++ {
		b.WriteString(text + strconv.Itoa(n) + ",")
	}
	return b.String()[:size]
}

// FuzzIndex holds: what others wrote into the index, be it what it may, costs no secret; and what we write there is a JSON
// array of names, with all the names that were in it.
func FuzzIndex(f *testing.F) {
	for _, index := range []string{"", "[]", `["other"]`, "null", `{"other": 1}`, `["other", 1]`, `["other"`,
		`["\ud800", "a:b", "A b", ""]`,
		`["__part__.a.0.key", "__secret_index__"]`, "\xff", `["key","key"]`, headMark + "a 1 " + digest("x"), headMark,
		"[" + strings.Repeat(`"x",`, 100) + `"y"]`} {
		f.Add(index)
	}
	f.Fuzz(func(t *testing.T, index string) {
		if len(index) > 5000 {
			t.Skip()
		}
		m := newMemory(100)
		s := overMemory(m)
		m.values["svc:other"], m.values["svc:"+indexAccount] = "o", index
		without := slices.DeleteFunc(decodeIndex(index), isOurs)
		with := slices.Concat(without, []string{"key"})
		var theirs []string
		if json.Unmarshal([]byte(index), &theirs) == nil && !slices.Equal(slices.Compact(slices.Sorted(slices.Values(theirs))),
			decodeIndex(index)) {
			t.Errorf("%q was read as %q", index, decodeIndex(index))
		}
		for _, step := range []struct {
			do   func() error
			want []string
		}{
			{func() error { return s.Set(t.Context(), "svc", "key", "v") }, with},
			{func() error { return s.Set(t.Context(), "svc", "key", "w") }, with},
			{func() error { return s.Delete(t.Context(), "svc", "key") }, slices.DeleteFunc(slices.Clone(without),
				func(n string) bool { return n == "key" })},
		} {
			if err := step.do(); err != nil {
				t.Fatal(err)
			}
			if got, err := s.Get(t.Context(), "svc", "other"); err != nil || got != "o" {
				t.Fatalf("another secret: %q, %v", got, err)
			}
			text, err := s.store.get(t.Context(), "svc", indexAccount)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			if err := json.Unmarshal([]byte(text), &names); err != nil {
				t.Fatalf("left in the index: %q", text)
			}
			names = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(names))), isOurs)
			if want := slices.Compact(slices.Sorted(slices.Values(step.want))); !slices.Equal(names, want) {
				t.Errorf("index %q became %q, want the names %q", index, text, want)
			}
		}
	})
}

// FuzzWriters holds: of two processes that write one value and a third that reads it, step by step in any order, the reader
// gets a value that was written, whole, or an error. The schedule says whose step is next.
func FuzzWriters(f *testing.F) {
	f.Add(250, 350, []byte{})
	f.Add(50, 350, []byte{0, 1, 0, 1, 2, 0, 1, 2})
	for seed := range byte(20) {
		schedule := make([]byte, 100)
		for i := range schedule {
			schedule[i] = seed * byte(i) / 3
		}
		f.Add(350, 250+int(seed), schedule)
	}
	f.Fuzz(func(t *testing.T, sizeOne, sizeTwo int, schedule []byte) {
		if sizeOne < 0 || sizeTwo < 0 || sizeOne > 600 || sizeTwo > 600 || len(schedule) > 1000 {
			t.Skip()
		}
		m := newMemory(100)
		values := []string{counted("old", 350), counted("one", sizeOne), counted("two", sizeTwo)}
		if err := overMemory(m).Set(t.Context(), "svc", "key", values[0]); err != nil {
			t.Fatal(err)
		}
		read := func(s *splitStore) {
			for range 3 {
				got, err := s.get(t.Context(), "svc", "key")
				if err == nil && !slices.Contains(values, got) || err != nil && !errors.Is(err, errBroken) {
					t.Errorf("read %q, %v", got, err)
				}
			}
		}
		write := func(value string) func(*splitStore) {
			return func(s *splitStore) {
				if err := s.set(t.Context(), "svc", "key", value); err != nil && !errors.Is(err, ErrStore) {
					t.Error(err)
				}
			}
		}
		interleave(m, schedule, write(values[1]), write(values[2]), read)
		read(&splitStore{entries: m, limit: m.limit})
	})
}

// interleave runs processes over one keychain, one step at a time: a step is one use of an entry.
func interleave(m *memory, schedule []byte, processes ...func(*splitStore)) {
	running := make([]*process, len(processes))
	for i, run := range processes {
		p := &process{memory: m, next: make(chan struct{}), done: make(chan struct{}), ended: make(chan struct{})}
		running[i] = p
		go func() {
			defer close(p.ended)
			run(&splitStore{entries: p, limit: m.limit, log: slog.New(slog.DiscardHandler)})
		}()
	}
	for n := 0; len(running) > 0; n++ {
		who := n
		if n < len(schedule) {
			who = int(schedule[n])
		}
		who %= len(running)
		select {
		case running[who].next <- struct{}{}:
			<-running[who].done
		case <-running[who].ended:
			running = slices.Delete(running, who, who+1)
		}
	}
}

// A process is entries whose every use waits for its turn.
type process struct {
	*memory
	next, done, ended chan struct{}
}

func (p *process) get(ctx context.Context, service, account string) (string, error) {
	<-p.next
	defer func() { p.done <- struct{}{} }()
	return p.memory.get(ctx, service, account)
}

func (p *process) set(ctx context.Context, service, account, value string) error {
	<-p.next
	defer func() { p.done <- struct{}{} }()
	return p.memory.set(ctx, service, account, value)
}

func (p *process) delete(ctx context.Context, service, account string) error {
	<-p.next
	defer func() { p.done <- struct{}{} }()
	return p.memory.delete(ctx, service, account)
}
