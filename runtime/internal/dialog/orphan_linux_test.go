package dialog

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func TestDialogsOfDeadServersAreEnded(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip(err)
	}
	dead := exec.Command(sleep, "0")
	check(t, dead.Run())
	// start starts a program of that name, as a server would, and returns a channel that is closed when it has ended.
	start := func(name string, environ ...string) <-chan struct{} {
		file := filepath.Join(t.TempDir(), name)
		check(t, os.Symlink(sleep, file))
		cmd := exec.Command(file, "1000")
		cmd.Env = environ
		check(t, cmd.Start())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = cmd.Wait() // it is killed
		}()
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			<-ended
		})
		return ended
	}
	owned := func(pid int) string { return fmt.Sprintf("%s=%d", ownerVariable, pid) }
	stays := map[string]<-chan struct{}{
		"a living server's":    start("qarma", owned(os.Getpid())),
		"somebody else's":      start("matedialog"),
		"another program":      start("editor", owned(dead.Process.Pid)),
		"without a good owner": start("zenity", owned(0)),
	}
	orphan := start("zenity", owned(dead.Process.Pid))
	unlock, err := New(Options{LockDir: t.TempDir()}).Lock(t.Context())
	check(t, err)
	unlock()
	select {
	case <-orphan:
	case <-time.After(patience):
		t.Fatal("the orphan stays")
	}
	for what, ended := range stays {
		select {
		case <-ended:
			t.Errorf("%s dialog was ended", what)
		default:
		}
	}
}
