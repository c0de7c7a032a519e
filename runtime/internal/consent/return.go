package consent

import "slices"

// An absence is of a call that was told to come again: it has waited as long as clients bear, or waits for its input request.
// Until then, what it wants to know stays open.
type absence struct {
	of    any    // the [Open]
	round uint64 // of the call
	end   func() // the call does not come again; wants Desk.mu held
}

// absences are those of one call, in all of its rounds. Desk.mu guards them.
type absences struct {
	list []*absence
	over bool // the call does not come again
}

// absencesLocked returns those of the call. Most calls have none.
func (c *Call) absencesLocked() *absences {
	if c.absent == nil {
		c.absent = &absences{}
	}
	return c.absent
}

// expectLocked has o wait for a call that goes and was told to come again. A getter may go when that is decided otherwise.
func (t *Table[K, S, R]) expectLocked(c *Call, o *Open[K, S, R]) {
	all := c.absencesLocked()
	if all.over {
		t.abandonLocked(o)
		return
	}
	a := &absence{of: o, round: c.id}
	a.end = func() {
		if o.forgetLocked(a) {
			t.abandonLocked(o)
		}
	}
	o.absent = append(o.absent, a)
	all.list = append(all.list, a)
}

// returnLocked notes that a call has come again for o. Which one that was is known where the client has sent the state of its
// input request; of others, isRetry says whether this may be one.
func (o *Open[K, S, R]) returnLocked(c *Call, isRetry bool) {
	if i := c.absenceLocked(o); i >= 0 {
		o.forgetLocked(c.absent.list[i])
		c.absent.list = slices.Delete(c.absent.list, i, i+1)
	} else if isRetry && len(o.absent) > 0 {
		o.absent = o.absent[1:]
	}
}

func (c *Call) absenceLocked(of any) int {
	if c.absent == nil {
		return -1
	}
	return slices.IndexFunc(c.absent.list, func(a *absence) bool { return a.of == of })
}

// forgetLocked reports false where another call has come for the one that was absent.
func (o *Open[K, S, R]) forgetLocked(a *absence) (wasAbsent bool) {
	before := len(o.absent)
	o.absent = slices.DeleteFunc(o.absent, func(other *absence) bool { return other == a })
	return len(o.absent) < before
}

// endAbsences takes away what only a call wanted that does not come again.
func (d *Desk) endAbsences(c *Call) {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := c.absencesLocked()
	all.over = true
	for _, a := range all.list {
		a.end()
	}
	all.list = nil
}

// hasResult reports whether a later round of a call, which asks nothing more, ends with the call's result: its handler was not told
// to come again.
func (d *Desk) hasResult(c *Call) bool {
	if !c.resumed {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return !slices.ContainsFunc(c.absencesLocked().list, func(a *absence) bool { return a.round == c.id })
}
