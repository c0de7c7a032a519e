package keychain

import (
	"testing"

	"github.com/godbus/dbus/v5"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

// ownTables are the methods of a keychain of the test's own, by interface and
// name. They serve each object alike and get no arguments.
type ownTables map[string]map[string]ownMethod

type ownMethod func() ([]any, *dbus.Error)

// answer is a method that always answers the same.
func answer(answers ...any) ownMethod {
	return func() ([]any, *dbus.Error) { return answers, nil }
}

// openSession opens a session without encryption.
var openSession = answer(dbus.MakeVariant(""), dbus.ObjectPath("/session"))

// ownKeychain takes the keychain's name on the desktop's bus.
func ownKeychain(t testing.TB, d *desktop.Desktop, tables ownTables) *dbus.Conn {
	t.Helper()
	bus, err := dbus.Connect(d.Getenv("DBUS_SESSION_BUS_ADDRESS"), dbus.WithHandler(tables))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bus.Close() })
	if reply, err := bus.RequestName(serviceName, 0); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatal(reply, err)
	}
	return bus
}

func (o ownTables) LookupObject(dbus.ObjectPath) (dbus.ServerObject, bool) { return o, true }

func (o ownTables) LookupInterface(name string) (dbus.Interface, bool) {
	table, ok := o[name+"."]
	return ownInterface(table), ok
}

type ownInterface map[string]ownMethod

func (o ownInterface) LookupMethod(name string) (dbus.Method, bool) {
	method, ok := o[name]
	return method, ok
}

func (m ownMethod) Call(...any) ([]any, error) {
	answers, err := m()
	if err != nil {
		return nil, err
	}
	return answers, nil
}

func (m ownMethod) DecodeArguments(*dbus.Conn, string, *dbus.Message, []any) ([]any, error) {
	return nil, nil
}

func (m ownMethod) NumArguments() int     { return 0 }
func (m ownMethod) NumReturns() int       { return 0 }
func (m ownMethod) ArgumentValue(int) any { return nil }
func (m ownMethod) ReturnValue(int) any   { return nil }
