//go:build linux

package desktop

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

func (d *Desktop) startDisplay(screen string) error {
	if screen == "" {
		screen = "1024x768"
	}
	auth := filepath.Join(d.dir, "Xauthority")
	if err := os.WriteFile(auth, newCookie(), 0o600); err != nil {
		return err
	}
	// The server picks a free display number itself and writes it here once it
	// takes connections; choosing one for it would be a race.
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", screen+"x24",
		"-nolisten", "tcp", "-noreset", "-auth", auth)
	cmd.ExtraFiles = []*os.File{w}
	cmd.Env = d.Env()
	d.display, err = d.starter.start(cmd)
	w.Close()
	if err != nil {
		return err
	}
	_ = r.SetReadDeadline(time.Now().Add(patience))
	number, err := readLine(r)
	if err != nil {
		return fmt.Errorf("no display number: %w: %s", err, d.display.log)
	}
	if _, err := strconv.Atoi(number); err != nil {
		return fmt.Errorf("display number %q", number)
	}
	d.env["DISPLAY"] = ":" + number
	d.env["XAUTHORITY"] = auth
	// Answers, and lets us in? Its root window is no window to anyone else.
	d.root, err = d.xdotool("search", "--maxdepth", "0", "--name", "")
	return err
}

// newCookie makes an Xauthority file with one random cookie, for any host
// (family 0xffff) and any display number (empty), so that other users of the
// machine can't look into the tests.
func newCookie() []byte {
	cookie := make([]byte, 16)
	_, _ = rand.Read(cookie) // never fails
	file := []byte{0xff, 0xff}
	for _, field := range [][]byte{nil, nil, []byte("MIT-MAGIC-COOKIE-1"), cookie} {
		file = binary.BigEndian.AppendUint16(file, uint16(len(field)))
		file = append(file, field...)
	}
	return file
}

// readLine reads up to a newline, byte by byte so that nothing is swallowed.
func readLine(r io.Reader) (string, error) {
	var line bytes.Buffer
	for b := make([]byte, 1); ; {
		if _, err := r.Read(b); err != nil {
			return "", err
		}
		if b[0] == '\n' {
			return line.String(), nil
		}
		line.WriteByte(b[0])
	}
}

// KillDisplay kills the X server, as a crash would. Its address stays in the
// environment.
func (d *Desktop) KillDisplay() error {
	if d.display == nil {
		return errors.New("this desktop has no display")
	}
	d.display.kill()
	// Killed, it leaves its lock and its socket behind. Take them away unless
	// another server has taken the number meanwhile.
	number := strings.TrimPrefix(d.env["DISPLAY"], ":")
	lock := "/tmp/.X" + number + "-lock"
	text, err := os.ReadFile(lock)
	if err == nil && strings.TrimSpace(string(text)) == strconv.Itoa(d.display.pid()) {
		os.Remove("/tmp/.X11-unix/X" + number)
		os.Remove(lock)
	}
	return nil
}
