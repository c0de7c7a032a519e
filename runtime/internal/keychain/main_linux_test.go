package keychain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

const (
	testService = "com.mcp.test"
	canary      = "c4n4ry-value" // part of every value whose errors are looked at
)

// TestMain lets this binary be a server of its own, see TestConcurrentWriters and changer.
func TestMain(m *testing.M) {
	if order := os.Getenv(changerVariable); order != "" {
		fmt.Fprintln(os.Stderr, changer(order))
		os.Exit(1)
	}
	if name := os.Getenv("MCPSECRETS_TEST_WRITER"); name != "" {
		if err := writer(name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// opened returns the desktop's keychain, patient.
func opened(t testing.TB) *System {
	t.Helper()
	return openedWith(t, Options{Timeout: patience, PromptTimeout: patience})
}

func openedWith(t testing.TB, options Options) *System {
	t.Helper()
	s := New(options)
	t.Cleanup(func() { s.Close() })
	return s
}

func mustSet(t testing.TB, s *System, account, value string) {
	t.Helper()
	if err := s.Set(t.Context(), testService, account, value); err != nil {
		t.Fatalf("Set(%q): %v", account, err)
	}
}

func wantValue(t testing.TB, s *System, account, want string) {
	t.Helper()
	got, err := s.Get(t.Context(), testService, account)
	if err != nil || got != want {
		t.Fatalf("Get(%q) = %q, %v; want %q", account, shorten(got), err, shorten(want))
	}
}

func shorten(value string) string {
	if len(value) > 60 {
		return value[:60] + fmt.Sprintf("... (%d bytes)", len(value))
	}
	return value
}

// program runs another program that uses the keyring, and returns what it prints.
func program(t testing.TB, stdin, name string, args ...string) string {
	t.Helper()
	desktop.Need(t, name)
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = strings.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v: %s", name, args, err, &stderr)
	}
	return string(out)
}

// python runs a script with Python's keyring, the values as arguments. The
// system's Python is meant, which has Debian's python3-keyring.
func python(t testing.TB, script string, args ...string) string {
	t.Helper()
	const interpreter = "/usr/bin/python3"
	if exec.Command(interpreter, "-c", "import keyring, secretstorage").Run() != nil {
		desktop.GiveUp(t, errors.New("Python's keyring is missing; on Debian: apt-get install --no-install-recommends python3-keyring"))
	}
	script = "import sys, keyring\nfrom keyring.backends import SecretService\n" +
		"keyring.set_keyring(SecretService.Keyring())\n" + script
	return program(t, "", interpreter, append([]string{"-c", script}, args...)...)
}

// rawItem is an item as it is in the keyring, looked at by other means than ours.
type rawItem struct {
	Label      string
	Attributes map[string]string
}

type rawSecret struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

// raw is a connection to look at and prepare the keyring with.
type raw struct {
	t       testing.TB
	bus     *dbus.Conn
	session dbus.ObjectPath
}

func lookAt(t testing.TB, d *desktop.Desktop) *raw {
	t.Helper()
	bus, err := d.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bus.Close() })
	r := &raw{t: t, bus: bus}
	var ignored dbus.Variant
	r.call(servicePath, serviceIface+"OpenSession", "plain", dbus.MakeVariant("")).must(&ignored, &r.session)
	return r
}

type rawReply struct {
	t    testing.TB
	call *dbus.Call
}

func (r rawReply) must(results ...any) {
	r.t.Helper()
	if err := r.call.Store(results...); err != nil {
		r.t.Fatalf("%s: %v", r.call.Method, err)
	}
}

func (r *raw) call(path dbus.ObjectPath, method string, args ...any) rawReply {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return rawReply{r.t, r.bus.Object(serviceName, path).CallWithContext(ctx, method, 0, args...)}
}

func (r *raw) find(attributes map[string]string) []dbus.ObjectPath {
	r.t.Helper()
	var unlocked, locked []dbus.ObjectPath
	r.call(servicePath, serviceIface+"SearchItems", attributes).must(&unlocked, &locked)
	return append(unlocked, locked...)
}

// items returns the items of an account, without what gnome-keyring adds to
// attributes by itself.
func (r *raw) items(account string) []rawItem {
	r.t.Helper()
	var items []rawItem
	for _, path := range r.find(map[string]string{"service": testService, "username": account}) {
		var properties map[string]dbus.Variant
		r.call(path, propertiesIface+"GetAll", "org.freedesktop.Secret.Item").must(&properties)
		var item rawItem
		item.Label, _ = properties["Label"].Value().(string)
		item.Attributes, _ = properties["Attributes"].Value().(map[string]string)
		delete(item.Attributes, "xdg:schema")
		items = append(items, item)
	}
	return items
}

// create makes an item with any attributes.
func (r *raw) create(collection dbus.ObjectPath, value string, attributes map[string]string) dbus.ObjectPath {
	r.t.Helper()
	properties := map[string]dbus.Variant{
		itemIface + "Label":      dbus.MakeVariant("made by a test"),
		itemIface + "Attributes": dbus.MakeVariant(attributes),
	}
	secret := rawSecret{r.session, []byte{}, []byte(value), "text/plain"}
	var path, prompt dbus.ObjectPath
	r.call(collection, collectionIface+"CreateItem", properties, secret, false).must(&path, &prompt)
	return path
}

// leavesNothing checks, at the end of the test, that it left no goroutine and
// no process behind, a session bus in particular. Call it after the desktop is there
// and before the first System is.
func leavesNothing(t testing.TB) {
	t.Helper()
	const variable = "MCPSECRETS_TEST_MARK"
	mark := fmt.Sprintf("%s=%d %s", variable, os.Getpid(), t.Name())
	t.Setenv(variable, strings.TrimPrefix(mark, variable+"=")) // children inherit it, and theirs too
	goroutines := runtime.NumGoroutine()
	t.Cleanup(func() {
		eventually(t, "end of all goroutines", func() bool { return runtime.NumGoroutine() <= goroutines })
		eventually(t, "end of all processes", func() bool { return len(processesWith(mark)) == 0 })
	})
}

// processesWith returns the processes with a variable in their environment, this one excepted.
func processesWith(variable string) []string {
	var found []string
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		environ, err := os.ReadFile(file)
		if err != nil || filepath.Base(filepath.Dir(file)) == strconv.Itoa(os.Getpid()) {
			continue
		}
		if slices.Contains(strings.Split(string(environ), "\x00"), variable) {
			found = append(found, file)
		}
	}
	return found
}
