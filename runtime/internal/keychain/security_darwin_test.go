package keychain

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// securityDouble names the folder of a double of the program `security`, if the package was built for one.
const securityDouble = "MCPSECRETS_TEST_SECURITY"

// security is the double: its items, its calls, and how it fails.
type security struct {
	t   *testing.T
	dir string
}

func double(t *testing.T) (security, *System) {
	t.Helper()
	dir := os.Getenv(securityDouble)
	if dir == "" {
		t.Skip("this is not for the real keychain")
	}
	d := security{t, dir}
	d.reset()
	t.Cleanup(d.reset)
	s := New(Options{Timeout: patience})
	t.Cleanup(func() { s.Close() })
	return d, s
}

func (d security) reset() {
	for _, file := range []string{"items", "calls", "status", "deaf"} {
		if err := os.Remove(filepath.Join(d.dir, file)); err != nil && !errors.Is(err, os.ErrNotExist) {
			d.t.Error(err)
		}
	}
}

func (d security) write(name, text string) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// items are what is stored, by service and account.
func (d security) items() map[[2]string]string {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join(d.dir, "items"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var raw map[string]string
	if err == nil {
		err = json.Unmarshal(text, &raw)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	items := map[[2]string]string{}
	for name, value := range raw {
		var key [2]string
		if err := json.Unmarshal([]byte(name), &key); err != nil {
			d.t.Fatal(err)
		}
		items[key] = value
	}
	return items
}

type securityCall struct {
	Args, Environ []string
	Stdin         string
}

// calls are the program's runs since the last reset.
func (d security) calls() (calls []securityCall) {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join(d.dir, "calls"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		d.t.Fatal(err)
	}
	for decoder := json.NewDecoder(bytes.NewReader(text)); decoder.More(); {
		var call securityCall
		if err := decoder.Decode(&call); err != nil {
			d.t.Fatal(err)
		}
		calls = append(calls, call)
	}
	return calls
}

// Whatever the value: it comes back whole, is no argument and no variable of any process, and stands in the input as one
// command of one line, which `security` reads as a whole.
func TestSecurityValues(t *testing.T) {
	const service = "com.mcp.Pet Store"
	d, s := double(t)
	values := map[string]string{
		"at the limit": strings.Repeat("\"", entryLimit), "over the limit": strings.Repeat("\\", entryLimit+1),
		"a command": "x\nadd-generic-password -U -s other -a other -w other\n",
	}
	for name, value := range testValues {
		if len(value) <= 64<<10 && values[name] == "" { // enough processes
			values[name] = value
		}
	}
	for name, value := range values {
		d.reset()
		if err := s.Set(t.Context(), service, "key", value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := s.Get(t.Context(), service, "key"); err != nil || got != value {
			t.Errorf("%s: %d bytes of %d, %v", name, len(got), len(value), err)
		}
		for item := range d.items() {
			if item[0] != service {
				t.Errorf("%s: something is stored for %q", name, item)
			}
		}
		for _, call := range d.calls() {
			if command := call.Stdin; command != "" && (!strings.HasPrefix(command, "add-generic-password -U ") ||
				strings.Count(command, "\n") != 1 || !strings.HasSuffix(command, "\n") || len(command) > 4096) {
				t.Errorf("%s: the input is %q", name, command)
			}
			outside := strings.Join(slices.Concat(call.Args, call.Environ), "\n")
			for _, hidden := range hiddenForms(value) {
				if strings.Contains(outside, hidden) {
					t.Errorf("%s: %q is in the arguments or the environment", name, hidden)
				}
			}
		}
		if err := s.Delete(t.Context(), service, "key"); err != nil {
			t.Errorf("%s: Delete: %v", name, err)
		}
		if left := d.items(); len(left) > 1 { // the index
			t.Errorf("%s: %d items are left", name, len(left))
		}
	}
}

// hiddenForms are a value's beginning as it could be in an argument.
func hiddenForms(value string) []string {
	if len(value) < 12 {
		return nil // found in anything
	}
	start := value[:12]
	return []string{start, base64.StdEncoding.EncodeToString([]byte(start)), fmt.Sprintf("%x", start)}
}

// A name is refused before a process starts, or is the item's, to the letter.
func TestSecurityNames(t *testing.T) {
	d, s := double(t)
	names := []string{"a' -a other '", "-a", "-U", "--", " a", "a#b", `"quoted"`, "$(x)", "schlüssel", "漢字 😀", strings.Repeat("x", maxName),
		"a\nadd-generic-password -U -s other -a other -w other"}
	plain := "" // what of ASCII is taken, to be tried in a few names
	for r := range rune(0x80) {
		if name := "x" + string(r); isPlain(name, maxName) {
			plain += string(r)
		} else {
			names = append(names, name)
		}
	}
	if len(plain) < 0x80-36 {
		t.Errorf("only these characters are taken: %q", plain)
	}
	for chunk := range slices.Chunk([]byte(plain), 20) {
		names = append(names, string(chunk))
		slices.Reverse(chunk)
		names = append(names, string(chunk))
	}
	for _, name := range names {
		for _, key := range [][2]string{{"com.mcp.test", name}, {name, "key"}} {
			d.reset()
			err := s.Set(t.Context(), key[0], key[1], "value")
			if !isPlain(name, maxName) {
				if calls := d.calls(); !errors.Is(err, ErrStore) || len(calls) > 0 {
					t.Errorf("%q: %v, after %d processes", key, err, len(calls))
				}
				continue
			}
			items := d.items()
			if _, ok := items[key]; !ok || err != nil || len(items) != 2 || items[[2]string{key[0], indexAccount}] == "" {
				t.Errorf("%q: %v, stored as %q", key, err, items)
			}
			if got, err := s.Get(t.Context(), key[0], key[1]); err != nil || got != "value" {
				t.Errorf("%q: %q, %v", key, got, err)
			}
		}
	}
}

// The command of the longest entry under the longest names is short enough for `security`: go-keyring finds out that one
// is too long when it has started the process, and leaves that behind.
func TestSecurityLongestCommand(t *testing.T) {
	d, s := double(t)
	long := " " + strings.Repeat("x", maxName-1) // is put in quotes
	account := " " + strings.Repeat("x", maxEntry-1)
	value := strings.Repeat("v", 3*entryLimit)
	if err := s.Set(t.Context(), long, account, value); err != nil {
		t.Fatal(err)
	}
	longest := 0
	for _, call := range d.calls() {
		longest = max(longest, len(call.Stdin))
	}
	if longest < entryLimit*4/3 || longest > 4096 {
		t.Errorf("the longest command has %d bytes", longest)
	}
}

func TestSecurityFails(t *testing.T) {
	const service = "com.mcp.test"
	for status, want := range map[string]error{"36": ErrLocked, "51": ErrLocked, "128": ErrDismissed, "1": ErrStore, "2": ErrStore, "45": ErrStore} {
		d, s := double(t)
		d.write("status", status)
		_, failedGet := s.Get(t.Context(), service, "key")
		_, failedNames := s.Names(t.Context(), service)
		for operation, err := range map[string]error{
			"Get": failedGet, "Names": failedNames, "Set": s.Set(t.Context(), service, "key", "the-value"),
			"Delete": s.Delete(t.Context(), service, "key"), "Clear": s.Clear(t.Context(), service),
		} {
			if !errors.Is(err, want) || strings.Contains(err.Error(), "the-value") {
				t.Errorf("status %s: %s: %v, want %v", status, operation, err, want)
			}
		}
	}
	d, s := double(t)
	d.write("status", "44")
	if _, err := s.Get(t.Context(), service, "key"); !errors.Is(err, ErrNotSet) {
		t.Errorf("Get of nothing: %v", err)
	}
	if err := s.Delete(t.Context(), service, "key"); !errors.Is(err, ErrNotSet) {
		t.Errorf("Delete of nothing: %v", err)
	}
	if err := s.Clear(t.Context(), service); err != nil {
		t.Errorf("Clear of nothing: %v", err)
	}
	if _, err := s.Look(t.Context(), service); err != nil {
		t.Errorf("Look at nothing: %v", err)
	}
	if names, err := s.Names(t.Context(), service); err != nil || len(names) != 0 {
		t.Errorf("Names of nothing: %q, %v", names, err)
	}
}

// A program that only says that it stored the value is not believed.
func TestSecurityIsReadBack(t *testing.T) {
	const service = "com.mcp.test"
	d, s := double(t)
	if err := s.Set(t.Context(), service, "key", "old"); err != nil {
		t.Fatal(err)
	}
	items, err := os.ReadFile(filepath.Join(d.dir, "items"))
	if err != nil {
		t.Fatal(err)
	}
	d.write("deaf", "")
	if err := s.Set(t.Context(), service, "key", "new"); !errors.Is(err, ErrStore) {
		t.Errorf("Set: %v", err)
	}
	_ = s.Delete(t.Context(), service, "key") // comes to an end, though there seem to be parts without end
	d.reset()
	d.write("items", string(items))
	if got, err := s.Get(t.Context(), service, "key"); err != nil || got != "old" {
		t.Errorf("Get: %q, %v", got, err)
	}
}

// Clear removes what is under a service, whoever wrote it, and nothing else.
func TestSecurityClear(t *testing.T) {
	d, s := double(t)
	for _, service := range []string{"com.mcp.a", "com.mcp.a.b"} {
		for _, account := range []string{"one", "two"} {
			if err := s.Set(t.Context(), service, account, strings.Repeat("v", entryLimit+1)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if names, err := s.Names(t.Context(), "com.mcp.a"); err != nil || !slices.Equal(names, []string{"one", "two"}) {
		t.Errorf("names %q, %v", names, err)
	}
	if err := s.Clear(t.Context(), "com.mcp.a"); err != nil {
		t.Fatal(err)
	}
	for item := range d.items() {
		if item[0] == "com.mcp.a" {
			t.Errorf("%q is left", item)
		}
	}
	if got, err := s.Get(t.Context(), "com.mcp.a.b", "two"); err != nil || len(got) != entryLimit+1 {
		t.Errorf("the other service's: %d bytes, %v", len(got), err)
	}
}
