//go:build linux

package desktop

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/godbus/dbus/v5"
)

// The bus starts the keyring's prompt and nothing else. In particular not the
// keyring: one that was killed has to stay dead, and one that was left out has
// to stay out.
const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=%s</listen>
  <auth>EXTERNAL</auth>
  <servicedir>%s</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

var prompts = []string{
	"/usr/share/dbus-1/services/org.gnome.keyring.SystemPrompter.service",
	"/usr/share/dbus-1/services/org.gnome.keyring.PrivatePrompter.service",
}

func (d *Desktop) startBus() error {
	services := filepath.Join(d.dir, "services")
	if err := os.Mkdir(services, 0o700); err != nil {
		return err
	}
	for _, file := range prompts {
		text, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) {
			continue // another packaging: then there is no prompt to answer
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(services, filepath.Base(file)), text, 0o600); err != nil {
			return err
		}
	}
	config := filepath.Join(d.dir, "bus.conf")
	text := fmt.Sprintf(busConfig, filepath.Join(d.env["XDG_RUNTIME_DIR"], "bus"), services)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	cmd := exec.Command("dbus-daemon", "--nofork", "--nopidfile", "--nosyslog",
		"--config-file="+config, "--print-address=3")
	cmd.ExtraFiles = []*os.File{w}
	cmd.Env = d.Env()
	d.bus, err = d.starter.start(cmd)
	w.Close()
	if err != nil {
		return err
	}
	_ = r.SetReadDeadline(time.Now().Add(patience))
	address, err := readLine(r)
	if err != nil {
		return fmt.Errorf("no address: %w: %s", err, d.bus.log)
	}
	d.env["DBUS_SESSION_BUS_ADDRESS"] = address
	return nil
}

// Connect opens a new connection to the session bus. The caller closes it.
func (d *Desktop) Connect() (*dbus.Conn, error) {
	address := d.env["DBUS_SESSION_BUS_ADDRESS"]
	if address == "" {
		return nil, errors.New("this desktop has no session bus")
	}
	return dbus.Connect(address)
}

// KillBus kills the session bus, as a crash would. Its address stays in the
// environment. The keyring ends with it.
func (d *Desktop) KillBus() error {
	if d.bus == nil {
		return errors.New("this desktop has no session bus")
	}
	d.bus.kill()
	return nil
}
