package age

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// ageCommand runs age, or another program of it.
func ageCommand(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(args[0]); err != nil {
		t.Skipf("%s is not installed", args[0])
	}
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Stdin, cmd.Stderr = strings.NewReader(stdin), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", args, err)
	}
	return string(out)
}

// The command age reads what a store has written, and a store reads what the command wrote, with its own key.
func TestCommandAge(t *testing.T) {
	s := opens(t, Options{})
	must(t, s.Set(t.Context(), pets, "api_key", canary))
	text := ageCommand(t, "", "age", "--decrypt", "--identity", s.keys.path, s.file)
	if !strings.Contains(text, canary) {
		t.Fatalf("it reads %s", text)
	}
	for _, form := range [][]string{nil, {"--armor"}} {
		changed := strings.ReplaceAll(text, canary, canary+strings.Join(form, ""))
		ageCommand(t, changed, append(append([]string{"age"}, form...), "--encrypt", "--identity", s.keys.path, "--output", s.file)...)
		wantValue(t, s, pets, "api_key", canary+strings.Join(form, ""))
		must(t, s.Set(t.Context(), pets, "other", "v"))
	}

	key := filepath.Join(t.TempDir(), "key")
	ageCommand(t, "", "age-keygen", "--output", key)
	s = opens(t, Options{Key: key})
	must(t, s.Set(t.Context(), pets, "api_key", canary))
	if text := ageCommand(t, "", "age", "--decrypt", "--identity", key, s.file); !strings.Contains(text, canary) {
		t.Errorf("it reads %s", text)
	}
}

// An empty file that the command age has encrypted to a passphrase is a store, and stays one.
func TestCommandAgeWithPassphrase(t *testing.T) {
	if _, err := exec.LookPath("age"); err != nil {
		t.Skip("age is not installed")
	}
	s := opens(t, Options{Passphrase: func(context.Context, bool) (string, error) { return "correct horse", nil }})
	// age asks on a terminal only.
	cmd := exec.CommandContext(t.Context(), "script", "--quiet", "--return", "--command", "age --passphrase --output "+s.file+" /dev/null", "/dev/null")
	in, err := cmd.StdinPipe()
	must(t, err)
	must(t, cmd.Start())
	for range 2 { // the passphrase, and again
		time.Sleep(200 * time.Millisecond)
		_, err = in.Write([]byte("correct horse\n"))
		must(t, err)
	}
	must(t, cmd.Wait())
	_, err = s.Get(t.Context(), pets, "api_key")
	wantError(t, err, store.ErrNotSet)
	must(t, s.Set(t.Context(), pets, "api_key", canary))
	wantValue(t, s, pets, "api_key", canary)
}
