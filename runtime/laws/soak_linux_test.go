package laws

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/testdata/chance"
)

// The law: nothing hangs or piles up. A process of the subject is called thousands of times, by callers who mostly do wrong,
// with a keychain that comes and goes and a person who answers dialogs in every way. In the end all that a process can
// have more and more of is as it was at the beginning. What lives for minutes by design (a form that nobody answers) is
// ended by its user, who comes back.

// A soak is a process that serves HTTP, and all that is done to it.
type soak struct {
	*process
	url    string
	http   *http.Client
	ids    atomic.Int64 // of requests
	calls  atomic.Int64
	people atomic.Int64

	mu       sync.Mutex
	gone     []absent // sessions whose clients went away
	outcomes map[string]int
}

// An absent caller went away in the middle of a session, and has forms that it did not answer.
type absent struct {
	*caller
	forms []message
}

// secretText is what no result may show.
const secretText = "soaked-key-0123456789"

func TestNothingPilesUpOverHTTP(t *testing.T) { onOneSDK(t, nothingPilesUpOverHTTP) }

func nothingPilesUpOverHTTP(t *testing.T, sdk string) {
	chances := chance.Source(t)
	s := openSoak(t, sdk)
	stop := make(chan struct{})
	var others sync.WaitGroup
	person := newChances(chances)
	others.Go(func() { s.answerDialogs(stop, person, false) })

	var each sync.WaitGroup // what is made once, and kept
	for _, v := range visits {
		own := newChances(chances)
		each.Go(func() { s.visit(v, own) })
	}
	each.Wait()
	s.want(s.newCaller().call(t.Context(), "mask", object{"times": 5_000}, "", nil))
	begin := s.settled(nil)
	titles, tallies := []string{"begin"}, []tally{begin}

	const parts = 3
	for part := range parts {
		trouble := make(chan struct{})
		var troubled sync.WaitGroup
		own := newChances(chances)
		troubled.Go(func() { s.makeTrouble(trouble, own) })
		s.visitMany(60*chance.Times(), newChances(chances))
		close(trouble)
		troubled.Wait()
		now := s.settled(begin)
		titles, tallies = append(titles, fmt.Sprintf("part %d", part+1)), append(tallies, now)
	}
	close(stop)
	others.Wait()

	s.dieWithDisplay()
	s.end()
	t.Logf("%d calls by %d people%s\n%s", s.calls.Load(), s.people.Load(), table(titles, tallies), s.report())
	s.wantNoTemporary()
}

func (s *stage) wantNoTemporary() {
	s.t.Helper()
	if left, err := os.ReadDir(s.temporary()); err != nil || len(left) != 0 {
		s.t.Errorf("it leaves %v, %v", left, err)
	}
}

// temporary is where the subject's temporary files are.
func (s *stage) temporary() string { return filepath.Join(s.Dir(), "tmp") }

func openSoak(t *testing.T, sdk string) *soak {
	t.Helper()
	s := openStage(t, sdk)
	s.store("key", secretText)
	s.store("prefixed", "sk-live-"+secretText)
	s.must(os.Mkdir(s.temporary(), 0o700))
	p, url := s.serveHTTP("TMPDIR=" + s.temporary())
	return &soak{
		process:  p,
		url:      url,
		http:     &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}},
		outcomes: map[string]int{},
	}
}

// end ends the process, and fails the test unless that goes well.
func (s *soak) end() {
	s.t.Helper()
	s.must(s.cmd.Process.Signal(os.Interrupt))
	s.ends()
}

func (s *soak) newCaller() *caller {
	return &caller{url: s.url, who: fmt.Sprintf("user%d", s.people.Add(1)), http: s.http, ids: &s.ids}
}

func newChances(r *rand.Rand) *rand.Rand { return rand.New(rand.NewPCG(r.Uint64(), r.Uint64())) }

// note keeps what came of a call. A call that ends in no way at all is one that hangs.
func (s *soak) note(what string, got message, err error) {
	s.t.Helper()
	outcome := "ok"
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		s.t.Errorf("%s: it hangs", what)
	case errors.Is(err, context.Canceled):
		outcome = "dropped"
	case err != nil:
		s.t.Errorf("%s: %v", what, err)
	case strings.Contains(got.text(), secretText):
		s.t.Errorf("%s: it gives the key away", what)
	case got.Result.ResultType == "input_required":
		outcome = "asked"
	case got.Result.IsError || got.Error != nil:
		outcome = fmt.Sprintf("%.50s", got.text())
	}
	s.calls.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outcomes[outcome]++
}

