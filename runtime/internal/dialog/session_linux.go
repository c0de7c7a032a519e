package dialog

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// userFolders holds a folder for each user who is logged in, made by systemd or elogind.
// XDG_RUNTIME_DIR says the same, but not to everybody: a snap has another one, and after su it is
// somebody else's or not set.
var userFolders = "/run/user"

// sessionFolder returns the folder for locks that all servers of this user share, whatever their
// environment, or "" where there is none. It is one for all screens: a screen has many names, such as
// :0, unix:0 and wayland-0, and of two names nobody knows that they are the same screen.
func sessionFolder() string {
	user := filepath.Join(userFolders, strconv.Itoa(os.Geteuid()))
	info, err := os.Lstat(user)
	if err != nil || !info.IsDir() || info.Mode().Perm() != 0o700 {
		return ""
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Uid) != os.Geteuid() {
		return ""
	}
	folder := filepath.Join(user, "mcpsecrets")
	if os.MkdirAll(folder, 0o700) != nil {
		return "" // it is not for everybody in a container
	}
	return folder
}

// lockPlace says where a process with these variables has its locks: two of the same place share them.
func lockPlace(getenv func(string) string) string {
	if folder := sessionFolder(); folder != "" {
		return folder
	}
	return getenv("XDG_RUNTIME_DIR")
}
