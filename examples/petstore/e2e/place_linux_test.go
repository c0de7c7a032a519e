package e2e

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

// patience bounds every wait; only a failure uses it up.
const patience = time.Minute

const token = "0123456789abcdef0123456789abcdef"

// An sdk is one that the pet store is built on.
type sdk struct {
	name    string
	module  string
	program func() (string, error) // the pet store, built once
	bare    func() []http.Handler  // what the pet store is without its secrets
}

var sdks = []sdk{
	{"mcp-go", "github.com/mark3labs/mcp-go", built(".."), bareMCPGo},
	{"official SDK", goSDK, built("../gosdk"), bareOfficial},
}

func built(source string) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		dir, err := os.MkdirTemp(folder, "program-") // a name made of source would be outside, where others build theirs
		if err != nil {
			return "", err
		}
		file := filepath.Join(dir, "petstore")
		out, err := exec.Command("go", "build", "-o", file, source).CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("go build: %w\n%s", err, out)
		}
		return file, nil
	})
}

// folder is for what all tests share.
var folder string

func TestMain(m *testing.M) {
	run := func() int {
		var err error
		if folder, err = os.MkdirTemp("", "petstore-e2e-"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(folder)
		waitTogether()
		return m.Run()
	}
	os.Exit(run())
}

// waitTogether has more tests run at a time than there are processors: what they do is to wait, for windows and for the user
// to read.
func waitTogether() {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0))) // it is one of package testing
	}
}

// A place is a desktop with a keychain, for one client and one server.
type place struct {
	*desktop.Desktop
	t       *testing.T
	guest   guest
	sdk     sdk
	program string
	token   string // the file
	log     log    // of servers and clients
}

func openPlace(t *testing.T, g guest, on sdk, options desktop.Options) *place {
	t.Helper()
	p := &place{t: t, guest: g, sdk: on, token: filepath.Join(t.TempDir(), "token")}
	options.Programs = []string{"zenity", "secret-tool"}
	p.Desktop = desktop.Open(t, options)
	if g.script != "" {
		installClients(t)
	}
	var err error
	if g.bare {
		p.tellManager()
	}
	p.program, err = on.program()
	p.must(err)
	p.must(os.WriteFile(p.token, []byte(token+"\n"), 0o600))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("servers and clients logged:\n%s", p.log.String())
		}
	})
	return p
}

// tellManager has the user's service manager know the display, as desktops tell it.
func (p *place) tellManager() {
	p.t.Helper()
	manager, err := p.ServeManager([]string{"DISPLAY=" + p.Getenv("DISPLAY"), "XAUTHORITY=" + p.Getenv("XAUTHORITY")})
	p.must(err)
	p.t.Cleanup(func() { _ = manager.Close() })
}

// loggedIn returns the beginning of a command that runs as on the desktop of a user who has logged in: their runtime folder, with
// the bus, is at /run/user/UID. It is there in a mount namespace, for nobody else to see.
func (p *place) loggedIn() []string {
	p.t.Helper()
	command := []string{"unshare", "--mount", "--propagation", "private"}
	if os.Geteuid() != 0 {
		command = append(command, "--user", "--map-current-user", "--keep-caps")
	}
	command = append(command, "sh", "-c", `mount -t tmpfs none /run/user && mkdir -m 700 "$1" && mount --bind "$0" "$1" && shift && exec "$@"`,
		p.Getenv("XDG_RUNTIME_DIR"), fmt.Sprintf("/run/user/%d", os.Geteuid()))
	if out, err := exec.Command(command[0], append(command[1:], "true")...).CombinedOutput(); err != nil {
		desktop.GiveUp(p.t, fmt.Errorf("no mount namespace can be made here: %w\n%s", err, out))
	}
	return command
}

func (p *place) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// A server is where a client connects to: an address, or a command to start.
type server struct {
	url     string
	command []string
	env     []string
}

// serve returns a server whose pet store takes the key, and how to end it.
func (p *place) serve(transport, key string, env ...string) (server, func()) {
	p.t.Helper()
	s := server{command: []string{p.program, "-accept-key", key}, env: append(p.Env(), env...)}
	if transport == overStdio {
		return s, func() {}
	}
	address := freeAddress(p.t)
	cmd := exec.Command(s.command[0], append(s.command[1:], "-http", address, "-token", p.token)...)
	cmd.Env, cmd.Stdout, cmd.Stderr = s.env, &p.log, &p.log
	end := startUntilEnd(p.t, cmd)
	s.url, s.command = "http://"+address+"/mcp", nil
	p.eventually("the server listens", func() bool {
		response, err := http.Get(s.url)
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusUnauthorized
	})
	if p.guest.remote {
		s.command = append(nodeCommand("node_modules/mcp-remote/dist/proxy.js"), s.url,
			"--transport", "http-only", "--header", "Authorization:${AUTHORIZATION}")
		s.env = append(s.env, "AUTHORIZATION=Bearer "+token)
		s.url = ""
	}
	return s, end
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startUntilEnd starts a program that also ends when the tests are killed. The function that is returned ends it, and fails the
// test if it does not end well.
func startUntilEnd(t *testing.T, cmd *exec.Cmd) (end func()) {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = time.Second
	started, ended := make(chan error), make(chan error, 1)
	go func() {
		runtime.LockOSThread() // the signal comes when the thread ends: not before the program
		started <- cmd.Start()
		ended <- cmd.Wait()
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	end = sync.OnceFunc(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("%s ended with %v", filepath.Base(cmd.Path), err)
			}
		case <-time.After(patience):
			_ = cmd.Process.Kill()
			<-ended
			t.Errorf("%s does not end", filepath.Base(cmd.Path))
		}
	})
	t.Cleanup(end)
	return end
}

// keychainHas fails unless any other program finds the value in the keychain.
func (p *place) keychainHas(name, want string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "secret-tool", "lookup", "service", "com.mcp.petstore", "username", name)
	cmd.Env = p.Env()
	if got, err := cmd.Output(); err != nil || string(got) != want {
		p.t.Errorf("the keychain has %q, %v", got, err)
	}
}

// wantInNoLog fails if a value is in what servers and clients logged.
func (p *place) wantInNoLog(values ...string) {
	p.t.Helper()
	text := p.log.String()
	if !strings.Contains(text, "secret access") {
		p.t.Errorf("the server's log is not there: %q", text)
	}
	if p.guest.forms && !strings.Contains(text, "code=compared") {
		p.t.Error("the log does not say that the codes were compared")
	}
	for _, value := range values {
		if strings.Contains(text, value) {
			p.t.Errorf("%s is in a log", value)
		}
	}
}

// eventually waits until done is true.
func (p *place) eventually(what string, done func() bool) {
	p.t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("%s: not in time", what)
		}
	}
}

// A log is written to by several programs.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