// report lists what came of the calls.
func (s *soak) report() string {
	var b strings.Builder
	for _, outcome := range slices.Sorted(maps.Keys(s.outcomes)) {
		fmt.Fprintf(&b, "%6d %s\n", s.outcomes[outcome], outcome)
	}
	return b.String()
}

func (s *soak) want(got message, err error) {
	s.t.Helper()
	if err != nil || got.Error != nil || got.Result.IsError {
		s.t.Fatalf("%q, %v", got.text(), err)
	}
}

// visitMany has people come by, many at a time.
func (s *soak) visitMany(number int, chances *rand.Rand) {
	var all sync.WaitGroup
	places := make(chan struct{}, 40)
	for range number {
		v := anyVisit(chances)
		own := newChances(chances)
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			s.visit(v, own)
		})
	}
	all.Wait()
}

// A visit is what one person does with a client.
type visit struct {
	name   string
	weight int
	do     func(*visitor)
}

// A visitor is a person with a client, and chances of their own.
type visitor struct {
	*soak
	*caller
	*rand.Rand
	what string
}

func anyVisit(chances *rand.Rand) visit {
	sum := 0
	for _, v := range visits {
		sum += v.weight
	}
	n := chances.IntN(sum)
	for _, v := range visits {
		if n -= v.weight; n < 0 {
			return v
		}
	}
	panic("no visit")
}

func (s *soak) visit(v visit, chances *rand.Rand) {
	v.do(&visitor{s, s.newCaller(), chances, v.name})
}

var visits = []visit{
	{"nothing secret", 30, func(v *visitor) { v.modern("plain", "", nil) }},
	{"a tool that masks", 15, func(v *visitor) { v.modern("mask", "", nil) }},
	{"allow", 30, func(v *visitor) { v.answered("use", accept("Allow")) }},
	{"allow a tool that panics", 15, func(v *visitor) { v.answered("panic", accept("Allow")) }},
	{"allow for the session", 30, func(v *visitor) {
		v.answered("use", accept("Allow for session"))
		for range 5 {
			v.modern("use", "", nil)
		}
	}},
	{"deny, and nag", 15, func(v *visitor) {
		v.answered("use", accept("Deny"))
		v.modern("use", "", nil)
	}},
	{"decline", 15, func(v *visitor) { v.answered("use", object{"action": "decline"}) }},
	{"cancel", 15, func(v *visitor) { v.answered("use", object{"action": "cancel"}) }},
	{"never answer", 15, func(v *visitor) { v.modern("use", "", nil) }},
	{"forge a handle", 15, func(v *visitor) { v.modern("use", fmt.Sprintf("%032x", v.Uint64()), accept("Allow")) }},
	{"use a handle twice", 15, func(v *visitor) {
		state := v.modern("use", "", nil).Result.RequestState
		v.read()
		v.modern("use", state, accept("Allow"))
		v.modern("use", state, accept("Allow"))
	}},
	{"use somebody else's handle", 15, func(v *visitor) {
		state := v.modern("use", "", nil).Result.RequestState
		v.read()
		v.caller = v.newCaller()
		v.modern("use", state, accept("Allow"))
	}},
	{"answer too fast", 1, func(v *visitor) {
		state := v.modern("use", "", nil).Result.RequestState
		v.modern("use", state, accept("Allow")) // and wait for the dialog
	}},
	{"answer with garbage", 1, func(v *visitor) {
		v.answered("use", object{"action": "accept", "content": object{"answer": v.Uint64()}})
	}},
	{"collect", 2, func(v *visitor) { v.answered("collect", accept("The codes match")) }},
	{"find that codes differ", 1, func(v *visitor) { v.answered("collect", accept("They differ")) }},
	{"drop the connection", 30, func(v *visitor) {
		ctx, cancel := v.briefly(300)
		defer cancel()
		got, err := v.call(ctx, v.any("use", "plain", "collect", "panic"), object{}, "", nil)
		v.note(v.what, got, dropped(err))
	}},
	{"all at a time", 1, func(v *visitor) {
		v.answered("use", accept("Allow for session"))
		var burst sync.WaitGroup
		for range 100 {
			burst.Go(func() { v.answered("use", accept("Allow for session")) })
		}
		burst.Wait()
	}},
	{"allow in place", 15, func(v *visitor) { v.inPlace("use", object{"result": accept("Allow")}) }},
	{"allow in place for the session", 15, func(v *visitor) {
		v.inPlace("use", object{"result": accept("Allow for session")}, "use", "panic", "use")
	}},
	{"decline in place", 9, func(v *visitor) { v.inPlace("use", object{"result": object{"action": "decline"}}) }},
	{"fail in place", 1, func(v *visitor) { v.inPlace("use", object{"error": object{"code": -32601, "message": "no"}}) }},
	{"answer garbage in place", 1, func(v *visitor) { v.inPlace("panic", object{"result": accept("Yes")}) }},
	{"leave the session", 15, func(v *visitor) { v.inPlace("use", nil) }},
	{"begin a session only", 15, func(v *visitor) {
		v.must(v.begin(v.t.Context()))
		v.leave(nil)
	}},
	{"cancel in place", 15, func(v *visitor) { v.cancelled() }},
}

