package secrets

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"

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

// audit writes one record for each secret that was handed out or refused: never a value. A call that still waits for a person
// is no access yet.
func (m *Manager) audit(ctx context.Context, t *Turn, reason string, defs []*definition, found []finding, err error) {
	if errors.Is(err, ErrPending) {
		return
	}
	outcome, level := "handed out", slog.LevelInfo
	if err != nil {
		outcome, level = "refused", slog.LevelWarn
	}
	for i, def := range defs {
		how, level := "", level
		var failure *Error
		switch {
		case errors.As(err, &failure):
			how = failure.Failure
		case err != nil:
			how = "the call ended"
		case found[i].value == nil:
			continue // unset: nothing was accessed
		default:
			how = cmp.Or(t.call().How(def.Name), "needs no permission")
			if !def.Asks() {
				level = slog.LevelDebug // a setting, read at every call
			}
		}
		m.log.LogAttrs(ctx, level, "secret access",
			slog.String("server", m.server), slog.String("tool", t.call().Tool.Name), slog.String("client", t.said.Client),
			slog.String("principal", t.call().Who.Name), slog.String("secret", def.Name), slog.String("reason", reason),
			slog.String("outcome", outcome), slog.String("how", how))
	}
}
