package secrets

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/dialog"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
)

// A Manager is the gate in front of one server's secrets. It is a field of the generated Secrets; [Get], [GetOptional] and
// [GetGroup] are the only ways through it. It is safe for concurrent use.
type Manager struct {
	server    string // as the schema names it
	service   string // the keychain's name for it
	command   string // how a person starts this program
	sentences wording.Sentences
	schema    map[*definition]bool
	names     map[string]*definition
	ordered   []*definition // as the schema orders them

	store Store
	asker Asker
	log   *slog.Logger

	clearing sync.Mutex
	cleared  bool // SECRETS_STORAGE_CLEAR has been obeyed

	// Collections and questions belong to the manager, not to the call that began them: they end with life.
	life context.Context
	end  context.CancelFunc
	work sync.WaitGroup

	mu          sync.Mutex
	closed      bool
	collections map[*definition]*collection
	questions   map[[sha256.Size]byte]*question
	posed       int // questions that are being put to a person, or wait for their turn
	grants      map[grantKey]grant
	refusals    map[refusalKey]refusal
	rejections  map[*definition]rejected
	handed      map[*definition]Secret     // the value last handed out
	silent      map[[sha256.Size]byte]bool // questions that no MCP client answered
	rounds      map[string]*round
	lines       map[principal]*line
	removals    map[*definition]*removal
	replaced    map[*definition]time.Time // by a collection whose call had gone

	turn    chan struct{} // held while a dialog is open
	waiting atomic.Int32  // calls that are held
	bypass  bypass
	guard   func() *guard.Guard
	fast    time.Duration
	salt    func() *[32]byte // keys the hashes of values that leave no trace of them
	closing sync.Once        // of the store
	learned atomic.Bool      // the guard knows something
}

// An Option changes how [Open] makes a Manager.
type Option func(*options)

type options struct {
	store   Store
	asker   Asker
	log     *slog.Logger
	profile string

	noBypass bool
	fast     time.Duration
}

// WithStore keeps the values in store instead of the system's keychain.
func WithStore(store Store) Option { return func(o *options) { o.store = store } }

// WithAsker asks the person at this computer through asker instead of native dialogs.
func WithAsker(asker Asker) Option { return func(o *options) { o.asker = asker } }

// WithLogger writes what the runtime has to tell the one who runs the server to log instead of stderr. It gets no values.
func WithLogger(log *slog.Logger) Option { return func(o *options) { o.log = log } }

// WithProfile keeps a second set of values, such as "staging", beside the server's usual one.
func WithProfile(name string) Option { return func(o *options) { o.profile = name } }

// WithFast sets how soon an answer, in the MCP client or in a dialog, can't be a person's; the default is 300 ms.
func WithFast(d time.Duration) Option { return func(o *options) { o.fast = d } }

// WithoutBypass has MCP_BYPASS_SECRET_USE_CONFIRM ignored: every use needs a person's permission.
func WithoutBypass() Option { return func(o *options) { o.noBypass = true } }

// maxService is how many bytes the keychain's name for the secrets of one server and profile may have.
const maxService = 100

