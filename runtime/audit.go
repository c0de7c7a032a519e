package secrets

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
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
		fmt.Fprintln(os.Stderr, wording.Fill(m.sentences.Notices.Bypass, wording.Values{"server": m.server}))
	})
	return true
}

// handedOutLogs write the records of secrets that were handed out, one for each secret. What all records of one have in common
// is made once, here: but for the store, its record is most of what a granted secret costs.
func handedOutLogs(log *slog.Logger, server string, defs []*definition) map[*definition]slog.Handler {
	logs := make(map[*definition]slog.Handler, len(defs))
	for _, def := range defs {
		logs[def] = log.Handler().WithAttrs([]slog.Attr{
			slog.String("server", server), slog.String("secret", def.Name), slog.String("outcome", "handed out"),
		})
	}
	return logs
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
		log := m.handedOut[def]
		if !log.Enabled(ctx, level) {
			continue
		}
		call := t.call()
		// It has no place in the source, which takes time to find, and is the same for all.
		record := slog.NewRecord(time.Now(), level, "secret access", 0)
		record.AddAttrs(slog.String("tool", call.Tool.Name), slog.String("client", t.said.Client), slog.String("principal", call.Who.Name),
			slog.String("reason", reason), slog.String("how", cmp.Or(call.How(def.Name), "needs no permission")))
		_ = log.Handle(ctx, record) // a logger, too, does nothing about an error
	}
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
		m.log.LogAttrs(ctx, slog.LevelWarn, "secret access",
			slog.String("server", m.server), slog.String("tool", t.call().Tool.Name), slog.String("client", t.said.Client),
			slog.String("principal", t.call().Who.Name), slog.String("secret", def.Name), slog.String("reason", reason),
			slog.String("outcome", "refused"), slog.String("how", how))
	}
}
