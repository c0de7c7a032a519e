package secrets

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/content"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/standing"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/chosen"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// values are the values of a schema's secrets: what the store has, under which names, and what is known of a value, such as
// that the upstream server rejected it. Nothing is read or written while mu is held.
type values struct {
	store   store.Store
	server  string
	names   map[string]*definition
	desk    *consent.Desk // where permission ends with the value
	notices wording.Notices
	differ  string // why a value was taken back
	log     *slog.Logger
	guard   func() *guard.Guard // masks what the log says

	terminal func(words string) string // see [Manager.terminal]

	unlocking chan struct{} // held while the keychain may show its own prompt
	asks      atomic.Bool   // the store asks the user whatever the context says, as that of macOS does
	clearing  chan struct{} // held while SECRETS_STORAGE_CLEAR is obeyed
	kept      bool          // it has been, or is not to be; guarded by clearing

	mu         sync.Mutex
	rejections map[store.Entry]rejected
	handed     map[store.Entry]Secret // the value last handed out
}

// rejected is a value that the upstream server found to be wrong.
type rejected struct {
	text   Secret
	why    string
	before *former // to put back as soon as the store lets us: a person took text back
}

// findAll returns what find does for each of defs: all at once from a store that does not ask a person for each, else in turn up
// to the first error.
func (v *values) findAll(ctx context.Context, defs []*definition) []finding {
	found := make([]finding, len(defs))
	store, ok := v.store.(interface{ HeedsQuietly() bool })
	if len(defs) > 1 && ok && store.HeedsQuietly() {
		var group sync.WaitGroup
		for i, def := range defs {
			group.Go(func() { found[i] = v.find(ctx, def) })
		}
		group.Wait()
		return found
	}
	for i, def := range defs {
		if found[i] = v.find(ctx, def); found[i].err != nil {
			break
		}
	}
	return found
}

// find returns what is stored for def, its default, or why it must be asked for.
func (v *values) find(ctx context.Context, def *definition) finding {
	if def.isDerived() {
		return finding{def: def} // see compose
	}
	text, err := v.lookup(ctx, def)
	switch {
	case errors.Is(err, ErrNotSet) && def.Required:
		return finding{def: def, unset: true, gap: &wording.Asking{}}
	case errors.Is(err, ErrNotSet) && def.Default != "":
		text = def.Default
	case errors.Is(err, ErrNotSet):
		return finding{def: def, unset: true}
	case err != nil:
		return finding{def: def, err: err}
	}
	found := v.valueOf(ctx, def, text)
	if found.value == nil {
		if found.gap != nil {
			found.gap.OfDefault = err != nil // it is ErrNotSet
		}
		return found
	}
	if r, ok := v.rejection(v.entry(ctx, def), text, found.text.Reveal()); ok {
		if r.before != nil && v.putBack(ctx, def, text, *r.before) {
			return v.find(ctx, def)
		}
		return finding{def: def, gap: &wording.Asking{Rejected: r.why}}
	}
	found.unset = errors.Is(err, ErrNotSet)
	return found
}

// valueOf returns what a text stands for, or why it must be asked for: that is no value by the rules.
func (v *values) valueOf(ctx context.Context, def *definition, text string) finding {
	value, err := def.Parse(text)
	switch {
	case err != nil:
		return finding{def: def, gap: &wording.Asking{Stale: err}}
	case def.Type == field.File:
		return v.valueOfFile(ctx, def, text)
	}
	return finding{def: def, text: NewSecret(text), value: value}
}

// valueOfFile is valueOf of the path of a file.
func (v *values) valueOfFile(ctx context.Context, def *definition, path string) finding {
	content, problem, err := v.content(ctx, def, path)
	if err != nil {
		return finding{def: def, err: err}
	}
	if problem != nil {
		return finding{def: def, gap: &wording.Asking{Stale: problem}}
	}
	value, err := def.Content().Parse(content)
	if err != nil {
		return finding{def: def, gap: &wording.Asking{Stale: err}}
	}
	return finding{def: def, text: NewSecret(content), path: NewSecret(path), value: value}
}

