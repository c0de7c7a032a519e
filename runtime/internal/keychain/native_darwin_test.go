package keychain

import (
	"errors"
	"fmt"
	"os/exec"
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
