package laws

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// A tally is how much of each kind there is of all that a process could pile up.
type tally map[string]int

const (
	goroutines = "goroutines"
	heap       = "heap in KB"
	files      = "files"
)

// count takes the tally of a process of the subject, and the stacks of its goroutines.
func (s *stage) count(pid int, state func() (string, error)) (now tally, stacks string, err error) {
	text, err := state()
	if err != nil {
		return nil, "", err
	}
	var inside struct {
		Goroutines int
		Heap       int
		Stacks     string
	}
	if err := json.Unmarshal([]byte(text), &inside); err != nil {
		return nil, "", fmt.Errorf("state %q: %w", text, err)
	}
	now = tally{goroutines: inside.Goroutines, heap: inside.Heap >> 10}
	windows, err := s.Windows()
	if err != nil {
		return nil, "", err
	}
	now["windows"] = len(windows)
	err = errors.Join(now.countFiles(pid), now.countChildren(pid), now.countTemporary(s.Dir()), s.countOnBus(now, pid))
	return now, inside.Stacks, err
}

// allowed is what there may be more of than at the beginning. Tables that have a bound fill up; of prompts, the keychain
// keeps some as long as a connection lasts; the files are those of the locks, and their folder.
var allowed = tally{heap: 8 << 10, "keychain: prompts": 16, files: 3}

// settle waits until the tally of a process is as at the beginning, or, if this is the beginning, does not change any more.
func (s *stage) settle(pid int, begin tally, state func() (string, error)) (now tally) {
	s.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		last := now
		var stacks string
		var err error
		now, stacks, err = s.count(pid, state)
		switch {
		case err != nil:
		case begin != nil:
			err = now.grown(begin, allowed)
		case last == nil:
			err = errors.New("not yet counted twice")
		default:
			err = now.grown(last, tally{heap: 512})
		}
		if err == nil {
			return now
		}
		if time.Now().After(end) {
			s.t.Fatalf("%v\n%s", err, stacks)
		}
	}
}

// countFiles counts the open files of a process by kind.
func (r tally) countFiles(pid int) error {
	folder := fmt.Sprintf("/proc/%d/fd", pid)
	open, err := os.ReadDir(folder)
	for _, file := range open {
		target, err := os.Readlink(filepath.Join(folder, file.Name()))
		if err != nil {
			continue // closed meanwhile
		}
		kind, _, isKind := strings.Cut(target, ":[")
		if !isKind && filepath.Base(target) == "dialog.lock" {
			kind = "lock"
		}
		r["open: "+kind]++
	}
	return err
}

// countChildren counts the children of a process, also those that have ended and were not waited for.
func (r tally) countChildren(pid int) error {
	r["children"], r["zombies"] = 0, 0
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	for _, stat := range stats {
		text, err := os.ReadFile(stat)
		if err != nil {
			continue // ended meanwhile
		}
		// The name, in parentheses, may hold anything.
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(fields) < 2 || fields[1] != strconv.Itoa(pid) {
			continue
		}
		r["children"]++
		if fields[0] == "Z" {
			r["zombies"]++
		}
	}
	return err
}

// countTemporary counts the files below a desktop's folder, which the subject has for its temporary ones too.
func (r tally) countTemporary(dir string) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		inKeyring := strings.Contains(path, "/keyrings")
		if err == nil && !inKeyring { // the keyring's own are its own business
			r[files]++
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed meanwhile
		}
		return err
	})
}

// countOnBus counts what a process has on the session bus and in the keychain.
func (s *stage) countOnBus(r tally, pid int) error {
	bus, err := s.Connect()
	if err != nil {
		return err
	}
	defer bus.Close()
	var names []string
	if err := bus.BusObject().Call("org.freedesktop.DBus.ListNames", 0).Store(&names); err != nil {
		return err
	}
	r["bus: connections"], r["bus: match rules"] = 0, 0
	for _, name := range names {
		var owner uint32
		if !strings.HasPrefix(name, ":") ||
			bus.BusObject().Call("org.freedesktop.DBus.GetConnectionUnixProcessID", 0, name).Store(&owner) != nil || int(owner) != pid {
			continue
		}
		r["bus: connections"]++
		var stats map[string]dbus.Variant
		if bus.BusObject().Call("org.freedesktop.DBus.Debug.Stats.GetConnectionStats", 0, name).Store(&stats) == nil {
			rules, _ := stats["MatchRules"].Value().(uint32)
			r["bus: match rules"] += int(rules)
		}
	}
	for _, kind := range []string{"session", "prompt"} {
		var text string
		object := bus.Object("org.freedesktop.secrets", dbus.ObjectPath("/org/freedesktop/secrets/"+kind))
		if err := object.Call("org.freedesktop.DBus.Introspectable.Introspect", dbus.FlagNoAutoStart).Store(&text); err != nil {
			return err
		}
		var node struct {
			Nodes []struct{} `xml:"node"`
		}
		if err := xml.Unmarshal([]byte(text), &node); err != nil {
			return err
		}
		r["keychain: "+kind+"s"] = len(node.Nodes)
	}
	return nil
}

// grown says what there is more of than at the beginning and what is allowed.
func (r tally) grown(begin, allowed tally) error {
	var grown []string
	for _, kind := range r.kinds() {
		if r[kind] > begin[kind]+allowed[kind] {
			grown = append(grown, fmt.Sprintf("%s: %d, at the beginning %d", kind, r[kind], begin[kind]))
		}
	}
	if grown == nil {
		return nil
	}
	return errors.New(strings.Join(grown, "; "))
}

func (r tally) kinds() []string { return slices.Sorted(maps.Keys(r)) }

// table shows tallies side by side.
func table(titles []string, tallies []tally) string {
	all := tally{}
	for _, r := range tallies {
		maps.Copy(all, r)
	}
	var b strings.Builder
	row := func(name string, cells func(i int) string) {
		fmt.Fprintf(&b, "\n%-20s", name)
		for i := range tallies {
			fmt.Fprintf(&b, "%14s", cells(i))
		}
	}
	row("", func(i int) string { return titles[i] })
	for _, kind := range all.kinds() {
		row(cmp.Or(kind, "?"), func(i int) string { return strconv.Itoa(tallies[i][kind]) })
	}
	return b.String()
}
