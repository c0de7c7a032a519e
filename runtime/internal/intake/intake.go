// Package intake gets missing values from people: in dialogs at this computer, one for each value, while the MCP client
// shows the verification code that the dialogs show too. All values are stored, or none.
//
// Begin at [Intake.Collect]. What is missing and where values are kept is behind [Values]. A collection is open to all calls
// that miss one of its values, as a question of package consent is. The package knows no MCP: a client is a function that
// shows a form.
//
// A codes has a lock of its own, which is the last in order. Nothing is stored or taken back while it is held.
package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/content"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

const (
	// grace is how long Close waits for what a person has typed to be stored, or taken back.
	grace = 5 * time.Second
	// compareFor is how long a client that is asked in place may still say that the codes differed once the window is done.
	// Then its form is withdrawn: there is nothing left to compare.
	compareFor = 2 * time.Minute
)

// ErrCodesDiffer is a person's word that the window showed another code than the MCP client: it may not have been this
// server's window.
var ErrCodesDiffer = fmt.Errorf("%w: the verification codes differed", consent.ErrDenied)

// attempts is how often one dialog asks again after a value that breaks a rule: a broken dialog program must not spin.
const attempts = 10

// A Gap is a value that must be asked for, and why.
type Gap struct {
	Field  field.Field
	Asking wording.Asking // which says the account too
	Who    consent.Who    // for whom it is asked; set by [Intake]
	Offer  string         // what the dialog offers instead of the default
	// Decides: what else is missing depends on what is entered here.
	Decides bool
}

// Secrets are some of an account's.
type Secrets struct {
	Account string
	Names   []string
}

func (s Secrets) entries() []store.Entry {
	entries := make([]store.Entry, len(s.Names))
	for i, name := range s.Names {
		entries[i] = s.entry(name)
	}
	return entries
}

func (s Secrets) entry(name string) store.Entry { return store.Entry{Account: s.Account, Name: name} }

// Wanted says what a collection is about.
type Wanted struct {
	Secrets
	Replace bool              // also what is stored
	Entered map[string]string // what a person has entered so far, which is not stored yet; "" was left empty
}

// Values are where values are kept.
type Values interface {
	// Gaps returns what is missing of what is wanted, or can't be used, and where it is to be replaced what is stored, with an
	// offer if that may be shown. What was entered is no gap.
	Gaps(ctx context.Context, wanted Wanted) ([]Gap, error)
	// Replace stores a value, or removes it where text is "". The function that it returns puts back what was there before;
	// it logs what it can't do.
	Replace(ctx context.Context, of store.Entry, text string) (undo func(context.Context), err error)
	// Verify has the server's own checks look at what was entered last, where nothing that they need is left to be entered. It
	// returns the secrets that are wrong, which are among those that were entered, and why, where that can be said. The error
	// means that nothing can be stored.
	Verify(ctx context.Context, wanted Wanted, last string, left []string) (wrong []string, why string, err error)
	// Stored notes that a person has entered a value. The word says what became of the verification code.
	Stored(ctx context.Context, of store.Entry, code string)
	// LeftEmpty is Stored where the value may be left empty, and was.
	LeftEmpty(ctx context.Context, of store.Entry, code string)
	// Differed notes that a principal found the codes to differ, and whether values were stored already, which are taken back.
	Differed(who consent.Who, of Secrets, stored bool)
}

// A Config says how people are asked.
type Config struct {
	Desk   *consent.Desk
	Values Values
	// Ready returns why no dialog can open now for one of the gaps, or no value be stored, as far as that can be told before.
	Ready func(ctx context.Context, gaps []Gap) error
	// Enter opens one dialog. A problem is why what was entered is no value, where the dialog could tell.
	Enter func(ctx context.Context, gap Gap, prefill string) (text string, problem *field.Problem, err error)
	// Form makes the form that shows the code. Its choices are "The codes match" and "They differ".
	Form func(who consent.Who, of Secrets, code string) consent.Form
	// Invalid makes the error for a value that breaks a rule again and again.
	Invalid func(secret string, problem error) error
	// Wrong makes the error for values that the server's own check finds wrong again and again.
	Wrong func(why string) error
	// IsRefusal reports whether an error came from a person.
	IsRefusal func(error) bool
	// Dismissed is the error of a dialog that nobody answered in time.
	Dismissed error
}