// content returns what is in a file, which may be on a disk that does not answer.
func (v *values) content(ctx context.Context, def *definition, path string) (string, *field.Problem, error) {
	type reading struct {
		content string
		problem *field.Problem
	}
	read := make(chan reading, 1)
	go func() {
		text, problem := content.Of(def.Field, path)
		read <- reading{text, problem}
	}()
	select {
	case r := <-read:
		return r.content, r.problem, nil
	case <-ctx.Done():
		return "", nil, ctx.Err()
	}
}

// setting returns the stored value of def for a person to see or to change, and "" where none is stored that may be shown.
func (v *values) setting(ctx context.Context, def *definition) (string, error) {
	if !def.Shows() {
		return "", nil
	}
	text, err := v.lookup(ctx, def)
	if errors.Is(err, ErrNotSet) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	value, problem := def.Parse(text)
	if yes, ok := value.(bool); ok {
		return strconv.FormatBool(yes), nil // as dialogs have it
	}
	if problem != nil {
		return "", nil
	}
	return def.Clean(text), nil
}

// lookup reads the value of def. Of a one_of for which nobody has chosen it is what [values.onlyWhole] says.
func (v *values) lookup(ctx context.Context, def *definition) (string, error) {
	text, err := v.own(ctx, def)
	if def.IsOneOf() && errors.Is(err, ErrNotSet) {
		return v.onlyWhole(ctx, def)
	}
	return text, err
}

// own reads what is stored for def, under its name or a former one. It treats "" as unset: gnome-keyring creates an item before
// it fills it, and may be killed in between.
func (v *values) own(ctx context.Context, def *definition) (string, error) {
	if err := v.prepare(ctx); err != nil {
		return "", err
	}
	text, err := v.get(ctx, def.Name)
	for _, former := range def.RenamedFrom {
		if !errors.Is(err, ErrNotSet) {
			break
		}
		text, err = v.get(ctx, former)
	}
	if len(def.RenamedFrom) > 0 && errors.Is(err, ErrNotSet) {
		text, err = v.get(ctx, def.Name) // which another process may have renamed it to meanwhile
	}
	return text, err
}

// A view is what can be seen of one secret without asking anybody.
type view struct {
	def     *definition
	isSet   bool
	problem error // why what is stored can't be used
	err     error // why it is not known whether it is set
}

// lookAtAll says of each of defs whether a value is stored. To look is no reason to ask the user for a password. One value that is
// in a locked keyring, or damaged, says nothing of the others. The error is the first one where nothing is known of any, or one
// that all would have.
func (v *values) lookAtAll(ctx context.Context, defs []*definition) ([]view, error) {
	ctx = keychain.Quietly(ctx)
	views := make([]view, len(defs))
	var first error
	knows := false
	for i, def := range defs {
		text, err := v.lookup(ctx, def)
		isSet := err == nil
		var problem error
		if isSet {
			problem = v.problem(ctx, def, text)
		}
		switch {
		case isSet, errors.Is(err, ErrNotSet):
			err, knows = nil, true
		case !isOfOneValue(err):
			return nil, about(err, v.entry(ctx, def))
		case first == nil:
			first = about(err, v.entry(ctx, def))
		}
		views[i] = view{def, isSet, problem, err}
	}
	if knows {
		first = nil
	}
	return views, first
}

// problem returns why a text can't be used, such as the path of a file that is gone, as far as that can be told.
func (v *values) problem(ctx context.Context, def *definition, text string) error {
	if found := v.valueOf(ctx, def, text); found.gap != nil {
		return found.gap.Stale
	}
	return nil
}

// isOfOneValue reports whether a failure of the store may be that of one value alone: it is damaged, in a locked keyring, or in a
// file that others can read.
func isOfOneValue(err error) bool {
	return errors.Is(err, ErrStoreLocked) || errors.Is(err, ErrStore) || errors.Is(err, ErrUnsafe) || errors.Is(err, ErrTooBig)
}

func (v *values) get(ctx context.Context, name string) (string, error) {
	return v.readFrom(ctx, v.store, v.scope(ctx), name)
}

// scope says whose values a call is about.
func (v *values) scope(ctx context.Context) store.Scope {
	return store.Scope{Server: v.server, Account: v.account(ctx)}
}

// readFrom is get for any store and scope.
func (v *values) readFrom(ctx context.Context, s store.Store, in store.Scope, name string) (text string, err error) {
	err = v.use(ctx, func(ctx context.Context) (err error) {
		text, err = s.Get(ctx, in, name)
		return err
	})
	if err == nil && text == "" {
		err = ErrNotSet
	}
	return text, v.noteFailure(ctx, name, err)
}

