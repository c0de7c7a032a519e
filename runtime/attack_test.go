package secrets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// Each test of this file is an attack that once worked.

// memory is a store; package runtimetest can't be imported from inside.
type memory struct{ sync.Map }

func (s *memory) Get(ctx context.Context, _ store.Scope, account string) (string, error) {
	if text, ok := s.Load(account); ok {
		return text.(string), ctx.Err()
	}
	return "", ErrNotSet
}
func (s *memory) Set(_ context.Context, _ store.Scope, account, text string) error {
	s.Store(account, text)
	return nil
}
func (s *memory) Delete(_ context.Context, _ store.Scope, account string) error {
	s.Map.Delete(account)
	return nil
}
func (s *memory) Clear(context.Context, store.Scope) error { s.Map.Clear(); return nil }
func (*memory) Place() string                              { return "memory" }
func (s *memory) List(context.Context, store.Scope) (entries []store.Entry, _ error) {
	s.Range(func(name, _ any) bool { entries = append(entries, store.Entry{Name: name.(string)}); return true })
	return entries, nil
}

// answers is a person who answers by functions.
type answers struct {
	enter func(context.Context, Entry) (string, error)
	ask   func(context.Context, Question) (Answer, error)
}

func (a answers) Enter(ctx context.Context, e Entry) (string, error)  { return a.enter(ctx, e) }
func (a answers) Ask(ctx context.Context, q Question) (Answer, error) { return a.ask(ctx, q) }
func (a answers) Lock(context.Context) (unlock func(), err error)     { return func() {}, nil }
func always(answer Answer) func(context.Context, Question) (Answer, error) {
	return func(context.Context, Question) (Answer, error) { return answer, nil }
}

const attacked = "pets-0123456789abcdef"

