package session

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

const nobody = 65534

// useUserFolders has the folders of users elsewhere, and returns the one of this user, which is not there yet.
func useUserFolders(t *testing.T) (ours string) {
	t.Helper()
	// Not below the test's own folder: a socket's path has to be short.
	dir, err := os.MkdirTemp("", "users-")
	check(t, err)
	old := UserFolders
	UserFolders = dir
	t.Cleanup(func() {
		UserFolders = old
		os.RemoveAll(dir)
	})
	return filepath.Join(dir, strconv.Itoa(os.Geteuid()))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// withBus makes a folder with the socket of a bus, and gives both away.
func withBus(t *testing.T, folder string, uidOfFolder, uidOfSocket int) string {
	t.Helper()
	check(t, os.MkdirAll(folder, 0o700))
	socket := filepath.Join(folder, "bus")
	listener, err := net.Listen("unix", socket)
	check(t, err)
	t.Cleanup(func() { listener.Close() })
	check(t, os.Chown(socket, uidOfSocket, -1))
	check(t, os.Chown(folder, uidOfFolder, -1))
	return socket
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can make files of another user")
	}
}

// The environments in which clients, su, sudo and shells that outlived a desktop start servers.
func TestBusOfEveryEnvironment(t *testing.T) {
	me := os.Geteuid()
	for name, row := range map[string]struct {
		folder, socket int    // whose the user's folder and the bus in it are; -1 for none
		elsewhere      int    // whose another runtime folder is, with its bus; -1 for one without
		address        string // $usual and $else are those sockets
		runtimeDir     string // $ours and $else are those folders
		want           string // $usual or $else, or words of the error
		line           string // for the client's configuration
	}{
		"nothing set":                 {folder: me, socket: me, want: "$usual"},
		"set to nothing":              {folder: me, socket: me, address: "", runtimeDir: "", want: "$usual"},
		"autolaunch":                  {folder: me, socket: me, address: "autolaunch:", want: "$usual"},
		"a dialog's":                  {folder: me, socket: me, address: "disabled:", want: "$usual"},
		"the usual folder":            {folder: me, socket: me, runtimeDir: "$ours", want: "$usual"},
		"the usual folder, one slash": {folder: me, socket: me, runtimeDir: "$ours/", want: "$usual"},
		"of a snap":                   {folder: me, socket: me, runtimeDir: "$ours/snap.code", want: "$usual"},
		"own folder":                  {folder: me, socket: me, elsewhere: me, runtimeDir: "$else", want: "$else"},
		"relative folder":             {folder: me, socket: me, runtimeDir: "run", want: "$usual"},
		"folder that is gone":         {folder: me, socket: me, runtimeDir: "/nowhere", want: "$usual"},
		"address":                     {folder: me, socket: me, elsewhere: me, address: "unix:path=$else/bus", want: "$else"},
		"address, escaped":            {folder: me, socket: me, elsewhere: me, address: "unix:path=%2f$else/bus,guid=1", want: "/$else"},
		"after su":                    {folder: me, socket: me, elsewhere: nobody, runtimeDir: "$else", want: "$usual"},

		"no desktop": {folder: -1, want: "started without DBUS_SESSION_BUS_ADDRESS, and there is no folder $ours",
			line: `"env": {"DBUS_SESSION_BUS_ADDRESS": "..."}`},
		"no bus": {folder: me, socket: -1, want: "and there is no bus at $ours/bus",
			line: `"env": {"DBUS_SESSION_BUS_ADDRESS": "..."}`},
		"sudo on a desktop": {folder: -1, elsewhere: nobody, runtimeDir: "$else",
			want: "XDG_RUNTIME_DIR is the folder of another user, and there is no folder $ours"},
		"another's folder":       {folder: nobody, socket: me, want: "$ours belongs to another user"},
		"another's socket":       {folder: me, socket: nobody, want: "$ours/bus belongs to another user"},
		"own folder without one": {folder: me, socket: me, elsewhere: -1, runtimeDir: "$else", want: "there is no bus at $else/bus"},
		"over the network": {folder: me, socket: me, address: "tcp:host=127.0.0.1,port=9", want: "DBUS_SESSION_BUS_ADDRESS names no socket",
			line: `"env": {"DBUS_SESSION_BUS_ADDRESS": "unix:path=$ours/bus"}`},
		"rubbish": {folder: me, socket: me, address: ";;=%zz", want: "DBUS_SESSION_BUS_ADDRESS names no socket"},
		"of a command": {folder: -1, address: "unixexec:path=touch,argv1=x", want: "DBUS_SESSION_BUS_ADDRESS names no socket",
			line: `"env": {"DBUS_SESSION_BUS_ADDRESS": "..."}`},
	} {
		t.Run(name, func(t *testing.T) {
			if slices.Contains([]int{row.folder, row.socket, row.elsewhere}, nobody) {
				needRoot(t)
			}
			ours := useUserFolders(t)
			elsewhere := filepath.Join(filepath.Dir(ours), "else")
			switch {
			case row.folder != -1 && row.socket != -1:
				withBus(t, ours, row.folder, row.socket)
				check(t, os.MkdirAll(ours+"/snap.code", 0o700))
			case row.folder != -1:
				check(t, os.Mkdir(ours, 0o700))
			}
			switch isUsed := strings.Contains(row.address+row.runtimeDir, "$else"); {
			case isUsed && row.elsewhere == -1:
				check(t, os.Mkdir(elsewhere, 0o700))
			case isUsed:
				withBus(t, elsewhere, row.elsewhere, row.elsewhere)
			}
			fill := strings.NewReplacer("$usual", ours+"/bus", "$ours", ours, "$else", elsewhere).Replace
			environ := Environ{"HOME=/", "DBUS_SESSION_BUS_ADDRESS=" + fill(row.address), "XDG_RUNTIME_DIR=" + fill(row.runtimeDir)}
			sockets, err := environ.Bus()
			var fault *Fault
			switch want := fill(row.want); {
			case err == nil:
				if strings.HasSuffix(want, elsewhere) {
					want += "/bus"
				}
				if !slices.Equal(sockets, []string{want}) {
					t.Errorf("got %q, want %q", sockets, want)
				}
			case !errors.As(err, &fault) || !strings.Contains(err.Error(), want):
				t.Errorf("got %v, want %q", err, want)
			case row.line != "" && fault.Config() != fill(row.line):
				t.Errorf("for the client: %s", fault.Config())
			}
		})
	}
}

