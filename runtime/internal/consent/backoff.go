package consent

import (
	"errors"
	"slices"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// A Step is what a person refused. A value that was set in a terminal after a dismissed dialog is found at once, while a
// denied use stays denied.
type Step string

// The steps.
const (
	Collecting Step = "collecting" // to type a value
	Permission Step = "permission" // to allow its use
	Unlocking  Step = "unlocking"  // to unlock the keychain, for whichever secret: see [AllSecrets]
	Changing   Step = "changing"   // to replace or remove a value by a tool, of whichever secret
)

// Everybody is whom a refusal is remembered for where all principals share the dialogs and the store.
var Everybody = Who{}

// AllSecrets stands for the secrets of all accounts where a refusal is of all of them.
var AllSecrets = []store.Entry{{}}

type backoffKey struct {
	step  Step
	who   Who
	entry store.Entry
}

// A backoff is a refusal that is remembered, for all tools, so that a model can't nag.
type backoff struct {
	times int
	until time.Time
	err   error
}

func (b backoff) expired() bool { return !time.Now().Before(b.until) }

// pauses are how long nobody is asked again after the first, second and every later refusal in a row.
var pauses = []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute}

// Refuse remembers that a person refused the step for the entries.
func (d *Desk) Refuse(s Step, who Who, entries []store.Entry, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refuseLocked(s, who, entries, err)
}

func (d *Desk) refuseLocked(s Step, who Who, entries []store.Entry, err error) {
	for _, entry := range entries {
		MakeRoom(d.backoffs, maxKept, backoff.expired)
		key := backoffKey{s, who, entry}
		b := d.backoffs[key]
		b.until = time.Now().Add(pauses[min(b.times, len(pauses)-1)])
		b.times++
		b.err = err
		d.backoffs[key] = b
	}
}

// Accept forgets earlier refusals of the step: the next one is the first again.
func (d *Desk) Accept(s Step, who Who, entries ...store.Entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.acceptLocked(s, who, entries)
}

func (d *Desk) acceptLocked(s Step, who Who, entries []store.Entry) {
	for _, entry := range entries {
		delete(d.backoffs, backoffKey{s, who, entry})
	}
}

// Refused returns the error of a refusal that is still remembered for one of the entries, or nil.
func (d *Desk) Refused(s Step, who Who, entries []store.Entry) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.RefusedLocked(s, who, entries)
}

// RefusedLocked is Refused for the admission to a [Table], which holds the lock.
func (d *Desk) RefusedLocked(s Step, who Who, entries []store.Entry) error {
	for _, entry := range entries {
		if b, ok := d.backoffs[backoffKey{s, who, entry}]; ok && !b.expired() {
			var refused *About // of AllSecrets, the one that was asked for
			if errors.As(b.err, &refused) {
				return refused
			}
			return &About{Entries: slices.Clone(entries), Err: b.err} // else all that ask for them would be on the heap
		}
	}
	return nil
}
