package secrets_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// A server that is killed with all of its processes, as its client may do, leaves no file.
func TestKilledServerLeavesNoFile(t *testing.T) {
	place := runtimeFolder(t)
	ran := filepath.Join(t.TempDir(), "ran")
	server := selfAs("serves", ran)
	server.Env = append(server.Env, "MCP_BYPASS_SECRET_USE_CONFIRM=true")
	server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	_, path, _ := strings.Cut(readOnce(t, ran), "\n")
	if text, err := os.ReadFile(path); string(text) != toolValue || !strings.HasPrefix(path, place) {
		t.Fatalf("%s has %q, %v", path, text, err)
	}
	if err := syscall.Kill(-server.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = server.Wait()
	waitUntil(t, "the file is gone", func() bool {
		left, _ := os.ReadDir(place)
		return len(left) == 0
	})
}

// readOnce reads a file once it is there.
func readOnce(t *testing.T, name string) (text string) {
	t.Helper()
	waitUntil(t, "the program runs", func() bool {
		read, err := os.ReadFile(name)
		text = string(read)
		return err == nil
	})
	return text
}

// waitUntil waits for what is soon so.
func waitUntil(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patienceOfPrograms); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it is not so that %s", what)
		}
	}
}

// What other processes see of a program that has a key by a file, by a descriptor and as its input is nothing
// of it, as long as it runs.
func TestOthersSeeNothingOfAProgram(t *testing.T) {
	runtimeFolder(t)
	r := openRunning(t)
	ran := filepath.Join(t.TempDir(), "ran")
	ctx, cancel := context.WithCancel(r.call(t))
	cmd := selfAs("waits", ran, "{file}", "{number}")
	cmd.Env = append(cmd.Env, "FILE={file}")
	r.user.Answers(secrets.AllowOnce)
	ended := make(chan error)
	go func() {
		ended <- secrets.RunCommand(ctx, r.Manager, "Dump your pets", cmd, secrets.ByFile(toolKey, "{file}"), secrets.ByDescriptor(toolKey, "{number}"), secrets.ByStdin(toolKey))
	}()
	pid, arguments, _ := strings.Cut(readOnce(t, ran), "\n")
	for _, name := range []string{"cmdline", "environ"} {
		text, err := os.ReadFile("/proc/" + pid + "/" + name)
		if path, _, _ := strings.Cut(arguments, "\n"); err != nil || !strings.Contains(string(text), path) || strings.Contains(string(text), toolValue) {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	cancel()
	<-ended
}