// Who listens on a socket may be another user than its folder and file say, and of an abstract one nothing says it.
func TestBusOfAnotherUserIsNotTalkedTo(t *testing.T) {
	needRoot(t)
	socket := "@" + filepath.Join(t.TempDir(), "bus")
	listener, err := desktop.ListenAs(nobody, "unix", socket)
	check(t, err)
	defer listener.Close()

	environ := Environ{"DBUS_SESSION_BUS_ADDRESS=unix:abstract=" + socket[1:]}
	sockets, err := environ.Bus()
	check(t, err)
	conn, err := environ.Dial(t.Context(), sockets[0])
	if err == nil {
		conn.Close()
	}
	if fault := (*Fault)(nil); !errors.As(err, &fault) || fault.Trouble != "the session bus that DBUS_SESSION_BUS_ADDRESS names belongs to another user" {
		t.Errorf("got %v", err)
	}
}

func TestDeadBus(t *testing.T) {
	ours := useUserFolders(t)
	withBus(t, ours, os.Geteuid(), os.Geteuid())
	environ := Environ{"DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere"}
	_, err := environ.Dial(t.Context(), "/nowhere")
	fault := (*Fault)(nil)
	if !errors.As(err, &fault) || fault.Trouble != "nobody listens on the session bus that DBUS_SESSION_BUS_ADDRESS names" ||
		fault.Value != "unix:path="+ours+"/bus" {
		t.Errorf("got %#v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := environ.Dial(ended, "/nowhere"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// The display is the one of the environment, else the one that the user's service manager knows.
func TestDisplayOfEveryEnvironment(t *testing.T) {
	for name, row := range map[string]struct {
		environ, manager Environ // the latter nil for none
		want             map[string]string
	}{
		"bare": {manager: Environ{"DISPLAY=:7", "XAUTHORITY=/run/gdm/Xauthority", "XDG_RUNTIME_DIR=/run/user/7", "PATH=/evil"},
			want: map[string]string{"DISPLAY": ":7", "XAUTHORITY": "/run/gdm/Xauthority", "XDG_RUNTIME_DIR": "/run/user/7", "PATH": ""}},
		"bare, Wayland": {manager: Environ{"WAYLAND_DISPLAY=wayland-0"},
			want: map[string]string{"DISPLAY": "", "WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": "$run"}},
		"bare but for another user's folder": {environ: Environ{"XDG_RUNTIME_DIR=$else"}, manager: Environ{"WAYLAND_DISPLAY=wayland-0"},
			want: map[string]string{"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": "$run"}},
		"empty": {environ: Environ{"DISPLAY=", "WAYLAND_DISPLAY="}, manager: Environ{"DISPLAY=:7", "WAYLAND_DISPLAY=w"},
			want: map[string]string{"DISPLAY": ":7", "WAYLAND_DISPLAY": "w"}},
		"own display": {environ: Environ{"DISPLAY=:1"}, manager: Environ{"DISPLAY=:7", "WAYLAND_DISPLAY=w", "XAUTHORITY=/x"},
			want: map[string]string{"DISPLAY": ":1", "WAYLAND_DISPLAY": "", "XAUTHORITY": ""}},
		"own Wayland, no folder": {environ: Environ{"WAYLAND_DISPLAY=wayland-1"}, manager: Environ{"DISPLAY=:7"},
			want: map[string]string{"WAYLAND_DISPLAY": "wayland-1", "DISPLAY": "", "XDG_RUNTIME_DIR": "$run"}},
		"own cookies": {environ: Environ{"XAUTHORITY=/own"}, manager: Environ{"DISPLAY=:7"},
			want: map[string]string{"DISPLAY": ":7", "XAUTHORITY": "/own"}},
		"manager without a display": {manager: Environ{"XAUTHORITY=/x", "LANG=C"}, want: map[string]string{"DISPLAY": "", "XAUTHORITY": ""}},
		"no manager":                {want: map[string]string{"DISPLAY": "", "WAYLAND_DISPLAY": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			d := desktop.Open(t, desktop.Options{NoDisplay: true, Keyring: desktop.KeyringNone})
			useUserFolders(t)
			UserFolders = filepath.Join(d.Dir(), "user")
			check(t, os.Mkdir(UserFolders, 0o700))
			run := filepath.Join(UserFolders, strconv.Itoa(os.Geteuid()))
			check(t, os.Symlink(d.Getenv("XDG_RUNTIME_DIR"), run))
			if row.manager != nil {
				stop, err := d.ServeManager(row.manager)
				check(t, err)
				defer stop.Close()
			}
			for i, variable := range row.environ {
				if strings.Contains(variable, "$else") {
					needRoot(t)
					elsewhere := t.TempDir()
					check(t, os.Chown(elsewhere, nobody, -1))
					row.environ[i] = strings.ReplaceAll(variable, "$else", elsewhere)
				}
			}
			before := os.Environ()
			whole := row.environ.Whole()
			for name, want := range row.want {
				if got := whole.Get(name); got != strings.ReplaceAll(want, "$run", run) {
					t.Errorf("%s=%q, want %q", name, got, want)
				}
			}
			if whole.Get("HOME") == "" {
				t.Error("there is no home")
			}
			if !slices.Equal(before, os.Environ()) {
				t.Error("the process's own environment has changed")
			}
		})
	}
}

// A display that the manager is told of later is found at once.
func TestDisplayThatComesLater(t *testing.T) {
	d := desktop.Open(t, desktop.Options{NoDisplay: true, Keyring: desktop.KeyringNone})
	environ := Environ{"DBUS_SESSION_BUS_ADDRESS=" + d.Getenv("DBUS_SESSION_BUS_ADDRESS")}
	if environ.Whole().HasDisplay() {
		t.Fatal("there is a display")
	}
	stop, err := d.ServeManager([]string{"DISPLAY=:7"})
	check(t, err)
	defer stop.Close()
	if got := environ.Whole().Get("DISPLAY"); got != ":7" {
		t.Errorf("DISPLAY=%q", got)
	}
}

// A bus that hangs costs two seconds, and not each time.
func TestManagerThatIsMute(t *testing.T) {
	ours := useUserFolders(t)
	withBus(t, ours, os.Geteuid(), os.Geteuid()) // nobody accepts
	ended := make(chan bool)
	go func() {
		for range 20 {
			ended <- Environ{}.Whole().HasDisplay()
		}
	}()
	for range 20 {
		select {
		case found := <-ended:
			if found {
				t.Fatal("it has a display")
			}
		case <-time.After(10 * patience):
			t.Fatal("it waits for an answer")
		}
	}
}

func TestBareEnvironment(t *testing.T) {
	environ := Environ{"HOME=/h", "PATH=/p", "DISPLAY=:0", "XDG_RUNTIME_DIR=/r", "USER=u", "HOMEX=1"}
	if got := environ.Bare(); !slices.Equal(got, Environ{"HOME=/h", "PATH=/p", "USER=u"}) {
		t.Errorf("got %q", got)
	}
}

// What the client has to pass on leads to the display that is used here, and to no mixture of two.
func TestMissingDisplay(t *testing.T) {
	for name, row := range map[string]struct {
		environ, manager Environ
		want             []string
	}{
		"the same": {Environ{"DISPLAY=:7", "XAUTHORITY=/x"}, Environ{"DISPLAY=:7", "XAUTHORITY=/x"}, nil},
		"a cookie that the manager does not know": {Environ{"DISPLAY=:7", "XAUTHORITY=/x"}, Environ{"DISPLAY=:7"}, []string{"XAUTHORITY", "/x"}},
		"more at the manager":                     {Environ{"DISPLAY=:7"}, Environ{"DISPLAY=:7", "WAYLAND_DISPLAY=w"}, nil},
		"no manager":                              {Environ{"DISPLAY=:7", "XAUTHORITY=/x"}, nil, []string{"DISPLAY", ":7", "XAUTHORITY", "/x"}},
		"another one, as by ssh -X": {Environ{"DISPLAY=localhost:10.0", "XAUTHORITY=/x"}, Environ{"DISPLAY=:7", "XAUTHORITY=/run/gdm"},
			[]string{"DISPLAY", "localhost:10.0", "XAUTHORITY", "/x"}},
		"another one, with the same cookies": {Environ{"DISPLAY=:10"}, Environ{"DISPLAY=:7"}, []string{"DISPLAY", ":10"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := desktop.Open(t, desktop.Options{NoDisplay: true, Keyring: desktop.KeyringNone})
			useUserFolders(t)
			UserFolders = filepath.Join(d.Dir(), "user")
			check(t, os.Mkdir(UserFolders, 0o700))
			check(t, os.Symlink(d.Getenv("XDG_RUNTIME_DIR"), filepath.Join(UserFolders, strconv.Itoa(os.Geteuid()))))
			if row.manager != nil {
				stop, err := d.ServeManager(row.manager)
				check(t, err)
				defer stop.Close()
			}
			if got := row.environ.Missing(false, true); !slices.Equal(got, row.want) {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}
