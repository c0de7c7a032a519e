package intake

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// A shelf is where the values of these tests are kept. What it has is no gap.
type shelf struct {
	mu    sync.Mutex
	texts map[string]string
	log   []string                  // what was done, in order
	fails string                    // the text that can't be stored
	undo  func(ctx context.Context) // runs before each value that is taken back

	decide func(entered map[string]string) []Gap // what is missing; nil: what is not stored
	check  func(entered map[string]string, last string, left []string) (wrong []string, why string, err error)
}

// stored returns what is stored now.
func (s *shelf) stored() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.texts)
}

func (s *shelf) Gaps(_ context.Context, wanted Wanted) (gaps []Gap, err error) {
	if s.decide != nil {
		return s.decide(wanted.Entered), nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range wanted.Names {
		_, isEntered := wanted.Entered[secret]
		if _, ok := s.texts[secret]; !isEntered && (wanted.Replace || !ok) {
			gaps = append(gaps, Gap{Field: field.Field{Name: secret, Type: field.Password, Required: true}})
		}
	}
	return gaps, nil
}

func (s *shelf) Replace(_ context.Context, of store.Entry, text string) (undo func(context.Context), err error) {
	secret := of.Name
	s.mu.Lock()
	defer s.mu.Unlock()
	before, wasSet := s.texts[secret]
	undo = func(ctx context.Context) {
		if s.undo != nil {
			s.undo(ctx)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.log = append(s.log, fmt.Sprintf("%s is %q again", secret, before))
		if s.texts[secret] = before; !wasSet {
			delete(s.texts, secret)
		}
	}
	if text == s.fails {
		return undo, errors.New("no space left")
	}
	s.log = append(s.log, fmt.Sprintf("%s is %q", secret, text))
	s.texts[secret] = text
	return undo, nil
}

func (s *shelf) Verify(_ context.Context, wanted Wanted, last string, left []string) (wrong []string, why string, err error) {
	if s.check == nil {
		return nil, "", nil
	}
	return s.check(wanted.Entered, last, left)
}

func (s *shelf) Stored(context.Context, store.Entry, string)    {}
func (s *shelf) LeftEmpty(context.Context, store.Entry, string) {}

func (s *shelf) Differed(_ consent.Who, secrets Secrets, stored bool) {
	s.log = append(s.log, fmt.Sprintf("codes of %q differ, stored: %t", secrets.Names, stored))
}

// newIntake returns an intake where a person types the texts, one after the other.
func newIntake(t *testing.T, values *shelf, texts ...string) *Intake {
	t.Helper()
	isRefusal := func(err error) bool { return errors.Is(err, consent.ErrDenied) }
	desk := consent.NewDesk(consent.Config{
		Fast:      -1,
		Lock:      func(context.Context) (unlock func(), err error) { return func() {}, nil },
		Bypass:    func() bool { return false },
		IsRefusal: isRefusal,
	})
	t.Cleanup(desk.Close)
	if values.texts == nil {
		values.texts = map[string]string{}
	}
	return New(Config{
		Desk: desk, Values: values, IsRefusal: isRefusal,
		Enter: func(context.Context, Gap, string) (string, *field.Problem, error) {
			if len(texts) == 0 {
				t.Error("a dialog opens")
				return "", nil, consent.ErrDenied
			}
			text := texts[0]
			texts = texts[1:]
			return text, nil, nil
		},
		Wrong: func(why string) error { return errors.New("wrong again: " + why) },
		Ready: func(context.Context, []Gap) error { return nil },
		Form: func(_ consent.Who, _ Secrets, code string) consent.Form {
			return consent.Form{Name: "codes", Message: code, Choices: []string{"The codes match", "They differ"}}
		},
	})
}

// roundCall is a call by a client that is asked by input requests. The context is its handler's.
func roundCall(request context.Context) (ctx context.Context, c *consent.Call) {
	c = consent.NewCall(consent.Who{Kind: consent.Process}, consent.Tool{Kind: "tool", Name: "tool"})
	c.Digest = func() [sha256.Size]byte { return sha256.Sum256(nil) }
	c.Gone = func() bool { return request.Err() != nil }
	ctx, c.Cancel = context.WithCancelCause(request)
	return ctx, c
}

// collect begins a collection for a call by rounds, and returns the state of its input request once the dialogs are done.
func collect(t *testing.T, in *Intake, secrets ...string) (codes *codes, state string) {
	t.Helper()
	_, c := roundCall(t.Context())
	open, begun, err := in.join(c, Secrets{Names: secrets}, false)
	if err != nil || !begun {
		t.Fatal(begun, err)
	}
	if err := in.open.Wait(t.Context(), c, open); err != nil {
		t.Fatal(err)
	}
	c.Pend(open.Subject)
	forms, state := in.Desk.End(c)
	if err := open.Result(); err != nil || len(forms) != 1 || len(forms[0].Message) != len("XXXX-XXXX") {
		t.Fatalf("%v, the client is shown %+v", err, forms)
	}
	return open.Subject, state
}

func chooses(choice int) func(consent.Form) consent.Reply {
	return func(consent.Form) consent.Reply { return consent.Reply{Chosen: choice} }
}

// A no that comes while another window for the value waits for its turn is for that one too, and counts once.
func TestNoWhileAWindowWaitsForItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		values := &shelf{}
		in := newIntake(t, values, "typed")
		_, state := collect(t, in, "api_key")
		values.mu.Lock()
		delete(values.texts, "api_key") // it was found to be wrong
		values.mu.Unlock()
		leave, err := in.Desk.Screen(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, c := roundCall(t.Context())
		failed := make(chan error, 1)
		go func() { failed <- in.Collect(ctx, c, Secrets{Names: []string{"api_key"}}) }()
		synctest.Wait()
		_, retry := roundCall(t.Context())
		in.Desk.Resume(retry, state, chooses(differ))
		leave()
		if err := <-failed; !errors.Is(err, ErrCodesDiffer) {
			t.Errorf("the call that waits: %v", err)
		}
		time.Sleep(time.Minute)
		if err := in.Desk.Refused(consent.Collecting, consent.Everybody, []store.Entry{{Name: "api_key"}}); err != nil {
			t.Errorf("the no counts twice: %v", err)
		}
	})
}