// victim opens a manager of keys, whose values are all stored.
func victim(t *testing.T, prompter Prompter, keys ...AnyKey) (*Manager, *memory) {
	t.Helper()
	store := &memory{}
	type secret struct {
		Name  string `json:"name"`
		Label string `json:"label"`
	}
	var list []secret
	for _, key := range keys {
		list = append(list, secret{key.Describe().Name, key.Describe().Label})
		text := attacked
		if key.Describe().Type == field.URL {
			text = "https://good.example/tenant-a"
		}
		store.Store(key.Describe().Name, text)
	}
	manifest, err := json.Marshal(map[string]any{"server": "x", "secrets": list, "sentences": wording.English()})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Open(Schema{Server: "x", Manifest: string(manifest), Keys: keys}, WithStore(store), WithPrompter(prompter),
		WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m, store
}

// A visit is a call to a tool by a client of 2026-07-28 that can show forms.
type visit struct {
	context.Context // of the handler
	*Turn
}

// comeBack is a visit with the replies to an earlier input request, which state is the state of.
func comeBack(ctx context.Context, m *Manager, who Principal, tool, state string, replies map[string]Reply) visit {
	ctx, turn := m.Begin(ctx, Call{Kind: "tool", Name: tool, Principal: who, Shows: Shows{Forms: true}, Rounds: true}, state, replies)
	return visit{ctx, turn}
}

func come(ctx context.Context, m *Manager, who Principal, tool string) visit {
	return comeBack(ctx, m, who, tool, "", nil)
}

// bareCall is the context of a call to a tool by a client that can't be asked.
func bareCall(ctx context.Context, m *Manager, tool string) context.Context {
	ctx, _ = m.Begin(ctx, Call{Kind: "tool", Name: tool, Principal: Process()}, "", nil)
	return ctx
}

// accepts is a client's reply to one form of an input request.
func accepts(form, answer string) map[string]Reply {
	return map[string]Reply{form: {Action: "accept", Answer: answer}}
}

func TestToolScopedGrantOfTheServerItselfCoversNoTool(t *testing.T) {
	key := Password("api_key", Field{Required: true, Scope: ToolScope})
	var questions []Question
	m, _ := victim(t, answers{ask: func(_ context.Context, q Question) (Answer, error) {
		questions = append(questions, q)
		return AllowSession, nil
	}}, key)
	if _, err := Get(m.Background(t.Context()), m, key, "A job"); !errors.Is(err, ErrDenied) {
		t.Errorf("an answer that was not offered: %v", err)
	}
	if len(questions) != 1 || questions[0].AllowForSession != "" {
		t.Errorf("the question offers a session that no tool is there for: %+v", questions)
	}
	if len(m.Grants()) != 0 {
		t.Errorf("grants %v", m.Grants())
	}
}

func TestAllowOnceIsForTheHostThatWasShown(t *testing.T) {
	address := URL("base_url", Field{Required: true, Permission: NoAsking})
	key := Password("api_key", Field{Required: true, SentTo: "base_url"})
	for _, answer := range []Answer{AllowOnce, AllowSession} {
		for _, moved := range []string{"https://evil.example/tenant-a", "http://good.example/tenant-a", "https://good.example/tenant-b"} {
			var store *memory
			questions := 0
			m, s := victim(t, answers{ask: func(context.Context, Question) (Answer, error) {
				if questions++; questions > 1 {
					return Deny, nil
				}
				store.Store("base_url", moved)
				return answer, nil
			}}, address, key)
			store = s
			if v, err := Get(m.Background(t.Context()), m, key, "Read"); !errors.Is(err, ErrDenied) || questions != 2 {
				t.Errorf("%v, moved to %s: %q, %v after %d questions", answer, moved, v.Reveal(), err, questions)
			}
		}
	}
}

// The answer to an input request is for the place that its question showed, however long it was on its way, and so is the
// answer of a group.
func TestAnswerIsForTheHostOfItsQuestion(t *testing.T) {
	for _, answer := range []string{"Allow", "Allow for session"} {
		synctest.Test(t, func(t *testing.T) {
			address := URL("base_url", Field{Required: true, Permission: NoAsking})
			user, key := Password("user", Field{Required: true}), Password("api_key", Field{Required: true, SentTo: "base_url"})
			m, store := victim(t, answers{}, address, user, key)
			get := func(v visit) (value Secret, err error) {
				return value, GetGroup(v, m, "Read", user.Into(new(Secret)), key.Into(&value))
			}
			first := come(t.Context(), m, Process(), "get_pet")
			_, _ = get(first)
			forms, state := first.End()
			store.Store("base_url", "https://evil.example/tenant-a")
			time.Sleep(time.Second) // a person's
			second := comeBack(t.Context(), m, Process(), "get_pet", state, accepts(forms[0].Name, answer))
			v, err := get(second)
			again, _ := second.End()
			if !errors.Is(err, ErrPending) || v.Reveal() != "" || len(again) != 1 || !strings.Contains(again[0].Message, "api_key goes to evil.example") {
				t.Errorf("%s: %q, %v, then asked %+v", answer, v.Reveal(), err, again)
			}
		})
	}
}

func TestManagerPrintsNoValue(t *testing.T) {
	key := Password("api_key", Field{Required: true})
	m, _ := victim(t, answers{ask: always(AllowSession)}, key)
	if _, err := Get(m.Background(t.Context()), m, key, "Read"); err != nil {
		t.Fatal(err)
	}
	_ = m.Reject(t.Context(), key, "Wrong.")
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "vault", m)
	for _, text := range []string{fmt.Sprintf("%v", m), fmt.Sprintf("%+v", m), fmt.Sprintf("%#v", m), log.String()} {
		if strings.Contains(text, attacked) {
			t.Errorf("a manager prints %s", text)
		}
	}
}

