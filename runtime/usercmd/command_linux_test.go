package usercmd_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/session"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// patience bounds every wait; only a failure uses it up.
const patience = time.Minute

// A typist sits at a terminal in which the command runs.
type typist struct {
	t      *testing.T
	keys   *os.File // the terminal's other side
	done   chan ran
	state  func() unix.Termios
	before unix.Termios

	mu     sync.Mutex
	screen strings.Builder
	read   int // how much of screen was waited for
}

// sitDown runs the command in a terminal of its own; only its standard output goes elsewhere.
func sitDown(t *testing.T, m *secrets.Manager, args ...string) *typist {
	t.Helper()
	return sit(t, func(terminal *os.File) ran { return runOn(t, m, terminal, terminal, args...) })
}

// sitAtAll is sitDown with standard output in the terminal too.
func sitAtAll(t *testing.T, m *secrets.Manager, args ...string) *typist {
	t.Helper()
	return sit(t, func(terminal *os.File) ran { return runWith(t, m, terminal, terminal, terminal, args...) })
}

// sit has a command run in a terminal of its own.
func sit(t *testing.T, run func(terminal *os.File) ran) *typist {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	must(err)
	t.Cleanup(func() { keys.Close() })
	must(unix.IoctlSetPointerInt(int(keys.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(keys.Fd()), unix.TIOCGPTN)
	must(err)
	terminal, err := os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	must(err)
	t.Cleanup(func() { terminal.Close() })

	y := &typist{t: t, keys: keys, done: make(chan ran, 1), state: func() unix.Termios {
		state, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
		must(err)
		return *state
	}}
	y.before = y.state()
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := keys.Read(buf)
			y.mu.Lock()
			y.screen.Write(buf[:n])
			y.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	go func() { y.done <- run(terminal) }()
	return y
}

// waits waits until the screen shows words, after those that were waited for before.
func (y *typist) waits(words string) *typist {
	y.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		y.mu.Lock()
		screen := y.screen.String()
		at := strings.Index(screen[y.read:], words)
		if at >= 0 {
			y.read += at + len(words)
		}
		y.mu.Unlock()
		if at >= 0 {
			return y
		}
		if time.Now().After(end) {
			y.t.Fatalf("the screen does not show %q:\n%s", words, screen)
		}
	}
}

func (y *typist) types(text string) *typist {
	y.t.Helper()
	if _, err := io.WriteString(y.keys, text); err != nil {
		y.t.Fatal(err)
	}
	return y
}

// leaves waits for the end of the command, and fails if the terminal is not as it was or shows a value.
func (y *typist) leaves(code int, out string) {
	y.t.Helper()
	select {
	case r := <-y.done:
		r.want(y.t, code, out, "")
	case <-time.After(patience):
		y.t.Fatal("the command does not end")
	}
	if y.state() != y.before {
		y.t.Error("the terminal is not as it was")
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	if screen := y.screen.String(); strings.Contains(screen, "0123456789") || strings.Contains(screen, "hunter2") {
		y.t.Errorf("the screen shows a value:\n%s", screen)
	}
}

func TestCommandAsksWithoutEcho(t *testing.T) {
	b := open(t)
	sitDown(t, b.Manager, "set", "api_key").
		waits("Petstore API key\r\nCreate one under Account, API keys.\r\n"+
			"The value must have at least 16 characters, must begin with pets-.\r\nWhat you type is not shown.\r\napi_key: ").types("hunter2\r").
		waits("Please try again: the value must have at least 16 characters.").
		waits("api_key: ").types(goodKey+"\r").
		leaves(0, "api_key is set.\n")
	if got, _ := b.store.Value("petstore", "api_key"); got != goodKey {
		t.Errorf("stored: %q", got)
	}
}

func TestCommandLetsTheHiddenLineBeCorrected(t *testing.T) {
	b := open(t)
	sitDown(t, b.Manager, "set", "password").
		waits("password: ").types("wrong\x15").types("\x1b[200~hunter2!\x1b[201~").types("\x7fä\x7f!\x7f").types("\r").
		leaves(0, "password is set.\n")
	if got, _ := b.store.Value("petstore", "password"); got != "hunter2" {
		t.Errorf("stored: %q", got)
	}
}

func TestCommandTakesLongAndPastedValues(t *testing.T) {
	b := open(t)
	long := goodKey + strings.Repeat("0123456789", 1000) // a terminal's own line ends at 4,096 bytes
	sitDown(t, b.Manager, "set", "api_key").
		waits("api_key: ").types("-----BEGIN-----\rhunter2\r-----END-----\r"). // by mistake
		waits("the value must be one line").
		waits("api_key: ").types(long).types("\r").
		leaves(0, "api_key is set.\n")
	if got, _ := b.store.Value("petstore", "api_key"); got != long {
		t.Errorf("stored: %d bytes", len(got))
	}
}

func TestCommandAsksWithEchoAndDefault(t *testing.T) {
	b := open(t)
	sitDown(t, b.Manager, "set", "base_url").
		waits("base_url [https://petstore.example/api/v3]: ").types("ftp://pets.example\n").
		waits("ftp://pets.example").
		waits("the value must be a URL that begins with https:// or http://").
		waits("base_url [https://petstore.example/api/v3]: ").types("\n").
		leaves(0, "base_url is set.\n")
	if got, _ := b.store.Value("petstore", "base_url"); got != "https://petstore.example/api/v3" {
		t.Errorf("stored: %q", got)
	}
	sitDown(t, b.Manager, "set", "username").
		waits("username: ").types(strings.Repeat("x", 1024)+"\n").
		waits("the terminal may have cut so long a line: run \"").
		leaves(1, "")
}

func TestCommandOffersWhatIsStored(t *testing.T) {
	b := open(t)
	const stored = "http://127.0.0.1:9911/api"
	b.store.Put("petstore", "base_url", stored)
	sitDown(t, b.Manager, "set", "base_url").waits("base_url ["+stored+"]: ").types("\n").leaves(0, "base_url is set.\n")
	if got, _ := b.store.Value("petstore", "base_url"); got != stored {
		t.Errorf("stored: %q", got)
	}
	// A password is typed anew.
	b.store.Put("petstore", "password", "hunter2")
	sitDown(t, b.Manager, "set", "password").waits("password: ").types("\r").
		waits("the value must not be empty").types("\x04").leaves(1, "")
}

func TestCommandSaysTheRulesFirst(t *testing.T) {
	m := openEveryRule(t, runtimetest.NewStore())
	sitDown(t, m, "set", "port").
		waits("The value must be a whole number, must be 1 or more, must be 65535 or less.\r\nport [8080]: ").types("9\n").
		leaves(0, "port is set.\n")
}

func TestCommandShowsTheLink(t *testing.T) {
	sitDown(t, openEveryRule(t, runtimetest.NewStore()), "set", "gh_token").
		waits("See https://docs.example.com/en/authentication/managing-your-personal-access-tokens\r\n").waits("gh_token: ").types("\x03").leaves(1, "")
}

// A person reads what each choice is called, and types its label, its value, or where the choices are open another.
func TestCommandShowsLabels(t *testing.T) {
	for typed, want := range map[string]string{"Small": "small-2", "small-2": "small-2", "medium": "medium", "huge-1": "huge-1", "": "large-2"} {
		store := runtimetest.NewStore()
		store.Put("every-rule", "model", "large-2")
		sitDown(t, openEveryRule(t, store), "set", "model").
			waits("One of: small-2 (Small), large-2 (Large, and slower), medium; or another value\r\nmodel [large-2 (Large, and slower)]: ").types(typed+"\n").
			leaves(0, "model is set.\n")
		if got, _ := store.Value("every-rule", "model"); got != want {
			t.Errorf("%q is stored as %q, want %q", typed, got, want)
		}
	}
	sitDown(t, openEveryRule(t, runtimetest.NewStore()), "set", "sort").
		waits("One of: name, -name (From Z to A), 2nd, eu-west-1, 漢字\r\n").waits("sort [name]: ").types("other\n").
		waits("the value must be one of name, -name (From Z to A), 2nd, eu-west-1 or 漢字").types("From Z to A\n").
		leaves(0, "sort is set.\n")
}

func TestCommandAsksForLines(t *testing.T) {
	store := runtimetest.NewStore()
	m := openEveryType(t, store)
	sitDown(t, m, "set", "multiline_required").
		waits("End it with Ctrl-D; or stop with Ctrl-C and take a file: ").
		waits("multiline_required: ").types("-----BEGIN KEY-----\rhunter2\r").types("-----END KEY-----\r").types("\x04").
		leaves(0, "multiline_required is set.\n")
	if got, _ := store.Value("every-type", "multiline_required"); got != "-----BEGIN KEY-----\nhunter2\n-----END KEY-----\n" {
		t.Errorf("stored: %q", got)
	}
	sitDown(t, m, "set", "choice_required").waits("One of: eu, us (United States)\r\nchoice_required: ").types("us\n").leaves(0, "choice_required is set.\n")
}

func TestCommandInterrupted(t *testing.T) {
	b := stored(t)
	const said = "api_key: interrupted, nothing was changed"
	sitDown(t, b.Manager, "set", "api_key").waits("api_key: ").types("hunter2\x03").waits(said).leaves(1, "")
	sitDown(t, b.Manager, "set", "api_key").waits("api_key: ").types("\x04").waits(said).leaves(1, "")
	sitDown(t, b.Manager, "set", "username").waits("username: ").types("\x04").waits("interrupted").leaves(1, "")
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		y := sitDown(t, b.Manager, "set", "api_key").waits("api_key: ")
		if err := syscall.Kill(os.Getpid(), signal); err != nil {
			t.Fatal(err)
		}
		y.waits(said).leaves(1, "")
	}
	if got, _ := b.store.Value("petstore", "api_key"); got != goodKey {
		t.Errorf("the value is now %q", got)
	}
}

func TestCommandClearAsksFirst(t *testing.T) {
	for answer, cleared := range map[string]bool{"\n": false, "n\n": false, "\x04": false, "yes please\n": false, "y\n": true, " YES \n": true} {
		b := stored(t)
		y := sitDown(t, b.Manager, "clear").
			waits("This removes from memory: api_key\r\nGo on? [y/N] ").types(answer)
		if cleared {
			y.leaves(0, "Removed from memory: api_key\n")
		} else {
			y.leaves(1, "")
		}
		if _, there := b.store.Value("petstore", "api_key"); there == cleared {
			t.Errorf("answer %q: still there: %t", answer, there)
		}
	}
}

// The tests below use the real keychain and display.

// A real is a vault on a desktop of its own.
type real struct {
	*petstore.Secrets
	*desktop.Desktop
	t *testing.T
}

func openReal(t *testing.T, options desktop.Options) *real {
	t.Helper()
	d := desktop.ForTest(t, options)
	return &real{openKeychain(t), d, t}
}

func openKeychain(t *testing.T) *petstore.Secrets {
	t.Helper()
	vault, err := petstore.OpenSecrets()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	return vault
}

func (r *real) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *real) output(name string, args ...string) string {
	r.t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		r.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestRealCommandWithoutADisplay(t *testing.T) {
	r := openReal(t, desktop.Options{NoDisplay: true})
	run(t, r.Manager, goodKey+"\n", "set", "api_key").want(t, 0, "api_key is set.\n", "")
	if got := r.output("secret-tool", "lookup", "service", "com.mcp.petstore", "username", "api_key"); got != goodKey {
		t.Errorf("secret-tool finds %q", got)
	}
	run(t, r.Manager, "", "status").want(t, 0, "api_key    Petstore API key   set\n", "")
	// What another program has left under this service is removed as well, and named before.
	r.output("sh", "-c", "printf x | secret-tool store --label=x service com.mcp.petstore username left_over")
	run(t, r.Manager, "", "clear", "--yes").want(t, 0, "Removed from the keychain (com.mcp.petstore): api_key, left_over\n", "")
	if out, err := exec.Command("secret-tool", "search", "--all", "service", "com.mcp.petstore").Output(); err != nil || len(out) > 0 {
		t.Errorf("secret-tool finds %s, %v", out, err)
	}
}

func TestRealDoctor(t *testing.T) {
	for name, row := range map[string]struct {
		options desktop.Options
		fault   func(*real)
		code    int
		want    []string
	}{
		"all is well": {want: []string{
			"keychain   ok   answers, is not locked\n", "display    ok   answers\n", "dialogs    ok   shown by /usr/bin/zenity\n"}},
		"no display": {options: desktop.Options{NoDisplay: true}, want: []string{
			"keychain   ok        answers, is not locked\n", "display    warning   no display for a dialog: neither DISPLAY",
			"\"petstore secrets set NAME\" works without it"}},
		"no dialog program": {fault: func(r *real) { r.t.Setenv("PATH", r.t.TempDir()) }, want: []string{
			"display    ok        answers\n", "no program to show a dialog with: install zenity\n"}},
		"a dialog program that everybody can replace": {fault: putZenityInAnOpenFolder, want: []string{
			"dialogs    warning   no program to show a dialog with: everybody may write to /"}},
		"a dialog program without its libraries": {fault: putZenity("echo 'zenity: error while loading shared libraries' >&2; exit 127"), want: []string{
			"display    ok        answers\n", "/zenity does not run"}},
		"a dialog program that is killed": {fault: putZenity("kill -9 $$"), want: []string{"/zenity ended with signal: killed\n"}},
		"a dialog program that finds no display": {fault: putZenity("sleep 0.5; echo 'Gtk-WARNING **: cannot open display: :9' >&2; exit 1"), want: []string{
			"/zenity could not open the display"}},
		"another kind of display": {fault: func(r *real) { r.t.Setenv("GDK_BACKEND", "wayland") }, want: []string{
			"display    warning   no display for a dialog: GDK_BACKEND=\"wayland\" leaves none"}},
		"a library path of somebody's bundle": {fault: func(r *real) {
			dir := r.t.TempDir()
			r.must(os.WriteFile(filepath.Join(dir, "libgtk-3.so.0"), []byte("junk"), 0o644))
			r.t.Setenv("LD_LIBRARY_PATH", dir)
		}, want: []string{"dialogs    ok   shown by /usr/bin/zenity\n"}},
		"a lock folder that others can write to": {fault: func(r *real) {
			r.must(os.MkdirAll(locks(r), 0o700))
			r.must(os.Chmod(locks(r), 0o777))
		}, want: []string{"lock       warning   the dialog failed: the folder of lock files ", "/mcpsecrets can't be used: others can write to it\n"}},
		"a folder in place of the lock": {fault: func(r *real) { r.must(os.MkdirAll(filepath.Join(locks(r), "dialog.lock"), 0o700)) }, want: []string{
			"/mcpsecrets/dialog.lock can't be used: it is no plain file\n"}},
		"a runtime folder that is not there": {fault: func(r *real) {
			if user := filepath.Join("/run/user", strconv.Itoa(os.Geteuid())); isFolder(user) {
				r.t.Skip("the locks are in " + user + ", whatever XDG_RUNTIME_DIR says")
			}
			r.t.Setenv("XDG_RUNTIME_DIR", "/proc/nope")
		}, want: []string{
			"/proc/nope/mcpsecrets can't be used: no such file or directory\n"}},
		"a lock whose holder shows no window": {fault: holdLock, want: []string{
			"/mcpsecrets/dialog.lock, and shows no window\n"}},
		"few files": {fault: fewFiles, want: []string{"files      warning   the dialog failed: the process can have "}},
		"locked": {options: desktop.Options{Keyring: desktop.KeyringLocked}, want: []string{
			"keychain   warning   answers, is locked\n"}},
		"locked without a display": {options: desktop.Options{Keyring: desktop.KeyringLocked, NoDisplay: true}, code: 1, want: []string{
			"keychain   failed    answers, is locked, and has no screen", "gnome-keyring-daemon --replace --unlock"}},
		"no keyring yet": {options: desktop.Options{Keyring: desktop.KeyringFresh}, want: []string{
			"keychain   warning   answers, has no keyring yet\n"}},
		"no keychain": {options: desktop.Options{Keyring: desktop.KeyringNone}, code: 1, want: []string{
			"keychain   failed   no keychain: no secret service is running\n", "start a Secret Service such as gnome-keyring"}},
		"no bus": {options: desktop.Options{NoBus: true, Keyring: desktop.KeyringNone}, code: 1, want: []string{
			"keychain   failed   no keychain: the server was started without DBUS_SESSION_BUS_ADDRESS, and there is no bus at "}},
		"frozen keychain": {fault: func(r *real) { r.must(r.Freeze()) }, code: 1, want: []string{
			"keychain   failed   does not answer in time\n"}},
		"dead display": {fault: func(r *real) { r.must(r.KillDisplay()) }, want: []string{
			"display    warning   no display for a dialog: DISPLAY="}},
	} {
		t.Run(name, func(t *testing.T) {
			r := openReal(t, row.options)
			if row.fault != nil {
				row.fault(r)
			}
			got := run(t, r.Manager, "", "doctor")
			errors := ""
			if row.code != 0 {
				errors = "petstore: no secret can be kept here\n"
			}
			for _, want := range append(row.want, "petstore keeps its secrets in the keychain (com.mcp.petstore)\n") {
				got.want(t, row.code, want, errors)
			}
		})
	}
}

// Run in a terminal of the desktop, doctor says what a client would have to pass on.
func TestRealDoctorKnowsWhatClientsPassOn(t *testing.T) {
	r := openReal(t, desktop.Options{})
	needs := fmt.Sprintf("Add to the server in the client's configuration:\n  \"env\": {\"DBUS_SESSION_BUS_ADDRESS\": %q, \"DISPLAY\": %q, \"XAUTHORITY\": %q}\n",
		r.Getenv("DBUS_SESSION_BUS_ADDRESS"), r.Getenv("DISPLAY"), r.Getenv("XAUTHORITY"))
	users := filepath.Join(r.Dir(), "users")
	r.must(os.Mkdir(users, 0o700))
	old := session.UserFolders
	session.UserFolders = users
	t.Cleanup(func() { session.UserFolders = old })
	run(t, r.Manager, "", "doctor").want(t, 0, needs, "")
	run(t, r.Manager, "", "doctor").want(t, 0, "Or \"petstore secrets client CLIENT --write\" puts the server there, with that.\n", "")
	const variables = "The variables are those of this login: after another one, see whether they are the same.\n"
	run(t, r.Manager, "", "client", "codex").want(t, 0, fmt.Sprintf("\n[mcp_servers.petstore.env]\n\"DBUS_SESSION_BUS_ADDRESS\" = %q\n\"DISPLAY\" = %q\n\"XAUTHORITY\" = %q\n",
		r.Getenv("DBUS_SESSION_BUS_ADDRESS"), r.Getenv("DISPLAY"), r.Getenv("XAUTHORITY")), variables)

	// The bus at its usual place, and a service manager that was told of the display.
	r.must(os.Symlink(r.Getenv("XDG_RUNTIME_DIR"), filepath.Join(users, strconv.Itoa(os.Geteuid()))))
	stop, err := r.ServeManager([]string{"DISPLAY=" + r.Getenv("DISPLAY"), "XAUTHORITY=" + r.Getenv("XAUTHORITY")})
	r.must(err)
	defer stop.Close()
	run(t, r.Manager, "", "doctor").want(t, 0, "starts a server that finds the same.\n", "")
	if client := run(t, r.Manager, "", "client", "codex"); strings.Contains(client.out, "env") || strings.Contains(client.errors, variables) {
		t.Errorf("a client is given what it need not have: %+v", client)
	}

	// A variable that leads elsewhere, as in a shell that has outlived a desktop.
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
	usual := "unix:path=" + users + "/" + strconv.Itoa(os.Geteuid()) + "/bus"
	run(t, openKeychain(t).Manager, "", "doctor").want(t, 1, "your bus is "+usual+": set DBUS_SESSION_BUS_ADDRESS to that", "petstore: no secret can be kept here\n")
}

// Where there is no keyring yet and no screen to ask for the password of one, doctor and the command that fails say the same.
func TestRealNoKeyringYetAndNoScreen(t *testing.T) {
	r := openReal(t, desktop.Options{NoDisplay: true, Keyring: desktop.KeyringFresh})
	const wayOut = `gnome-keyring takes one without a screen: read -rs P && printf %s "$P" | gnome-keyring-daemon --replace --unlock; unset P` + "\n"
	run(t, r.Manager, goodKey, "set", "api_key").want(t, 1, "", "petstore: api_key: the keychain has no keyring yet, and ")
	run(t, r.Manager, goodKey, "set", "api_key").want(t, 1, "", wayOut)
	run(t, r.Manager, "", "doctor").want(t, 1, "answers, has no keyring yet, and no screen", "petstore: no secret can be kept here\n")
	run(t, r.Manager, "", "doctor").want(t, 1, wayOut, "petstore: no secret can be kept here\n")

	// The way out, with a password that comes from elsewhere than a terminal.
	r.output("bash", "-c", `printf %s password | gnome-keyring-daemon --replace --unlock >/dev/null 2>&1`)
	m, got := openKeychain(t).Manager, ran{code: 1}
	for end := time.Now().Add(patience); got.code != 0 && time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		got = run(t, m, goodKey, "set", "api_key") // the new daemon takes over some time after the command has ended
	}
	got.want(t, 0, "api_key is set.\n", "")
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func locks(r *real) string { return filepath.Join(r.Getenv("XDG_RUNTIME_DIR"), "mcpsecrets") }

// holdLock has another process hold the lock for dialogs.
func holdLock(r *real) {
	r.must(os.MkdirAll(locks(r), 0o700))
	cmd := exec.Command("flock", "--no-fork", filepath.Join(locks(r), "dialog.lock"), "sh", "-c", "echo locked; exec sleep 1000")
	out, err := cmd.StdoutPipe()
	r.must(err)
	r.must(cmd.Start())
	r.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	_, err = out.Read(make([]byte, 10))
	r.must(err)
}

// fewFiles leaves this process no more than some files to open.
func fewFiles(r *real) {
	var limit syscall.Rlimit
	r.must(syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	files, err := os.ReadDir("/proc/self/fd")
	r.must(err)
	r.must(syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: uint64(len(files) + 25), Max: limit.Max}))
	r.t.Cleanup(func() { r.must(syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)) })
}

