//go:build dragonfly || freebsd || linux || netbsd || openbsd

package keychain

import (
	"context"
	"errors"
)

// look does what [link.find] does before it would unlock.
func look(ctx context.Context, s store, service string) (state State, err error) {
	err = s.(*secretService).linked(ctx, func(l *link) error {
		open, locked, err := l.search(ctx, map[string]string{"service": service})
		if err != nil {
			return err
		}
		isLocked, err := l.isDefaultLocked(ctx)
		switch {
		case errors.Is(err, errGone):
			state = Fresh
		case err != nil:
			return err
		case isLocked || len(open) == 0 && len(locked) > 0:
			state = Locked
		default:
			state = Unlocked
		}
		return nil
	})
	return state, err
}

func prepare(ctx context.Context, s store) error {
	return s.(*secretService).linked(ctx, func(l *link) error {
		_, err := l.isDefaultLocked(ctx)
		if errors.Is(err, errGone) {
			return l.createCollection(ctx)
		}
		return err
	})
}

// isDefaultLocked reports whether the keyring for new items is locked. Where there is none the error is errGone.
func (l *link) isDefaultLocked(ctx context.Context) (isLocked bool, err error) {
	err = l.calls(ctx, isLockedByDefault)[0].into(&isLocked)
	return isLocked, err
}