func TestManifestWithoutAnswersDoesNotOpen(t *testing.T) {
	english := wording.English().Question
	for name, row := range map[string]struct {
		spoil func(*wording.Sentences)
		opens bool
	}{
		"deny is allow":                      {func(s *wording.Sentences) { s.Question.Deny = s.Question.Allow }, false},
		"session is allow":                   {func(s *wording.Sentences) { s.Question.AllowSession = s.Question.Allow }, false},
		"differ is match":                    {func(s *wording.Sentences) { s.Form.Differ = s.Form.Match }, false},
		"deny is English allow":              {func(s *wording.Sentences) { s.Question.Allow, s.Question.Deny = "", english.Allow }, false},
		"without allow, it is the runtime's": {func(s *wording.Sentences) { s.Question.Allow = "" }, true},
	} {
		sentences := wording.English()
		row.spoil(&sentences)
		manifest, err := json.Marshal(map[string]any{"server": "x", "sentences": sentences})
		if err != nil {
			t.Fatal(err)
		}
		m, err := Open(Schema{Server: "x", Manifest: string(manifest)})
		if (err == nil) != row.opens {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && m.sentences.Question.Allow != english.Allow {
			t.Errorf("%s: it offers %q", name, m.sentences.Question.Allow)
		}
	}
	if r := replyOf(Reply{Action: "accept"}, []string{"", "b"}); r != consent.Nobody {
		t.Errorf("an empty answer chose %d", r.Chosen)
	}
}

func TestCodesAreComparedByWhoBeganTheCollection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key, other := Password("api_key", Field{Required: true}), Password("other", Field{Required: true})
		m, store := victim(t, answers{
			enter: func(context.Context, Entry) (string, error) { time.Sleep(100 * time.Second); return attacked, nil },
			ask:   always(AllowOnce),
		}, key, other)
		store.Map.Delete("api_key")
		go func() { _, _ = Get(m.Background(t.Context()), m, key, "Read") }() // by the server itself: no client shows a code
		time.Sleep(time.Second)
		bob := come(t.Context(), m, Named("bob"), "tool")
		_, _ = Get(bob, m, other, "Read")
		forms, state := bob.End()
		if len(forms) != 1 {
			t.Fatalf("bob is not asked: %+v", forms)
		}
		time.Sleep(time.Second)
		bob = comeBack(t.Context(), m, Named("bob"), "tool", state, accepts("permission", "Allow"))
		if _, err := Get(bob, m, other, "Read"); err != nil {
			t.Fatal(err)
		}
		if _, err := Get(bob, m, key, "Read"); !errors.Is(err, ErrPending) {
			t.Fatal(err)
		}
		if forms, _ := bob.End(); len(forms) != 0 {
			t.Errorf("bob is asked about somebody else's code: %+v", forms)
		}
		time.Sleep(200 * time.Second)
		if _, ok := store.Load("api_key"); !ok {
			t.Error("what was typed is gone")
		}
	})
}

func TestCloseReleasesWhoWaitsForARound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("api_key", Field{Required: true})
		m, _ := victim(t, answers{}, key)
		_, _ = Get(come(t.Context(), m, Process(), "tool"), m, key, "Read")
		begin := time.Now()
		time.AfterFunc(time.Second, func() { _ = m.Close() })
		if _, err := Get(bareCall(t.Context(), m, "tool"), m, key, "Read"); !errors.Is(err, ErrClosed) || time.Since(begin) > 2*time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
	})
}

func TestErrorsOfOthersLoseTheirText(t *testing.T) {
	m, _ := victim(t, answers{}, Password("api_key", Field{}))
	for _, failure := range []error{context.DeadlineExceeded, context.Canceled, ErrTooBig, ErrStoreLocked, errors.New("other")} {
		for err := m.fail(t.Context(), fmt.Errorf("put %s: %w", attacked, failure)); err != nil; err = errors.Unwrap(err) {
			if strings.Contains(err.Error(), attacked) {
				t.Errorf("%v passes with its text: %v", failure, err)
			}
		}
	}
}

func TestRejectsReasonHoldsNoValue(t *testing.T) {
	key := Password("api_key", Field{Required: true})
	m, _ := victim(t, answers{ask: always(AllowOnce)}, key)
	v, err := Get(m.Background(t.Context()), m, key, "Read")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Reject(t.Context(), key, Reason("bad key "+v.Reveal())); strings.Contains(err.Error(), attacked) {
		t.Error(err)
	}
}

// A task's handler runs with a context that has ended: it gets what is granted, and nobody is asked.
func TestTaskHandlerHasItsGrants(t *testing.T) {
	key := Password("api_key", Field{Required: true})
	m, _ := victim(t, answers{ask: always(AllowSession)}, key)
	ctx, cancel := context.WithCancel(m.Background(t.Context()))
	cancel()
	if _, err := Get(ctx, m, key, "Read"); !errors.Is(err, ErrOutsideCall) {
		t.Error(err)
	}
	if _, err := Get(m.Background(t.Context()), m, key, "Read"); err != nil {
		t.Fatal(err)
	}
	if v, err := Get(ctx, m, key, "Read"); err != nil || v.Reveal() != attacked {
		t.Error(err)
	}
}

func TestTwoManagersOnOneServerAskForThemselves(t *testing.T) {
	one, two := Password("one", Field{Required: true}), Password("two", Field{Required: true})
	m, _ := victim(t, answers{ask: always(AllowOnce)}, one)
	n, _ := victim(t, answers{ask: always(AllowOnce)}, two)
	ctx, turn := m.Begin(t.Context(), Call{Kind: "tool", Name: "tool", Principal: Process()}, "", nil)
	ctx, nested := n.Begin(ctx, Call{Kind: "tool", Name: "tool", Principal: Process()}, "", nil)
	if m.turn(ctx) != turn || n.turn(ctx) != nested || turn.call() == nested.call() {
		t.Error("the managers share a call")
	}
}

