//go:build unix

package child

import (
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

// places are where a folder can be, the best first: in memory, closed to other users by itself, and cleared
// at the end of a session; then in memory; then anywhere.
func places() (places []string) {
	for _, place := range []string{os.Getenv("XDG_RUNTIME_DIR"), "/run/user/" + strconv.Itoa(os.Geteuid())} {
		if filepath.IsAbs(place) && isClosed(place) {
			places = append(places, place)
		}
	}
	return append(places, "/dev/shm", os.TempDir())
}

// makePrivate makes a folder that is open to this user alone.
func makePrivate(place string) (path string, err error) { return os.MkdirTemp(place, beginning) }

// isClosed reports whether a folder is this user's, and others can't write to it.
func isClosed(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.IsDir() && info.Mode()&0o022 == 0 && isOwn(info)
}

// createPrivate makes a file that is open to this user alone.
func createPrivate(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

func isOwn(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}

// A watch removes a folder when this process ends, however it does: it is a shell that waits for the end of a
// pipe, which nobody else has open.
type watch struct {
	shell *exec.Cmd
	pipe  io.Closer
}

// watchOver starts a watch, if there is a shell. It is in a session of its own, and heeds no signal that asks
// for an end: what ends a server with all of its processes, as Ctrl-C, a client or systemd do, does not end
// it before.
func watchOver(path string) *watch {
	shell := exec.Command("/bin/sh", "-c", `trap "" HUP INT TERM; read -r _; exec rm -rf -- "$1"`, "mcpsecrets", path)
	shell.Env = []string{"PATH=/usr/bin:/bin"}
	shell.Dir = "/"
	shell.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	pipe, err := shell.StdinPipe()
	if err != nil || shell.Start() != nil {
		return nil
	}
	return &watch{shell, pipe}
}

// end ends a watch whose folder is gone.
func (w *watch) end() {
	if w != nil {
		_ = w.pipe.Close()
		_ = w.shell.Wait()
	}
}
