package keychain

import (
	"context"
	"fmt"
	"time"
)

// A deadline is put on calls that know none and can't be ended, which
// go-keyring's are on macOS and Windows: each runs in a goroutine that is left
// behind when the time is over. At most one is. While it lives it keeps the
// token of busy, and other calls time out without starting another. A call left
// behind may still be done later, when a person answers the system's own question.
type deadline struct {
	timeout time.Duration
	busy    chan struct{} // of capacity 1
}

var errSilent = fmt.Errorf("%w: it may be showing a question of its own", ErrTimeout)

// run returns what call returns, or a timeout or what became of the context.
func (d deadline) run(ctx context.Context, call func() (string, error)) (string, error) {
	patience := time.NewTimer(d.timeout)
	defer patience.Stop()
	select {
	case d.busy <- struct{}{}:
	case <-patience.C:
		return "", errSilent
	case <-ctx.Done():
		return "", gaveUp(ctx)
	}

	type result struct {
		value string
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := call()
		<-d.busy
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-patience.C:
		return "", errSilent
	case <-ctx.Done():
		return "", gaveUp(ctx)
	}
}
