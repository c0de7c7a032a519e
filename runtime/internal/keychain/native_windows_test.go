package keychain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/zalando/go-keyring"
)

// manager returns this user's Credential Manager, and a service in it that is gone after the test.
func manager(t *testing.T) (s *System, service string) {
	t.Helper()
	s = New(Options{Timeout: patience})
	service = fmt.Sprintf("com.mcp.test.%d", time.Now().UnixNano())
	t.Cleanup(func() {
		if err := s.Clear(context.Background(), service); err != nil {
			t.Error(err)
		}
		s.Close()
	})
	return s, service
}

// holds checks that a value is stored, as we and as go-keyring by itself read it.
func holds(t *testing.T, s *System, service, account, want string) {
	t.Helper()
	if got, err := s.Get(t.Context(), service, account); err != nil || got != want {
		t.Errorf("%s: %d bytes of %d, %v", account, len(got), len(want), err)
	}
	if len(want) > entryLimit {
		return
	}
	if got, err := keyring.Get(service, account); err != nil || got != want {
		t.Errorf("%s: go-keyring reads %q, %v", account, got, err)
	}
}

func TestCredentials(t *testing.T) {
	s, service := manager(t)
	if _, err := s.Get(t.Context(), service, "key"); !errors.Is(err, ErrNotSet) {
		t.Errorf("at first: %v", err)
	}
	for _, value := range []string{"one", "", "zwei 🔑", "-----BEGIN-----\r\n\n", "one"} {
		if err := s.Set(t.Context(), service, "key", value); err != nil {
			t.Fatal(err)
		}
		holds(t, s, service, "key", value)
	}
	for _, account := range []string{"a_b-c.d", "schlüssel", `"quoted" %path% $(x)`, strings.Repeat("x", maxName)} {
		if err := s.Set(t.Context(), service, account, "of "+account); err != nil {
			t.Fatal(err)
		}
		holds(t, s, service, account, "of "+account)
	}
	holds(t, s, service, "key", "one")

	names, err := s.Names(t.Context(), service)
	if index, failed := keyring.Get(service, indexAccount); err != nil || failed != nil || !slices.Equal(names, decodeIndex(index)) ||
		len(names) != 5 {
		t.Errorf("names %q, %v; index %q, %v", names, err, index, failed)
	}
	if err := s.Delete(t.Context(), service, "key"); err != nil {
		t.Error(err)
	}
	if err := s.Delete(t.Context(), service, "key"); !errors.Is(err, ErrNotSet) {
		t.Errorf("second Delete: %v", err)
	}
}

// Clear takes all of a service, and nothing of another whose name begins alike.
func TestCredentialsOfTwoServices(t *testing.T) {
	s, service := manager(t)
	for _, name := range []string{service, service + ".staging"} {
		if err := s.Set(t.Context(), name, "key", name); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Clear(t.Context(), service); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), service, "key"); !errors.Is(err, ErrNotSet) {
		t.Errorf("after Clear: %v", err)
	}
	holds(t, s, service+".staging", "key", service+".staging")
	if err := s.Clear(t.Context(), service+".staging"); err != nil {
		t.Fatal(err)
	}
}

// A credential takes 2,560 bytes; what is longer is in several, which leave nothing behind.
func TestCredentialsThatAreSplit(t *testing.T) {
	s, service := manager(t)
	for _, size := range []int{entryLimit - 1, entryLimit, entryLimit + 1, 2560, 2561, 5 * entryLimit, entryLimit, 2*entryLimit + 1} {
		value := strings.Repeat("ü", size/2) + strings.Repeat("x", size%2)
		if err := s.Set(t.Context(), service, "key", value); err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		holds(t, s, service, "key", value)
	}
	if err := s.Delete(t.Context(), service, "key"); err != nil {
		t.Fatal(err)
	}
	for _, generation := range []string{"a", "b"} {
		for n := range 6 {
			if _, err := keyring.Get(service, partAccount(generation, n, "key")); !errors.Is(err, keyring.ErrNotFound) {
				t.Errorf("part %d of %s is left: %v", n, generation, err)
			}
		}
	}
}

// Several servers read at the same time. None writes here, since one credential that is read and written at the same
// time makes Wine crash.
func TestCredentialsReadByMany(t *testing.T) {
	s, service := manager(t)
	value := strings.Repeat("0123456789abcdef", 1000)
	if err := s.Set(t.Context(), service, "key", value); err != nil {
		t.Fatal(err)
	}
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			other := New(Options{Timeout: patience})
			defer other.Close()
			for range 20 {
				if got, err := other.Get(t.Context(), service, "key"); err != nil || got != value {
					t.Errorf("%d bytes of %d, %v", len(got), len(value), err)
				}
			}
		})
	}
	readers.Wait()
}

// Windows takes "KEY" and "key" for one name. So nothing is stored under a name with capitals, and looking for one that a
// secret had elsewhere, or removing it, neither fails nor touches the other.
func TestCredentialsIgnoreCase(t *testing.T) {
	s, service := manager(t)
	if err := s.Set(t.Context(), service, "api_key", "value"); err != nil {
		t.Fatal(err)
	}
	if got, err := keyring.Get(service, "API_KEY"); err != nil || got != "value" {
		t.Errorf("Windows tells case apart: %q, %v", got, err)
	}
	if err := s.Set(t.Context(), service, "API_KEY", "other"); !errors.Is(err, ErrStore) {
		t.Errorf("Set: %v", err)
	}
	if got, err := s.Get(t.Context(), service, "API_KEY"); got != "" || !errors.Is(err, ErrNotSet) {
		t.Errorf("Get: %q, %v", got, err)
	}
	if err := s.Delete(t.Context(), service, "API_KEY"); !errors.Is(err, ErrNotSet) {
		t.Errorf("Delete: %v", err)
	}
	holds(t, s, service, "api_key", "value")
}

func TestErrorsOfWindows(t *testing.T) {
	for code, want := range map[syscall.Errno]error{
		errorNotFound: ErrNotSet, errorCancelled: ErrDismissed, errorNoSuchLogonSession: ErrNoStore,
		errorBadStubData: ErrTooBig, syscall.ERROR_ACCESS_DENIED: ErrStore,
	} {
		if got := nativeError(code); !errors.Is(got, want) || strings.Contains(got.Error(), code.Error()) {
			t.Errorf("%d: %v, want %v", code, got, want)
		}
	}
	if got := nativeError(keyring.ErrSetDataTooBig); got != ErrTooBig {
		t.Errorf("too big: %v", got)
	}
	if got := nativeError(errors.New("some text")); got != ErrStore {
		t.Errorf("another error: %v", got)
	}
}