// A store may keep a taking back waiting: then nothing waits but the request that brought the answer.
func TestSlowTakingBackHoldsNobodyElse(t *testing.T) {
	begun, goOn := make(chan struct{}), make(chan struct{})
	values := &shelf{undo: func(context.Context) { begun <- struct{}{}; <-goOn }}
	in := newIntake(t, values, "typed")
	codes, state := collect(t, in, "api_key")
	_, retry := roundCall(t.Context())
	heard := make(chan struct{})
	go func() { in.Desk.Resume(retry, state, chooses(differ)); close(heard) }()
	<-begun
	others := make(chan struct{})
	go func() {
		defer close(others)
		if hasStored(retry, store.Entry{Name: "api_key"}) {
			t.Error("what is taken back is taken for stored")
		}
		_ = codes.compared()
		_ = retry.How(store.Entry{Name: "api_key"})
		in.Desk.Revoke("api_key")
		_, _ = in.Desk.End(retry)
	}()
	select {
	case <-others:
	case <-time.After(time.Minute):
		t.Error("others wait for the store")
	}
	close(goOn)
	<-heard
	<-others
	if len(values.texts) != 0 {
		t.Errorf("stored %q", values.texts)
	}
	if err := in.Desk.Refused(consent.Collecting, consent.Everybody, []store.Entry{{Name: "api_key"}}); !errors.Is(err, consent.ErrDenied) {
		t.Errorf("it may be asked for again at once: %v", err)
	}
}

// Of a secret that was asked for twice, the first value is back.
func TestAllAreKeptOrNone(t *testing.T) {
	values := &shelf{texts: map[string]string{"one": "before"}, fails: "fourth"}
	in := newIntake(t, values)
	undo, err := in.keep(Secrets{}, []entry{{"one", "first"}, {"two", "second"}, {"one", "third"}, {"three", "fourth"}})
	if err == nil || undo != nil {
		t.Fatal("a value that could not be stored is kept")
	}
	want := []string{
		`one is "first"`, `two is "second"`, `one is "third"`,
		`three is "" again`, `one is "first" again`, `two is "" again`, `one is "before" again`,
	}
	if !slices.Equal(values.log, want) {
		t.Errorf("got %q, want %q", values.log, want)
	}
	if len(values.texts) != 1 || values.texts["one"] != "before" {
		t.Errorf("stored %q", values.texts)
	}
}

// Who compares may answer before the dialogs are done, and after.
func TestRefusalInTheClientEndsTheDialogsOrTakesBack(t *testing.T) {
	values := &shelf{}
	in := newIntake(t, values, "typed")
	_, c := roundCall(t.Context())
	early := in.newCodes(c, Secrets{Names: []string{"api_key"}})
	early.hear(consent.Reply{Chosen: differ})
	var ended error
	early.onRefusal(func(cause error) { ended = cause })
	taken := false
	if err := early.finish(func() { taken = true }); !errors.Is(err, consent.ErrDenied) || !errors.Is(ended, consent.ErrDenied) || !taken {
		t.Errorf("finished with %v, the dialogs ended with %v, taken back %t", err, ended, taken)
	}
	for choice, want := range map[int]int{match: 1, -1: 1, differ: 0} {
		delete(values.texts, "api_key")
		in := newIntake(t, values, "typed")
		_, state := collect(t, in, "api_key")
		_, retry := roundCall(t.Context())
		in.Desk.Resume(retry, state, chooses(choice))
		if len(values.texts) != want {
			t.Errorf("choice %d: stored %q", choice, values.texts)
		}
		if hasStored(retry, store.Entry{Name: "api_key"}) != (want == 1) {
			t.Errorf("choice %d: the retry is told otherwise", choice)
		}
	}
}

