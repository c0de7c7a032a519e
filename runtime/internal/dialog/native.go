package dialog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"sync"
	"time"

	"github.com/ncruces/zenity"
)

// The ways in which a dialog yields nothing. Errors of a context come back as
// they are, and context.DeadlineExceeded also when [Options].Timeout is over.
var (
	// ErrDismissed: a person cancelled or closed the dialog.
	ErrDismissed = errors.New("the dialog was dismissed")
	// ErrNoDisplay: there is no screen to show a dialog on, or it is gone.
	ErrNoDisplay = errors.New("no display for a dialog")
	// ErrNoDialog: there is no program to show a dialog with, or not one to trust.
	ErrNoDialog = errors.New("no program to show a dialog with")
	// ErrTooLong: the value is longer than a dialog or a file may give.
	ErrTooLong = errors.New("the value is too long")
	// ErrBadFile: the chosen file can't be read, or is not a text.
	ErrBadFile = errors.New("the chosen file is not a readable text file")
	// ErrFailed: the dialog ended in a way that says nothing about a person's will.
	ErrFailed = errors.New("the dialog failed")
)

// Options adjust a [Native]. The zero value is good.
type Options struct {
	// Logger is told which program shows the dialogs. Default: nobody.
	Logger *slog.Logger
	// Fast is the time a person needs at least, counted from the earliest
	// moment at which the window could be seen. A faster answer is nobody's:
	// [ErrFailed]. Default: 300 ms.
	Fast time.Duration
	// Timeout closes a dialog that nobody answers, whatever the context allows.
	// Default: 5 minutes.
	Timeout time.Duration
	// LockDir is the folder for the lock file of [Native.Lock]. It is created with
	// mode 0700, and refused if others can write to it. Default: "mcpsecrets" in
	// the user's runtime or cache folder.
	LockDir string
}

// Native shows native dialogs. It may be used from many goroutines; the dialogs
// of one process are shown one after the other.
type Native struct {
	opts   Options
	logged sync.Map // programs that the logger was told about
}

// New does no I/O; whether a dialog can be shown is found out when one is.
func New(opts Options) *Native {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Fast == 0 {
		opts.Fast = 300 * time.Millisecond
	}
	if opts.Timeout == 0 {
		opts.Timeout = 5 * time.Minute
	}
	return &Native{opts: opts}
}

// Available returns nil if a dialog could be shown now, else an error that is
// [ErrNoDisplay] or [ErrNoDialog]. It shows nothing.
func (n *Native) Available(ctx context.Context) error {
	if err := checkDisplay(ctx); err != nil {
		return err
	}
	path, err := findProgram()
	if err != nil {
		return err
	}
	if _, old := n.logged.LoadOrStore(path, true); !old {
		n.opts.Logger.InfoContext(ctx, "native dialogs", "program", path)
	}
	return nil
}

// turn is held while a dialog is open. It belongs to the process and not to a
// Native, as do the environment that a dialog changes on Linux and the window
// class that it registers on Windows, where a second dialog at a time fails.
var turn = make(chan struct{}, 1)

// grace is how long a dialog may take to close once it was told to.
const grace = 2 * time.Second

// errExtra says that the extra button was pressed; it never leaves the package.
var errExtra = errors.New("extra button")

// show is the chokepoint. It runs one dialog of the library and decides what its
// ending means; dialog has to pass the given option on to the library. A nil
// error or errExtra is a person's answer, everything else is none.
func (n *Native) show(ctx context.Context, dialog func(zenity.Option) (string, error)) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, n.opts.Timeout)
	defer cancel()
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if err := n.Available(ctx); err != nil {
		<-turn
		return "", err
	}
	ended := make(chan result, 1)
	start := time.Now()
	go func() {
		r := run(ctx, dialog)
		// The turn passes on only now, which can be after show has given up: on
		// Windows the library's entry ignores its context, and on Linux it waits for
		// whoever holds the program's output open.
		<-turn
		ended <- r
	}()

	var r result
	select {
	case r = <-ended:
	case <-ctx.Done():
		select {
		case <-ended:
		case <-time.After(grace):
		}
	}
	took := time.Since(start)
	if err := ctx.Err(); err != nil {
		return "", err
	}
	// The library reports a display that died as a person's cancel.
	if err := checkDisplay(ctx); err != nil {
		return "", err
	}
	err := meaning(r.err)
	byPerson := err == nil || err == errExtra || err == ErrDismissed
	if byPerson && took < n.opts.Fast {
		return "", fmt.Errorf("%w: it ended faster than a person can answer", ErrFailed)
	}
	if err != nil {
		return "", err
	}
	return r.value, nil
}

type result struct {
	value string
	err   error
}

// run runs a dialog in its environment, and survives the library's panics.
func run(ctx context.Context, dialog func(zenity.Option) (string, error)) (r result) {
	defer setEnvironment()()
	defer func() {
		if recover() != nil { // whose value could hold what was typed
			r = result{err: ErrFailed}
		}
	}()
	r.value, r.err = dialog(zenity.Context(ctx))
	return r
}

// meaning translates an error of the library. Texts of the library are left
// behind, since they hold whatever the program wrote to its standard error.
func meaning(err error) error {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case err == zenity.ErrExtraButton:
		return errExtra
	case err == zenity.ErrCanceled:
		return ErrDismissed
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, exec.ErrDot):
		return ErrNoDialog
	case errors.As(err, &exit):
		return fmt.Errorf("%w: %v", ErrFailed, exit.ProcessState) // "exit status 255", "signal: killed"
	default:
		return ErrFailed
	}
}
