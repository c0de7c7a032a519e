//go:build linux

package desktop_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

// With this variable set, the test binary is a program that has a desktop.
const helper = "DESKTOP_TEST_HELPER"

func TestMain(m *testing.M) {
	if os.Getenv(helper) != "" {
		d, err := desktop.Start(desktop.Options{})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(d.Dir())
		select {}
	}
	os.Exit(desktop.Main(m, desktop.Options{NoDisplay: true, NoBus: true}))
}

func TestShared(t *testing.T) {
	if dir := desktop.Shared(t).Dir(); !strings.HasPrefix(os.Getenv("HOME"), dir) {
		t.Error("the tests do not run in the shared desktop")
	}
}

// Killed outright, a test leaves no process behind.
func TestKilledLeavesNothing(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helper+"=1")
	out, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	line, _ := bufio.NewReader(out).ReadString('\n')
	dir := strings.TrimSpace(line)
	check(t, cmd.Process.Kill())
	_ = cmd.Wait()
	if !filepath.IsAbs(dir) {
		t.Skip(dir)
	}
	defer os.RemoveAll(dir)
	for end := time.Now().Add(patience); inside(dir) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d processes left", inside(dir))
		}
	}
}

// fake records how a test would end.
type fake struct {
	testing.TB
	end string
}

func (f *fake) Helper()      {}
func (f *fake) Skip(...any)  { f.end = "skipped"; runtime.Goexit() }
func (f *fake) Fatal(...any) { f.end = "failed"; runtime.Goexit() }

func TestMissingPrograms(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := desktop.Start(desktop.Options{})
	if !errors.Is(err, desktop.ErrMissing) || !strings.Contains(err.Error(), "xvfb xdotool dbus gnome-keyring") {
		t.Errorf("error is %v", err)
	}
	for _, c := range []struct{ ci, require, want string }{
		{"", "", "skipped"}, {"true", "", "failed"}, {"", "1", "failed"},
	} {
		t.Setenv("CI", c.ci)
		t.Setenv("MCPSECRETS_REQUIRE_DESKTOP", c.require)
		f := &fake{TB: t}
		done := make(chan bool)
		go func() { defer close(done); desktop.ForTest(f, desktop.Options{}) }()
		<-done
		if f.end != c.want {
			t.Errorf("%+v: the test is %s", c, f.end)
		}
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// inside counts the processes that carry the desktop's folder in their
// environment, without asking the package under test.
func inside(dir string) (n int) {
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, f := range files {
		if env, err := os.ReadFile(f); err == nil && bytes.Contains(env, []byte(dir+"/run")) {
			n++
		}
	}
	return n
}

func TestWindowAndInput(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{NoBus: true, Programs: []string{"zenity"}})
	cmd := exec.Command("zenity", "--entry", "--title=A (small) test", "--text=Type")
	var out bytes.Buffer
	cmd.Stdout = &out
	check(t, cmd.Start())
	w, err := d.WaitWindow("A (small) test")
	check(t, err)
	check(t, d.Type(w, "--hello 1"))
	check(t, d.Press(w, "Return"))
	check(t, cmd.Wait())
	if out.String() != "--hello 1\n" {
		t.Errorf("typed text came back as %q", out.String())
	}
	check(t, d.WaitNoWindow())

	cmd = exec.Command("zenity", "--entry", "--title=Close me")
	check(t, cmd.Start())
	w, err = d.WaitWindow("Close me")
	check(t, err)
	check(t, d.Close(w))
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("closed: %v", cmd.ProcessState)
	}
	check(t, d.WaitNoWindow())
}