// use does something with the store: first so that the keychain asks nobody, and only if that will not do with its own prompt,
// which asks for the user's login password and names neither server nor secret. Calls that need the prompt take turns. Who
// closes it has refused all of them, for as long as a refusal holds; until then the keychain is used where it is not locked.
func (v *values) use(ctx context.Context, do func(context.Context) error) error {
	if v.asks.Load() && v.isUnlockingRefused() {
		return errStoreDismissed
	}
	err := do(keychain.Quietly(ctx))
	if isDismissed(err) {
		v.asks.Store(true)
	}
	if !errors.Is(err, keychain.ErrUnasked) || keychain.IsQuiet(ctx) {
		return v.heed(err, v.asks.Load())
	}
	select {
	case v.unlocking <- struct{}{}:
		defer func() { <-v.unlocking }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if v.isUnlockingRefused() {
		return errStoreDismissed
	}
	return v.heed(do(ctx), true)
}

// checkWritable returns an ErrReadOnly if a value under a name is set by other means. It asks nobody.
func (v *values) checkWritable(ctx context.Context, name string) error {
	return chosen.CheckWritable(keychain.Quietly(ctx), v.store, v.scope(ctx), name)
}

// checkRemovable returns an ErrReadOnly if a value of def, under any name, is removed by other means. It asks nobody.
func (v *values) checkRemovable(ctx context.Context, def *definition) error {
	for _, name := range def.Names() {
		if err := chosen.CheckRemovable(keychain.Quietly(ctx), v.store, v.scope(ctx), name); err != nil {
			return err
		}
	}
	return nil
}

// whyReadOnly returns err, and for an ErrReadOnly which store it is that is only read.
func (v *values) whyReadOnly(ctx context.Context, name string, err error) error {
	if !errors.Is(err, ErrReadOnly) {
		return err
	}
	return cmp.Or(v.checkWritable(ctx, name), err)
}

// guide says what a person does to set these values where a store is only read.
func (v *values) guide(s store.Store, entries []store.Entry) string {
	guide, ok := s.(store.Guide)
	if !ok {
		return "set it there"
	}
	ways := make([]string, len(entries))
	for i, e := range entries {
		ways[i] = guide.Guide(store.Scope{Server: v.server, Account: e.Account}, e.Name)
	}
	return strings.Join(ways, ", and to ")
}

// canStore returns why nothing could be stored, as far as the store tells before it gets a value.
func (v *values) canStore(ctx context.Context) error {
	in := v.scope(ctx)
	return v.noteFailure(ctx, "", v.use(ctx, func(ctx context.Context) error { return chosen.Prepare(ctx, v.store, in) }))
}

func (v *values) isUnlockingRefused() bool {
	return v.desk.Refused(consent.Unlocking, consent.Everybody, consent.AllSecrets) != nil
}

// heed remembers what the user did with the keychain's prompt, where one may have been there, and returns err, by one name for
// a prompt that was closed.
func (v *values) heed(err error, prompted bool) error {
	switch {
	case isDismissed(err):
		v.desk.Refuse(consent.Unlocking, consent.Everybody, consent.AllSecrets, errStoreDismissed)
		return errStoreDismissed
	case prompted && (err == nil || errors.Is(err, ErrNotSet)):
		v.desk.Accept(consent.Unlocking, consent.Everybody, consent.AllSecrets...)
	}
	return err
}

func isDismissed(err error) bool {
	return errors.Is(err, keychain.ErrDismissed) || errors.Is(err, ErrDismissed)
}

// put stores text for def and ends what was said about the value before it.
func (v *values) put(ctx context.Context, def *definition, text string) error {
	if err := v.prepare(ctx); err != nil {
		return err
	}
	in := v.scope(ctx)
	err := v.use(ctx, func(ctx context.Context) error { return v.store.Set(ctx, in, def.Name, text) })
	if err != nil {
		if def.Confidential() {
			value, _ := def.Parse(text)
			learn(v.guard(), def, text, value) // which nothing has handed out yet, and the error may repeat
		}
		return v.noteFailure(ctx, def.Name, v.whyReadOnly(ctx, def.Name, err))
	}
	v.renew(v.entry(ctx, def))
	return v.replaceFormer(ctx, def)
}

// replaceFormer deletes the values under former names once there is one under the present name. That hides them, so one in a
// keyring that is locked is no reason to ask for its password.
func (v *values) replaceFormer(ctx context.Context, def *definition) error {
	in := v.scope(ctx)
	for _, former := range def.RenamedFrom {
		err := v.use(keychain.Quietly(ctx), func(ctx context.Context) error { return v.store.Delete(ctx, in, former) })
		switch {
		case errors.Is(err, keychain.ErrUnasked):
			v.log.LogAttrs(ctx, slog.LevelWarn, "a locked keychain keeps the value of a former name",
				slog.String("server", v.server), slog.String("secret", former))
		case errors.Is(err, ErrReadOnly): // it is hidden, too
		case err != nil && !errors.Is(err, ErrNotSet):
			return v.noteFailure(ctx, former, err)
		}
	}
	return nil
}

// remove deletes what is stored for def, and of a one_of its members, before the word that says which of them are used.
func (v *values) remove(ctx context.Context, def *definition) error {
	for _, member := range def.allKeptMembers(v.names) {
		if err := v.removeOwn(ctx, member); err != nil {
			return err
		}
	}
	return v.removeOwn(ctx, def)
}

// removeOwn deletes what is stored for def under every name.
func (v *values) removeOwn(ctx context.Context, def *definition) error {
	if err := v.prepare(ctx); err != nil {
		return err
	}
	v.renew(v.entry(ctx, def))
	former := v.removeFormer(ctx, def) // first: the present one hides them to its end
	isKept := errors.Is(former, keychain.ErrUnasked) || isDismissed(former)
	if former != nil && !isKept {
		return former
	}
	return cmp.Or(v.delete(ctx, def.Name), former)
}

// removeFormer deletes the values under former names: they would come back when the present one is forgotten.
func (v *values) removeFormer(ctx context.Context, def *definition) error {
	for _, former := range def.RenamedFrom {
		if err := v.delete(ctx, former); err != nil {
			return err
		}
	}
	return nil
}

func (v *values) delete(ctx context.Context, name string) error {
	in := v.scope(ctx)
	err := v.use(ctx, func(ctx context.Context) error { return v.store.Delete(ctx, in, name) })
	if errors.Is(err, ErrNotSet) {
		return nil
	}
	return v.noteFailure(ctx, name, v.whyReadOnly(ctx, name, err))
}

// renew ends the grants and the rejection of a value that is replaced or removed.
func (v *values) renew(of store.Entry) {
	v.desk.Renew(func(e store.Entry) bool { return e == of })
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.rejections, of)
}

