//go:build linux

package desktop

import (
	"cmp"
	"errors"
	"fmt"
	"go/build"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// patience bounds each single step: a program's start, a window's appearance,
// a process's end. Generous, since it is only ever used up by a failure.
const patience = time.Minute

// ErrMissing is wrapped by the error of [Start] when programs are not
// installed; its text names the Debian packages that hold them.
var ErrMissing = errors.New("programs for a test desktop are missing")

// Options choose what the desktop is made of. The zero value is all of it, with
// the keyring unlocked.
type Options struct {
	NoDisplay bool    // no X server; DISPLAY is unset
	NoBus     bool    // no session bus, and so no keyring
	Keyring   Keyring // what state the keyring is in
	Screen    string  // size of the screen as WIDTHxHEIGHT; "" is 1024x768
	Fonts     string  // the folder of the only fonts that programs find; "" is [DejaVu]
	Font      string  // the font of GTK's programs, such as "Noto Sans 20"; "" is GTK's own choice

	// Programs are further ones without which the desktop is of no use, such as "zenity".
	Programs []string
}

// Desktop is one running desktop. Its methods may be called from any goroutine, but WaitDialog by one at a time.
type Desktop struct {
	// Password unlocks the keyring.
	Password string

	dir     string // all private folders are below
	env     map[string]string
	starter *starter

	root string // the X server's root window

	display *process
	bus     *process
	keyring *process

	lastDialog int // the process that showed it

	stop sync.Once
}

// Start starts a desktop. The caller must call [Desktop.Stop]; after an error
// there is nothing to stop.
func Start(opts Options) (_ *Desktop, err error) {
	if err := lookForPrograms(opts); err != nil {
		return nil, err
	}
	// Not below the test's own folder: a socket's path has to be short.
	dir, err := os.MkdirTemp("", "desktop-")
	if err != nil {
		return nil, err
	}
	d := &Desktop{Password: "keyring-password", dir: dir, starter: newStarter()}
	defer func() {
		if err != nil {
			d.Stop()
		}
	}()
	if err := errors.Join(d.makeFolders(), d.chooseFonts(opts)); err != nil {
		return nil, err
	}
	// The order matters: the keyring's own prompt is started by the bus and
	// must find the display.
	if !opts.NoDisplay {
		if err := d.startDisplay(opts.Screen); err != nil {
			return nil, fmt.Errorf("start of the display: %w", err)
		}
	}
	if !opts.NoBus {
		if err := d.startBus(); err != nil {
			return nil, fmt.Errorf("start of the session bus: %w", err)
		}
		if err := d.startKeyring(opts.Keyring); err != nil {
			return nil, fmt.Errorf("start of the keyring: %w", err)
		}
	}
	return d, nil
}

// Stop ends everything that was started in this desktop and removes its
// folders. It may be called more than once.
func (d *Desktop) Stop() {
	d.stop.Do(func() {
		// The keyring first: it saves to the folders that go away. The X server
		// gets the chance to remove its socket.
		for _, p := range []*process{d.keyring, d.bus, d.display} {
			p.end()
		}
		d.killStrays()
		d.starter.stop()
		os.RemoveAll(d.dir)
	})
}

// Dir is the desktop's private folder, mode 0700; HOME and the others are in it.
func (d *Desktop) Dir() string { return d.dir }

// Getenv tells the value of one variable of the desktop's environment.
func (d *Desktop) Getenv(name string) string { return d.env[name] }

// Env is the environment for child processes: this process's, with the
// desktop's variables in place of its own.
func (d *Desktop) Env() []string {
	var env []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if _, ours := d.env[name]; !ours && !slices.Contains(foreign, name) {
			env = append(env, kv)
		}
	}
	for name, value := range d.env {
		env = append(env, name+"="+value)
	}
	slices.Sort(env)
	return env
}

// foreign are the variables that would lead a program out of the throw-away
// desktop, into the session of whoever runs the tests. They are unset unless
// the desktop sets them.
var foreign = []string{
	"DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "DBUS_STARTER_ADDRESS",
	"SSH_AUTH_SOCK", "GNOME_KEYRING_CONTROL", "GNOME_KEYRING_PID", "XDG_CURRENT_DESKTOP",
	"XDG_SESSION_TYPE", "LANG", "LANGUAGE", "GTK_MODULES", "GDK_BACKEND",
}

func (d *Desktop) makeFolders() error {
	d.env = map[string]string{
		"LC_ALL":       "C.UTF-8",
		"NO_AT_BRIDGE": "1", // no accessibility daemons
	}
	// Go's own folders stay where they are although HOME moves, so that tests
	// may run the go command.
	cache, err := os.UserCacheDir()
	if err == nil {
		d.keep("GOCACHE", filepath.Join(cache, "go-build"))
	}
	d.keep("GOPATH", build.Default.GOPATH)
	d.keep("GOMODCACHE", filepath.Join(build.Default.GOPATH, "pkg", "mod"))

	for name, folder := range map[string]string{
		"HOME": "home", "XDG_RUNTIME_DIR": "run", "XDG_DATA_HOME": "data",
		"XDG_CONFIG_HOME": "config", "XDG_CACHE_HOME": "cache", "XDG_STATE_HOME": "state",
	} {
		d.env[name] = filepath.Join(d.dir, folder)
		if err := os.Mkdir(d.env[name], 0o700); err != nil {
			return err
		}
	}
	return nil
}

// keep sets a variable that is not set already.
func (d *Desktop) keep(name, value string) {
	if os.Getenv(name) == "" {
		d.env[name] = value
	}
}

// debian names the packages that are not called as their program.
var debian = map[string]string{
	"Xvfb": "xvfb", "dbus-daemon": "dbus", "gnome-keyring-daemon": "gnome-keyring", "secret-tool": "libsecret-tools", "node": "nodejs",
}

// lookForPrograms fails with ErrMissing and what to install.
func lookForPrograms(opts Options) error {
	needs := slices.Clone(opts.Programs)
	if !opts.NoDisplay {
		needs = append(needs, "Xvfb", "xdotool")
	}
	if !opts.NoBus {
		needs = append(needs, "dbus-daemon")
		if opts.Keyring != KeyringNone {
			needs = append(needs, "gnome-keyring-daemon")
		}
	}
	return lookFor(needs)
}

func lookFor(needs []string) error {
	var programs, packages []string
	for _, program := range needs {
		if _, err := exec.LookPath(program); err != nil {
			programs, packages = append(programs, program), append(packages, cmp.Or(debian[program], program))
		}
	}
	if len(programs) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s; on Debian: apt-get install --no-install-recommends %s",
		ErrMissing, strings.Join(programs, ", "), strings.Join(packages, " "))
}

// poll calls done until it says true, or fails, or patience is over.
func poll(what string, done func() (bool, error)) error {
	return pollFor(patience, what, done)
}

func pollFor(limit time.Duration, what string, done func() (bool, error)) error {
	for end := time.Now().Add(limit); ; {
		ok, err := done()
		if err != nil {
			return err
		}
		if ok {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s: not within %v", what, limit)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
