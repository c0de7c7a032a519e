//go:build !windows && !darwin

package dialog

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"
)

// Which font the desktop has, how large it is and how much the desktop magnifies, only the dialog's
// program finds out. So a window is measured once it is there. One that is larger than the screen
// is closed, and opens again with smaller letters. No text is cut or has to be scrolled: what is out
// of sight is not read. Nor is a text shown in letters that nobody can read.

// A misfit is the fault of a window that is larger than the screen, or whose letters are too small.
type misfit struct {
	by     float64 // how many times larger it is; 0 if it is the letters
	height int     // in pixels
}

func (misfit) Error() string { return "the window does not fit on the screen" }

const (
	smaller   = 1.2 // by how much Pango's <small> makes letters smaller
	maxSmall  = 9   // how often that is tried
	leastLine = 10  // a line that is so many pixels high can be read
)

// after returns how a window may fit that did not: first with smaller letters, then without being magnified and again with
// smaller letters, since the buttons of zenity 4 alone have no room on a small screen that is magnified. It reports false
// where nothing is left to try.
func (f fit) after(m misfit) (next fit, ok bool) {
	secondTime := f.height > 0 || m.by == 0
	if secondTime && !f.unmagnified {
		return fit{unmagnified: true}, true
	}
	if m.by == 0 {
		return f, false
	}
	next = fit{f.small + int(math.Ceil(math.Log(m.by)/math.Log(smaller))), f.unmagnified, m.height, f.small}
	if next.small == f.small || m.by > 1.5 {
		next.small++ // since the buttons stay as they are
	}
	return next, next.small <= maxSmall
}

// isLegible reports whether a window has letters that can be read: those of the desktop, or smaller ones in lines that are
// high enough. By how much the window became lower with them says how high all lines are.
func (f fit) isLegible(height, lines int) bool {
	if f.small == 0 {
		return true
	}
	text := float64(f.height-height) / (math.Pow(smaller, float64(f.small-f.before)) - 1)
	return text >= float64(leastLine*lines)
}

// environment returns the variables by which a window is not magnified, if it is not to be.
func (f fit) environment() []string {
	if !f.unmagnified {
		return nil
	}
	return []string{"GDK_SCALE=1"}
}

// canShrink reports whether the program shows the text of such a window in any size. That of an entry
// has the desktop's.
func (w window) canShrink() bool {
	return w.shape == questionShape || w.shape == listShape || w.shape == checklistShape
}

// shrunk returns a length of w in pixels that becomes smaller as the letters do.
func (w window) shrunk(pixels int) string {
	return strconv.Itoa(int(float64(pixels) / math.Pow(smaller, float64(w.small))))
}

// inSmall returns markup of Pango in the letters of w. Every version of Pango knows <small>.
func (w window) inSmall(markup string) string {
	return strings.Repeat("<small>", w.small) + markup + strings.Repeat("</small>", w.small)
}

// How often a window that is not there yet is looked for, and for how long.
const (
	lookEvery = 50 * time.Millisecond
	lookFor   = time.Minute
)

// measure waits for the window of a program, and returns a [misfit] if it is not w as a person can see it. It returns nil as
// soon as the window is whole, and where no X server tells: a compositor of Wayland tells nobody of windows.
func measure(ctx context.Context, pid int, w window) error {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	if isOnWayland(ctx) {
		return nil
	}
	x, err := newXClient(ctx, getenv("DISPLAY"))
	if err != nil {
		return nil
	}
	defer x.conn.Close()
	for {
		is, err := x.windowOf(pid)
		switch {
		case err != nil:
			return nil
		case is.width > x.screen.width || is.height > x.screen.height:
			return misfit{max(float64(is.width)/float64(x.screen.width), float64(is.height)/float64(x.screen.height)), is.height}
		case is.height > 0 && !w.isLegible(is.height, 1+strings.Count(w.text, "\n")):
			return misfit{0, is.height}
		case is.height > 0:
			return nil
		}
		select {
		case <-time.After(lookEvery):
		case <-ctx.Done():
			return nil
		}
	}
}