// An Intake is safe for concurrent use.
type Intake struct {
	Config
	open *consent.Table[store.Entry, *codes, error]
	end  context.Context // ends when the desk has been closed for as long as the keychain is waited for

	mu      sync.Mutex
	awaited map[asker]*codes // by callers that were told to come again
}

// New returns an Intake where nothing is open.
func New(config Config) *Intake {
	end, cancel := context.WithCancel(context.Background())
	context.AfterFunc(config.Desk.Life(), func() { time.AfterFunc(grace, cancel) })
	return &Intake{Config: config, open: consent.NewSharedTable[store.Entry, *codes, error](config.Desk), end: end, awaited: map[asker]*codes{}}
}

// An asker is a caller that has asked for another value of a secret. What came of it is nobody else's.
type asker struct {
	who consent.Who
	of  store.Entry
}

// maxAwaited is how many askers are remembered. Whoever is forgotten is asked again.
const maxAwaited = 1_000

// Collect waits until a person has entered what is missing of the secrets, or some of it. Calls that miss the same secret
// join one collection; the one that began it shows the verification code, if its client can.
func (in *Intake) Collect(ctx context.Context, c *consent.Call, secrets Secrets) error {
	return in.collect(ctx, c, secrets, false)
}

// Replace waits until a person has entered another value of a secret. Called again for a call that had to go meanwhile, it
// reports what became of that.
func (in *Intake) Replace(ctx context.Context, c *consent.Call, of store.Entry) error {
	// The request may come again after its dialog was done: on 2026-07-28 with the comparison of the codes, from older clients
	// because they were told to call again.
	if in.takeReplaced(asker{c.Who, of}) || hasStored(c, of) {
		return nil
	}
	return in.collect(ctx, c, Secrets{of.Account, []string{of.Name}}, true)
}

func (in *Intake) collect(ctx context.Context, c *consent.Call, secrets Secrets, replace bool) error {
	about := func(err error) error {
		if already := (*consent.About)(nil); errors.As(err, &already) {
			return already
		}
		return &consent.About{Entries: secrets.entries(), Err: err}
	}
	if ctx.Err() != nil {
		return about(consent.ErrOutsideCall) // a task's handler has no client that could be asked
	}
	leave, err := in.Desk.Seat()
	if err != nil {
		return about(err)
	}
	defer leave()
	if err := in.failedBefore(c, secrets); err != nil {
		return about(err)
	}
	open, begun, err := in.join(c, secrets, replace)
	if err != nil {
		return about(err)
	}
	err = in.wait(ctx, c, open, begun)
	if errors.Is(err, consent.ErrPending) && open.Subject.isComparedBy(c) {
		c.Pend(open.Subject)
	}
	if errors.Is(err, consent.ErrPending) && replace {
		in.await(asker{c.Who, secrets.entries()[0]}, open.Subject)
	}
	if err != nil {
		return about(err)
	}
	return open.Result()
}

// A collection is open to the calls that miss one of its values.
type collection = consent.Open[store.Entry, *codes, error]

// wait waits for the end of a collection. Where the call's client shows the code by rounds, the call that began the
// collection goes as soon as the first window opens; another one may find it open when it has waited long enough.
func (in *Intake) wait(ctx context.Context, c *consent.Call, open *collection, begun bool) error {
	codes := open.Subject
	if begun && c.ByRounds() {
		if err := in.open.WaitUntil(ctx, c, open, codes.opening); err != nil {
			return err
		}
		if codes.isAnnounced() {
			_ = in.open.Leave(c, open, consent.ErrPending) // also when the window is done: its code is yet to be compared
			return consent.ErrPending
		}
	}
	return in.open.Wait(ctx, c, open)
}

