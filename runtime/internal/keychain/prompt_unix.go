//go:build dragonfly || freebsd || linux || netbsd || openbsd

package keychain

import (
	"context"
	"fmt"
	"time"

	"github.com/godbus/dbus/v5"
)

// A prompt is a question of the keychain to a person, in a window that belongs
// to the keychain: to unlock it, or to choose the password of a new one.
//
// It can't be taken back. Prompt.Dismiss crashes gnome-keyring 42, with every
// other program's session in it, and closing the connection leaves the window
// open. So a prompt that is not answered in time stays, and whoever comes next
// waits for the same one; a second window would be asking a second time.
type prompt struct {
	path    dbus.ObjectPath
	signals chan *dbus.Signal
	rules   [][]dbus.MatchOption
	shown   time.Time
}

// maxPrompts is how many prompts a link may have asked for. gnome-keyring keeps each, answered or not, as long as the
// connection is open, and where it can't show them there may be one for each call.
const maxPrompts = 16

// isWorn reports whether the link has asked for that many, and waits for none.
func (l *link) isWorn() bool { return l.prompts >= maxPrompts && l.open == nil }

// tooFast is the time in which a person hardly answers, see [link.dismissed].
const tooFast = time.Second

// ask shows a prompt and waits for its answer. The path "/" means that there is nothing to ask.
func (l *link) ask(ctx context.Context, path dbus.ObjectPath) (dbus.Variant, error) {
	if path == "/" {
		return dbus.Variant{}, nil
	}
	if IsQuiet(ctx) {
		return dbus.Variant{}, ErrUnasked
	}
	if l.open != nil { // it is no longer of interest, whatever became of it
		l.forget(ctx)
	}
	p := &prompt{
		path:    path,
		signals: make(chan *dbus.Signal, 16),
		rules: [][]dbus.MatchOption{
			{dbus.WithMatchSender(serviceName), dbus.WithMatchObjectPath(path), dbus.WithMatchMember("Completed")},
			// The keychain may end while it asks, and then never answers.
			{dbus.WithMatchSender(busName), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, serviceName)},
		},
	}
	l.bus.Signal(p.signals)
	l.open = p
	l.prompts++
	for _, rule := range p.rules {
		err := l.bounded(ctx, func(ctx context.Context) error { return l.bus.AddMatchSignalContext(ctx, rule...) })
		if err != nil {
			l.forget(ctx)
			return dbus.Variant{}, err
		}
	}
	p.shown = time.Now()
	if err := l.call(ctx, path, promptIface+"Prompt", "").err; err != nil {
		l.forget(ctx)
		return dbus.Variant{}, err
	}
	return l.wait(ctx)
}

// wait waits for the answer of the open prompt, and returns what it brought.
func (l *link) wait(ctx context.Context) (dbus.Variant, error) {
	waiting, cancel := context.WithTimeout(ctx, l.promptTimeout)
	defer cancel()
	l.asking.Store(true)
	defer l.asking.Store(false)

	p := l.open
	for {
		select {
		case signal, ok := <-p.signals:
			switch {
			case !ok:
				l.open = nil
				return dbus.Variant{}, errLinkLost
			case signal.Name == promptIface+"Completed" && signal.Path == p.path:
				l.forget(ctx)
				var dismissed bool
				var result dbus.Variant
				err := reply{body: signal.Body}.into(&dismissed, &result)
				if dismissed {
					err = l.dismissed(ctx, p)
				}
				return result, err
			case signal.Name == busIface+"NameOwnerChanged":
				l.forget(ctx)
				return dbus.Variant{}, fmt.Errorf("%w: it ended while its prompt was open", ErrNoStore)
			}
		case <-waiting.Done():
			if ctx.Err() != nil {
				return dbus.Variant{}, gaveUp(ctx)
			}
			return dbus.Variant{}, fmt.Errorf("%w: its prompt has not been answered yet", ErrLocked)
		}
	}
}

// dismissed tells by whom the prompt was dismissed. gnome-keyring says so of one that it can't show as well, since there is no
// display: some 20 ms later, or seconds later on a busy machine. The program that shows its prompts is then not on the bus,
// while after a person's answer it stays for some seconds. Other keychains have no such program, so a person's time counts.
func (l *link) dismissed(ctx context.Context, p *prompt) error {
	if l.known.isTrusted() || time.Since(p.shown) < tooFast {
		var shows bool
		if err := l.callBus(ctx, "NameHasOwner", "org.gnome.keyring.SystemPrompter").into(&shows); err != nil {
			return err
		}
		if !shows {
			return fmt.Errorf("%w: its prompt can't be shown", ErrLocked)
		}
	}
	return ErrDismissed
}

// forget stops listening for the open prompt.
func (l *link) forget(ctx context.Context) {
	p := l.open
	l.open = nil
	l.bus.RemoveSignal(p.signals)
	for _, rule := range p.rules {
		err := l.bounded(ctx, func(ctx context.Context) error { return l.bus.RemoveMatchSignalContext(ctx, rule...) })
		if err != nil {
			return // the link is broken, or soon gone: the bus then forgets by itself
		}
	}
}

// bounded makes a call to the bus itself, as calls does to the keychain.
func (l *link) bounded(ctx context.Context, call func(context.Context) error) error {
	waiting, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	defer context.AfterFunc(waiting, l.cut)()
	err := call(waiting)
	switch {
	case err == nil:
		return nil
	case waiting.Err() != nil:
		return silent(ctx)
	default:
		return translate(err)
	}
}
