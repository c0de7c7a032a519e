package child

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// A service manager asks all processes of a service to end. The watch still removes the folder, once the pipe
// ends.
func TestWatchHeedsNoSignal(t *testing.T) {
	place(t)
	f, err := newFolder()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.write("key", "text"); err != nil {
		t.Fatal(err)
	}
	shell := f.watch.shell.Process
	until(t, func() bool { return ignores(shell.Pid, syscall.SIGTERM) })
	for _, signal := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM} {
		if err := shell.Signal(signal); err != nil {
			t.Fatal(err)
		}
	}
	f.watch.end() // as the end of this process would
	if _, err := os.Stat(f.path); err == nil {
		t.Error("the folder is there")
	}
}

// ignores reports whether a process ignores a signal.
func ignores(pid int, signal syscall.Signal) bool {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	found := regexp.MustCompile(`SigIgn:\s*([0-9a-f]+)`).FindSubmatch(status)
	if found == nil {
		return false
	}
	ignored, err := strconv.ParseUint(string(found[1]), 16, 64)
	return err == nil && ignored&(1<<(signal-1)) != 0
}

func until(t *testing.T, is func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it takes too long")
		}
	}
}
