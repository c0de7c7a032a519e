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
	// program returns how to start a program of that name.
	program := func(name string) []string {
		file := filepath.Join(t.TempDir(), name)
		check(t, os.Symlink(sleep, file))
		return []string{file, "1000"}
	}
	// start starts a program, as a server would, and returns a channel that is closed when it has ended.
	start := func(command []string, environ ...string) <-chan struct{} {
		cmd := exec.Command(command[0], command[1:]...)
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
		"a living server's":    start(program("qarma"), owned(os.Getpid())),
		"somebody else's":      start(program("matedialog")),
		"another program":      start(program("editor"), owned(dead.Process.Pid)),
		"without a good owner": start(program("zenity"), owned(0)),
	}
	container := []string{"unshare", "--pid", "--fork", "--kill-child"}
	if out, err := exec.Command(container[0], append(container[1:], "true")...).CombinedOutput(); err != nil {
		t.Logf("not tried with a container: %v: %s", err, out)
	} else {
		stays["a container's"] = start(append(container, program("zenity")...), owned(dead.Process.Pid))
	}
	orphan := start(program("zenity"), owned(dead.Process.Pid))
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