// On 2026-07-28 the call of secrets_set comes again with the answer, when the dialog may be done: nothing is asked twice.
func TestSetToolIsOneDialogInRounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("api_key", Field{Required: true})
		var dialogs atomic.Int32
		m, store := victim(t, answers{enter: func(context.Context, Entry) (string, error) {
			dialogs.Add(1)
			time.Sleep(time.Second)
			return "another-value", nil
		}}, key)
		set := func(v visit) error { return useTool(v, m, "secrets_set", "api_key") }
		first := come(t.Context(), m, Process(), "secrets_set")
		if err := set(first); !errors.Is(err, ErrPending) {
			t.Fatal(err)
		}
		_, state := first.End()
		time.Sleep(2 * time.Second)
		match := accepts("codes0", m.sentences.Form.Match)
		if err := set(comeBack(t.Context(), m, Process(), "secrets_set", state, match)); err != nil || dialogs.Load() != 1 {
			t.Errorf("%v after %d dialogs", err, dialogs.Load())
		}
		another := come(t.Context(), m, Process(), "secrets_set") // another wish
		if err := set(another); !errors.Is(err, ErrPending) {
			t.Errorf("the next call is not asked: %v", err)
		}
		time.Sleep(2 * time.Second)
		if dialogs.Load() != 2 {
			t.Errorf("%d dialogs", dialogs.Load())
		}
		if text, _ := store.Load("api_key"); text != "another-value" {
			t.Errorf("stored %v", text)
		}
	})
}

// useTool calls one of the tools that an adapter's AddTools adds.
func useTool(ctx context.Context, m *Manager, tool, secret string) error {
	for _, t := range m.tools() {
		if t.Name == tool {
			_, err := t.Run(ctx, secret)
			return err
		}
	}
	return errors.New("there is no tool " + tool)
}