func accept(answer string) object {
	return object{"action": "accept", "content": object{"answer": answer}}
}

// dropped is the error of a call that its caller has given up, if that was the reason.
func dropped(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return context.Canceled
	}
	return err
}

func (v *visitor) read() { time.Sleep(reading) }

func (v *visitor) any(tools ...string) string { return tools[v.IntN(len(tools))] }

// briefly is the context of a call that is given up after some milliseconds.
func (v *visitor) briefly(most int) (context.Context, context.CancelFunc) {
	return context.WithTimeout(v.t.Context(), time.Duration(1+v.IntN(most))*time.Millisecond)
}

// patiently is the context of a call that must have ended long before.
func (s *soak) patiently() (context.Context, context.CancelFunc) {
	return context.WithTimeout(s.t.Context(), 3*patience)
}

// modern calls a tool on 2026-07-28.
func (v *visitor) modern(tool, state string, answer object) message {
	ctx, cancel := v.patiently()
	defer cancel()
	got, err := v.call(ctx, tool, object{}, state, answer)
	v.note(v.what, got, err)
	return got
}

// answered calls a tool on 2026-07-28 and gives the same answer to all that is asked.
func (v *visitor) answered(tool string, answer object) {
	got := v.modern(tool, "", nil)
	for rounds := 0; got.Result.ResultType == "input_required" && rounds < 3; rounds++ {
		v.read()
		got = v.modern(tool, got.Result.RequestState, answer)
	}
}

// inPlace begins a session and calls tools, the first with an answer to its form. Without an answer, the caller goes away
// when it is asked.
func (v *visitor) inPlace(tool string, answer object, further ...string) {
	ctx, cancel := v.patiently()
	defer cancel()
	v.must(v.begin(ctx))
	var unanswered []message
	for _, tool := range append([]string{tool}, further...) {
		got, err := v.callInPlace(ctx, v.caller.ids.Add(1), tool, func(form message) bool {
			if answer == nil {
				unanswered = append(unanswered, form)
				return false
			}
			v.read()
			if err := v.answer(ctx, form, answer); err != nil {
				v.note(v.what+": answer", message{}, err)
			}
			return true
		})
		v.note(v.what, got, err)
	}
	v.leave(unanswered)
}

// cancelled begins a session and cancels a call.
func (v *visitor) cancelled() {
	ctx, cancel := v.patiently()
	defer cancel()
	v.must(v.begin(ctx))
	id := v.caller.ids.Add(1)
	var unanswered []message
	time.AfterFunc(time.Duration(v.IntN(200))*time.Millisecond, func() {
		_ = v.post(ctx, object{"jsonrpc": "2.0", "method": "notifications/cancelled", "params": object{"requestId": id}},
			func(message) bool { return true })
	})
	got, err := v.callInPlace(ctx, id, "use", func(form message) bool {
		unanswered = append(unanswered, form)
		return true
	})
	v.note(v.what, got, err)
	v.soak.mu.Lock()
	defer v.soak.mu.Unlock()
	v.gone = append(v.gone, absent{v.caller, unanswered})
}

// leave ends the session, or just goes away.
func (v *visitor) leave(unanswered []message) {
	if unanswered == nil && v.IntN(2) == 0 {
		v.must(v.caller.end(v.t.Context(), nil))
		return
	}
	v.soak.mu.Lock()
	defer v.soak.mu.Unlock()
	v.gone = append(v.gone, absent{v.caller, unanswered})
}

// comeBack has all come back who went away, and end their sessions.
func (s *soak) comeBack() {
	s.mu.Lock()
	gone := s.gone
	s.gone = nil
	s.mu.Unlock()
	var all sync.WaitGroup
	for some := range slices.Chunk(gone, max(1, len(gone)/16)) {
		all.Go(func() {
			for _, c := range some {
				if err := c.caller.end(s.t.Context(), c.forms); err != nil {
					s.t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// settled returns the tally when nothing more is under way.
func (s *soak) settled(begin tally) tally {
	s.t.Helper()
	s.comeBack()
	caller := s.newCaller()
	return s.settle(s.cmd.Process.Pid, begin, func() (string, error) {
		s.http.CloseIdleConnections()
		got, err := caller.call(s.t.Context(), "state", object{}, "", nil)
		return got.text(), err
	})
}
