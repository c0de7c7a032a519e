//go:build linux

package dialog

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/session"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/userlock"
)

const lockHelperDir = "DIALOG_TEST_LOCK_DIR"

// lockHelper is another server: it takes the lock, says so, and holds it until
// its standard input ends.
func lockHelper() {
	if _, err := New(Options{LockDir: os.Getenv(lockHelperDir)}).Lock(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("locked")
	_, _ = os.Stdin.Read(make([]byte, 1))
}

// server starts another process that will want the lock.
func server(t *testing.T, dir string) (process *os.Process, locked <-chan string) {
	t.Helper()
	exe, err := os.Executable()
	check(t, err)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), lockHelperDir+"="+dir)
	stdin, err := cmd.StdinPipe()
	check(t, err)
	stdout, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	lines := make(chan string, 1)
	go func() {
		line := make([]byte, 200)
		n, _ := stdout.Read(line)
		lines <- string(line[:n])
	}()
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait(); stdin.Close() })
	return cmd.Process, lines
}

func expect(t *testing.T, lines <-chan string) {
	t.Helper()
	select {
	case line := <-lines:
		if line != "locked\n" {
			t.Fatalf("the other process says %q", line)
		}
	case <-time.After(patience):
		t.Fatal("the other process did not get the lock")
	}
}

func TestLockBetweenProcesses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "locks")
	n := New(Options{LockDir: dir})
	holder, first := server(t, dir)
	expect(t, first)

	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	if _, err := n.Lock(ctx); err != context.DeadlineExceeded {
		t.Fatalf("lock held by another: %v", err)
	}
	_, second := server(t, dir)
	select {
	case line := <-second:
		t.Fatalf("two processes hold the lock: %q", line)
	case <-time.After(300 * time.Millisecond):
	}
	check(t, holder.Kill())
	expect(t, second)
}

// windowless is how long, in these tests, a lock is waited for whose holder shows no window.
const windowless = 300 * time.Millisecond

// A server that has the lock and shows no window, since it is stopped or hostile, holds up nobody for long. Those who go on
// without it still have one window at a time.
func TestLockOfWhoShowsNoWindow(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "locks")
	var log bytes.Buffer
	n := New(Options{LockDir: dir, Windowless: windowless, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	holder, first := server(t, dir)
	expect(t, first)
	check(t, syscall.Kill(holder.Pid, syscall.SIGSTOP))

	wantErr(t, n.CheckLock(), ErrFailed)
	if says := n.CheckLock().Error(); !strings.Contains(says, fmt.Sprintf("process %d has locked %s/dialog.lock", holder.Pid, dir)) {
		t.Errorf("it is not said who has it: %s", says)
	}
	unlock, err := n.Lock(t.Context())
	check(t, err)
	if !strings.Contains(log.String(), fmt.Sprintf("process=%d", holder.Pid)) {
		t.Errorf("it is not logged who has it: %s", &log)
	}
	window := fakeWindow(t, os.Getpid())
	got := make(chan func(), 1)
	go func() {
		second, err := New(Options{LockDir: dir, Windowless: windowless}).Lock(t.Context())
		if err != nil {
			t.Error(err)
		}
		got <- second
	}()
	select {
	case <-got:
		t.Fatal("two show windows at once")
	case <-time.After(4 * windowless):
	}
	check(t, window.Kill())
	unlock()
	(<-got)()
}

// fakeWindow starts a program that passes for the dialog of a server.
func fakeWindow(t *testing.T, server int) *os.Process {
	t.Helper()
	sleep, err := exec.LookPath("sleep")
	check(t, err)
	zenity := filepath.Join(t.TempDir(), "zenity")
	check(t, os.Symlink(sleep, zenity))
	cmd := exec.Command(zenity, "1000")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", ownerVariable, server))
	check(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	return cmd.Process
}

// A server that is stopped while its window can still be answered is waited for.
func TestLockOfWhoShowsAWindow(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "locks")
	holder, first := server(t, dir)
	expect(t, first)
	check(t, syscall.Kill(holder.Pid, syscall.SIGSTOP))
	window := fakeWindow(t, holder.Pid)

	n := New(Options{LockDir: dir, Windowless: windowless})
	check(t, n.CheckLock())
	t.Run("on another screen", func(t *testing.T) {
		t.Setenv("DISPLAY", ":4711")
		unlock, err := n.Lock(t.Context())
		check(t, err)
		unlock()
	})
	t.Run("on the same screen by another name", func(t *testing.T) {
		t.Setenv("DISPLAY", "unix"+os.Getenv("DISPLAY"))
		ctx, cancel := context.WithTimeout(t.Context(), 3*windowless)
		defer cancel()
		if _, err := n.Lock(ctx); err != context.DeadlineExceeded {
			t.Errorf("a window is open: %v", err)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 5*windowless)
	defer cancel()
	if _, err := n.Lock(ctx); err != context.DeadlineExceeded {
		t.Fatalf("a window is open: %v", err)
	}
	check(t, window.Signal(syscall.SIGSTOP)) // now nobody can answer it
	unlock, err := n.Lock(t.Context())
	check(t, err)
	unlock()
	if five := New(Options{}).opts.Windowless; five != 5*time.Second {
		t.Errorf("by default, it is %v", five)
	}
}

// Who has all of the locks holds others up no longer than who has one.
func TestLocksOfWhoShowsNoWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "locks")
		for _, name := range lockNames {
			unlock, err := userlock.Lock(t.Context(), dir, name)
			check(t, err)
			defer unlock()
		}
		const windowless = 4 * time.Second
		begun := time.Now()
		unlock, err := New(Options{LockDir: dir, Windowless: windowless}).Lock(t.Context())
		check(t, err)
		unlock()
		if took := time.Since(begun); took < windowless || took >= 2*windowless {
			t.Errorf("held up for %v", took)
		}
	})
}

