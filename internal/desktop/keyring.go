//go:build linux

package desktop

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/godbus/dbus/v5"
)

// Keyring is the state in which the keyring starts.
type Keyring int

const (
	KeyringUnlocked Keyring = iota // running and unlocked
	KeyringLocked                  // running and locked; [Desktop.Password] opens it
	KeyringFresh                   // running, with no collection yet: the first write asks for a new password
	KeyringNone                    // not running
)

const (
	secretsName = "org.freedesktop.secrets"
	secretsPath = dbus.ObjectPath("/org/freedesktop/secrets")
	secretsAPI  = "org.freedesktop.Secret."
	login       = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")
)

func (d *Desktop) startKeyring(state Keyring) error {
	if state == KeyringNone {
		return nil
	}
	args := []string{"--foreground", "--components=secrets"}
	if state != KeyringFresh {
		args = append(args, "--unlock") // with the password from standard input
	}
	cmd := exec.Command("gnome-keyring-daemon", args...)
	cmd.Stdin = strings.NewReader(d.Password)
	cmd.Env = d.Env()
	var err error
	if d.keyring, err = d.starter.start(cmd); err != nil {
		return err
	}
	err = poll("an answer of the keyring", func() (bool, error) {
		if d.keyring.ended() {
			return false, d.keyring.diedEarly()
		}
		locked, err := d.locked()
		// A wrong password is not reported, the keyring just stays locked.
		return err == nil && (state == KeyringFresh || !locked), nil
	})
	if err != nil || state != KeyringLocked {
		return err
	}
	return d.Lock()
}

// locked reads whether the login collection is locked; an error means that
// there is no keyring or no such collection.
func (d *Desktop) locked() (locked bool, err error) {
	err = d.secrets(func(ctx context.Context, conn *dbus.Conn) error {
		// Reading the service first tells "no keyring" from "no collection".
		service := conn.Object(secretsName, secretsPath)
		var collections dbus.Variant
		err := service.CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", dbus.FlagNoAutoStart,
			secretsAPI+"Service", "Collections").Store(&collections)
		if err != nil {
			return err
		}
		var v dbus.Variant
		err = conn.Object(secretsName, login).CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get",
			dbus.FlagNoAutoStart, secretsAPI+"Collection", "Locked").Store(&v)
		if err != nil {
			locked = true // no collection can be read from
			return nil
		}
		locked, _ = v.Value().(bool)
		return nil
	})
	return locked, err
}

// secrets runs f on a connection of its own, within a time limit.
func (d *Desktop) secrets(f func(context.Context, *dbus.Conn) error) error {
	conn, err := d.Connect()
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return f(ctx, conn)
}

// Lock locks the keyring's login collection.
func (d *Desktop) Lock() error {
	err := d.secrets(func(ctx context.Context, conn *dbus.Conn) error {
		var done []dbus.ObjectPath
		var prompt dbus.ObjectPath
		return conn.Object(secretsName, secretsPath).CallWithContext(ctx, secretsAPI+"Service.Lock",
			dbus.FlagNoAutoStart, []dbus.ObjectPath{login}).Store(&done, &prompt)
	})
	if err != nil {
		return err
	}
	return poll("lock of the keyring", d.locked)
}

// KeyringPID is the process id of whatever owns the keyring's name on the bus.
func (d *Desktop) KeyringPID() (int, error) {
	var pid uint32
	err := d.secrets(func(ctx context.Context, conn *dbus.Conn) error {
		return conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetConnectionUnixProcessID",
			0, secretsName).Store(&pid)
	})
	return int(pid), err
}

// Freeze stops the keyring in its tracks: it keeps its connections and answers
// nothing until [Desktop.Thaw].
func (d *Desktop) Freeze() error { return d.signalKeyring(syscall.SIGSTOP) }

// Thaw lets a frozen keyring go on.
func (d *Desktop) Thaw() error { return d.signalKeyring(syscall.SIGCONT) }

// KillKeyring kills the keyring, as a crash would, and waits until it is gone.
func (d *Desktop) KillKeyring() error {
	if d.keyring == nil {
		return errors.New("this desktop has no keyring")
	}
	d.keyring.kill()
	return nil
}

// StartKeyring starts the keyring again after it was killed, unlocked and with what it had saved.
func (d *Desktop) StartKeyring() error {
	if d.keyring == nil || !d.keyring.ended() {
		return errors.New("no keyring of this desktop was killed")
	}
	return d.startKeyring(KeyringUnlocked)
}

func (d *Desktop) signalKeyring(sig syscall.Signal) error {
	pid, err := d.KeyringPID()
	if err != nil {
		return err
	}
	return syscall.Kill(pid, sig)
}

// AnswerPrompt waits for the keyring's own unlock prompt, types the password
// into it and waits until it is gone.
func (d *Desktop) AnswerPrompt(password string) error {
	w, err := d.waitPrompt()
	if err != nil {
		return err
	}
	return poll("end of the keyring's prompt", func() (bool, error) {
		// The prompt takes keys some time after it is drawn, and swallows those
		// that come before: start over until it closes.
		if err := d.Press(w, "ctrl+a", "BackSpace"); err != nil {
			return !d.visible(w), nil
		}
		if err := d.Type(w, password); err != nil {
			return !d.visible(w), nil
		}
		_ = d.Press(w, "Return")
		gone := pollFor(2*time.Second, "", func() (bool, error) { return !d.visible(w), nil })
		return gone == nil, nil
	})
}

// DismissPrompt waits for the keyring's own unlock prompt and cancels it.
func (d *Desktop) DismissPrompt() error {
	w, err := d.waitPrompt()
	if err != nil {
		return err
	}
	return poll("end of the keyring's prompt", func() (bool, error) {
		_ = d.Press(w, "Escape")
		gone := pollFor(2*time.Second, "", func() (bool, error) { return !d.visible(w), nil })
		return gone == nil, nil
	})
}

func (d *Desktop) waitPrompt() (w Window, err error) {
	err = poll("the keyring's prompt", func() (bool, error) {
		found, err := d.search("--class", "^[Gg]cr-prompter$")
		if len(found) > 0 {
			w = found[0]
		}
		return len(found) > 0, err
	})
	return w, err
}
