//go:build dragonfly || freebsd || linux || netbsd || openbsd

package keychain

import (
	"context"
	"errors"
)

// look looks at the keyring for new items alone: what another one has is read, or not, as [link.find] says.
func look(ctx context.Context, s backend, _ string) (state State, err error) {
	err = s.(*secretService).linked(ctx, func(l *link) error {
		isLocked, err := l.isDefaultLocked(ctx)
		switch {
		case errors.Is(err, errGone):
			state = Fresh
		case err != nil:
			return err
		case isLocked:
			state = Locked
		default:
			state = Unlocked
		}
		return nil
	})
	return state, err
}

func prepare(ctx context.Context, s backend) error {
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
