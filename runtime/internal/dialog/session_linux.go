package dialog

import (
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// userFolders holds a folder for each user who is logged in, made by systemd or elogind.
// XDG_RUNTIME_DIR says the same, but not to everybody: a snap has another one, and after su it is
// somebody else's or not set.
var userFolders = "/run/user"

// sessionFolder returns the folder for locks that all servers on this screen share, whatever their
// environment, or "" where there is none. Those on other screens need not wait for one another.
func sessionFolder() string {
	user := filepath.Join(userFolders, strconv.Itoa(os.Geteuid()))
	info, err := os.Lstat(user)
	if err != nil || !info.IsDir() || info.Mode().Perm() != 0o700 {
		return ""
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Uid) != os.Geteuid() {
		return ""
	}
	folder := filepath.Join(user, "mcpsecrets", screenName(os.Getenv))
	if os.MkdirAll(folder, 0o700) != nil {
		return "" // it is not for everybody in a container
	}
	return folder
}

// screenName names the display that dialogs open on, as part of a path, of who has these variables.
func screenName(getenv func(string) string) string {
	if x := getenv("DISPLAY"); x != "" {
		host, number, _ := strings.Cut(x, ":")
		number, _, _ = strings.Cut(number, ".") // the rest is one of its monitors
		return "x11-" + url.PathEscape(host+":"+number)
	}
	return "wayland-" + url.PathEscape(getenv("WAYLAND_DISPLAY"))
}
