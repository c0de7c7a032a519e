//go:build linux

package desktop

import (
	"context"
	"fmt"
	"os/exec"
	"strings"

	"github.com/godbus/dbus/v5"
)

// gnomeAPI is how gnome-keyring's own programs hand over a password that nobody is asked for.
const gnomeAPI = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface."

// NewKeyring makes one more keyring, unlocked, beside that of the login. [Desktop.Password] opens it too.
func (d *Desktop) NewKeyring(label string) (path dbus.ObjectPath, err error) {
	properties := map[string]dbus.Variant{secretsAPI + "Collection.Label": dbus.MakeVariant(label)}
	err = d.withPassword(func(ctx context.Context, service dbus.BusObject, password any) error {
		return service.CallWithContext(ctx, gnomeAPI+"CreateWithMasterPassword", 0, properties, password).Store(&path)
	})
	return path, err
}

// UnlockKeyring unlocks a keyring, as its prompt would.
func (d *Desktop) UnlockKeyring(path dbus.ObjectPath) error {
	return d.withPassword(func(ctx context.Context, service dbus.BusObject, password any) error {
		return service.CallWithContext(ctx, gnomeAPI+"UnlockWithMasterPassword", 0, path, password).Err
	})
}

func (d *Desktop) withPassword(f func(ctx context.Context, service dbus.BusObject, password any) error) error {
	return d.secrets(func(ctx context.Context, conn *dbus.Conn) error {
		service := conn.Object(secretsName, secretsPath)
		var ignored dbus.Variant
		var session dbus.ObjectPath
		err := service.CallWithContext(ctx, secretsAPI+"Service.OpenSession", 0, "plain", dbus.MakeVariant("")).Store(&ignored, &session)
		if err != nil {
			return err
		}
		return f(ctx, service, struct {
			Session           dbus.ObjectPath
			Parameters, Value []byte
			Type              string
		}{session, nil, []byte(d.Password), "text/plain"})
	})
}

// LockKeyring locks a keyring, or one item.
func (d *Desktop) LockKeyring(path dbus.ObjectPath) error {
	return d.secrets(func(ctx context.Context, conn *dbus.Conn) error {
		var done []dbus.ObjectPath
		var prompt dbus.ObjectPath
		return conn.Object(secretsName, secretsPath).CallWithContext(ctx, secretsAPI+"Service.Lock", 0,
			[]dbus.ObjectPath{path}).Store(&done, &prompt)
	})
}

// SetDefaultKeyring makes path the keyring for new items; "/" leaves none.
func (d *Desktop) SetDefaultKeyring(path dbus.ObjectPath) error {
	return d.secrets(func(ctx context.Context, conn *dbus.Conn) error {
		return conn.Object(secretsName, secretsPath).CallWithContext(ctx, secretsAPI+"Service.SetAlias", 0, "default", path).Err
	})
}

// LockAway stores a value, as secret-tool does, in one more keyring, and locks that. It needs the program secret-tool.
func (d *Desktop) LockAway(label, service, username, value string) (keyring dbus.ObjectPath, err error) {
	if keyring, err = d.NewKeyring(label); err != nil {
		return "", err
	}
	if err := d.SetDefaultKeyring(keyring); err != nil {
		return "", err
	}
	store := exec.Command("secret-tool", "store", "--label=x", "service", service, "username", username)
	store.Env, store.Stdin = d.Env(), strings.NewReader(value)
	if out, err := store.CombinedOutput(); err != nil {
		return "", fmt.Errorf("secret-tool: %w: %s", err, out)
	}
	if err := d.SetDefaultKeyring(login); err != nil {
		return "", err
	}
	return keyring, d.LockKeyring(keyring)
}
