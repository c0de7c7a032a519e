package dialog

import (
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/session"
)

// sessionFolder returns the folder for locks that all servers of this user on this screen share, whatever
// their environment says else, or "" where there is none. Those on other screens need not wait for one another.
// XDG_RUNTIME_DIR says the same, but not to everybody: a snap has another one, and after su it is somebody
// else's or not set.
func sessionFolder() string {
	user := filepath.Join(session.UserFolders, strconv.Itoa(os.Geteuid()))
	info, err := os.Lstat(user)
	if err != nil || !info.IsDir() || info.Mode().Perm() != 0o700 {
		return ""
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Uid) != os.Geteuid() {
		return ""
	}
	folder := filepath.Join(user, "mcpsecrets", screenName(getenv))
	if os.MkdirAll(folder, 0o700) != nil {
		return "" // it is not for everybody in a container
	}
	return folder
}

// screenName names the display that dialogs open on, as part of a path, of who has these variables. One on this computer has
// many names, such as :0, unix:0.0 and localhost:0: only its number counts.
func screenName(getenv func(string) string) string {
	x := getenv("DISPLAY")
	if x == "" {
		return "wayland-" + url.PathEscape(getenv("WAYLAND_DISPLAY"))
	}
	at := strings.LastIndexByte(x, ':')
	host, number := x[:max(at, 0)], x[at+1:]
	number, _, _ = strings.Cut(number, ".") // the rest is one of its monitors
	if n, err := strconv.Atoi(number); err == nil {
		number = strconv.Itoa(n)
	}
	switch strings.TrimSuffix(host, "/") {
	case "unix", "localhost", "localhost/unix", "127.0.0.1", "[::1]":
		host = ""
	}
	return "x11-" + url.PathEscape(host+":"+number)
}
