package keychain

import (
	"context"
	"errors"
	"testing"
	"time"
)

// However often a call that hangs is tried, one goroutine is left behind, and
// none once it comes to its end.
func TestDeadlineLeavesOneBehind(t *testing.T) {
	d := deadline{timeout: 10 * time.Millisecond, busy: make(chan struct{}, 1)}
	started := make(chan struct{}, 100)
	release := make(chan struct{})
	hangs := func() (string, error) {
		started <- struct{}{}
		<-release
		return "late", nil
	}
	for range 10 {
		if got, err := d.run(t.Context(), hangs); !errors.Is(err, ErrTimeout) || got != "" {
			t.Fatalf("got %q, %v; want ErrTimeout", got, err)
		}
	}
	if len(started) != 1 {
		t.Errorf("%d calls were started", len(started))
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	d.timeout = patience
	if _, err := d.run(cancelled, hangs); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	close(release)
	got, err := d.run(t.Context(), func() (string, error) { return "value", ErrStore })
	if got != "value" || err != ErrStore {
		t.Errorf("after the end of the call left behind: %q, %v", got, err)
	}
}