// Who has only just got a lock is given the time to open a window, whoever had it before.
func TestLockOfWhoHasJustGotIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "locks")
		stopped, err := userlock.Lock(t.Context(), dir, lockNames[0])
		check(t, err)
		defer stopped()
		n := New(Options{LockDir: dir, Windowless: 2 * time.Second})
		second, err := userlock.Lock(t.Context(), dir, lockNames[1])
		check(t, err)
		got := make(chan time.Time, 1)
		begun := time.Now()
		go func() {
			unlock, err := n.Lock(t.Context())
			if err != nil {
				t.Error(err)
			} else {
				unlock()
			}
			got <- time.Now()
		}()
		time.Sleep(2 * look) // it has seen who has the second
		second()
		time.Sleep(2 * look) // and that nobody has it
		second, err = userlock.Lock(t.Context(), dir, lockNames[1])
		check(t, err)
		defer second()
		if took := (<-got).Sub(begun); took < 2*n.opts.Windowless {
			t.Errorf("it is given no time: %v in all", took)
		}
	})
}

func TestLockInProcess(t *testing.T) {
	n := New(Options{LockDir: filepath.Join(t.TempDir(), "locks")})
	unlock, err := n.Lock(context.Background())
	check(t, err)
	got := make(chan func())
	go func() {
		second, err := n.Lock(context.Background())
		if err != nil {
			t.Error(err)
		}
		got <- second
	}()
	select {
	case <-got:
		t.Fatal("locked twice")
	case <-time.After(200 * time.Millisecond):
	}
	unlock()
	unlock() // harmless
	second := <-got
	second()
}

// A dialog that outlives its server must not hold the lock.
func TestLockIsNotInherited(t *testing.T) {
	n := New(Options{LockDir: filepath.Join(t.TempDir(), "locks")})
	unlock, err := n.Lock(context.Background())
	check(t, err)
	cmd := exec.Command("sleep", "1000")
	check(t, cmd.Start())
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	unlock()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	unlock, err = n.Lock(ctx)
	check(t, err)
	unlock()
}

// The folder that all of a user's processes on a screen share comes before what their environment says.
func TestLockFolderOfTheSession(t *testing.T) {
	dir := t.TempDir()
	useUserFolders(t, dir)
	own := filepath.Join(dir, strconv.Itoa(os.Geteuid()))
	other := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", other)
	locks := func() (folder string) {
		t.Helper()
		n := New(Options{})
		unlock, err := n.Lock(t.Context())
		check(t, err)
		unlock()
		return n.lockDir()
	}
	if got := locks(); got != "" {
		t.Errorf("without one, it is %s", got)
	}
	check(t, os.Mkdir(own, 0o755))
	if got := locks(); got != "" {
		t.Errorf("one that is open to others is %s", got)
	}
	check(t, os.Chmod(own, 0o700))
	t.Setenv("DISPLAY", ":7.1")
	first := locks()
	if !strings.HasPrefix(first, own+"/mcpsecrets/") {
		t.Errorf("it is %s", first)
	}
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	for _, display := range []string{":7", ":07", "unix:7", "unix/:7.0", "localhost:7", "127.0.0.1:7", "[::1]:7"} {
		t.Setenv("DISPLAY", display)
		if got := locks(); got != first {
			t.Errorf("with DISPLAY=%s, it is %s", display, got)
		}
	}
	t.Setenv("DISPLAY", ":8")
	if got := locks(); got == first {
		t.Error("on another screen, it is the same")
	}
	if _, err := os.Stat(filepath.Join(first, "dialog.lock")); err != nil {
		t.Error(err)
	}
}

// useUserFolders has the folders of users elsewhere.
func useUserFolders(t *testing.T, dir string) {
	old := session.UserFolders
	session.UserFolders = dir
	t.Cleanup(func() { session.UserFolders = old })
}

func TestLockFolder(t *testing.T) {
	t.Run("default", func(t *testing.T) {
		useUserFolders(t, t.TempDir())
		run := t.TempDir()
		t.Setenv("XDG_RUNTIME_DIR", run)
		unlock, err := New(Options{}).Lock(context.Background())
		check(t, err)
		unlock()
		info, err := os.Stat(filepath.Join(run, "mcpsecrets"))
		check(t, err)
		if info.Mode().Perm() != 0o700 {
			t.Errorf("mode is %v", info.Mode())
		}
	})
	t.Run("shared", func(t *testing.T) {
		dir := t.TempDir()
		check(t, os.Chmod(dir, 0o777))
		_, err := New(Options{LockDir: dir}).Lock(context.Background())
		wantErr(t, err, ErrFailed)
	})
	t.Run("link", func(t *testing.T) {
		link := filepath.Join(t.TempDir(), "link")
		check(t, os.Symlink(t.TempDir(), link))
		_, err := New(Options{LockDir: link}).Lock(context.Background())
		wantErr(t, err, ErrFailed)
	})
	t.Run("impossible", func(t *testing.T) {
		_, err := New(Options{LockDir: "/dev/null/x"}).Lock(context.Background())
		wantErr(t, err, ErrFailed)
	})
}
