package secrets

import (
	"cmp"
	"log/slog"
	"os"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/dialog"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
)

// An Option changes how [Open] makes a Manager.
type Option func(*options)

type options struct {
	store    Store
	prompter Prompter
	log      *slog.Logger

	noBypass bool
	fast     time.Duration
}

func (o *options) setDefaults() {
	o.fast = cmp.Or(o.fast, 300*time.Millisecond)
	if o.log == nil {
		o.log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	if o.store == nil {
		o.store = keychain.Store{System: keychain.New(keychain.Options{Logger: o.log})}
	}
	if o.prompter == nil {
		o.prompter = native{dialog.New(dialog.Options{Logger: o.log, Fast: o.fast})}
	}
}

// WithStore keeps the values in store instead of the system's keychain.
func WithStore(store Store) Option { return func(o *options) { o.store = store } }

// WithPrompter asks the person at this computer through prompter instead of native dialogs.
func WithPrompter(prompter Prompter) Option { return func(o *options) { o.prompter = prompter } }

// WithLogger writes what the runtime has to tell the one who runs the server to log instead of stderr. It gets no values.
func WithLogger(log *slog.Logger) Option { return func(o *options) { o.log = log } }

// WithFast sets how soon an answer, in the MCP client or in a dialog, can't be a person's; the default is 300 ms.
func WithFast(d time.Duration) Option { return func(o *options) { o.fast = d } }

// WithoutBypass has MCP_BYPASS_SECRET_USE_CONFIRM ignored: every use needs a person's permission.
func WithoutBypass() Option { return func(o *options) { o.noBypass = true } }
