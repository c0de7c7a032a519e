package keychain

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"
)

func TestStatusOfSecurity(t *testing.T) {
	for status, want := range map[int]error{36: ErrLocked, 44: ErrNotSet, 51: ErrLocked, 128: ErrDismissed, 1: ErrStore} {
		err := exec.Command("/bin/sh", "-c", fmt.Sprint("exit ", status)).Run()
		if got := nativeError(err); !errors.Is(got, want) {
			t.Errorf("status %d: %v, want %v", status, got, want)
		}
	}
	if got := nativeError(exec.Command("/nowhere/security").Run()); !errors.Is(got, ErrNoStore) {
		t.Errorf("missing program: %v", got)
	}
	if got := nativeError(keyring.ErrNotFound); got != ErrNotSet {
		t.Errorf("not found: %v", got)
	}
}

// go-keyring finds out that an entry is too long when it has started a
// process, so the longest entry under the longest names has to be short enough.
func TestEntryLimit(t *testing.T) {
	long := strings.Repeat("'", maxName)
	quoted := strings.ReplaceAll(long, "'", `'"'"'`)
	part := strings.Replace(partAccount("a", MaxValue, long), long, quoted, 1)
	value := len("go-keyring-base64:") + (entryLimit+2)/3*4
	command := fmt.Sprintf("add-generic-password -U -s '%s' -a '%s' -w ''\n", quoted, part)
	if n := len(command) + value; n > 4096 {
		t.Errorf("%d bytes, more than `security -i` reads", n)
	}
}
