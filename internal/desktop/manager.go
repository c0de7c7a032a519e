//go:build linux

package desktop

import (
	"errors"
	"io"

	"github.com/godbus/dbus/v5"
)

// ServeManager stands in for the user's service manager: on the session bus it tells the environment that a desktop has told
// the manager of, until stop is called. The real one, systemd --user, starts only on a machine that systemd has booted.
func (d *Desktop) ServeManager(environment []string) (stop io.Closer, err error) {
	conn, err := d.Connect()
	if err != nil {
		return nil, err
	}
	err = conn.Export(managerProperties{environment}, "/org/freedesktop/systemd1", "org.freedesktop.DBus.Properties")
	if err == nil {
		var reply dbus.RequestNameReply
		reply, err = conn.RequestName("org.freedesktop.systemd1", dbus.NameFlagDoNotQueue)
		if err == nil && reply != dbus.RequestNameReplyPrimaryOwner {
			err = errors.New("there is a service manager already")
		}
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

type managerProperties struct{ environment []string }

// Get is a method of org.freedesktop.DBus.Properties.
func (p managerProperties) Get(iface, name string) (dbus.Variant, *dbus.Error) {
	if iface != "org.freedesktop.systemd1.Manager" || name != "Environment" {
		return dbus.Variant{}, dbus.NewError("org.freedesktop.DBus.Error.UnknownProperty", nil)
	}
	return dbus.MakeVariant(p.environment), nil
}
