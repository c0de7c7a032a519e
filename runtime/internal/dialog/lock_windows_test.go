package dialog

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A server keeps another one from showing dialogs until it ends, however it ends. This test starts itself for the other.
func TestLockOfAnotherProcess(t *testing.T) {
	const variable = "DIALOG_TEST_LOCK_DIR"
	if dir := os.Getenv(variable); dir != "" {
		_, err := New(Options{LockDir: dir}).Lock(context.Background())
		check(t, err)
		check(t, os.WriteFile(filepath.Join(dir, "locked"), nil, 0o600))
		time.Sleep(patience) // to be killed
		return
	}

	dir := t.TempDir()
	other := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	other.Env = append(os.Environ(), variable+"="+dir)
	check(t, other.Start())
	defer func() { _ = other.Process.Kill(); _ = other.Wait() }()
	eventually(t, "lock of the other process", func() bool { _, err := os.Stat(filepath.Join(dir, "locked")); return err == nil })

	n := New(Options{LockDir: dir})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := n.Lock(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while the other has it: %v", err)
	}
	check(t, other.Process.Kill())
	ctx, cancel = context.WithTimeout(t.Context(), patience)
	defer cancel()
	unlock, err := n.Lock(ctx)
	check(t, err)
	unlock()
}