// putZenity puts a shell script in zenity's place.
func putZenity(script string) func(r *real) {
	return func(r *real) {
		dir := r.t.TempDir()
		r.must(os.WriteFile(filepath.Join(dir, "zenity"), []byte("#!/bin/sh\n"+script+"\n"), 0o755))
		r.t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	}
}

func putZenityInAnOpenFolder(r *real) {
	dir := r.t.TempDir()
	r.must(os.WriteFile(filepath.Join(dir, "zenity"), []byte("#!/bin/sh\n"), 0o755))
	r.must(os.Chmod(dir, 0o777))
	r.t.Setenv("PATH", dir)
}

func TestRealDoctorAsksNobodyToUnlock(t *testing.T) {
	r := openReal(t, desktop.Options{})
	r.must(r.Manager.Set(t.Context(), petstore.KeyAPIKey(), goodKey))
	r.must(r.Lock())
	for range 3 {
		run(t, r.Manager, "", "doctor").want(t, 0, "answers, is locked\n", "")
	}
	// A prompt that was opened would be the one that now comes, and a second one would stay.
	get := make(chan ran, 1)
	go func() { get <- run(t, r.Manager, "", "status") }()
	r.must(r.AnswerPrompt(r.Desktop.Password))
	status := <-get
	// Said after two seconds, which a busy computer takes.
	status.errors = strings.TrimPrefix(status.errors, "petstore: waiting for the keychain, which may have opened a window\n")
	status.want(t, 0, "api_key    Petstore API key   set\n", "")
	r.must(r.WaitNoWindow())
	run(t, r.Manager, "", "doctor").want(t, 0, "answers, is not locked\n", "")
}

