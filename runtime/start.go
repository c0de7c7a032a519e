package secrets

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
)

// The variables by which the person who runs a server skips permission, but never collection, and removes its secrets.
const (
	bypassVariable = "MCP_BYPASS_SECRET_USE_CONFIRM"
	clearVariable  = "SECRETS_STORAGE_CLEAR"
)

// isOn reports whether a variable is "true", in any case, as the Python and JavaScript frameworks read it.
func isOn(variable string) bool { return strings.ToLower(os.Getenv(variable)) == "true" }

// clearPatience is how long [Manager.Close] waits for what a server clears at its start.
const clearPatience = 2 * time.Second

// clearAtStart begins to clear the store, if the person who runs the server wants that. It neither holds up the server nor has
// the keychain ask for its password: what is not cleared here is cleared before the first use.
func (m *Manager) clearAtStart() {
	m.endClearing = func() {}
	if !isOn(clearVariable) {
		return
	}
	ctx, cancel := context.WithCancel(keychain.Quietly(context.Background()))
	ended := make(chan struct{})
	m.endClearing = func() {
		select {
		case <-ended:
		case <-time.After(clearPatience):
		}
		cancel()
	}
	go func() {
		defer close(ended)
		if err := m.values.prepare(ctx); err != nil {
			m.log.LogAttrs(ctx, slog.LevelWarn, "the secrets could not be removed at the start, as "+clearVariable+
				" wants it: they will be before the first use", slog.String("server", m.server))
		}
	}()
}
