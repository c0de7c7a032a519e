//go:build linux

package desktop

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// NPM installs what the package-lock.json of a folder names, unless it is there already. A test that can't have it ends as [GiveUp]
// says.
func NPM(t testing.TB, folder string) {
	t.Helper()
	Need(t, "node", "npm")
	install, _ := installs.LoadOrStore(folder, sync.OnceValue(func() error { return npmCI(folder) }))
	if err := install.(func() error)(); err != nil {
		GiveUp(t, err)
	}
}

var installs sync.Map // func() error by folder

func npmCI(folder string) error {
	// One at a time, also if the tests run twice.
	lock, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer lock.Close() // and unlocks
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	// The mark is written last: it has the lock file that was installed.
	mark := filepath.Join(folder, "node_modules", ".installed")
	want, err := os.ReadFile(filepath.Join(folder, "package-lock.json"))
	if err != nil {
		return err
	}
	if got, err := os.ReadFile(mark); err == nil && bytes.Equal(got, want) {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npm", "ci", "--loglevel=error")
	cmd.Dir = folder
	cmd.WaitDelay = time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci in %s: %w\n%s", folder, err, out)
	}
	return os.WriteFile(mark, want, 0o644)
}