// join has a call wait for the collection that already asks for one of the secrets, or begins one for all.
func (in *Intake) join(c *consent.Call, secrets Secrets, replace bool) (open *collection, begun bool, err error) {
	entries := secrets.entries()
	return in.open.Join(c, entries,
		func() error { return refusal(in.Desk.RefusedLocked, entries, replace) },
		func() *codes { return in.newCodes(c, secrets) },
		func(ctx context.Context, open *collection) error { return in.run(ctx, open, c.Ask, replace) })
}

// A refusedBefore is of a no to another window for the same value, that came while this one waited for its turn: it counts once.
type refusedBefore struct{ error }

// refusal returns why a no that is still remembered keeps a window from opening, or nil. remembered is the desk's, with its lock or
// without.
func refusal(remembered func(consent.Step, consent.Who, []store.Entry) error, entries []store.Entry, replace bool) error {
	if replace {
		if err := remembered(consent.Changing, consent.Everybody, consent.AllSecrets); err != nil {
			return err
		}
	}
	return remembered(consent.Collecting, consent.Everybody, entries)
}

// run asks for the secrets, and remembers a refusal before the calls that wait hear of it.
func (in *Intake) run(ctx context.Context, open *collection, client client, replace bool) error {
	codes := open.Subject
	ctx, refuse := context.WithCancelCause(ctx)
	defer refuse(nil)
	codes.onRefusal(refuse)
	err := in.ask(ctx, open, client, replace)
	codes.end(err)
	return err
}

// ask is run without what follows for the calls by rounds.
func (in *Intake) ask(ctx context.Context, open *collection, client client, replace bool) error {
	codes := open.Subject
	err := in.fill(ctx, open, client, replace)
	if before := (*refusedBefore)(nil); errors.As(err, &before) {
		return before.error
	}
	switch refused := codes.refusal(); {
	case err != nil && refused != nil:
		err = refused
	case errors.Is(err, context.DeadlineExceeded):
		err = consent.ErrPending // while it waited for its turn
	case errors.Is(err, context.Canceled):
		err = consent.ErrClosed
	}
	switch {
	case err == nil:
		in.Desk.Accept(consent.Collecting, consent.Everybody, codes.of.entries()...)
		if replace {
			in.Desk.Accept(consent.Changing, consent.Everybody, consent.AllSecrets...)
		}
		return nil
	case in.IsRefusal(err):
		in.Desk.Refuse(consent.Collecting, consent.Everybody, codes.of.entries(), err)
		err = &consent.About{Entries: codes.of.entries(), Err: err}
		if replace {
			in.Desk.Refuse(consent.Changing, consent.Everybody, consent.AllSecrets, err)
		}
		return err
	}
	return &consent.About{Entries: codes.of.entries(), Err: err}
}

type client func(context.Context, consent.Form) consent.Reply

// fill asks for what is still missing once it is this server's turn, and stores all answers or none.
func (in *Intake) fill(ctx context.Context, open *collection, client client, replace bool) error {
	codes := open.Subject
	turn, endTurn := open.Step(ctx)
	defer endTurn()
	// Nobody waits for a turn that is of no use.
	wanted := Wanted{Secrets: codes.of, Replace: replace}
	if gaps, err := in.gaps(turn, codes, wanted); err != nil || len(gaps) == 0 {
		return err
	}
	pass, err := in.Desk.Queue(turn, codes.who)
	if err != nil {
		return err
	}
	defer pass()
	leave, err := in.Desk.Screen(turn)
	if err != nil {
		return err
	}
	defer leave()
	if err := refusal(in.Desk.Refused, codes.of.entries(), replace); err != nil {
		return &refusedBefore{err}
	}
	// Another process of this server may have asked while this one waited for its turn, and the screen may have gone.
	gaps, err := in.gaps(turn, codes, wanted)
	if err != nil || len(gaps) == 0 {
		return err
	}
	// From here on somebody may be typing. A window that vanished would send the rest of a secret to whatever has the focus
	// next, perhaps to the chat: it stays, even if every call that wants the value is given up. What is typed is stored, and
	// its use needs permission.
	if !open.Keep() {
		return context.Canceled
	}
	codes.open()
	withdraw := in.show(codes, client)
	entries, err := in.enterAll(ctx, open, wanted, gaps)
	if err != nil {
		withdraw()
		return err
	}
	undo, err := in.keep(codes.of, entries)
	if err != nil {
		withdraw()
		return err
	}
	for _, e := range entries {
		note := in.Values.Stored
		if e.text == "" {
			note = in.Values.LeftEmpty
		}
		note(ctx, codes.of.entry(e.secret), codes.compared())
	}
	time.AfterFunc(compareFor, withdraw)
	return codes.finish(undo)
}

