//go:build linux

package dialog

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
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
func server(t *testing.T, dir string) (kill func(), locked <-chan string) {
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
	kill = func() { _ = cmd.Process.Kill(); _ = cmd.Wait(); stdin.Close() }
	t.Cleanup(kill)
	return kill, lines
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
	killFirst, first := server(t, dir)
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
	killFirst() // SIGKILL
	expect(t, second)
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

func TestLockFolder(t *testing.T) {
	t.Run("default", func(t *testing.T) {
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
