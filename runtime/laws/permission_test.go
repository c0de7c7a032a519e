package laws

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/testdata/chance"
)

// Nothing is granted that nobody allowed. A run is a row of chances: clients of all kinds call, answer, lie and give up,
// values are set and forgotten, the server is started anew, the clock jumps. The oracle looks on.

var oneRun = flag.Uint64("laws.run", 0, "try only the permission run of this `SEED`")

// permissionRuns is how many runs are tried in CI, on both SDKs together.
const permissionRuns = 200

func TestNothingIsGrantedThatNobodyAllowed(t *testing.T) {
	onEachSDK(t, func(t *testing.T, sdk string) {
		t.Parallel()
		if *oneRun != 0 {
			tryPermission(t, sdk, *oneRun)
			return
		}
		tryPermissions(t, sdk)
	})
}

func tryPermissions(t *testing.T, sdk string) {
	const workers = 2
	all := chance.Usual(t, 1) // in CI always the same runs, so that what fails is what has changed
	for worker := range workers {
		choose := rand.New(rand.NewPCG(all.Uint64(), 0))
		t.Run(fmt.Sprint("worker ", worker), func(t *testing.T) {
			t.Parallel()
			for run := range half(permissionRuns) * chance.Times() / workers {
				if tryPermission(t, sdk, choose.Uint64()); t.Failed() {
					t.Logf("it was run %d", run+1)
					return
				}
			}
		})
	}
}

// tryPermission does the run of a seed. Chances that are drawn at one instant by several clients may fall another way the
// next time, so that a run is nearly, but not always, the same again.
func tryPermission(t *testing.T, sdk string, seed uint64) {
	var p *permissionRun
	hung := true
	defer func() { // also when the bubble says that all in it wait for ever
		if hung || p.broke != "" || t.Failed() {
			t.Errorf("%s\n%s\nagain with: go test ./runtime/laws -run '^TestNothingIsGrantedThatNobodyAllowed$/^%s$' -laws.run %d",
				p.broke, strings.Join(p.story, "\n"), sdk, seed)
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		p = newPermissionRun(t, sdk, seed)
		for range 30 {
			if p.step(); p.isBroken() {
				break
			}
		}
		p.end()
	})
	hung = false
}

func newPermissionRun(t *testing.T, sdk string, seed uint64) *permissionRun {
	dice := func(n uint64) *rand.Rand { return rand.New(&lockedSource{source: rand.NewPCG(seed, n)}) }
	p := &permissionRun{oracle: newOracle(), t: t, sdk: sdk, choose: dice(0), person: dice(1)}
	p.moody = p.choose.IntN(6)
	p.named = percent(p.choose, 70)
	either := []string{newEra, newEra, "2025-11-25", "2025-06-18"}
	parents := either
	if sdk == "mcpgo" { // a client in its server's process is asked by a function call
		parents = either[2:]
	}
	kinds := []*actor{
		{name: "ann's client", principal: "ann", version: anyOf(p.choose, either...)},
		{name: "bob's client", principal: "bob", version: anyOf(p.choose, either...)},
		{name: "ann's other client", principal: "ann", version: anyOf(p.choose, either[1:]...)},
		{name: "the parent's client", principal: "process", version: anyOf(p.choose, parents...)},
		{name: "the server", principal: "process"},
		{name: "a local client", principal: oracleNobody, version: anyOf(p.choose, either...)},
		{name: "a strange client", principal: oracleStranger, version: anyOf(p.choose, either...)},
		{name: "code without a call", principal: oracleStranger},
	}
	for i, a := range kinds {
		a.run, a.choose, a.turn = p, dice(uint64(2+i)), make(chan struct{}, 1)
		a.forms, a.mute = percent(p.choose, 90), percent(p.choose, 15)
		if i == 0 || percent(p.choose, 50) {
			p.actors = append(p.actors, a)
		}
	}
	for _, key := range allKeys[1:] {
		if percent(p.choose, 70) {
			p.put(key.Describe().Name, p.newText(), true)
		}
	}
	p.put("host", "https://first.example/a", true)
	p.other = p.open()
	p.start()
	return p
}

// lockedSource is a source of chances that several goroutines may use.
type lockedSource struct {
	mu     sync.Mutex
	source rand.Source
}

func (s *lockedSource) Uint64() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.source.Uint64()
}

func (p *permissionRun) isBroken() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.broke != ""
}

