// Command wine runs the tests of packages as a Windows program would run, by Wine on a throw-away display:
//
//	go run ./.ci/wine PACKAGE...
//
// Everything happens below one temporary folder, which is gone afterwards, and nothing that it starts is left behind.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

// Wine itself, and its server, from Debian's package wine64: the usual "wine" is a script that looks for a 32-bit one first.
const (
	loader = "/usr/lib/wine/wine64"
	server = "/usr/lib/wine/wineserver64"
)

func main() {
	run := test
	if len(os.Args) > 2 && os.Args[1] == "-exec" { // started by go test, which was started by test
		run = execute
	}
	err := run(os.Args[1:])
	if exit, ok := err.(*exec.ExitError); ok {
		os.Exit(max(exit.ExitCode(), 1))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "wine:", err)
		os.Exit(1)
	}
}

// test tests packages, first with a display and then what there is to be tested without one.
func test(packages []string) error {
	// Control-C reaches the tests, too. They end, and then everything else does.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	d, err := desktop.Start(desktop.Options{NoBus: true})
	if err != nil {
		return err
	}
	defer d.Stop()
	// Without a window manager each window takes two seconds to get the focus.
	manager := exec.Command("matchbox-window-manager")
	manager.Env = d.Env()
	if err := manager.Start(); err != nil {
		return err
	}
	defer func() { _ = manager.Process.Kill(); _ = manager.Wait() }()

	w := wine{dir: d.Dir(), env: append(d.Env(),
		"TMPDIR="+d.Dir(), "WINEPREFIX="+filepath.Join(d.Dir(), "wine"), "WINEARCH=win64", "WINEDEBUG=-all",
		"WINEDLLOVERRIDES=mscoree,mshtml=;winemenubuilder.exe=d", // no questions about Mono and Gecko, no menus
	)}
	defer w.stop()
	if err := w.install(); err != nil {
		return fmt.Errorf("setting Wine up: %w", err)
	}
	if err := w.goTest(packages...); err != nil {
		return err
	}
	w.stop() // a server keeps its display
	w.env = append(w.env, "DISPLAY=")
	return w.goTest("-run", "^TestWithoutDisplay$", "./runtime/internal/dialog")
}

// A wine is an installation of Windows in a folder.
type wine struct {
	dir string
	env []string
}

func (w wine) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = w.env
	return cmd
}

func (w wine) install() error {
	log, err := os.Create(filepath.Join(w.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	boot := w.command(loader, "wineboot", "-i")
	boot.Stdout, boot.Stderr = log, log
	if err := boot.Run(); err != nil {
		text, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%w: %s", err, text)
	}
	// Go's programs take random bytes from a DLL that Wine 8 does not have.
	const dll = "bcryptprimitives.dll"
	path := filepath.Join(w.dir, "wine", "drive_c", "windows", "system32", dll)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	return os.WriteFile(path, forwarder(dll, "ProcessPrng", "ADVAPI32.SystemFunction036"), 0o600)
}

// stop ends all of Wine's processes.
func (w wine) stop() { _ = w.command(server, "-k", "-w").Run() }

// goTest tests one package after the other: Wine's keychain does not bear two programs at a time.
func (w wine) goTest(args ...string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	overlay, err := w.overlay()
	if err != nil {
		return err
	}
	cmd := w.command("go", append([]string{"test", "-count=1", "-p=1", "-timeout=10m", "-overlay", overlay,
		"-exec", fmt.Sprintf("'%s' -exec", self)}, args...)...)
	cmd.Env = append(cmd.Env, "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// overlay has Go remove files in the way for old versions of Windows. It knows when to do so by itself, but for Wine 8,
// which refuses the new way with an error of its own; then no test could remove its temporary folder.
func (w wine) overlay() (string, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", err
	}
	original := filepath.Join(strings.TrimSpace(string(root)), "src", "internal", "syscall", "windows", "at_windows.go")
	source, err := os.ReadFile(original)
	if err != nil {
		return "", err
	}
	replaced := strings.Replace(string(source), "var TestDeleteatFallback bool", "var TestDeleteatFallback = true", 1)
	replacement := filepath.Join(w.dir, "at_windows.go")
	if err := os.WriteFile(replacement, []byte(replaced), 0o600); err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": {original: replacement}})
	if err != nil {
		return "", err
	}
	path := filepath.Join(w.dir, "overlay.json")
	return path, os.WriteFile(path, text, 0o600)
}

// execute runs one Windows program. Its output goes through a file: a pipe would stay open in Wine's own processes.
func execute(args []string) error {
	out, err := os.CreateTemp("", "wine-*")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	cmd := exec.Command(loader, args[1:]...)
	cmd.Stdout, cmd.Stderr = out, out
	failed := cmd.Run()
	text, err := os.ReadFile(out.Name())
	if err != nil {
		return err
	}
	_, _ = os.Stdout.Write(text)
	return failed
}
