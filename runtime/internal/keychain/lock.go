package keychain

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/userlock"
)

// locks keep other processes of the user from writing under the same service.
type locks struct {
	dir     string        // as [userlock.Lock] has it
	timeout time.Duration // how long others may write
	log     *slog.Logger
}

// lock waits for its turn. Where no lock file can be made, there are no turns: to store nothing would be worse.
func (l locks) lock(ctx context.Context, service string) (unlock func(), err error) {
	waiting, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	unlock, err = userlock.Lock(waiting, l.dir, "keychain-"+url.PathEscape(service))
	switch {
	case err == nil:
		return unlock, nil
	case ctx.Err() != nil:
		return nil, gaveUp(ctx)
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("%w: another process is writing to it", ErrTimeout)
	}
	l.log.WarnContext(ctx, "keychain: other processes may write at the same time", "service", service, "error", err)
	return func() {}, nil
}