// step does one thing, and lets some time pass.
func (p *permissionRun) step() {
	r := p.choose
	key := anyOf(r, allKeys[1:]...)
	name := key.Describe().Name
	switch n := r.IntN(100); {
	case n < 40:
		p.begin(anyOf(r, p.actors...), true)
	case n < 64:
		for range 1 + r.IntN(4) {
			p.begin(anyOf(r, p.actors...), false)
		}
	case n < 70:
		if len(p.cancels) > 0 {
			anyOf(r, p.cancels...)()
		}
	case n < 75:
		p.changeMind(anyOf(r, p.actors...))
	case n < 78:
		p.revoked(name)
		_ = p.serving.Load().Revoke(key)
	case n < 81:
		p.replaced(name)
		_ = p.serving.Load().Forget(context.Background(), key)
	case n < 84:
		p.replaced(name)
		_ = p.serving.Load().Set(context.Background(), key, p.newText())
	case n < 87:
		address := fmt.Sprintf("https://%s.example/%s", anyOf(r, "first", "second"), anyOf(r, "a", "b"))
		if percent(r, 50) {
			p.put("host", address, true)
		} else {
			p.replaced("host")
			_ = p.serving.Load().Set(context.Background(), keyHost, address)
		}
	case n < 90: // another program's doing
		p.put(name, anyOf(r, p.newText(), p.newText(), "short"), true)
	case n < 91:
		p.put(name, "", false)
	case n < 93:
		p.stop()
		p.start()
	}
	time.Sleep(anyOf(r, time.Millisecond, 100*time.Millisecond, time.Second, 3*time.Second, 20*time.Second, 50*time.Second,
		70*time.Second, 4*time.Minute, 6*time.Minute, 11*time.Minute, 31*time.Minute) +
		time.Duration(1+r.IntN(1000))*time.Microsecond)
	p.look()
}

// look compares what the server lists as granted with what the oracle has heard.
func (p *permissionRun) look() {
	synctest.Wait()
	grants := p.serving.Load().Grants()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.checkGrants(grants)
	p.checkVoid()
	p.checkWindows()
}

// end waits for the calls, which have to end by themselves, and ends the run.
func (p *permissionRun) end() {
	if p.isBroken() {
		for _, cancel := range p.cancels {
			cancel()
		}
	}
	p.calls.Wait()
	p.look()
	p.stop()
	if err := p.other.Close(); err != nil {
		p.t.Error(err)
	}
	time.Sleep(2 * lateReject) // handlers of calls that were given up may be at work still
}

// begin begins a call, and waits for its end if it is alone.
func (p *permissionRun) begin(a *actor, alone bool) {
	first := p.draw(a)
	if a.version != "" && percent(a.choose, 15) {
		p.forge(a, &first)
	}
	done, _ := p.send(a, first)
	if alone {
		<-done
	}
}

// changeMind has a client give up a call whose question may be open, and make it with other arguments.
func (p *permissionRun) changeMind(a *actor) {
	r := p.draw(a)
	_, cancel := p.send(a, r)
	time.Sleep(anyOf(a.choose, time.Millisecond, time.Second, 4*time.Second, 50*time.Second))
	cancel()
	if percent(a.choose, 70) {
		time.Sleep(time.Millisecond)
	}
	if a.version != "" {
		r.arg = anyOf(a.choose, "4", "5")
	}
	done, _ := p.send(a, r)
	<-done
}

// draw draws a request.
func (p *permissionRun) draw(a *actor) oracleRequest {
	r := a.choose
	tool := anyOf(r, "read", "read", "write", "who", "open", "memo", "where", "login", "steps", "pair")
	arg := anyOf(r, "1", "1", "2", "reject", "reject later")
	if strings.HasPrefix(arg, "reject") && !percent(r, 30) {
		arg = anyOf(r, "1", "3")
	}
	if a.version == "" {
		arg = "" // no request, no arguments
		if a.principal != oracleStranger {
			tool = ""
		}
	}
	return oracleRequest{principal: a.principal, tool: tool, arg: arg, rounds: a.rounds()}
}

// send begins a call with a first request.
func (p *permissionRun) send(a *actor, first oracleRequest) (done chan struct{}, cancel func()) {
	ctx, end := context.WithCancel(context.Background())
	done = make(chan struct{})
	now := new(atomic.Pointer[oracleRequest])
	p.calls.Go(func() {
		defer close(done)
		defer end()
		p.call(ctx, a, first, now)
	})
	cancel = func() {
		p.givesUp(a, now.Load())
		end()
	}
	p.cancels = append(p.cancels, cancel)
	return done, cancel
}

// forge gives a first request a handle of somebody's, or none, and answers that nobody asked for.
func (p *permissionRun) forge(a *actor, r *oracleRequest) {
	p.mu.Lock()
	handles := p.handles
	p.mu.Unlock()
	switch {
	case len(handles) > 0 && percent(a.choose, 85):
		r.handle = anyOf(a.choose, handles[max(0, len(handles)-6):]...)
		if percent(a.choose, 50) { // the handle's own request, or nearly
			p.mu.Lock()
			of := p.rounds[r.handle].request
			p.mu.Unlock()
			if r.tool = of.tool; percent(a.choose, 50) {
				r.arg = of.arg
			}
		}
	case percent(a.choose, 50):
		r.handle = strings.Repeat("0", 32)
	}
	r.answers = map[string]string{
		"permission": anyOf(a.choose, "Allow", "Allow for session", "Deny"), "codes0": anyOf(a.choose, "They differ", "declines"),
	}
}

