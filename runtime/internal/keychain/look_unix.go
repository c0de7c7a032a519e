//go:build dragonfly || freebsd || linux || netbsd || openbsd

package keychain

import (
	"context"
	"errors"

	"github.com/godbus/dbus/v5"
)

// look does what [link.find] does before it would unlock.
func look(ctx context.Context, s store, service string) (state State, err error) {
	err = s.(*secretService).linked(ctx, func(l *link) error {
		var unlocked, locked []dbus.ObjectPath
		err := l.call(ctx, servicePath, serviceIface+"SearchItems", map[string]string{"service": service}).into(&unlocked, &locked)
		if err != nil {
			return err
		}
		var isLocked bool
		err = l.call(ctx, defaultPath, propertiesIface+"Get", "org.freedesktop.Secret.Collection", "Locked").into(&isLocked)
		switch {
		case errors.Is(err, errGone):
			state = Fresh
		case err != nil:
			return err
		case isLocked || len(locked) > 0:
			state = Locked
		default:
			state = Unlocked
		}
		return nil
	})
	return state, err
}
