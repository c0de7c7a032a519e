package secrets

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// bypassVariable lets the person who runs the server skip permission, as the Python and JavaScript frameworks do. It never
// skips collection.
const bypassVariable = "MCP_BYPASS_SECRET_USE_CONFIRM"

// bypass says whether permission is skipped.
type bypass struct {
	refused bool // by the server's author
	warn    sync.Once
}

// bypassed reports whether permission is skipped, and warns once.
func (m *Manager) bypassed() bool {
	if m.bypass.refused || os.Getenv(bypassVariable) != "true" {
		return false
	}
	m.bypass.warn.Do(func() {
		fmt.Fprintln(os.Stderr, wording.Fill(m.sentences.Notices.Bypass, wording.Values{"server": m.server}))
	})
	return true
}

// audit hands out what was found, and writes one record for each secret that was handed out or refused: never a value. A
// call that still waits for a person is no access yet.
func (m *Manager) audit(ctx context.Context, c *call, reason string, defs []*definition, found []finding, err error) {
	outcome, level := "handed out", slog.LevelInfo
	if err != nil {
		err = m.fail(err, defs...)
		if errors.Is(err, ErrPending) {
			return
		}
		outcome, level = "refused", slog.LevelWarn
	}
	if err == nil && found == nil {
		return // a panic is on its way
	}
	for i, def := range defs {
		how, level := "", level
		var failure *Error
		switch {
		case errors.As(err, &failure):
			how = string(failure.Failure)
		case err != nil:
			how = "the call ended"
		case found[i].value == nil:
			continue // unset: nothing was accessed
		default:
			how = m.handOut(c, def, found[i].text)
			if !def.Asks() {
				level = slog.LevelDebug // a setting, read at every call
			}
		}
		m.log.LogAttrs(ctx, level, "secret access",
			slog.String("server", m.server), slog.String("tool", c.tool.name), slog.String("client", clientName(ctx)),
			slog.String("principal", c.who.name), slog.String("secret", def.Name), slog.String("reason", reason),
			slog.String("outcome", outcome), slog.String("how", how))
	}
}

// handOut remembers what leaves, for Reject and for the guard, and returns how that was decided.
func (m *Manager) handOut(c *call, def *definition, text Secret) (how string) {
	how = c.handOut(def, text)
	if how == "" {
		how = "needs no permission"
	}
	if def.Type.Confidential() {
		m.conceal(text.Reveal(), def.Prefix)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.handed[def] = text
	return how
}

// Mask adds a text that was made of a secret, such as a DSN or an Authorization header, to those that results never show.
// What touches a masked text without a space, a quote or a comma is masked with it. Of ever more texts the latest are
// remembered, some hundreds at least: mask a text that lives long again when it is used.
func (m *Manager) Mask(ctx context.Context, text string) {
	m.guard().LearnForAWhile(text)
	m.learned.Store(true)
}

// conceal has the guard mask a value from now on, wherever it stands in what leaves.
func (m *Manager) conceal(text, prefix string) {
	m.guard().Learn(text, prefix)
	m.learned.Store(true)
}
