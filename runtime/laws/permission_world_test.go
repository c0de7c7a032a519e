package laws

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// The world of a run: a server with a store, and a person at its computer.

var (
	keyHost = secrets.URL("host", secrets.Field{Permission: secrets.NoAsking, Default: "https://first.example/a"})
	keyKey  = secrets.Password("key", secrets.Field{Required: true, MinLength: 8, SentTo: "host"})
	keyUser = secrets.Text("user", secrets.Field{
		Required: true, MinLength: 8, Scope: secrets.ToolScope, Remember: 10 * time.Minute,
	})
	keyPin  = secrets.Password("pin", secrets.Field{Required: true, MinLength: 8, Permission: secrets.DialogOnly})
	keyNote = secrets.Text("note", secrets.Field{MinLength: 8})
	allKeys = []secrets.AnyKey{keyHost, keyKey, keyUser, keyPin, keyNote}
)

func manifestOfLaws() string {
	type secret struct {
		Name  string `json:"name"`
		Label string `json:"label"`
	}
	list := make([]secret, len(allKeys))
	for i, key := range allKeys {
		list[i] = secret{key.Describe().Name, key.Describe().Label}
	}
	reasons := []string{"Try the law.", "Wrong."}
	for _, principal := range []string{"process", "ann", "bob", oracleNobody, oracleStranger} {
		reasons = append(reasons, string(reasonFor(principal)))
	}
	text, err := json.Marshal(map[string]any{"server": "laws", "secrets": list, "reasons": reasons, "sentences": wording.English()})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// A permissionServer is one life of the server, on either SDK.
type permissionServer struct {
	*secrets.Manager
	handler http.Handler // takes the token of the bearer for the name of the principal
	// connect connects the client that has the server in its own process.
	connect func(ctx context.Context, a *actor, gone <-chan struct{}) (connection, error)
}

// permissionServers make the server on each SDK.
var permissionServers = map[string]func(*permissionRun, *secrets.Manager) *permissionServer{
	"mcpgo": serveMCPGo, "gosdk": serveGoSDK,
}

// lateReject is how long a handler uses a value before it finds that it is wrong.
const lateReject = 20 * time.Second

// A permissionRun is one run: its world, its actors and its oracle.
type permissionRun struct {
	*oracle
	t      *testing.T
	sdk    string
	choose *rand.Rand
	named  bool // questions say whose they are
	moody  int  // how many of ten answers are a no or none
	person *rand.Rand
	typed  int

	serving atomic.Pointer[permissionServer] // the one that is up
	other   *secrets.Manager                 // of another server in the same process, with the same store
	actors  []*actor
	calls   sync.WaitGroup
	cancels []func()
	handles []string // that were seen
}

// percent reports true that many times of a hundred.
func percent(r *rand.Rand, times int) bool { return r.IntN(100) < times }

func anyOf[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// start starts the server on what is stored.
func (p *permissionRun) start() {
	p.serving.Store(permissionServers[p.sdk](p, p.open()))
	p.starts()
}

func (p *permissionRun) open() *secrets.Manager {
	manager, err := secrets.Open(secrets.Schema{Server: "laws", Manifest: manifestOfLaws(), Keys: allKeys},
		secrets.WithStore(runStore{p.oracle}), secrets.WithPrompter(&runAsker{p}), secrets.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		p.t.Fatal(err)
	}
	return manager
}

// stop ends the server, and what its clients know of it.
func (p *permissionRun) stop() {
	p.stops()
	if err := p.serving.Load().Close(); err != nil {
		p.t.Error(err)
	}
	for _, a := range p.actors {
		a.leave()
	}
}

// reason is what a getter says: a constant, or whose question it is.
func (p *permissionRun) reason(number int) secrets.Reason {
	if !p.named {
		return "Try the law."
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return reasonFor(p.requests[number-1].principal)
}

func reasonFor(principal string) secrets.Reason {
	return secrets.Reason("Try the law, for " + principal + ".")
}

// startsWithAll reports whether a tool starts only with what it needs.
func startsWithAll(tool string) bool { return tool == "write" || tool == "login" }

// handle is what a tool does that starts with nothing.
func (p *permissionRun) handle(ctx context.Context, m *secrets.Manager, tool string, number int, arg string) error {
	names := []string{tool}
	switch tool {
	case "steps":
		names = []string{"read", "who", "read"}
	case "pair":
		return p.pair(ctx, m, number)
	}
	for _, name := range names {
		got, err := p.get(ctx, m, name, p.reason(number))
		if err != nil {
			return err
		}
		p.use(number, got)
		if got["key"] != "" && strings.HasPrefix(arg, "reject") {
			if arg == "reject later" {
				time.Sleep(lateReject)
			}
			p.rejects(number, got["key"])
			return m.Reject(ctx, keyKey, "Wrong.")
		}
	}
	return nil
}

func (p *permissionRun) pair(ctx context.Context, m *secrets.Manager, number int) error {
	errs := make(chan error, 2)
	for _, name := range []string{"read", "who"} {
		go func() {
			got, err := p.get(ctx, m, name, p.reason(number))
			if err == nil {
				p.use(number, got)
			}
			errs <- err
		}()
	}
	return cmpError(<-errs, <-errs)
}

// cmpError returns the error that says more.
func cmpError(a, b error) error {
	if a == nil || b != nil && (errors.Is(a, secrets.ErrPending) || errors.Is(a, context.Canceled)) {
		return b
	}
	return a
}

// get calls the getter of a tool.
func (p *permissionRun) get(ctx context.Context, m *secrets.Manager, tool string, reason secrets.Reason) (
	map[string]string, error) {
	got := map[string]string{}
	switch tool {
	case "", "read", "write":
		v, err := secrets.Get(ctx, m, keyKey, reason)
		got["key"] = v.Reveal()
		return got, err
	case "who":
		v, err := secrets.Get(ctx, m, keyUser, reason)
		got["user"] = v
		return got, err
	case "open":
		v, err := secrets.Get(ctx, m, keyPin, reason)
		got["pin"] = v.Reveal()
		return got, err
	case "memo":
		v, err := secrets.GetOptional(ctx, m, keyNote, reason)
		if text, ok := v.Get(); ok {
			got["note"] = text
		}
		return got, err
	case "where":
		v, err := secrets.Get(ctx, m, keyHost, "")
		if err == nil {
			got["host"] = v.String()
		}
		return got, err
	default:
		var user string
		var pin secrets.Secret
		err := secrets.GetGroup(ctx, m, reason, keyUser.Into(&user), keyPin.Into(&pin))
		got["user"], got["pin"] = user, pin.Reveal()
		return got, err
	}
}

func (p *permissionRun) use(number int, got map[string]string) {
	for name, text := range got {
		p.released(number, name, text)
	}
}

// runStore is the oracle's own record of what is stored.
type runStore struct{ o *oracle }

func (s runStore) Get(ctx context.Context, _ store.Scope, name string) (string, error) {
	if text, ok := s.o.get(name); ok {
		return text, ctx.Err()
	}
	return "", secrets.ErrNotSet
}

func (s runStore) Set(_ context.Context, _ store.Scope, name, text string) error {
	s.o.put(name, text, true)
	return nil
}

func (s runStore) Delete(_ context.Context, _ store.Scope, name string) error {
	if _, ok := s.o.get(name); !ok {
		return secrets.ErrNotSet
	}
	s.o.put(name, "", false)
	return nil
}

func (runStore) Place() string { return "the run" }
func (runStore) List(context.Context, store.Scope) ([]store.Entry, error) {
	return nil, errors.New("nobody asked for that")
}

func (s runStore) Clear(context.Context, store.Scope) error {
	return errors.New("nobody asked for that")
}

// newText is a value that no run has had.
func (p *permissionRun) newText() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.typed++
	return fmt.Sprintf("value-%d", 100+p.typed)
}

// runAsker is the person at the server's computer.
type runAsker struct{ p *permissionRun }

// open waits as long as a dialog is open, and reports false if it was taken away.
func (a *runAsker) open(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// takes is how long a person takes with a dialog.
func (a *runAsker) takes() time.Duration {
	return anyOf(a.p.person, time.Second, 2*time.Second, 5*time.Second, 20*time.Second, 44*time.Second, 100*time.Second,
		10*time.Minute) + time.Duration(a.p.person.IntN(1000))*time.Millisecond
}

func (a *runAsker) Enter(ctx context.Context, e secrets.Entry) (string, error) {
	_, secret, _ := strings.Cut(e.Title, ": ")
	c := a.p.entryOpens(secret, e.Text)
	if percent(a.p.person, 4) {
		a.p.entryCloses(c, "", meansNobody)
		return "", secrets.ErrNoDisplay
	}
	if !a.open(ctx, a.takes()) {
		a.p.entryCloses(c, "", "taken")
		return "", ctx.Err()
	}
	switch {
	case percent(a.p.person, 5*a.p.moody):
		a.p.entryCloses(c, "", meansDismissed)
		return "", secrets.ErrDismissed
	case percent(a.p.person, 10):
		a.p.entryCloses(c, "short", "")
		return "short", nil
	}
	text := a.p.newText()
	if secret == "host" {
		text = "https://" + text + ".example"
	}
	a.p.entryCloses(c, text, "")
	return text, nil
}

func (a *runAsker) Ask(ctx context.Context, q secrets.Question) (secrets.Answer, error) {
	part, asked := a.p.questionOpens(q.Text, q.AllowForSession != ""), time.Now()
	if percent(a.p.person, 4) {
		a.p.questionCloses(part, meansNobody, asked, false)
		return secrets.Deny, secrets.ErrNoDisplay
	}
	if !a.open(ctx, a.takes()) {
		a.p.questionCloses(part, meansNobody, asked, true)
		return secrets.Deny, ctx.Err()
	}
	answer, meaning := secrets.AllowOnce, meansOnce
	switch {
	case percent(a.p.person, 7*a.p.moody):
		answer, meaning = secrets.Deny, meansDenied
	case percent(a.p.person, 50):
		answer, meaning = secrets.AllowSession, meansSession
	}
	a.p.questionCloses(part, meaning, asked, false)
	return answer, nil
}

// Lock sometimes finds the dialog of another server.
func (a *runAsker) Lock(ctx context.Context) (func(), error) {
	if percent(a.p.person, 20) {
		a.open(ctx, time.Duration(1+a.p.person.IntN(5))*time.Second)
	}
	return func() {}, ctx.Err()
}