func TestRemovalIsOneDialogThatEndsWithTheManager(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("api_key", Field{Required: true})
		var dialogs atomic.Int32
		answer := make(chan Answer)
		m, store := victim(t, answers{ask: func(ctx context.Context, _ Question) (Answer, error) {
			dialogs.Add(1)
			select {
			case a := <-answer:
				return a, nil
			case <-ctx.Done():
				return AllowOnce, nil // a dialog that is answered at the last moment
			}
		}}, key)
		forget := func() error {
			return useTool(bareCall(t.Context(), m, "secrets_forget"), m, "secrets_forget", "api_key")
		}
		var wait sync.WaitGroup
		for range 10 {
			wait.Go(func() {
				if err := forget(); !errors.Is(err, ErrDenied) {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		answer <- Deny
		wait.Wait()
		if err := forget(); !errors.Is(err, ErrDenied) || dialogs.Load() != 1 {
			t.Errorf("%v after %d dialogs", err, dialogs.Load())
		}
		time.Sleep(2 * time.Minute)
		time.AfterFunc(time.Second, func() { _ = m.Close() })
		if err := forget(); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		_ = m.Close()
		if _, ok := store.Load("api_key"); !ok {
			t.Error("removed after Close")
		}
	})
}

func TestStatusToolTellsStrangersNothing(t *testing.T) {
	key := Password("api_key", Field{Required: true})
	m, _ := victim(t, answers{}, key)
	ctx, _ := m.Begin(t.Context(), Call{Kind: "tool", Name: "secrets_status"}, "", nil)
	for name, ctx := range map[string]context.Context{"a stranger": ctx, "no call": t.Context()} {
		if err := useTool(ctx, m, "secrets_status", ""); !errors.Is(err, ErrOutsideCall) || !strings.HasPrefix(err.Error(), "api_key can't be used") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := useTool(m.Background(t.Context()), m, "secrets_status", ""); err != nil {
		t.Errorf("the server itself: %v", err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if err := useTool(m.Background(t.Context()), m, "secrets_status", ""); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// stubborn is a store that can be made to refuse writes.
type stubborn struct {
	*memory
	refuses atomic.Bool
}

func (s *stubborn) Set(ctx context.Context, in store.Scope, name, text string) error {
	if s.refuses.Load() {
		return ErrStoreLocked
	}
	return s.memory.Set(ctx, in, name, text)
}

func (s *stubborn) Delete(ctx context.Context, in store.Scope, name string) error {
	if s.refuses.Load() {
		return ErrStoreLocked
	}
	return s.memory.Delete(ctx, in, name)
}

func TestTakenBackValueIsNeverUsed(t *testing.T) {
	key := Password("api_key", Field{Required: true})
	for _, fails := range []bool{false, true} {
		m, store := victim(t, answers{enter: func(context.Context, Entry) (string, error) { return "", ErrDismissed }, ask: always(AllowOnce)}, key)
		failing := &stubborn{memory: store}
		m.values.store = failing
		_ = m.values.put(t.Context(), key.def, "known-to-be-wrong")
		m.values.reject(m.values.entry(t.Context(), key.def), rejected{text: NewSecret("known-to-be-wrong"), why: "Wrong."})
		undo, err := collected{m}.Replace(t.Context(), m.values.entry(t.Context(), key.def), "typed-under-another-code")
		if err != nil {
			t.Fatal(err)
		}
		failing.refuses.Store(fails)
		undo(t.Context())
		if v, err := Get(m.Background(t.Context()), m, key, "Read"); !errors.Is(err, ErrDismissed) { // it is asked for again
			t.Errorf("the store fails %t: got %q, %v", fails, v.Reveal(), err)
		}
		// As soon as the store lets us, what was there before is back.
		failing.refuses.Store(false)
		if _, err := Get(m.Background(t.Context()), m, key, "Read"); !errors.Is(err, ErrDismissed) {
			t.Error(err)
		}
		if now, _ := store.Load("api_key"); now != "known-to-be-wrong" {
			t.Errorf("the store fails %t: then it has %q", fails, now)
		}
	}
}

func TestCloseDoesNotWaitForALockedKeychain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("api_key", Field{Required: true})
		m, store := victim(t, answers{enter: func(context.Context, Entry) (string, error) { return attacked, nil }, ask: always(Deny)}, key)
		store.Map.Clear()
		m.values.store = &waiting{store}
		go func() { _, _ = Get(m.Background(t.Context()), m, key, "Read") }()
		time.Sleep(time.Second)
		begin := time.Now()
		_ = m.Close()
		if took := time.Since(begin); took > 10*time.Second {
			t.Errorf("Close took %v", took)
		}
	})
}

// waiting is a store whose writes wait for a person who does not come.
type waiting struct{ *memory }

func (s *waiting) Set(ctx context.Context, _ store.Scope, _, _ string) error {
	<-ctx.Done()
	return ctx.Err()
}

// A window that was open for two seconds, since it had waited for its turn before, is nobody's refusal.
func TestWindowThatHadNoTimeIsNobodysRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Password("a", Field{Required: true, Label: "A"}), Password("b", Field{Required: true, Label: "B"})
		var shown []time.Duration
		m, _ := victim(t, answers{ask: func(ctx context.Context, q Question) (Answer, error) {
			begun := time.Now()
			defer func() { shown = append(shown, time.Since(begun)) }()
			if strings.Contains(q.Text, "use: A") {
				time.Sleep(5*time.Minute - 2*time.Second)
				return AllowOnce, nil
			}
			select {
			case <-time.After(time.Minute):
				return AllowOnce, nil
			case <-ctx.Done():
				return Deny, ctx.Err()
			}
		}}, a, b)
		call := func(k Key[Secret]) error {
			ctx, turn := m.Begin(t.Context(), Call{Kind: "tool", Name: "get", Principal: Process()}, "", nil)
			defer turn.End()
			_, err := Get(ctx, m, k, "Read")
			return err
		}
		go func() { _ = call(a) }()
		time.Sleep(time.Second)
		if err := call(b); !errors.Is(err, ErrPending) {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		if err := call(b); errors.Is(err, ErrDismissed) || errors.Is(err, ErrDenied) {
			t.Errorf("shown for %v: %v", shown, err)
		}
	})
}

type busyScreen struct{ answers }

// Lock waits for another server, whose window is open for 4 min 58 s.
func (busyScreen) Lock(ctx context.Context) (func(), error) {
	select {
	case <-time.After(5*time.Minute - 2*time.Second):
		return func() {}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestWindowForAValueThatHadNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("a", Field{Required: true, Label: "A"})
		var shown time.Duration
		m, store := victim(t, busyScreen{answers{enter: func(ctx context.Context, _ Entry) (string, error) {
			begun := time.Now()
			defer func() { shown = time.Since(begun) }()
			select {
			case <-time.After(30 * time.Second):
				return attacked, nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		}}}, key)
		store.Map.Clear()
		call := func() error {
			ctx, turn := m.Begin(t.Context(), Call{Kind: "tool", Name: "get", Principal: Process()}, "", nil)
			defer turn.End()
			_, err := Get(ctx, m, key, "Read")
			return err
		}
		if err := call(); !errors.Is(err, ErrPending) {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		if err := call(); errors.Is(err, ErrDismissed) {
			t.Errorf("shown for %v, vanished while somebody typed: %v", shown, err)
		}
	})
}

// A caller whom nobody verified can't fetch an answer later: once it has gone, its window must go too.
func TestAllowForAnUnverifiedCallerIsForItsCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("api_key", Field{Required: true})
		opened, answered, closed := 0, 0, 0
		m, _ := victim(t, answers{ask: func(ctx context.Context, _ Question) (Answer, error) {
			opened++
			select {
			case <-time.After(time.Minute): // a person who thinks for a minute
				answered++
				return AllowOnce, nil
			case <-ctx.Done():
				closed++
				return Deny, ctx.Err()
			}
		}}, key)
		call := func() error {
			ctx, turn := m.Begin(t.Context(), Call{Kind: "tool", Name: "get", Principal: Local()}, "", nil)
			defer turn.End()
			_, err := Get(ctx, m, key, "Read")
			return err
		}
		got := 0
		for range 10 {
			if err := call(); err == nil {
				got++
			} else if !errors.Is(err, ErrPending) {
				t.Fatal(err)
			}
			synctest.Wait()
			time.Sleep(time.Second)
		}
		if answered != 10 || got != 10 {
			t.Errorf("%d windows, %d answered Allow, %d withdrawn, %d calls got the key", opened, answered, closed, got)
		}
	})
}