// renewAll is renew for all values of all accounts.
func (v *values) renewAll() {
	v.desk.Renew(func(store.Entry) bool { return true })
	v.mu.Lock()
	defer v.mu.Unlock()
	clear(v.rejections)
}

// prepare clears the store before it is used for the first time, if the person who runs the server asked for that.
func (v *values) prepare(ctx context.Context) error {
	if !isOn(clearVariable) {
		return nil
	}
	select {
	case v.clearing <- struct{}{}:
		defer func() { <-v.clearing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if v.kept {
		return nil
	}
	if err := v.clear(ctx); err != nil {
		return err
	}
	v.kept = true
	fmt.Fprintln(os.Stderr, wording.Fill(v.notices.Cleared, wording.Values{"server": v.server, "place": v.store.Place()}))
	return nil
}

// clear removes what is stored for the server in all of its accounts.
func (v *values) clear(ctx context.Context) error {
	in := store.Scope{Server: v.server}
	err := v.use(ctx, func(ctx context.Context) error { return chosen.ClearAll(ctx, v.store, in) })
	return v.noteFailure(ctx, "", err)
}

// clearAccount removes what one account has stored.
func (v *values) clearAccount(ctx context.Context) error {
	in := v.scope(ctx)
	entries, err := v.allEntries(ctx, in)
	for _, e := range entries {
		if e.Account != in.Account {
			continue
		}
		v.renew(e)
		if err := v.delete(ctx, e.Name); err != nil {
			return err
		}
	}
	return err
}

// stored returns the names under which an account has something stored, sorted: those of defs and all others that the store lists. What
// is in a locked keyring beside an open one is left out, as [values.clear] leaves it there: its password is not asked for. It keeps
// no value.
func (v *values) stored(ctx context.Context, defs []*definition) ([]string, error) {
	if err := v.prepare(ctx); err != nil {
		return nil, err
	}
	in := v.scope(ctx)
	names, err := v.listed(ctx, in)
	if err != nil {
		return nil, err
	}
	ctx = keychain.Quietly(ctx) // it was unlocked to be listed, as far as that needs it
	var locked error
	for _, def := range defs {
		for _, name := range def.Names() {
			err := v.use(ctx, func(ctx context.Context) error {
				_, err := v.store.Get(ctx, in, name)
				return err
			})
			switch {
			case errors.Is(err, ErrNotSet):
			case err == nil, errors.Is(err, ErrStore), errors.Is(err, ErrUnsafe): // a damaged value is one to remove
				names = append(names, name)
			case errors.Is(err, ErrStoreLocked):
				locked = cmp.Or(locked, v.noteFailure(ctx, name, err))
			default:
				return nil, v.noteFailure(ctx, name, err)
			}
		}
	}
	if len(names) == 0 && locked != nil {
		return nil, locked
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// listed returns the names of what the store has in a scope, as a line of a terminal shows them: any program may have chosen them.
func (v *values) listed(ctx context.Context, in store.Scope) (names []string, err error) {
	entries, err := v.allEntries(ctx, in)
	for _, e := range entries {
		if e.Account == in.Account && e.Name != standing.Entry.Name { // which is no secret
			names = append(names, layout.Clean(e.Name, 1, 2*layout.Columns))
		}
	}
	return names, err
}

// allEntries returns what the store lists, of all accounts. The keychain has then been unlocked as far as that needs it.
func (v *values) allEntries(ctx context.Context, in store.Scope) ([]store.Entry, error) {
	entries, err := v.list(ctx, in)
	return entries, v.noteFailure(ctx, "", err)
}

// list is allEntries with the store's own error, which is not logged.
func (v *values) list(ctx context.Context, in store.Scope) (entries []store.Entry, err error) {
	err = v.use(ctx, func(ctx context.Context) (err error) {
		entries, err = v.store.List(ctx, in)
		return err
	})
	return entries, err
}

// noteFailure logs why the store failed, without the values that are known, and returns err as a failure of ours: what somebody
// else's store says of its own is [ErrStore], and nobody's refusal. That nobody was asked to unlock it is not logged: the caller
// wanted it so.
func (v *values) noteFailure(ctx context.Context, secret string, err error) error {
	if err == nil || errors.Is(err, ErrNotSet) || ctx.Err() != nil || saysNoMore(err) {
		return err
	}
	if !errors.Is(err, keychain.ErrUnasked) {
		v.log.LogAttrs(ctx, slog.LevelWarn, "the store failed",
			slog.String("server", v.server), slog.String("secret", secret), slog.String("cause", v.guard().Text(err.Error())))
	}
	// Only the name goes on: a store that gave up waiting, say, has a deadline in its error that is not the call's.
	if f, ok := failureOf(err); ok {
		return known(err, f.err)
	}
	return ErrStore
}

// reject notes that a value is wrong, which the next getter then asks for.
func (v *values) reject(of store.Entry, r rejected) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.rejections[of] = r
}

// rejectHandedOut is reject for what a request was given, or for the value last handed out where it was given none.
func (v *values) rejectHandedOut(of store.Entry, text Secret, ok bool, why string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !ok {
		text, ok = v.handed[of]
	}
	// A call that took long must not make up for a rejection of the value that came after its own.
	if now, isRejected := v.rejections[of]; ok && !(isRejected && now.text.Equal(v.handed[of])) {
		v.rejections[of] = rejected{text: text, why: why}
	}
}

// rejection reports whether the upstream server found a value to be wrong, or a person took back what is stored, and why.
func (v *values) rejection(of store.Entry, stored, value string) (rejected, bool) {
	v.mu.Lock()
	r, ok := v.rejections[of]
	v.mu.Unlock()
	return r, ok && (r.text.Equal(NewSecret(stored)) || r.text.Equal(NewSecret(value)))
}

func (v *values) hand(of store.Entry, text Secret) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.handed[of] = text
}

func (v *values) forgetHanded() {
	v.mu.Lock()
	defer v.mu.Unlock()
	clear(v.handed)
}
