//go:build linux

package desktop

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// A Window is one visible window on the desktop.
type Window struct {
	ID    string
	Title string
}

// Windows lists the visible top-level windows.
func (d *Desktop) Windows() ([]Window, error) { return d.search("--name", "") }

// WaitWindow waits until a window with exactly this title is visible.
func (d *Desktop) WaitWindow(title string) (w Window, err error) {
	err = poll(fmt.Sprintf("a window titled %q", title), func() (bool, error) {
		found, err := d.search("--name", "^"+regexp.QuoteMeta(title)+"$")
		if len(found) > 0 {
			w = found[0]
		}
		return len(found) > 0, err
	})
	return w, err
}

// WaitNoWindow waits until no window at all is visible.
func (d *Desktop) WaitNoWindow() error {
	var left []Window
	err := poll("an empty screen", func() (bool, error) {
		var err error
		left, err = d.Windows()
		return err == nil && len(left) == 0, err
	})
	if err != nil {
		return fmt.Errorf("%w: %v", err, left)
	}
	return nil
}

// Type gives the window the focus and types the text.
func (d *Desktop) Type(w Window, text string) error {
	return d.input(w, "type", "--", text)
}

// Press gives the window the focus and presses the keys one after the other:
// "Return", "Escape", "Tab", "space", "ctrl+a", as xdotool names them.
func (d *Desktop) Press(w Window, keys ...string) error {
	return d.input(w, append([]string{"key", "--"}, keys...)...)
}

// Copy puts text on the clipboard, from which ctrl+v pastes it.
func (d *Desktop) Copy(text string) error {
	if d.env["DISPLAY"] == "" {
		return errors.New("this desktop has no display")
	}
	cmd := exec.Command("xclip", "-selection", "clipboard") // which leaves a process behind that keeps the text
	cmd.Env = d.Env()
	cmd.Stdin = strings.NewReader(text)
	return cmd.Run()
}

// Copied is the text on the clipboard, to which ctrl+c copies.
func (d *Desktop) Copied() (string, error) { return d.run("xclip", "-out", "-selection", "clipboard") }

// Screenshot writes the whole screen to a file; its name's ending chooses the
// format. It needs ImageMagick (Debian: imagemagick).
func (d *Desktop) Screenshot(path string) error {
	_, err := d.run("import", "-window", "root", path)
	return err
}

// input moves the focus first: keys sent to a window directly are ignored by
// GTK, and without a window manager nobody else gives focus.
func (d *Desktop) input(w Window, args ...string) error {
	return poll("focus for "+w.Title, func() (bool, error) {
		if _, err := d.xdotool("windowfocus", w.ID); err != nil {
			return false, fmt.Errorf("window %q: %w", w.Title, err)
		}
		focus, err := d.xdotool("getwindowfocus", "-f")
		if err != nil || focus != w.ID {
			return false, nil
		}
		_, err = d.xdotool(args...)
		return true, err
	})
}

func (d *Desktop) visible(w Window) bool {
	windows, err := d.Windows()
	for _, other := range windows {
		if other.ID == w.ID {
			return true
		}
	}
	return err != nil // unknown is not gone
}

// search finds visible top-level windows. Nothing found is not an error.
func (d *Desktop) search(by, pattern string) ([]Window, error) {
	out, err := d.xdotool("search", "--onlyvisible", "--maxdepth", "1", by, pattern)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 && out == "" && !strings.Contains(err.Error(), "display") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var windows []Window
	for _, id := range strings.Fields(out) {
		if id == d.root {
			continue
		}
		title, err := d.xdotool("getwindowname", id)
		if err != nil {
			continue // closed meanwhile
		}
		windows = append(windows, Window{ID: id, Title: title})
	}
	return windows, nil
}

func (d *Desktop) xdotool(args ...string) (string, error) { return d.run("xdotool", args...) }

// run runs a short program inside the desktop.
func (d *Desktop) run(name string, args ...string) (string, error) {
	if d.env["DISPLAY"] == "" {
		return "", errors.New("this desktop has no display")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = d.Env()
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(string(exit.Stderr)))
	}
	return strings.TrimRight(string(out), "\n"), err
}
