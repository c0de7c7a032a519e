//go:build !windows && !darwin

package dialog

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/session"
)

// The library could start the program as well, but it throws away what the program writes to its
// standard error, where alone it says that it found no display: its exit status is that of a
// person's cancel. Nor does it give the program an environment of its own.

// draw runs the program until its window is closed. A window that does not fit on the screen opens again
// as it may fit, or the error is [ErrUnshown].
func draw(ctx context.Context, program string, w window) (string, error) {
	for {
		answer, err := drawOnce(ctx, program, w)
		var m misfit
		if !errors.As(err, &m) {
			return answer, err
		}
		next, ok := w.after(m)
		if !ok || !w.canShrink() {
			return "", ErrUnshown
		}
		w.fit = next
	}
}

// drawOnce is draw for one way to fit. The error is [misfit] where it does not.
func drawOnce(ctx context.Context, program string, w window) (string, error) {
	ctx, closeWindow := context.WithCancelCause(ctx)
	defer closeWindow(nil)
	watch := func(pid int) {
		if w.shape == fileShape {
			return // it has none of our texts, and what it has scrolls
		}
		if err := measure(ctx, pid, w); err != nil {
			closeWindow(err)
		}
	}
	answer, err := execute(ctx, program, job{arguments(w), w.environment(), watch})
	if cause := context.Cause(ctx); errors.As(cause, new(misfit)) {
		return "", cause
	}
	var exit *exec.ExitError
	switch {
	case err == nil:
		return answer, nil
	case !errors.As(err, &exit) || exit.ExitCode() != 1:
		return "", err
	case w.extra != "" && answer == w.extra:
		return "", errExtra
	default:
		return "", ErrDismissed
	}
}

// arguments describes a window to the program. No text begins with "-", see [layout.Clean].
func arguments(w window) []string {
	title := []string{"--title", w.title}
	buttons := []string{"--ok-label", w.ok, "--cancel-label", w.cancel}
	says := func(text string) []string { return slices.Concat(title, []string{"--text", text}, buttons) }
	width := []string{"--width", w.shrunk(dialogWidth)}
	switch w.shape {
	case questionShape:
		text, language := w.text, "--no-markup"
		if w.small > 0 {
			text, language = w.inSmall(quoteMarkup(w.text)), ""
		}
		byDefault := ""
		if w.refuses {
			byDefault = "--default-cancel"
		}
		return slices.Concat(says(text), []string{"--question", "--no-wrap"},
			flag(language), flag(byDefault), optional("--extra-button", w.extra))
	case entryShape:
		if w.hidden {
			return slices.Concat(says(w.text), width, []string{"--entry", "--hide-text"})
		}
		return slices.Concat(says(w.text), width, []string{"--entry"}, optional("--entry-text", w.prefill))
	case listShape:
		rows := w.rows()
		// A plain list: the one with round buttons can't be used by keyboard.
		return slices.Concat(says(w.inSmall(w.text)), w.listSize(rows), []string{"--list", "--hide-header", "--column="}, rows)
	case checklistShape:
		return slices.Concat(says(w.inSmall(w.text)), w.listSize(w.choices),
			[]string{"--list", "--checklist", "--hide-header", "--separator=\n", "--column=", "--column="}, w.boxes())
	default:
		// Else GTK begins at the files that were used last.
		return append(title, "--file-selection", "--filename", strings.TrimRight(workingFolder(), "/")+"/")
	}
}

// listSize returns the arguments for the size of a list.
func (w window) listSize(rows []string) []string {
	return []string{"--width", w.shrunk(listWidth(rows)), "--height", w.shrunk(listHeight(w.text, len(rows)))}
}

// rows returns the choices of a list. OK takes the first where nobody has marked another: zenity 4 marks it from the start,
// zenity 3 marks none.
func (w window) rows() []string {
	if w.marked == "" {
		return append([]string{nothing}, w.choices...)
	}
	others := slices.DeleteFunc(slices.Clone(w.choices), func(c string) bool { return c == w.marked })
	return append([]string{w.marked}, others...)
}

