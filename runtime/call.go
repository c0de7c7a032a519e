package secrets

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// This file is the port between the runtime and an MCP SDK. An adapter, such as package mcpgo, says of each request what it
// knows, as a [Call]; nothing is guessed from a context. For each request it calls [Manager.Begin], runs the handler, and
// calls [Turn.End].

// A Call is what an adapter says of one request of an MCP client.
type Call struct {
	Kind string // "tool", "prompt" or "resource"
	Name string // the tool's or prompt's name, or the resource's URI
	// Client is the client's own name for itself, for the log and for who compares a verification code.
	Client    string
	Principal Principal
	// Ask shows a form in the client while the request lasts, and returns the reply, or the zero Reply when ctx ends. It is
	// nil where the client can't be asked in place.
	Ask   func(ctx context.Context, form Form) Reply
	Shows Shows
	// Rounds says that the request may be answered with an input request, as on revision 2026-07-28.
	Rounds bool
	// Arguments are the request's arguments as JSON. A retry of the request is known by them.
	Arguments []byte
	// Guarded says that all that leaves for the client is masked by [Manager.MaskJSON], also notifications. Without it the
	// author is told, once, that a secret was handed out for the request.
	Guarded bool
	// Progress tells the client that the request lives. It is nil where the client gave no progress token.
	Progress func(message string)
}

// Shows is what an MCP client declared that it can show to its user.
type Shows struct{ Forms, URLs bool }

// A Principal is whom a call belongs to. The zero Principal is refused.
type Principal struct{ who consent.Who }

// Process is the client that started this process, or is in it.
func Process() Principal { return Principal{consent.Who{Kind: consent.Process}} }

// Local is an HTTP caller on this computer whom nobody verified. Any process here could answer the questions of its MCP
// client itself, so it is asked in native dialogs only, for each use.
func Local() Principal { return Principal{consent.Who{Kind: consent.Local}} }

// Named is a caller whom the server's own code verified, such as the subject of a token. "" is nobody: the zero Principal.
func Named(name string) Principal {
	if name == "" {
		return Principal{}
	}
	return Principal{consent.Who{Kind: consent.Named, Name: name}}
}

// A Form is a message with one choice to make. It never asks for a secret. An adapter has it shown as an elicitation in form
// mode that asks for an object with one string, one of the choices.
type Form struct {
	Name    string // of the answer, in an input request
	Message string
	Choices []string
}

// A Reply is what the client says came of a form. The zero Reply is nobody's: of a client that failed, could not ask, or got
// no answer.
type Reply struct {
	Action string // "accept", "decline" or "cancel", as in the MCP specification, client/elicitation
	Answer string // the choice, where the form was accepted
}

// A Turn is one request while its handler runs.
type Turn struct {
	manager *Manager
	request context.Context // nil where there is none
	said    Call            // by the adapter
	outer   *Turn           // of another manager of the same server
	of      *Turn           // the turn that has ended, where this is the turn of a getter that its handler left behind
	// background has each getter be a call of its own: see [Manager.Background].
	background bool
	trial      func() *trial // of an author's check, see [Manager.Verify]; nil in any other turn

	mu     sync.Mutex
	made   *consent.Call // when a getter first needs it: most requests need none
	ended  bool
	handed []handed // what the request was given, for Reject: each secret once
}

// A handed is a text that a request was given: nothing that fmt would show.
type handed struct {
	of   store.Entry
	text Secret
}

type turnKey struct{}

// Begin notes a request and returns the context for its handler, in which getters work. Where the client has come back with
// the answers to an earlier input request, state is that request's state and answers are the replies by the forms' names.
func (m *Manager) Begin(ctx context.Context, c Call, state string, answers map[string]Reply) (context.Context, *Turn) {
	s := &scope{Context: ctx, turn: Turn{manager: m, request: ctx, said: c, outer: innermost(ctx)}}
	if c.canBeAsked() && c.Ask == nil && c.Rounds {
		call := s.turn.call()
		s.Context, call.Cancel = context.WithCancelCause(ctx)
		m.desk.Resume(call, state, func(f consent.Form) consent.Reply { return replyOf(answers[f.Name], f.Choices) })
	}
	return s, &s.turn
}

// A scope is the context of a turn. That it has the turn in it is for the many requests that need no secret.
type scope struct {
	context.Context
	turn Turn
}

// Value implements [context.Context].
func (s *scope) Value(key any) any {
	if key == (turnKey{}) {
		return &s.turn
	}
	return s.Context.Value(key)
}

// String returns what a context of package context would say. Without it, fmt would show the turn's fields, among them the
// request's arguments, and read them while getters write.
func (s *scope) String() string { return fmt.Sprint(s.Context) + ".WithTurn" }

// canBeAsked reports whether the word of the client counts, and it can show a form.
func (c Call) canBeAsked() bool {
	kind := c.Principal.who.Kind
	return c.Shows.Forms && (kind == consent.Process || kind == consent.Named)
}

// call returns what package consent knows of the request.
func (t *Turn) call() *consent.Call {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.made != nil {
		return t.made
	}
	t.made = consent.NewCall(t.said.Principal.who, consent.Tool{Kind: t.said.Kind, Name: t.said.Name})
	t.made.Client = t.said.Client
	t.made.Digest, t.made.Gone = t.digest, t.isGone
	if t.said.canBeAsked() && t.said.Ask != nil {
		t.made.Ask = t.manager.inPlace(t.said.Ask)
	}
	if t.said.Progress != nil {
		t.made.Progress = func() { t.said.Progress(t.manager.sentences.Form.Waiting) }
	}
	if t.ended {
		t.manager.desk.End(t.made)
	}
	return t.made
}

