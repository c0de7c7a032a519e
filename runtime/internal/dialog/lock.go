package dialog

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/userlock"
)

// lockNames are the locks that are tried one after the other. All but the first are for when
// whoever has the one before shows no window: all others then meet at the next, and still have one
// window at a time.
var lockNames = []string{"dialog", "dialog-2", "dialog-3"}

// look is the time between two looks for windows of whoever has the lock.
const look = 250 * time.Millisecond

// moment is long enough to get a lock that is free.
const moment = 100 * time.Millisecond

// Lock waits until no other server of this user shows dialogs, and keeps them
// from it until unlock is called. The caller holds it around a whole series of
// dialogs. The operating system frees it when the process dies; a dialog that it
// has left on the screen is ended, on Linux, by who has the lock next.
//
// Also on Linux, whoever has the lock but shows no window, such as a server that
// is stopped, is waited for no longer than [Options].Windowless, also who has
// several. An error is one of the context, or a [Fault] that is [ErrFailed].
func (n *Native) Lock(ctx context.Context) (unlock func(), err error) {
	unlock = func() {} // if three of them show no window, there is nobody left to spare
	// Who has kept a later lock for as long as the first one was waited for has had its time.
	watched := n.holders()
	for _, name := range lockNames {
		patience := n.opts.Windowless
		if _, idle := watched[name]; idle {
			patience = moment
		}
		waiting, stop := n.whileWindowsAreOpen(ctx, patience, watched)
		got, err := userlock.Lock(waiting, n.lockDir(), name)
		windowless := waiting.Err() != nil && ctx.Err() == nil
		stop()
		if err == nil {
			unlock = got
			break
		}
		if !windowless {
			return nil, n.lockFailed(ctx, err)
		}
		if holder, err := userlock.Holder(n.lockDir(), name); err == nil && holder != nil {
			n.opts.Logger.WarnContext(ctx, "a dialog opens without its lock, whose holder shows no window",
				"lock", holder.Path, "process", holder.Process)
		}
	}
	endOrphans()
	return unlock, nil
}

// lockFailed makes a Fault of what is wrong with a lock, and leaves an error of the context as it is. Where no dialog could open
// anyway, as in a container, that is what is wrong.
func (n *Native) lockFailed(ctx context.Context, err error) error {
	if errors.Is(err, ctx.Err()) {
		return err
	}
	if _, missing := n.find(ctx); missing != nil {
		return missing
	}
	err = failed("%v", err)
	n.complain(ctx, err)
	return err
}

// whileWindowsAreOpen returns a context that ends as well once no dialog of any server was open for
// that long. Until then it takes out of watched whoever has a lock no more.
func (n *Native) whileWindowsAreOpen(
	ctx context.Context, patience time.Duration, watched map[string]int,
) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		ticks := time.NewTicker(min(look, patience))
		defer ticks.Stop()
		for open := time.Now(); time.Since(open) < patience; {
			select {
			case <-ctx.Done():
				return
			case <-ticks.C:
			}
			if someWindowIsOpen() {
				open = time.Now()
			}
			holders := n.holders()
			maps.DeleteFunc(watched, func(name string, process int) bool {
				now, held := holders[name]
				return !held || now != process
			})
		}
	}()
	return ctx, cancel
}

// holders returns who has which of the locks behind the first, by the number of the process.
func (n *Native) holders() map[string]int {
	processes := map[string]int{}
	for _, name := range lockNames[1:] {
		if holder, err := userlock.Holder(n.lockDir(), name); err == nil && holder != nil {
			processes[name] = holder.Process
		}
	}
	return processes
}

// CheckLock returns what keeps dialogs waiting, or from opening at all: a [Fault] that names the
// lock's file or folder, or whoever has the lock and shows no window.
func (n *Native) CheckLock() error {
	err := userlock.Check(n.lockDir(), lockNames[0])
	var holder *userlock.Holding
	if err == nil {
		holder, err = userlock.Holder(n.lockDir(), lockNames[0])
	}
	switch {
	case err != nil:
		return failed("%v", err)
	case holder != nil && !someWindowIsOpen():
		return failed("%v, and shows no window", holder)
	}
	return nil
}

// lockDir is the folder of the locks, "" for the one that package userlock chooses.
func (n *Native) lockDir() string {
	if n.opts.LockDir != "" {
		return n.opts.LockDir
	}
	return sessionFolder()
}
