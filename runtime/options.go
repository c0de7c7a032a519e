package secrets

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/dialog"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/chosen"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// An Option changes how [Open] makes a Manager.
type Option func(*options)

type options struct {
	store    store.Store
	stores   []chosen.Kind // nil is all
	prompter Prompter
	log      *slog.Logger

	noBypass   bool
	noStanding bool
	fast       time.Duration
}

func (o *options) setDefaults() {
	o.fast = cmp.Or(o.fast, 300*time.Millisecond)
	if o.log == nil {
		o.log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	if o.prompter == nil {
		o.prompter = native{dialog.New(dialog.Options{Logger: o.log, Fast: o.fast})}
	}
}

// choice says what there is to choose from.
func (o *options) choice(server string, defs []*definition, sentences wording.Dialog) chosen.Options {
	choice := chosen.Options{
		Allowed: o.stores, Log: o.log,
		Keychain: func() store.Store { return keychain.Store{System: keychain.New(keychain.Options{Logger: o.log})} },
		Age:      func(file string) (store.Store, error) { return o.ageFile(file, server, sentences) },
	}
	for _, def := range defs {
		choice.Fields = append(choice.Fields, def.Field)
	}
	return choice
}

// openStore opens what was chosen, and says where else values could be, "" for nowhere.
func (o *options) openStore(choice chosen.Options) (s store.Store, elsewhere string, err error) {
	switch {
	case o.store == nil:
		s, err = chosen.Open(choice)
		return s, choice.Elsewhere(), err
	case o.stores != nil:
		return nil, "", errors.New("WithStore and WithStores exclude each other")
	case isChosen():
		return nil, "", fmt.Errorf("%s is set, and this server keeps its secrets in %s, whatever it says: unset it", chosen.Variable, o.store.Place())
	}
	return o.store, "", nil
}

// isChosen reports whether whoever runs this program has chosen a store.
func isChosen() bool { return strings.TrimSpace(os.Getenv(chosen.Variable)) != "" }

// WithStore keeps the values in store, whatever MCP_SECRETS_STORE says: [Open] fails if that is set.
func WithStore(store store.Store) Option { return func(o *options) { o.store = store } }

// A StoreKind is a kind of store that whoever runs a server can choose by MCP_SECRETS_STORE.
type StoreKind string

// The kinds of stores, and how MCP_SECRETS_STORE names each.
const (
	Keychain = StoreKind(chosen.Keychain) // keychain: the operating system's
	Files    = StoreKind(chosen.Files)    // files:DIR: a folder with one file for each secret, which are only read
	Env      = StoreKind(chosen.Env)      // env: the variables that the schema names with env, which are only read
	Age      = StoreKind(chosen.Age)      // age:FILE: a file that is encrypted by age
)

// WithStores leaves MCP_SECRETS_STORE the choice among these kinds alone: [Open] fails if it names another. Where it is not set the
// keychain is used if it is one of them, or Env if it is the only one, and else Open fails.
func WithStores(kinds ...StoreKind) Option {
	return func(o *options) {
		o.stores = []chosen.Kind{}
		for _, kind := range kinds {
			o.stores = append(o.stores, chosen.Kind(kind))
		}
	}
}

// WithPrompter asks the person at this computer through prompter instead of native dialogs.
func WithPrompter(prompter Prompter) Option { return func(o *options) { o.prompter = prompter } }

// WithLogger writes what the runtime has to tell the one who runs the server to log instead of stderr. It gets no values.
func WithLogger(log *slog.Logger) Option { return func(o *options) { o.log = log } }

// WithFast sets how soon an answer, in the MCP client or in a dialog, can't be a person's; the default is 300 ms.
func WithFast(d time.Duration) Option { return func(o *options) { o.fast = d } }

// WithoutBypass has MCP_BYPASS_SECRET_USE_CONFIRM ignored: every use needs a person's permission.
func WithoutBypass() Option { return func(o *options) { o.noBypass = true } }

// WithoutStanding has the permissions ignored that a person gave beforehand, with the command "secrets allow": every use is asked
// about, as with standing: false in the schema for all secrets.
func WithoutStanding() Option { return func(o *options) { o.noStanding = true } }