func TestWindowOfAnUnverifiedCallerGoesWithItsCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("api_key", Field{Required: true})
		open := 0
		m, _ := victim(t, answers{ask: func(ctx context.Context, _ Question) (Answer, error) {
			open++
			<-ctx.Done()
			open--
			return Deny, ctx.Err()
		}}, key)
		var calls sync.WaitGroup
		for range 2 { // the second one's turn comes late: it has to go before its window's time is up
			calls.Go(func() {
				ctx, turn := m.Begin(t.Context(), Call{Kind: "tool", Name: "get", Principal: Local()}, "", nil)
				defer turn.End()
				if _, err := Get(ctx, m, key, "Read"); err == nil {
					t.Error("nobody answered")
				}
			})
			time.Sleep(time.Minute)
		}
		calls.Wait()
		synctest.Wait()
		if open != 0 {
			t.Errorf("%d windows are for nobody", open)
		}
	})
}

// What the user typed for ann's secrets_set is told to mallory's, and ann's retry opens another window.
func TestReplacementIsToldToWhoAskedForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("a", Field{Required: true, Label: "A"})
		var shown []string
		m, _ := victim(t, answers{enter: func(ctx context.Context, e Entry) (string, error) {
			shown = append(shown, e.Text)
			if len(shown) > 1 {
				return "", ErrDismissed
			}
			time.Sleep(time.Minute)
			return "another-value-0123", nil
		}}, key)
		set := func(who string) (any, error) {
			ctx, turn := m.Begin(t.Context(), Call{Kind: "tool", Name: "secrets_set", Principal: Named(who), Arguments: []byte(`{"name":"a"}`)}, "", nil)
			defer turn.End()
			return m.tools()[1].Run(ctx, "a")
		}
		if _, err := set("ann"); !errors.Is(err, ErrPending) {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		said, err := set("mallory")
		if err == nil || len(shown) != 2 {
			t.Errorf("mallory is told %q of ann's window, %d windows", said, len(shown))
		}
		said, err = set("ann")
		if err != nil || len(shown) != 2 {
			t.Errorf("ann again: %v, %v, %d windows", said, err, len(shown))
		}
	})
}