func TestRealDoctorsWayOutUnlocksWithoutADisplay(t *testing.T) {
	for name, state := range map[string]desktop.Keyring{
		"locked": desktop.KeyringLocked, "fresh": desktop.KeyringFresh, "not running": desktop.KeyringNone,
	} {
		t.Run(name, func(t *testing.T) {
			r := openReal(t, desktop.Options{NoDisplay: true, Keyring: state})
			said := run(t, r.Manager, "", "doctor").out
			at := strings.Index(said, "read -rs P")
			if at < 0 {
				t.Fatal(said)
			}
			way, _, _ := strings.Cut(said[at:], "\n")
			shell := exec.Command("bash", "-c", way)
			shell.Stdin = strings.NewReader(r.Desktop.Password + "\n")
			if out, err := shell.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for end := time.Now().Add(patience); !strings.Contains(run(t, r.Manager, "", "doctor").out, "answers, is not locked\n"); {
				if time.Now().After(end) {
					t.Fatal("the keychain stays locked")
				}
				time.Sleep(10 * time.Millisecond)
			}
			run(t, r.Manager, goodKey, "set", "api_key").want(t, 0, "api_key is set.\n", "")
		})
	}
}

func TestRealCommandSaysWhatItWaitsFor(t *testing.T) {
	r := openReal(t, desktop.Options{Keyring: desktop.KeyringLocked})
	y := sitDown(t, r.Manager, "set", "api_key").waits("api_key: ").types(goodKey + "\r").
		waits("waiting for the keychain, which may have opened a window")
	r.must(r.DismissPrompt())
	y.waits("api_key: the keychain is locked: unlock it, then try again").leaves(1, "")
}