// A request may be given up after it has used its handle. What its user says then can still be that the codes differ, and
// nothing else.
func TestCodesThatDifferCountUnderAHandleThatWasUsed(t *testing.T) {
	for _, late := range []struct{ choice, want int }{{match, 1}, {-1, 1}, {differ, 0}} {
		values := &shelf{}
		in := newIntake(t, values, "typed")
		_, state := collect(t, in, "api_key")
		request, giveUp := context.WithCancel(t.Context())
		_, first := roundCall(request)
		in.Desk.Resume(first, state, func(consent.Form) consent.Reply { return consent.Nobody })
		giveUp()
		in.Desk.End(first)

		_, other := roundCall(t.Context())
		other.Who = consent.Who{Kind: consent.Named, Name: "mallory"}
		in.Desk.Resume(other, state, chooses(differ))
		if len(values.stored()) != 1 {
			t.Fatal("somebody else's word counts")
		}
		_, second := roundCall(t.Context())
		in.Desk.Resume(second, state, chooses(late.choice))
		if len(values.stored()) != late.want {
			t.Errorf("choice %d: stored %q", late.choice, values.stored())
		}
		if len(second.Heard()) != 0 {
			t.Error("the used handle resumes its call")
		}
	}
}

// A client that is asked in place may say that the codes differed for a while after its window is done. Then its form is
// withdrawn.
func TestFormIsWithdrawnAfterItsWindow(t *testing.T) {
	for _, answers := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			values := &shelf{}
			in := newIntake(t, values, "typed")
			c := consent.NewCall(consent.Who{Kind: consent.Process}, consent.Tool{Kind: "tool", Name: "tool"})
			var shown context.Context
			c.Ask = func(ctx context.Context, _ consent.Form) consent.Reply {
				shown = ctx
				if answers {
					time.Sleep(compareFor - time.Second)
					return consent.Reply{Chosen: differ}
				}
				<-ctx.Done()
				return consent.Nobody
			}
			if err := in.Collect(t.Context(), c, Secrets{Names: []string{"api_key"}}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(compareFor - 2*time.Second)
			synctest.Wait()
			if shown.Err() != nil || len(values.stored()) != 1 {
				t.Errorf("withdrawn at once: %v, stored %q", shown.Err(), values.stored())
			}
			time.Sleep(3 * time.Second)
			synctest.Wait()
			if shown.Err() == nil || (len(values.stored()) == 0) != answers {
				t.Errorf("the form: %v, stored %q", shown.Err(), values.stored())
			}
		})
	}
}

// Nobody wants the value any more: a window that is not open yet never opens, and one in which somebody may be typing stays.
func TestCancelledCallLeavesOnlyAnOpenWindow(t *testing.T) {
	for _, isOpen := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			values := &shelf{}
			in := newIntake(t, values, "typed")
			enter := in.Enter
			in.Enter = func(ctx context.Context, g Gap, prefill string) (string, *field.Problem, error) {
				time.Sleep(time.Minute)
				if !isOpen {
					t.Error("a dialog opens")
				}
				return enter(ctx, g, prefill)
			}
			before := func() {}
			if !isOpen {
				leave, err := in.Desk.Screen(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				before = leave
			}
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			c := consent.NewCall(consent.Who{Kind: consent.Process}, consent.Tool{Kind: "tool", Name: "tool"})
			if err := in.Collect(ctx, c, Secrets{Names: []string{"api_key"}}); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			before()
			time.Sleep(2 * time.Minute)
			synctest.Wait()
			if (values.stored()["api_key"] == "typed") != isOpen {
				t.Errorf("stored %q", values.stored())
			}
		})
	}
}

// Close waits for the keychain once, and no longer: for what is stored, and for what is taken back.
func TestCloseWaitsForTheKeychainOnce(t *testing.T) {
	for name, late := range map[string]bool{"while it is stored": false, "while it is taken back": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				values := &shelf{undo: func(ctx context.Context) { <-ctx.Done() }}
				in := newIntake(t, values, "typed")
				if late {
					_, state := collect(t, in, "api_key")
					_, retry := roundCall(t.Context())
					go in.Desk.Resume(retry, state, chooses(differ))
				} else {
					in.Values = frozen{values}
					c := consent.NewCall(consent.Who{Kind: consent.Process}, consent.Tool{Kind: "tool", Name: "tool"})
					go func() { _ = in.Collect(t.Context(), c, Secrets{Names: []string{"api_key"}}) }()
				}
				time.Sleep(time.Hour)
				begun := time.Now()
				in.Desk.Close()
				if took := time.Since(begun); took != grace {
					t.Errorf("Close took %v", took)
				}
			})
		})
	}
}

