package dialog

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/userlock"
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
	// ErrUnshown: a dialog has no room for the text. None was shown.
	ErrUnshown = errors.New("the text has no room in a dialog")
	// ErrTooLong: the value is longer than a dialog or a file may give.
	ErrTooLong = errors.New("the value is too long")
	// ErrBadFile: the chosen file can't be read, or is not a text.
	ErrBadFile = errors.New("the chosen file is not a readable text file")
	// ErrFailed: the dialog could not be shown, or ended in a way that says nothing
	// about a person's will. It comes as a [Fault], which says why.
	ErrFailed = errors.New("the dialog failed")
)

// Options adjust a [Native]. The zero value is good.
type Options struct {
	// Logger is told which program shows the dialogs, and why one failed. Default: nobody.
	Logger *slog.Logger
	// Fast is the time a person needs at least, counted from the earliest
	// moment at which the window could be seen. A faster answer is nobody's:
	// [ErrFailed]. Default: 300 ms.
	Fast time.Duration
	// Timeout closes a dialog that nobody answers, whatever the context allows.
	// Default: 5 minutes.
	Timeout time.Duration
	// LockDir is the folder for the lock file of [Native.Lock]. It is created with
	// mode 0700, and refused if others can write to it. Default: on Linux
	// /run/user/UID/mcpsecrets, where /run/user/UID is this user's own; else "mcpsecrets" in XDG_RUNTIME_DIR, or in the user's cache folder.
	LockDir string
	// Windowless is how long, on Linux, whoever has the lock without showing a
	// window is waited for. Default: 5 seconds.
	Windowless time.Duration
}

// Native shows native dialogs. It may be used from many goroutines; the dialogs
// of one process are shown one after the other.
type Native struct {
	opts   Options
	draw   func(ctx context.Context, program string, w window) (string, error)
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
	if opts.Windowless == 0 {
		opts.Windowless = 5 * time.Second
	}
	return &Native{opts: opts, draw: draw}
}

// Ready returns nil if a dialog could be shown now, and its lock be had: it tries
// both the program, see [Native.Try], and the file of the lock. Else the error is
// [ErrNoDisplay], [ErrNoDialog] or a [Fault], and says what is missing. Who
// announces a window to others asks before.
func (n *Native) Ready(ctx context.Context) error {
	_, err := n.Try(ctx)
	if err == nil {
		if lockErr := userlock.Check(n.lockDir(), lockNames[0]); lockErr != nil {
			err = failed("%v", lockErr)
		}
	}
	n.complain(ctx, err)
	return err
}

// Try returns the program that would show a dialog now, once it has run without
// showing one. On Linux that opens the display in the dialog's own environment. The
// error is as [Native.Ready] has it.
func (n *Native) Try(ctx context.Context) (program string, err error) {
	program, err = n.find(ctx)
	if err == nil {
		err = tryProgram(ctx, program)
	}
	return program, err
}

// find returns the program that shows dialogs, once the display and it seem to be there.
func (n *Native) find(ctx context.Context) (program string, err error) {
	if err := CheckFiles(filesOfDialog); err != nil {
		return "", err
	}
	if err := checkDisplay(ctx); err != nil {
		return "", err
	}
	program, err = findProgram()
	if err != nil {
		return "", err
	}
	if _, old := n.logged.LoadOrStore(program, true); !old {
		n.opts.Logger.InfoContext(ctx, "native dialogs", "program", program)
	}
	return program, nil
}

// turn is held while a dialog is open. It belongs to the process and not to a
// Native, as does the window class that a dialog registers on Windows, where a
// second dialog at a time fails.
var turn = make(chan struct{}, 1)

// grace is how long a dialog may take to close once it was told to.
const grace = 2 * time.Second

// errExtra says that the extra button was pressed; it never leaves the package.
var errExtra = errors.New("extra button")

// show is the chokepoint. It shows one window and decides what its ending means.
// A nil error or errExtra is a person's answer, ErrDismissed a person's refusal,
// everything else is neither.
func (n *Native) show(ctx context.Context, w window) (string, error) {
	value, err := n.open(ctx, w)
	n.complain(ctx, err)
	return value, err
}

// complain tells the log of a fault, which nobody at the screen sees.
func (n *Native) complain(ctx context.Context, err error) {
	var fault *Fault
	if errors.As(err, &fault) {
		n.opts.Logger.WarnContext(ctx, "a dialog could not be shown, or was not answered by a person", "cause", err)
	}
}

func (n *Native) open(ctx context.Context, w window) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, n.opts.Timeout)
	defer cancel()
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	program, err := n.find(ctx)
	if err != nil {
		<-turn
		return "", err
	}
	ended := make(chan result, 1)
	start := time.Now()
	go func() {
		r := n.run(ctx, program, w)
		// The turn passes on only now, which can be after show has given up: on
		// Windows the library's entry ignores its context.
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
	// A display that died ends many a program as a person's cancel does.
	if err := checkDisplay(ctx); err != nil {
		return "", err
	}
	byPerson := r.err == nil || r.err == errExtra || r.err == ErrDismissed
	if byPerson && took < n.opts.Fast {
		return "", failed("%s ended faster than a person can answer", program)
	}
	// And a program that does not work, such as a wrapper, ends as if cancelled whatever it is to do.
	if byPerson && r.err != nil {
		if err := tryProgram(ctx, program); err != nil {
			return "", err
		}
	}
	if r.err != nil {
		return "", r.err
	}
	return r.value, nil
}

type result struct {
	value string
	err   error
}

// run draws a window, and survives a panic of who draws it.
func (n *Native) run(ctx context.Context, program string, w window) (r result) {
	defer func() {
		if recover() != nil { // whose value could hold what was typed
			r = result{err: failed("%s could not be used", program)}
		}
	}()
	r.value, r.err = n.draw(ctx, program, w)
	return r
}