// gaps returns what is to be asked for. The error says why it can't be asked for, or not be stored: a client is told of no
// window that then does not open, and nobody types a value for nothing.
func (in *Intake) gaps(ctx context.Context, codes *codes, wanted Wanted) ([]Gap, error) {
	gaps, err := in.Values.Gaps(ctx, wanted)
	if err != nil || len(gaps) == 0 {
		return nil, err
	}
	gaps = inOrder(gaps)
	number(gaps, len(wanted.Entered))
	for i := range gaps {
		g := &gaps[i]
		g.Who, g.Asking.Account, g.Asking.Client, g.Asking.Code = codes.who, codes.of.Account, codes.client, codes.code
	}
	return gaps, in.Ready(ctx, gaps)
}

// number tells a person which of how many values each is. While one of them decides on others, nobody knows how many.
func number(gaps []Gap, entered int) {
	if slices.ContainsFunc(gaps, func(g Gap) bool { return g.Decides }) {
		return
	}
	for i := range gaps {
		gaps[i].Asking.Number, gaps[i].Asking.Total = entered+i+1, entered+len(gaps)
	}
}

// inOrder returns the gaps so that a person is asked first what decides on others, and where a value goes before the value.
func inOrder(gaps []Gap) (sorted []Gap) {
	slices.SortStableFunc(gaps, func(a, b Gap) int {
		switch {
		case a.Decides == b.Decides:
			return 0
		case a.Decides:
			return -1
		default:
			return 1
		}
	})
	taken := make([]bool, len(gaps))
	take := func(i int) {
		if !taken[i] {
			taken[i] = true
			sorted = append(sorted, gaps[i])
		}
	}
	for i, g := range gaps {
		for to := range gaps {
			if gaps[to].Field.Name == g.Field.SentTo {
				take(to)
			}
		}
		take(i)
	}
	return sorted
}

// An entry is what a person has entered for a secret; "" was left empty.
type entry struct{ secret, text string }

// enterAll asks for the gaps one after the other. After what decides on others it looks again what is missing; and what the
// server's own check finds wrong is asked for again.
func (in *Intake) enterAll(ctx context.Context, open *collection, wanted Wanted, gaps []Gap) (entries []entry, err error) {
	wanted.Entered = map[string]string{}
	asked := map[string]Gap{}
	for wrongs := 0; len(gaps) > 0; {
		g := gaps[0]
		text, err := in.enter(ctx, open, g)
		if err != nil {
			return nil, err
		}
		entries, asked[g.Field.Name], wanted.Entered[g.Field.Name] = append(entries, entry{g.Field.Name, text}), g, text
		if gaps = gaps[1:]; g.Decides {
			if gaps, err = in.gaps(ctx, open.Subject, wanted); err != nil {
				return nil, err
			}
		}
		wrong, why, err := in.Values.Verify(ctx, wanted, g.Field.Name, namesOf(gaps))
		if err != nil {
			return nil, err
		}
		if len(wrong) == 0 {
			continue
		}
		if wrongs++; wrongs == attempts {
			return nil, in.Wrong(why)
		}
		isWrong := func(secret string) bool { return slices.Contains(wrong, secret) }
		gaps = slices.DeleteFunc(gaps, func(g Gap) bool { return isWrong(g.Field.Name) })
		gaps = append(askAgain(asked, wanted.Entered, entries, isWrong, why), gaps...)
		entries = slices.DeleteFunc(entries, func(e entry) bool { return isWrong(e.secret) })
	}
	return entries, nil
}