// Open makes the manager of a schema. It reads no keychain and asks nobody: MCP clients start servers more often than
// they use them. The error is a mistake in the schema or the options.
func Open(schema Schema, opts ...Option) (*Manager, error) {
	var o options
	for _, option := range opts {
		option(&o)
	}
	sentences, err := schema.readManifest()
	if err != nil {
		return nil, err
	}
	m := &Manager{
		server:      schema.Server,
		service:     "com.mcp." + schema.Server,
		command:     filepath.Base(os.Args[0]),
		sentences:   sentences,
		store:       o.store,
		asker:       o.asker,
		log:         o.log,
		collections: map[*definition]*collection{},
		questions:   map[[sha256.Size]byte]*question{},
		grants:      map[grantKey]grant{},
		refusals:    map[refusalKey]refusal{},
		rejections:  map[*definition]rejected{},
		handed:      map[*definition]Secret{},
		silent:      map[[sha256.Size]byte]bool{},
		guard:       hide(&guard.Guard{}),
		rounds:      map[string]*round{},
		lines:       map[principal]*line{},
		removals:    map[*definition]*removal{},
		replaced:    map[*definition]time.Time{},
		salt:        hide(new([32]byte)),
		turn:        make(chan struct{}, 1),
	}
	if o.profile != "" {
		if !field.ValidName(o.profile) {
			return nil, fmt.Errorf("secrets: profile %q: a name is made of a-z, 0-9, \"_\", \".\" and \"-\"", o.profile)
		}
		m.service += "." + o.profile
	}
	if len(m.service) > maxService {
		return nil, fmt.Errorf("secrets: %q is too long for a keychain: %d bytes at most", m.service, maxService)
	}
	if err := m.learn(schema.Keys); err != nil {
		return nil, err
	}
	m.bypass.refused = o.noBypass
	m.fast = cmp.Or(o.fast, 300*time.Millisecond)
	if m.log == nil {
		m.log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	if m.store == nil {
		m.store = keychain.New(keychain.Options{Logger: m.log})
	}
	if m.asker == nil {
		m.asker = dialog.New(dialog.Options{Logger: m.log, Fast: m.fast})
	}
	_, _ = rand.Read(m.salt()[:]) // never fails
	m.life, m.end = context.WithCancel(context.Background())
	return m, nil
}

// hide returns a function that returns p. For a verb that does not fit, such as %s, fmt shows what the pointers in a struct
// point to; of a function it shows an address.
func hide[T any](p *T) func() *T { return func() *T { return p } }

// learn checks the keys and keeps what they are known by. The generator has checked all this with places; here it
// guards against keys that were written by hand.
func (m *Manager) learn(keys []AnyKey) error {
	m.schema = make(map[*definition]bool, len(keys))
	m.names = make(map[string]*definition, len(keys))
	for _, key := range keys {
		def := key.definition()
		if m.names[def.Name] != nil {
			return fmt.Errorf("secrets: key %q is declared twice", def.Name)
		}
		if err := checkDefinition(def.Field); err != nil {
			return fmt.Errorf("secrets: key %q: %w", def.Name, err)
		}
		m.schema[def], m.names[def.Name] = true, def
		m.ordered = append(m.ordered, def)
	}
	for _, key := range keys {
		def := key.definition()
		if to := def.SentTo; to != "" && (m.names[to] == nil || m.names[to].Type != field.URL) {
			return fmt.Errorf("secrets: key %q: sent_to %q is no url key of this schema", def.Name, to)
		}
	}
	return nil
}

// secretNames are the names of the schema's secrets, in its order.
func (m *Manager) secretNames() []string {
	names := make([]string, len(m.ordered))
	for i, def := range m.ordered {
		names[i] = def.Name
	}
	return names
}

func checkDefinition(f Field) error {
	switch {
	case !field.ValidName(f.Name):
		return errors.New("a name is made of a-z, 0-9, \"_\", \".\" and \"-\"")
	case f.Type.Confidential() && f.Default != "":
		return errors.New("a confidential type has no default")
	case f.Type.Confidential() && !f.Asks():
		return errors.New("a confidential type always needs permission")
	case cmp.Or(f.Permission, field.Ask) != field.Ask && f.Permission != field.Dialog && f.Permission != field.None:
		return fmt.Errorf("unknown permission %q", f.Permission)
	case cmp.Or(f.Scope, field.ServerScope) != field.ServerScope && f.Scope != field.ToolScope:
		return fmt.Errorf("unknown scope %q", f.Scope)
	case f.Pattern != "":
		if _, err := field.CompilePattern(f.Pattern); err != nil {
			return fmt.Errorf("pattern: %w", err)
		}
	}
	if f.Default != "" {
		return f.Check(f.Default)
	}
	return nil
}

// Close ends all dialogs and questions, waits until they are gone, and forgets the grants. Getters fail with [ErrClosed]
// from then on.
func (m *Manager) Close() error {
	m.mu.Lock()
	m.closed = true
	m.grants = map[grantKey]grant{}
	m.handed = map[*definition]Secret{}
	m.questions = map[[sha256.Size]byte]*question{}
	m.rounds = map[string]*round{}
	m.mu.Unlock()
	m.end()
	m.work.Wait()
	var err error
	m.closing.Do(func() {
		if closer, ok := m.store.(interface{ Close() error }); ok {
			err = closer.Close()
		}
	})
	return err
}

// start runs work that belongs to the manager, unless it is closed. The caller holds m.mu.
func (m *Manager) start(limit time.Duration, work func(context.Context)) error {
	if m.closed {
		return ErrClosed
	}
	m.work.Add(1)
	go func() {
		defer m.work.Done()
		ctx, cancel := context.WithTimeout(m.life, limit)
		defer cancel()
		work(ctx)
	}()
	return nil
}

// admit lets in an operation on defs: the manager must be open, and they must be of its schema.
func (m *Manager) admit(defs ...*definition) error {
	for _, def := range defs {
		if def == nil || !m.schema[def] {
			return m.fail(ErrUnknownKey)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return m.fail(ErrClosed, defs...)
	}
	return nil
}

// Stored reports whether a value of key is stored. It tells neither the value nor whether it is valid.
// The errors are those of the store, and [ErrUnknownKey].
func (m *Manager) Stored(ctx context.Context, key AnyKey) (bool, error) {
	def := key.definition()
	if err := m.admit(def); err != nil {
		return false, err
	}
	_, err := m.lookup(ctx, def)
	if errors.Is(err, ErrNotSet) {
		return false, nil
	}
	return err == nil, m.fail(err, def)
}

// Set stores text as the value of key, in place of an earlier one, and ends the grants for it. It is for the user's own
// hand, as in a command on a terminal: nobody is asked. The error is [ErrInvalid] if text breaks a rule, or the store's.
func (m *Manager) Set(ctx context.Context, key AnyKey, text string) error {
	def := key.definition()
	if err := m.admit(def); err != nil {
		return err
	}
	if err := def.Check(text); err != nil {
		return m.fail(&invalidText{def.Name, err}, def)
	}
	return m.fail(m.put(ctx, def, text), def)
}

// Forget removes the value of key, also under its former names, and ends the grants for it. It is no error if there is
// none.
func (m *Manager) Forget(ctx context.Context, key AnyKey) error {
	def := key.definition()
	if err := m.admit(def); err != nil {
		return err
	}
	return m.fail(m.remove(ctx, def), def)
}

// Reject says that the value of key which was handed out in this call is wrong, as when the upstream server answered 401,
// and returns the error to return. The next getter asks for another value, and its dialog says why.
func (m *Manager) Reject(ctx context.Context, key AnyKey, why Reason) error {
	def := key.definition()
	if err := m.admit(def); err != nil {
		return err
	}
	text, ok := m.call(ctx).handedOut(def)
	shown := m.guard().Text(string(why)) // a conversion can bring anything here, the value too
	m.mu.Lock()
	defer m.mu.Unlock()
	if !ok {
		text, ok = m.handed[def]
	}
	// A call that took long must not make up for a rejection of the value that came after its own.
	if now, isRejected := m.rejections[def]; ok && !(isRejected && now.text.Equal(m.handed[def])) {
		m.rejections[def] = rejected{text, shown}
	}
	return m.fail(&rejection{shown}, def)
}

// rejected is a value that the server found to be wrong.
type rejected struct {
	text Secret
	why  string
}