// A window that has no room for what it says is announced all the same.
func TestWindowWithoutRoomIsNotAnnounced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("api_key", Field{Required: true})
		m, store := victim(t, answers{enter: func(context.Context, Entry) (string, error) {
			t.Error("a window")
			return "", ErrDismissed
		}}, key)
		store.Map.Clear()
		v := come(t.Context(), m, Named(strings.Repeat("x", 1500)), "tool")
		_, err := Get(v, m, key, "Read")
		forms, _ := v.End()
		if len(forms) != 0 {
			t.Errorf("announced: %.200s... (%v)", forms[0].Message, err)
		}
		if err == nil {
			t.Error("no error")
		}
	})
}

// Each caller's removal is a question of its own: it goes with its own call, and the next one names who asks now.
func TestRemovalIsWhoseItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("a", Field{Required: true, Label: "A"})
		var mu sync.Mutex
		var shown []string
		open := 0
		opens := func(change int) {
			mu.Lock()
			defer mu.Unlock()
			open += change
		}
		m, _ := victim(t, answers{ask: func(ctx context.Context, q Question) (Answer, error) {
			opens(1)
			defer opens(-1)
			mu.Lock()
			shown = append(shown, q.Text)
			mu.Unlock()
			select {
			case <-time.After(30 * time.Second):
				return AllowOnce, nil
			case <-ctx.Done():
				return Deny, ctx.Err()
			}
		}}, key)
		forget := func(ctx context.Context, who string) (any, error) {
			ctx, turn := m.Begin(ctx, Call{Kind: "tool", Name: "secrets_forget", Principal: Named(who), Arguments: []byte(`{"name":"a"}`)}, "", nil)
			defer turn.End()
			return m.tools()[2].Run(ctx, "a")
		}
		ann, cancel := context.WithCancel(t.Context())
		go forget(ann, "ann")
		synctest.Wait()
		done := make(chan string, 1)
		go func() { said, err := forget(t.Context(), "mallory"); done <- fmt.Sprint(said, err) }()
		synctest.Wait()
		cancel()
		synctest.Wait()
		mu.Lock()
		if open != 1 || len(shown) != 2 || !strings.Contains(shown[1], "mallory") {
			t.Errorf("%d windows are open after ann's call was cancelled, shown %q", open, shown)
		}
		mu.Unlock()
		if said := <-done; !strings.Contains(said, "removed") {
			t.Error(said)
		}
	})
}

// json.Unmarshal reads the last of two keys that it takes for the same.
func TestUnfetchedAllowOfOtherArguments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := Password("api_key", Field{Required: true})
		asked := 0
		m, _ := victim(t, answers{ask: func(ctx context.Context, _ Question) (Answer, error) {
			if asked++; asked > 1 {
				return Deny, nil
			}
			time.Sleep(time.Minute)
			return AllowOnce, nil
		}}, key)
		call := func(arguments string) error {
			ctx, turn := m.Begin(t.Context(), Call{Kind: "tool", Name: "pay", Principal: Process(), Arguments: []byte(arguments)}, "", nil)
			defer turn.End()
			_, err := Get(ctx, m, key, "Pay")
			return err
		}
		if err := call(`{"TO":"mallory","to":"electricity"}`); !errors.Is(err, ErrPending) { // json.Unmarshal: To = electricity
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if err := call(`{"to":"electricity","TO":"mallory"}`); err == nil { // json.Unmarshal: To = mallory
			t.Errorf("mallory is paid, with %d question", asked)
		}
	})
}

// Where a handler reads something else, an answer is not for both.
func TestDigestTellsApartWhatHandlersTellApart(t *testing.T) {
	type pay struct {
		To    string `json:"to"`
		Order struct {
			To     string      `json:"to"`
			Amount json.Number `json:"amount"`
		} `json:"order"`
	}
	for _, pair := range [][2]string{
		{`{"TO":"mallory","to":"electricity"}`, `{"to":"electricity","TO":"mallory"}`},
		{`{"order":{"to":"mallory"},"order":{"amount":1}}`, `{"order":{"amount":1}}`},
		{`{"order":{"amount":1}}`, `{"order":{"amount":1.0}}`},
	} {
		var a, b pay
		_ = json.Unmarshal([]byte(pair[0]), &a)
		_ = json.Unmarshal([]byte(pair[1]), &b)
		x, y := Call{Kind: "tool", Name: "pay", Arguments: []byte(pair[0])}.digest(), Call{Kind: "tool", Name: "pay", Arguments: []byte(pair[1])}.digest()
		if a != b && x == y {
			t.Errorf("one digest for %s (%+v) and %s (%+v)", pair[0], a, pair[1], b)
		}
	}
}