// A value that only a locked keyring has keeps nobody from seeing the others, nor from removing or replacing them.
func TestRealOneValueIsInALockedKeyring(t *testing.T) {
	for name, noDisplay := range map[string]bool{"desktop": false, "no display": true} {
		t.Run(name, func(t *testing.T) {
			r := openReal(t, desktop.Options{NoDisplay: noDisplay, Programs: []string{"secret-tool"}})
			for _, name := range []string{"api_key", "base_url"} {
				_, err := r.LockAway("old "+name, "com.mcp.petstore", name, "https://old.example/"+goodKey)
				r.must(err)
			}

			got := run(t, r.Manager, "", "doctor") // while the open keyring has nothing at all
			for _, want := range []string{"answers, is not locked\n", "warning   in a keyring that is locked: api_key, base_url\n",
				"unlock that keyring; or \"petstore secrets set NAME\" stores another value in the one that is not locked\n"} {
				got.want(t, 0, want, "")
			}

			r.must(r.Manager.Set(t.Context(), petstore.KeyUsername(), "ann"))
			said := make(chan ran, 1)
			go func() { said <- run(t, r.Manager, "", "status") }()
			if !noDisplay {
				r.must(r.DismissPrompt()) // and none comes for the second one
			}
			got = <-said
			const locked = "not known: the keychain is locked: unlock it, then try again\n"
			for _, want := range []string{"api_key    Petstore API key   " + locked, "base_url   API endpoint       " + locked,
				"contact    Contact address    not set, optional\n", "username   User name          set: ann\n"} {
				got.want(t, 1, want, "petstore: api_key: the keychain is locked: unlock it, then try again\n")
			}

			run(t, r.Manager, "", "clear", "--yes").want(t, 0, "Removed from the keychain (com.mcp.petstore): username\n", "")
			run(t, r.Manager, goodKey, "set", "api_key").want(t, 0, "api_key is set.\n", "")
			sitDown(t, r.Manager, "set", "base_url").waits("base_url [https://petstore.example/api/v3]: ").types("\n").
				leaves(0, "base_url is set.\n")
			if got := run(t, r.Manager, "", "doctor"); strings.Contains(got.out, "values ") {
				t.Error(got.out)
			}
			if !noDisplay {
				r.must(r.WaitNoWindow())
			}
		})
	}
}
