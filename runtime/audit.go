package secrets

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// bypass says whether permission is skipped.
type bypass struct {
	refused bool // by the server's author
	warn    sync.Once
}

// bypassed reports whether permission is skipped, and warns once.
func (m *Manager) bypassed() bool {
	if m.bypass.refused || !isOn(bypassVariable) {
		return false
	}
	m.bypass.warn.Do(func() {
		notice := m.sentences.Notices.Bypass
		if instead := m.sentences.Notices.Instead; instead != "" && m.hasTerminal.Load() && !m.standings.refused {
			notice += "; " + instead
		}
		fmt.Fprintln(os.Stderr, wording.Fill(notice, wording.Values{"server": m.server, "command": m.command}))
	})
	return true
}

// A useLog is where it is written down that secrets were handed out. What is the same in all records of one use becomes text only
// once: a record is most of what a granted secret costs, but for the store. What a client says is not kept.
type useLog struct {
	log    *slog.Logger
	server string

	mu       sync.Mutex
	handlers map[loggedUse]slog.Handler
}

type loggedUse struct {
	of          store.Entry
	reason, how string
}

// maxLoggedUses is how many are kept: a program may have ever new reasons.
const maxLoggedUses = 100

// handler returns what writes the records of a use.
func (l *useLog) handler(u loggedUse) slog.Handler {
	l.mu.Lock()
	h, ok := l.handlers[u]
	l.mu.Unlock()
	if ok {
		return h
	}
	h = l.log.Handler().WithAttrs(append(loggedAccount(u.of.Account), // somebody else's code: not under the lock
		slog.String("server", l.server), slog.String("secret", u.of.Name), slog.String("outcome", "handed out"),
		slog.String("reason", u.reason), slog.String("how", u.how),
	))
	l.mu.Lock()
	defer l.mu.Unlock()
	consent.MakeRoom(l.handlers, maxLoggedUses, func(slog.Handler) bool { return false })
	l.handlers[u] = h
	return h
}

// logged is how a reason is logged: one that was not reviewed may have come from anywhere, and be a value.
func (m *Manager) logged(reason Reason) string {
	if m.reviewed.isReviewed(reason) {
		return string(reason)
	}
	return m.guard().Text(string(reason))
}

// audit writes one record for each secret that was handed out or refused: never a value. A call that still waits for a person
// is no access yet.
func (m *Manager) audit(ctx context.Context, t *Turn, reason string, defs []*definition, found []finding, err error) {
	if err != nil {
		m.auditRefusal(ctx, t, reason, defs, err)
		return
	}
	for i, def := range defs {
		level := slog.LevelInfo
		switch {
		case found[i].value == nil:
			continue // unset: nothing was accessed
		case !def.Asks():
			level = slog.LevelDebug // a setting, read at every call
		}
		if !m.log.Enabled(ctx, level) {
			continue
		}
		call, how := t.call(), ""
		if t.trial != nil && def.Asks() {
			how = t.trial().how
		}
		log := m.uses.handler(loggedUse{found[i].entry(), reason, cmp.Or(how, m.howOf(call, found[i]), "needs no permission")})
		// It has no place in the source, which takes time to find, and is the same for all.
		record := slog.NewRecord(time.Now(), level, "secret access", 0)
		record.AddAttrs(slog.String("tool", call.Tool.Name), slog.String("client", t.said.Client), slog.String("principal", call.Who.Name))
		_ = log.Handle(ctx, record) // a logger, too, does nothing about an error
	}
}

// howOf says who allowed the use of what was found, or of what it is made.
func (m *Manager) howOf(call *consent.Call, f finding) string {
	if !f.def.isDerived() {
		return call.How(f.entry())
	}
	how := ""
	for _, leaf := range m.leaves([]*definition{f.def}) {
		how = cmp.Or(how, call.How(store.Entry{Account: f.account, Name: leaf.Name}))
	}
	return how
}

// refuse makes the error of a use that something else than the gate refuses, and logs that.
func (m *Manager) refuse(ctx context.Context, reason Reason, defs []*definition, cause error) error {
	err := m.fail(ctx, cause, defs...)
	m.auditRefusal(ctx, m.turn(ctx), m.logged(reason), defs, err)
	return err
}

func (m *Manager) auditRefusal(ctx context.Context, t *Turn, reason string, defs []*definition, err error) {
	if errors.Is(err, ErrPending) {
		return
	}
	how := "the call ended"
	var failure *Error
	if errors.As(err, &failure) {
		how = failure.Failure
	}
	for _, def := range defs {
		if m.isMember(def) && failure != nil && !slices.Contains(failure.Secrets, def.Name) {
			continue // it belongs to another alternative
		}
		m.log.LogAttrs(ctx, slog.LevelWarn, "secret access", append(loggedAccount(m.values.account(ctx)),
			slog.String("server", m.server), slog.String("tool", t.call().Tool.Name), slog.String("client", t.said.Client),
			slog.String("principal", t.call().Who.Name), slog.String("secret", def.Name), slog.String("reason", reason),
			slog.String("outcome", "refused"), slog.String("how", how))...)
	}
}