func TestStopLeavesNothing(t *testing.T) {
	d := desktop.Open(t, desktop.Options{})
	cmd := exec.Command("sleep", "1000")
	cmd.Env = d.Env()
	check(t, cmd.Start())
	go cmd.Wait()
	if n := inside(d.Dir()); n < 4 {
		t.Errorf("%d processes in the desktop, want an X server, a bus, a keyring and sleep", n)
	}
	info, err := os.Stat(d.Getenv("XDG_RUNTIME_DIR"))
	check(t, err)
	if info.Mode().Perm() != 0o700 {
		t.Errorf("runtime folder has mode %v", info.Mode())
	}
	d.Stop()
	d.Stop()
	if n := inside(d.Dir()); n != 0 {
		t.Errorf("%d processes left", n)
	}
	if _, err := os.Stat(d.Dir()); !os.IsNotExist(err) {
		t.Error("folder left")
	}
}

func secretTool(d *desktop.Desktop, stdin string, args ...string) (string, error) {
	cmd := exec.Command("timeout", append([]string{"20", "secret-tool"}, args...)...)
	cmd.Env = d.Env()
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestKeyring(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{Programs: []string{"secret-tool"}})
	out, err := secretTool(d, "value", "store", "--label=x", "k", "v")
	if err != nil {
		t.Fatal(err, out)
	}
	read := make(chan string)
	lookup := func() {
		out, _ := secretTool(d, "", "lookup", "k", "v")
		read <- out
	}
	go lookup()
	if got := <-read; got != "value" {
		t.Fatalf("lookup: %q", got)
	}

	check(t, d.Lock())
	go lookup()
	check(t, d.DismissPrompt())
	if got := <-read; got == "value" {
		t.Error("a locked keyring gave a value")
	}
	go lookup()
	check(t, d.AnswerPrompt(d.Password))
	if got := <-read; got != "value" {
		t.Errorf("after unlocking: %q", got)
	}

	check(t, d.Freeze())
	go lookup()
	check(t, d.Thaw())
	if got := <-read; got != "value" {
		t.Errorf("after thawing: %q", got)
	}

	check(t, d.KillKeyring())
	if _, err := d.KeyringPID(); err == nil {
		t.Error("a killed keyring is still on the bus, or was started again")
	}
}

func TestParts(t *testing.T) {
	for name, opts := range map[string]desktop.Options{
		"locked":     {NoDisplay: true, Keyring: desktop.KeyringLocked},
		"fresh":      {NoDisplay: true, Keyring: desktop.KeyringFresh},
		"no keyring": {NoDisplay: true, Keyring: desktop.KeyringNone},
		"nothing":    {NoDisplay: true, NoBus: true},
	} {
		t.Run(name, func(t *testing.T) {
			d := desktop.ForTest(t, opts)
			if v, ok := os.LookupEnv("DISPLAY"); ok {
				t.Errorf("DISPLAY is %q", v)
			}
			_, bus := os.LookupEnv("DBUS_SESSION_BUS_ADDRESS")
			if bus == opts.NoBus {
				t.Errorf("bus address in the environment: %v", bus)
			}
			_, err := d.KeyringPID()
			if want := !opts.NoBus && opts.Keyring != desktop.KeyringNone; (err == nil) != want {
				t.Errorf("keyring on the bus: %v, want %v", err, want)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{})
	check(t, d.KillDisplay())
	if _, err := d.Windows(); err == nil {
		t.Error("windows on a dead display")
	}
	check(t, d.KillBus())
	if _, err := d.Connect(); err == nil {
		t.Error("connected to a dead bus")
	}
}

func TestEnvKeepsGo(t *testing.T) {
	want, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		t.Skip("no go command")
	}
	d := desktop.ForTest(t, desktop.Options{NoDisplay: true, NoBus: true})
	cmd := exec.Command("go", "env", "GOCACHE", "GOMODCACHE")
	cmd.Env = d.Env()
	got, err := cmd.Output()
	check(t, err)
	if !bytes.Equal(got, want) {
		t.Errorf("go's folders moved: %s, were %s", got, want)
	}
	if i := slices.IndexFunc(d.Env(), func(kv string) bool { return kv == "HOME="+d.Getenv("HOME") }); i < 0 {
		t.Error("no HOME for children")
	}
}
