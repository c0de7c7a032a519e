package consent

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// A Grant is a use that a person allowed for the session.
type Grant struct {
	Who   Who
	Entry store.Entry
	Tool  string    // the only tool it covers; "" covers every tool of the server
	Until time.Time // zero: until the server ends
}

type grantKey struct {
	who   Who
	entry store.Entry
	tool  Tool // everyTool for every tool
}

// everyTool has a kind that nothing else has: the zero Tool is the server itself.
var everyTool = Tool{Kind: "every"}

// A grant ends with the value it was given for, and with the place where that value goes.
type grant struct {
	value [sha256.Size]byte
	until time.Time // zero: until the server ends
}

func (g grant) expired() bool { return !g.until.IsZero() && Passed(g.until, 0) }

// Grants returns the live grants, sorted by principal, account, secret and tool.
func (d *Desk) Grants() []Grant {
	d.mu.Lock()
	defer d.mu.Unlock()
	var live []Grant
	for key, g := range d.grants {
		if !g.expired() {
			live = append(live, Grant{key.who, key.entry, key.tool.Name, g.until})
		}
	}
	slices.SortFunc(live, func(a, b Grant) int {
		return cmp.Or(strings.Compare(a.Who.Name, b.Who.Name), a.Entry.Compare(b.Entry), strings.Compare(a.Tool, b.Tool))
	})
	return live
}

// Revoke ends the grants for a secret in all accounts, and the answers about it that no call has fetched yet.
func (d *Desk) Revoke(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.revokeLocked(func(e store.Entry) bool { return e.Name == name })
}

// Renew ends the grants for the entries whose values are replaced or removed, and the answers about them that no call has fetched
// yet. It forgets that anybody refused to type a value. A use that was denied stays denied.
func (d *Desk) Renew(is func(store.Entry) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.revokeLocked(is)
	for key := range d.backoffs {
		if is(key.entry) && key.step == Collecting {
			delete(d.backoffs, key)
		}
	}
}

func (d *Desk) revokeLocked(is func(store.Entry) bool) {
	for _, open := range d.questions.open {
		if open.isSettled() && slices.ContainsFunc(entriesOf(open.Subject.uses), is) {
			d.questions.withdrawLocked(open)
		}
	}
	for key := range d.grants {
		if is(key.entry) {
			delete(d.grants, key)
		}
	}
}

// grantLocked records what the person allowed for the session, as far as the question said.
func (d *Desk) grantLocked(q *question) {
	tool := everyTool
	if q.words.OneTool {
		tool = q.tool
	}
	var until time.Time
	if q.words.Remember > 0 {
		until = time.Now().Add(q.words.Remember)
	}
	for _, u := range q.uses {
		MakeRoom(d.grants, maxKept, grant.expired)
		d.grants[grantKey{q.who, u.Entry, tool}] = grant{u.Value, until}
	}
}

// granted reports whether a live grant covers the use by a tool.
func (d *Desk) granted(who Who, u Use, tool Tool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, key := range []grantKey{{who, u.Entry, everyTool}, {who, u.Entry, tool}} {
		g, ok := d.grants[key]
		if !ok {
			continue
		}
		if g.value == u.Value && !g.expired() {
			return true
		}
		delete(d.grants, key)
	}
	return false
}