// isGone reports whether the client has given the request up. One whose time is over has an answer, and may come again.
func (t *Turn) isGone() bool { return t.request != nil && errors.Is(t.request.Err(), context.Canceled) }

// End ends the request: what was allowed for it only is over. Where forms come back, the handler's result does not count,
// whatever it is: the adapter answers with an input request that has these forms and this state.
func (t *Turn) End() (forms []Form, state string) {
	t.mu.Lock()
	t.ended = true
	call := t.made
	t.mu.Unlock()
	if call == nil {
		return nil, ""
	}
	asked, state := t.manager.desk.End(call)
	for _, f := range asked {
		forms = append(forms, Form(f))
	}
	if call.Cancel != nil {
		call.Cancel(nil)
	}
	return forms, state
}

// Background returns a context for the author's own work outside any request, such as a job at start. Getters called with it
// belong to the process: they work with a grant, or ask in a native dialog. Inside a request it changes nothing, also where
// only another manager knows of the request: whoever sent it is asked, or refused. With package mcpgo, let the job begin after
// HTTPHandler or ServeStdio is called: before, nothing says that what leaves will be masked, and the log says so.
func (m *Manager) Background(ctx context.Context) context.Context {
	t := innermost(ctx)
	for outer := t; outer != nil; outer = outer.outer {
		if outer.manager == m || !outer.background {
			return ctx
		}
	}
	return &scope{ctx, Turn{manager: m, outer: t, background: true}}
}

// innermost returns the last turn that was begun in ctx, or nil.
func innermost(ctx context.Context) *Turn {
	t, _ := ctx.Value(turnKey{}).(*Turn)
	return t
}

// found returns what m knows of ctx, or nil where nobody told it anything.
func (m *Manager) found(ctx context.Context) *Turn {
	t := innermost(ctx)
	for t != nil && t.manager != m {
		t = t.outer
	}
	return t
}

// turn returns the request that ctx belongs to. In a context that nobody vouches for, it is a stranger's.
func (m *Manager) turn(ctx context.Context) *Turn {
	switch t := m.found(ctx); {
	case t == nil:
		return &Turn{manager: m}
	case t.background:
		return &Turn{manager: m, said: Call{Principal: Process(), Guarded: m.installed.Load()}}
	default:
		return t.forGetter()
	}
}

// forGetter returns the turn for one more getter: t, or, once t has ended, a turn of the getter's own.
func (t *Turn) forGetter() *Turn {
	call := t.call()
	own := call.ForGetter()
	if own == call {
		return t
	}
	return &Turn{manager: t.manager, said: t.said, made: own, of: t}
}

func (t *Turn) hand(of store.Entry, text Secret) {
	if t.of != nil {
		t.of.hand(of, text)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := t.handedLocked(of); i >= 0 {
		t.handed[i].text = text
		return
	}
	t.handed = append(t.handed, handed{of, text})
}

func (t *Turn) handedOut(of store.Entry) (Secret, bool) {
	if t.of != nil {
		return t.of.handedOut(of)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := t.handedLocked(of); i >= 0 {
		return t.handed[i].text, true
	}
	return Secret{}, false
}

func (t *Turn) handedLocked(of store.Entry) int {
	return slices.IndexFunc(t.handed, func(h handed) bool { return h.of == of })
}

// inPlace returns ask as a function that waits no longer than its context, whatever ask does, and takes a reply that is
// faster than a person's for nobody's: some clients accept or decline by themselves, with nothing drawn.
func (m *Manager) inPlace(ask func(context.Context, Form) Reply) func(context.Context, consent.Form) consent.Reply {
	return func(ctx context.Context, f consent.Form) consent.Reply {
		asked := time.Now()
		replies := make(chan consent.Reply, 1)
		go func() {
			// Somebody else's code: one that ignores its context must hold up nobody here.
			reply := replyOf(ask(ctx, Form(f)), f.Choices)
			if time.Since(asked) < m.fast {
				reply = consent.Nobody
			}
			replies <- reply
		}()
		select {
		case reply := <-replies:
			return reply
		case <-ctx.Done():
			return consent.Nobody
		}
	}
}

// replyOf returns what a reply means. An answer that was not offered is nobody's.
func replyOf(r Reply, choices []string) consent.Reply {
	switch r.Action {
	case "decline":
		return consent.Reply{Chosen: -1, Err: ErrDenied}
	case "cancel":
		return consent.Reply{Chosen: -1, Err: ErrDismissed}
	case "accept":
		if r.Answer != "" {
			return consent.Reply{Chosen: slices.Index(choices, r.Answer)}
		}
	}
	return consent.Nobody
}

func (t *Turn) digest() [sha256.Size]byte { return t.said.digest() }

// digest is the same for a request and its retry, whatever the order of its arguments. No two requests share one that a handler
// could tell apart.
func (c Call) digest() [sha256.Size]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q ", c.Kind, c.Name)
	h.Write(canonical(c.Arguments))
	return [sha256.Size]byte(h.Sum(nil))
}

// WithPrincipal returns a context whose requests belong to the named principal, such as the subject of a verified token; an
// empty name means unauthenticated. Only code that has verified the name may call this. It is for package mcpgo, in front of
// whose HTTPHandler it must be called: a client of a principal that is set later is never asked in place, since the answers in
// its session can't be told from somebody else's. Package gosdk takes the principal from the request's own token.
func WithPrincipal(ctx context.Context, name string) context.Context {
	return inside.WithPrincipal(ctx, name)
}