// frozen is a shelf that stores nothing.
type frozen struct{ *shelf }

func (f frozen) Replace(ctx context.Context, of store.Entry, text string) (undo func(context.Context), err error) {
	<-ctx.Done()
	return func(ctx context.Context) { <-ctx.Done() }, ctx.Err()
}

// Both ways of saying so are noted, once each.
func TestCodesThatDifferAreNoted(t *testing.T) {
	for stored, want := range map[bool]string{
		false: `codes of ["api_key"] differ, stored: false`, true: `codes of ["api_key"] differ, stored: true`,
	} {
		values := &shelf{}
		in := newIntake(t, values, "typed")
		_, c := roundCall(t.Context())
		codes := in.newCodes(c, Secrets{Names: []string{"api_key"}})
		if stored {
			codes, _ = collect(t, in, "api_key")
		}
		values.log = nil
		codes.hear(consent.Reply{Chosen: differ})
		if len(values.log) == 0 || values.log[0] != want {
			t.Errorf("stored %t: noted %q", stored, values.log)
		}
	}
}

// The tables that no flood of calls can fill have an entry for each secret at most. A new table must be thought about.
func TestEveryTableIsBounded(t *testing.T) {
	bySecret := []string{"open"}
	bounded := []string{"awaited"} // by maxAwaited
	intake := reflect.TypeFor[Intake]()
	for i := range intake.NumField() {
		f := intake.Field(i)
		isTable := f.Type.Kind() == reflect.Map || strings.HasPrefix(f.Type.String(), "*consent.Table[")
		if isTable && !slices.Contains(bySecret, f.Name) && !slices.Contains(bounded, f.Name) {
			t.Errorf("what bounds %s?", f.Name)
		}
	}
}

// What is missing is looked up again after an answer that decides, and nothing is stored before all is entered.
func TestAnswerThatDecides(t *testing.T) {
	values := &shelf{decide: func(entered map[string]string) []Gap {
		text := func(name string, decides bool) Gap {
			return Gap{Field: field.Field{Name: name, Type: field.Text, Required: true}, Decides: decides}
		}
		switch way, isChosen := entered["way"]; {
		case !isChosen:
			return []Gap{text("other", false), text("way", true)}
		case entered["other"] != "":
			return nil
		default:
			return []Gap{text("of-"+way, false), text("other", false)}
		}
	}}
	var numbers []string
	in := newIntake(t, values, "token", "t", "o")
	enter := in.Enter
	in.Enter = func(ctx context.Context, g Gap, prefill string) (string, *field.Problem, error) {
		numbers = append(numbers, fmt.Sprintf("%s %d/%d", g.Field.Name, g.Asking.Number, g.Asking.Total))
		if len(values.log) > 0 {
			t.Errorf("stored before all is entered: %q", values.log)
		}
		return enter(ctx, g, prefill)
	}
	collect(t, in, "way", "other")
	if want := []string{"way 0/0", "of-token 2/3", "other 3/3"}; !slices.Equal(numbers, want) {
		t.Errorf("asked for %q, want %q", numbers, want)
	}
	if want := map[string]string{"way": "token", "of-token": "t", "other": "o"}; !maps.Equal(values.texts, want) {
		t.Errorf("stored %q, want %q", values.texts, want)
	}
}

// A person is asked where a value goes before the value itself. Nothing else changes its place.
func TestDestinationsFirst(t *testing.T) {
	gap := func(name, to string) Gap { return Gap{Field: field.Field{Name: name, SentTo: to}} }
	for _, row := range []struct {
		gaps []Gap
		want string
	}{
		{[]Gap{gap("token", "url"), gap("url", "")}, "url token"},
		{[]Gap{gap("url", ""), gap("token", "url")}, "url token"},
		{[]Gap{gap("a", ""), gap("token", "url"), gap("b", ""), gap("url", ""), gap("other", "url")}, "a url token b other"},
		{[]Gap{gap("token", "url"), gap("b", "")}, "token b"},
		{[]Gap{gap("a", "b"), gap("b", "a")}, "b a"},
		{[]Gap{gap("a", "a")}, "a"},
		{[]Gap{gap("token", "url"), gap("a", ""), gap("token", "url"), gap("url", "")}, "url token a token"},
		{nil, ""},
	} {
		var names []string
		for _, g := range inOrder(row.gaps) {
			names = append(names, g.Field.Name)
		}
		if got := strings.Join(names, " "); got != row.want {
			t.Errorf("%s, want %s", got, row.want)
		}
	}
}