// askAgain returns the gaps of what was entered and is wrong, and takes that off what was entered.
func askAgain(asked map[string]Gap, entered map[string]string, entries []entry, isWrong func(secret string) bool, why string) (again []Gap) {
	for _, e := range entries {
		if _, isEntered := entered[e.secret]; !isEntered || !isWrong(e.secret) {
			continue
		}
		g := asked[e.secret]
		g.Asking.Wrong, g.Asking.WrongFor = true, why
		if g.Field.Shows() {
			g.Offer = e.text
		}
		delete(entered, e.secret)
		again = append(again, g)
	}
	return again
}

func namesOf(gaps []Gap) (names []string) {
	for _, g := range gaps {
		names = append(names, g.Field.Name)
	}
	return names
}

// enter asks for one value until it keeps the rules, and returns "" for a field that was left empty and may be.
func (in *Intake) enter(ctx context.Context, open *collection, g Gap) (string, error) {
	f := g.Field
	prefill := cmp.Or(g.Offer, f.Default)
	for range attempts {
		text, problem, err := in.window(ctx, open, g, prefill)
		if err != nil {
			return "", err
		}
		text = f.Entered(text)
		if problem == nil && text == "" && !f.Required {
			return "", nil
		}
		var broken error
		if broken = content.Check(f, text); problem != nil {
			broken = problem
		}
		if broken == nil {
			return text, nil
		}
		g.Asking.Again, g.Asking.Wrong = broken, false
		if f.Shows() {
			prefill = text
		}
	}
	return "", in.Invalid(f.Name, g.Asking.Again)
}

// window opens one dialog, for five minutes.
func (in *Intake) window(ctx context.Context, open *collection, g Gap, prefill string) (string, *field.Problem, error) {
	ctx, closeWindow := open.Step(ctx)
	defer closeWindow()
	text, problem, err := in.Enter(ctx, g, prefill)
	if errors.Is(err, context.DeadlineExceeded) {
		err = in.Dismissed // five minutes without a word
	}
	return text, problem, err
}

// keep stores all texts, or puts back what was there before. It returns how to do that later. A keychain has no transactions:
// where this process is killed between two writes, some values are new and the others old, each whole.
func (in *Intake) keep(of Secrets, entries []entry) (undo func(), err error) {
	var steps []func(context.Context)
	undo = func() {
		for _, step := range slices.Backward(steps) {
			step(in.end) // if it fails too, each value is still the old or the new one, whole
		}
	}
	// The person has typed everything: what is begun now is finished, also while the server shuts down, unless the keychain
	// keeps it waiting.
	for _, e := range entries {
		step, err := in.Values.Replace(in.end, of.entry(e.secret), e.text)
		if step != nil {
			steps = append(steps, step)
		}
		if err != nil {
			undo()
			return nil, err
		}
	}
	return undo, nil
}

// await remembers which collection a caller wants to know the end of.
func (in *Intake) await(by asker, open *codes) {
	in.mu.Lock()
	defer in.mu.Unlock()
	consent.MakeRoom(in.awaited, maxAwaited, (*codes).isOver)
	in.awaited[by] = open
}

// takeReplaced reports, once, that the user has replaced a value for a call that had gone, and has not taken that back.
func (in *Intake) takeReplaced(by asker) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	codes := in.awaited[by]
	delete(in.awaited, by)
	return codes != nil && !codes.isOver() && codes.stored(by.of)
}