// givesUp notes that a client gives up a call, whose last request is r. Others of the actor's calls may end with its connection.
// One that has the answer to its request already, an input request too, tells the server nothing: there is nothing left to cancel.
func (p *permissionRun) givesUp(a *actor, r *oracleRequest) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r == nil { // it was not sent yet
		return
	}
	if !r.ended.IsZero() {
		p.tell("%s comes no more for #%d", a.name, r.number)
		return
	}
	p.tell("%s gives up #%d", a.name, r.number)
	if r.gaveUp.IsZero() {
		r.gaveUp = time.Now()
	}
	for _, other := range p.requests {
		if other.ended.IsZero() && other.principal == a.principal {
			other.canceled = true
		}
	}
}

// call sends a request, and answers input requests until there is a result.
func (p *permissionRun) call(ctx context.Context, a *actor, next oracleRequest, now *atomic.Pointer[oracleRequest]) {
	for range 10 {
		next.canceled = ctx.Err() != nil
		r := p.comes(next)
		now.Store(r)
		text, input, err := a.send(ctx, r)
		if input == nil {
			outcome := outcomeOf(text, err)
			p.ended(r, outcome, fmt.Sprint(text, err))
			if outcome == "lost" {
				a.leave()
			}
			if r.handle == "" || !percent(a.choose, 15) {
				return
			}
			time.Sleep(time.Second)
			continue // the same again, word for word
		}
		p.ended(r, "asked", "")
		forms := p.mints(r, input.handle, input.forms)
		p.mu.Lock()
		p.handles = append(p.handles, input.handle)
		p.mu.Unlock()
		if percent(a.choose, 20) {
			p.steal(r, input.handle)
		}
		next = oracleRequest{principal: r.principal, tool: r.tool, arg: r.arg, rounds: r.rounds, handle: input.handle}
		next.answers = map[string]string{}
		if a.mute && percent(a.choose, 60) {
			return
		}
		longest := time.Duration(0)
		for name, form := range forms {
			answer, wait := a.answer(form.code != "")
			if answer == "method not found" || percent(a.choose, 5) { // such a client gives up, and perhaps comes again
				time.Sleep(time.Duration(a.choose.IntN(8)) * time.Second)
				next.handle, next.answers = "", nil
				longest = 0
				break
			}
			if answer != "nothing, and never" {
				next.answers[name] = answer
			}
			longest = max(longest, wait)
		}
		select {
		case <-time.After(longest):
		case <-ctx.Done():
			return
		}
		switch {
		case next.handle == "" && percent(a.choose, 50):
			return
		case percent(a.choose, 4): // a person who comes back much later
			time.Sleep(anyOf(a.choose, 4*time.Minute, 6*time.Minute, 11*time.Minute))
		case percent(a.choose, 4):
			next.arg += "'"
		case percent(a.choose, 4) && next.answers != nil:
			next.answers = map[string]string{"permission2": "Allow", "codes9": "They differ"}
		}
	}
}

// steal has another principal's client answer an input request, as slowly as a person.
func (p *permissionRun) steal(r *oracleRequest, handle string) {
	for _, thief := range p.actors {
		if thief.principal == r.principal || !thief.rounds() {
			continue
		}
		p.calls.Go(func() {
			time.Sleep(400 * time.Millisecond)
			p.call(context.Background(), thief, oracleRequest{
				principal: thief.principal, tool: r.tool, arg: r.arg, rounds: true, handle: handle,
				answers: map[string]string{"permission": anyOf(thief.choose, "Allow", "Allow for session"), "codes0": "They differ"},
			}, new(atomic.Pointer[oracleRequest]))
		})
	}
}

// outcomeOf names what came of a call.
func outcomeOf(text string, err error) string {
	if err != nil {
		text = err.Error()
	}
	for words, outcome := range map[string]string{
		"did not allow the use": meansDenied, "closed the window": meansDismissed, "has not answered for": "pending",
		"no screen": "no dialog", "is not set. Ask": "not set", "was rejected": "rejected", "shutting down": "closed",
		"Bad Request": "lost", "client is closing": "lost", "context canceled": "canceled", "outside a tool call": "outside",
		"nothing says who calls": "outside",
		// mcp-go: on 2026-07-28, the id of a request that one client of a principal gives up may be another's too.
		"unsupported content type \"\"": "canceled",
	} {
		if strings.Contains(text, words) {
			return outcome
		}
	}
	return text
}

// checkGrants compares what is listed as granted with the words for the session. The lock is held.
func (o *oracle) checkGrants(grants []secrets.Grant) {
	for _, g := range grants {
		who := g.Principal
		if who == "" {
			who = "process"
		}
		allowed := false
		for _, w := range o.words {
			allowed = allowed || w.session && w.byTool == (g.Tool != "") && o.live(w, who, w.tool, g.Secret) &&
				(g.Tool == "" || g.Tool == w.tool) && (w.lasts == 0) == g.Until.IsZero()
		}
		if !allowed {
			o.breaks("a grant that nobody gave: %+v", g)
		}
	}
}

// checkVoid looks for values that must not have been kept. The lock is held.
func (o *oracle) checkVoid() {
	for s := range oracleSecrets {
		text, set := o.value(s)
		if at, ok := o.void[text]; set && ok && at.Before(time.Now()) {
			o.breaks("%q is still stored", text)
		}
	}
}