// boxes returns the choices of a checklist, each behind whether it is ticked at first.
func (w window) boxes() []string {
	boxes := make([]string, 0, 2*len(w.choices))
	for _, c := range w.choices {
		ticked := "FALSE"
		if slices.Contains(w.ticked, c) {
			ticked = "TRUE"
		}
		boxes = append(boxes, ticked, c)
	}
	return boxes
}

// flag returns an option as arguments, none if there is no such option.
func flag(option string) []string {
	if option == "" {
		return nil
	}
	return []string{option}
}

// optional returns the arguments for an option, none if its value is empty.
func optional(option, value string) []string {
	if value == "" {
		return nil
	}
	return []string{option, value}
}

// A job is one run of the program.
type job struct {
	arguments   []string
	environment []string      // besides [environment]
	watch       func(pid int) // is told the program's number once it runs
}

// execute runs the program. An exit status of 1 is an [exec.ExitError] with the program's output,
// for it may be a person's act; every other end that is none of success is a [Fault].
func execute(ctx context.Context, program string, j job) (output string, err error) {
	answer, complaint := &head{max: utf8.UTFMax * (maxAnswer + 2)}, &head{max: 64 << 10}
	cmd := exec.CommandContext(ctx, program, j.arguments...)
	cmd.Stdout, cmd.Stderr = answer, complaint
	cmd.Env = append(environment(session.Here().Whole()), j.environment...)
	cmd.Dir = workingFolder()
	cmd.WaitDelay = grace // then whoever else holds its output open is waited for no longer
	if err = cmd.Start(); err == nil {
		go j.watch(cmd.Process.Pid)
		err = cmd.Wait()
	}
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // the program itself has ended well
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		err = fault(program, err, complaint.bytes)
	}
	return answer.line(), err
}

// noDisplay is how GTK 3 and 4, GDK, Xlib and Qt say that they have no display, or have it no more.
// GTK then ends with the exit status of a cancel.
var noDisplay = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)` +
		`(can't|cannot|failed to|could not|unable to) (open|connect to) (the |x11 |wayland |x )*display` +
		`|unable to init server|no qt platform plugin|lost connection to wayland` +
		`|error \d+ .* wayland display|error (reading events from|flushing) display` +
		`|x window system error|fatal io error|x connection to .* broken`)
})

// fault says what err, of a program that complained, is. It leaves alone the exit status 1 that may
// be a person's.
func fault(program string, err error, complaint []byte) error {
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && noDisplay().Match(complaint):
		return failed("%s could not open the display, or has lost it (%v)", program, exit)
	case errors.As(err, &exit) && exit.ExitCode() == 1:
		return err
	case errors.As(err, &exit) && (exit.ExitCode() == 126 || exit.ExitCode() == 127):
		return failed("%s does not run, as without a program or library that it needs (%v)", program, exit)
	case errors.As(err, &exit):
		return failed("%s ended with %v", program, exit) // "exit status 255", "signal: killed"
	default:
		return failed("%s can't be started: %s", program, reason(err))
	}
}

// head keeps the beginning of what is written to it.
type head struct {
	bytes []byte
	max   int
}

func (h *head) Write(p []byte) (int, error) {
	h.bytes = append(h.bytes, p[:min(len(p), h.max-len(h.bytes))]...)
	return len(p), nil
}

// line is what is kept, without the line break that the program adds.
func (h *head) line() string {
	if n := len(h.bytes); n > 0 && h.bytes[n-1] == '\n' {
		return string(h.bytes[:n-1])
	}
	return string(h.bytes)
}

// workingFolder is where the program runs and its file chooser begins. It is not the server's own,
// which may be a project's: zenity 3 takes the looks of its windows from a file zenity.ui there.
func workingFolder() string {
	home := getenv("HOME")
	if info, err := os.Stat(home); filepath.IsAbs(home) && err == nil && info.IsDir() {
		return home
	}
	return "/"
}
