package laws

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/reach"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
	"github.com/mcpsecrets/mcpsecrets/testdata/chance"
)

// A value that is sent by a transport reaches no host but those of its schema, and nothing that the server's code can reach has it. A
// run is one client with some requests, all by chance: how addresses are spelled, where redirects lead, what the servers send back,
// what the caller sets, hooks, proxies and jars. The servers are real ones, by TLS and in plain http, and each knows who it is.

// sentRuns is how many clients are tried in CI.
const sentRuns = 300

func TestValueGoesNowhereElse(t *testing.T) {
	w := newOrigins(t)
	r := chance.Usual(t, 15)
	var printed lockedBuffer // by net/http
	stdlog.SetOutput(&printed)
	defer stdlog.SetOutput(os.Stderr)
	delivered, left, refused := 0, 0, 0
	for n := range sentRuns * chance.Times() {
		s := newSentRun(t, w, rand.New(rand.NewPCG(r.Uint64(), 0)))
		s.try(s.client(secrets.Transport(s.manager, s.as, "Read your pets", s.keys, s.options()...)))
		if s.isIn(printed.take()) {
			t.Error("net/http has logged the value")
		}
		delivered, left, refused = delivered+s.delivered, left+s.left, refused+s.refused
		if s.close(); t.Failed() {
			t.Fatalf("it was client %d:\n%s", n, strings.Join(s.story, "\n"))
		}
	}
	t.Logf("%d requests with a value arrived, %d without one after a redirect elsewhere, %d were refused", delivered, left, refused)
	if least := sentRuns * chance.Times() / 3; delivered < least || left < least/5 || refused < least/5 {
		t.Error("the chances are not worth much")
	}
}

// What finds nothing proves nothing until it was seen to find: transports such as programs have are found out.
func TestOrdinaryTransportsAreFoundOut(t *testing.T) {
	w := newOrigins(t)
	for name, naive := range map[string]func(*sentRun) http.RoundTripper{
		"adds a header at each hop": func(s *sentRun) http.RoundTripper {
			return roundTrip(func(req *http.Request) (*http.Response, error) {
				own := req.Clone(req.Context())
				own.Header.Set("Authorization", "Bearer "+s.texts[0])
				resp, err := s.naive(own)
				if err == nil {
					resp.Request = req
				}
				return resp, err
			})
		},
		"keeps to the host, and is seen in the answer": func(s *sentRun) http.RoundTripper {
			return roundTrip(func(req *http.Request) (*http.Response, error) {
				own := req.Clone(context.WithoutCancel(t.Context()))
				if strings.HasPrefix(req.URL.String(), "https://api.example.com/") && (req.Host == "" || req.Host == req.URL.Host) {
					own.Header.Set("Authorization", "Bearer "+s.texts[0])
				}
				return s.naive(own)
			})
		},
	} {
		isFound := false
		for seed := uint64(0); seed < 100 && !isFound; seed++ {
			s := newSentRun(quiet{t, &isFound}, w, rand.New(rand.NewPCG(seed, 1)))
			s.try(s.client(naive(s)))
			s.close()
		}
		if !isFound {
			t.Errorf("a transport that %s is not found out", name)
		}
	}
}

type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// take returns what was written since it was called last.
func (b *lockedBuffer) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.text.Reset()
	return b.text.String()
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// quiet notes what fails.
type quiet struct {
	testing.TB
	failed *bool
}

func (q quiet) Errorf(string, ...any) { *q.failed = true }

// A sentRun is one client.
type sentRun struct {
	testing.TB
	*rand.Rand
	origins *origins
	manager *secrets.Manager
	log     *bytes.Buffer

	as      field.SentAs
	keys    []secrets.AnyKey
	texts   []string // the values, in the order of the keys
	allowed []string // the origins that the schema allows
	prefix  string   // of the paths there
	name    string   // "base_url", where that is stored
	held    []any    // what the caller's code holds, beside what each request gives
	mu      sync.Mutex
	told    []any // what hooks were told
	plan    *plan
	story   []string

	delivered, left, refused int
}

// A plan is what the servers do with one request of the caller's, hop after hop.
type plan struct {
	mu    sync.Mutex
	hops  []hopPlan
	seen  []arrival
	after hopPlan // once there are no more
}

type hopPlan struct {
	status   int
	location string // "" is none
	query    bool   // the location gets the query that arrived
	echo     string // where: "header", "name", "cookie", "trailer", "body"
}

// next returns what to do with the next request, which has arrived.
func (p *plan) next(a arrival) hopPlan {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = append(p.seen, a)
	if len(p.seen) <= len(p.hops) {
		return p.hops[len(p.seen)-1]
	}
	return p.after
}

const wordLetters = digits + lower + upper

func newSentRun(t testing.TB, w *origins, r *rand.Rand) *sentRun {
	s := &sentRun{TB: t, Rand: r, origins: w, log: &bytes.Buffer{}}
	for range 4 {
		s.texts = append(s.texts, text(r, oneOf(r, wordLetters, wordLetters+"-_./+=~", wordLetters+plainMarks+"&#;%"), 16, 40))
	}
	w.begin(s)
	s.chooseForm()
	return s
}

func oneOf[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// chooseForm makes a schema, and opens its manager.
func (s *sentRun) chooseForm() {
	f := secrets.Field{Required: true, Unrevealed: s.IntN(2) == 0, RejectOn: []int{401}}
	address := secrets.URL("base_url", secrets.Field{Required: true, Permission: secrets.NoAsking})
	store := newHiddenStore()
	if s.IntN(2) == 0 {
		f.SentTo, s.name, s.prefix = "base_url", "base_url", oneOf(s.Rand, "", "/", "/v3", "/v3/", "/a%2Fb")
		s.allowed = []string{oneOf(s.Rand, "https://api.example.com", "https://api.example.com:8443", "https://deep.wild.example.com", "http://localhost:8080")}
		store.put("base_url", s.spelled(s.allowed[0])+s.prefix)
	} else {
		f.SentHosts = oneOf(s.Rand, []string{"api.example.com"}, []string{"api.example.com", "localhost:8080"}, []string{"*.wild.example.com", "api.example.com:8443"})
		s.allowed = allowedBy[strings.Join(f.SentHosts, " ")]
		f.Insecure = s.IntN(4) == 0 && f.SentHosts[0] == "api.example.com"
		if f.Insecure {
			s.allowed = append(slices.Clone(s.allowed), "http://api.example.com")
		}
	}
	single := func(sent field.SentAs) { s.as, f.SentAs = sent, sent }
	switch s.IntN(5) {
	case 0:
		single(secrets.SentAs("bearer"))
	case 1:
		single(secrets.SentAs("header", "X-Api-Key", oneOf(s.Rand, "{value}", "Token {value}", "key={value};")))
	case 2:
		single(secrets.SentAs("query", oneOf(s.Rand, "key", "a[b]", "to")))
	case 3:
		s.as = secrets.SentAs("basic")
	case 4:
		s.as = secrets.SentAs("sigv4", oneOf(s.Rand, "s3", "execute-api"))
	}
	roles := max(1, len(s.as.Form.Roles()))
	for i := range roles {
		name := fmt.Sprint("value", i)
		s.keys = append(s.keys, secrets.Password(name, f))
		if s.as.Form == field.SigV4 && i == 2 {
			s.texts[i] = "eu-central-1"
			s.keys[i] = secrets.Text(name, secrets.Field{Required: true, Permission: secrets.NoAsking})
		}
		store.put(name, s.texts[i])
	}
	s.texts = s.texts[:roles]
	manager, err := openKeys(append([]secrets.AnyKey{address}, s.keys...),
		secrets.WithStore(store), secrets.WithPrompter(&agreeable{s.tell}), secrets.WithLogger(slog.New(slog.NewTextHandler(s.log, nil))))
	if err != nil {
		s.Fatal(err)
	}
	s.manager = manager
	s.held = append(s.held, manager)
}

var allowedBy = map[string][]string{
	"api.example.com":                         {"https://api.example.com"},
	"api.example.com localhost:8080":          {"https://api.example.com", "http://localhost:8080"},
	"*.wild.example.com api.example.com:8443": {"https://deep.wild.example.com", "https://api.example.com:8443"},
}

// An agreeable user allows all, and enters nothing. It has functions alone, so that it leads to no value.
type agreeable struct{ tell func(string, ...any) }

func (a *agreeable) Enter(_ context.Context, e secrets.Entry) (string, error) {
	a.tell("dialog", e)
	return "", secrets.ErrDismissed
}

func (a *agreeable) Ask(_ context.Context, q secrets.Question) (secrets.Answer, error) {
	a.tell("question", q)
	return secrets.AllowSession, nil
}

func (*agreeable) Lock(context.Context) (func(), error) { return func() {}, nil }

// A hiddenStore keeps values where no field of it leads, as a keychain does.
type hiddenStore struct {
	get func(name string) (string, bool)
	put func(name, text string)
}

func newHiddenStore() *hiddenStore {
	var mu sync.Mutex
	texts := map[string]string{}
	return &hiddenStore{
		get: func(name string) (string, bool) {
			mu.Lock()
			defer mu.Unlock()
			text, ok := texts[name]
			return text, ok
		},
		put: func(name, text string) { mu.Lock(); defer mu.Unlock(); texts[name] = text },
	}
}

func (s *hiddenStore) Get(_ context.Context, _ store.Scope, name string) (string, error) {
	if text, ok := s.get(name); ok {
		return text, nil
	}
	return "", secrets.ErrNotSet
}

func (s *hiddenStore) Set(_ context.Context, _ store.Scope, name, text string) error {
	s.put(name, text)
	return nil
}
func (*hiddenStore) Place() string                                            { return "the run" }
func (*hiddenStore) List(context.Context, store.Scope) ([]store.Entry, error) { return nil, nil }
func (*hiddenStore) Delete(context.Context, store.Scope, string) error        { return secrets.ErrNotSet }

// spelled returns an origin in one of the ways in which people and programs write it.
func (s *sentRun) spelled(origin string) string {
	scheme, host, _ := strings.Cut(origin, "://")
	name, port, hasPort := strings.Cut(host, ":")
	switch s.IntN(6) {
	case 0:
		name = strings.ToUpper(name)
	case 1:
		name += "."
	case 2:
		name = strings.Replace(name, ".", "。", 1)
	case 3:
		name = strings.Replace(name, "a", "ａ", 1)
	}
	switch {
	case hasPort:
		name += ":" + port
	case s.IntN(4) == 0:
		name += ":" + map[string]string{"http": "80", "https": "443"}[scheme]
	case s.IntN(8) == 0:
		name += ":"
	}
	return scheme + "://" + name
}

// address is one to ask for, or to be redirected to.
func (s *sentRun) address() string {
	path := oneOf(s.Rand, "", "/", "/pets", "/v3/pets", "/v3/../other", "/v3/%2e%2e/x", "/a%2Fb/c", "/v33", "//evil.net/", "/v3/pets?a=b", "/?to=1", "/x?key=1", "/v3?a%20b=1#frag", "/v3/x?c=%zz;d")
	switch s.IntN(10) {
	case 0, 1, 2:
		if s.name != "" {
			return "https://" + oneOf(s.Rand, "base_url.invalid", "BASE_URL.invalid", "base_url.invalid", "base_url.invalid:443", "other.invalid") + path
		}
		return s.spelled(s.allowed[0]) + path
	case 3, 4, 5:
		return s.spelled(oneOf(s.Rand, s.allowed...)) + oneOf(s.Rand, strings.TrimSuffix(s.prefix, "/"), "") + path
	case 6:
		return s.spelled(oneOf(s.Rand, s.allowed...)) + oneOf(s.Rand, "@evil.net", ".evil.net", "%2eevil.net", "\\.evil.net", "#@evil.net", "?@evil.net") + path
	case 7:
		origin := oneOf(s.Rand, s.allowed...)
		return strings.Replace(origin, "://", "://"+oneOf(s.Rand, "user:password@", "evil.net@", "evil.net:443@", "x.", "evil"), 1) + path
	}
	return s.spelled(oneOf(s.Rand, s.origins.names...)) + path
}

// base is the caller's transport.
func (s *sentRun) base() *http.Transport {
	base := &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: s.origins.roots},
		ForceAttemptHTTP2: s.IntN(2) == 0,
		DisableKeepAlives: s.IntN(4) == 0,
		// Where TLS leads to what does not speak it, nobody says a word.
		TLSHandshakeTimeout: 2 * time.Second, ResponseHeaderTimeout: 20 * time.Second,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			s.tell("dial", ctx, network, address)
			return s.origins.dial(ctx, network, address)
		},
	}
	base.TLSClientConfig.VerifyConnection = func(state tls.ConnectionState) error { s.tell("verify", state); return nil }
	switch s.IntN(4) {
	case 0:
		base.Proxy = http.ProxyFromEnvironment
	case 1:
		proxy, _ := url.Parse("http://relay.example:3128")
		base.Proxy = func(r *http.Request) (*url.URL, error) { s.tell("proxy", r); return proxy, nil }
	}
	return base
}

// naive sends a request by a base without HTTP/2, with which net/http dials without end for some names. The answer has no connection,
// which would be written to while it is looked at.
func (s *sentRun) naive(req *http.Request) (*http.Response, error) {
	base := s.base()
	base.ForceAttemptHTTP2, base.DisableKeepAlives = false, true
	resp, err := base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(text))
	return resp, err
}

func (s *sentRun) options() []secrets.TransportOption {
	base := s.base()
	s.held = append(s.held, base)
	options := []secrets.TransportOption{secrets.WithBase(base)}
	if s.IntN(3) == 0 {
		options = append(options, secrets.WithRetry())
	}
	return options
}

// client is the caller's client: around the transport it sees what everybody may see.
func (s *sentRun) client(transport http.RoundTripper) *http.Client {
	client := secrets.Client(roundTrip(func(req *http.Request) (*http.Response, error) {
		resp, err := transport.RoundTrip(req)
		s.tell("around", req, resp, err)
		return resp, err
	}))
	if s.IntN(2) == 0 {
		client.Jar, _ = cookiejar.New(nil)
	}
	s.held = append(s.held, transport, client.Jar)
	return client
}

// tell notes what the caller's code is shown.
func (s *sentRun) tell(what string, args ...any) {
	s.look(what, args, secrets.Manager{}, secrets.Turn{}) // which are looked at once all is quiet
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.told) < 1000 {
		s.told = append(s.told, args)
	}
}

// look fails if a value can be reached from what the caller's code holds.
func (s *sentRun) look(what string, held any, without ...any) {
	if way := reach.Text(held, s.isIn, without...); way != "" {
		s.Errorf("%s: the value is in reach: %s", what, way)
	}
}

// waitUntilQuiet waits for the questions that have been answered, whose goroutines may still be on their way out: what they change is
// looked at next, without the locks that they hold.
func (s *sentRun) waitUntilQuiet() {
	stacks := make([]byte, 1<<20)
	for deadline := time.Now().Add(time.Minute); strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), "/runtime/internal/consent."); {
		if time.Now().After(deadline) {
			s.Fatal("a question is still being asked")
		}
		time.Sleep(time.Millisecond)
	}
	s.manager.Grants() // which takes the lock that they took last
}

// isIn reports whether a text has a confidential value.
func (s *sentRun) isIn(text string) bool {
	for i, value := range s.texts {
		if s.as.Form == field.SigV4 && i == 2 {
			continue // the region
		}
		if strings.Contains(text, value) || strings.Contains(text, url.QueryEscape(value)) || strings.Contains(text, url.PathEscape(value)) {
			return true
		}
		for from := range 3 {
			encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(".", from) + value))
			if strings.Contains(text, encoded[4:len(encoded)-4]) {
				return true
			}
		}
	}
	return false
}

// inCall returns a client as it is, but for the call that its requests belong to.
func inCall(ctx context.Context, client *http.Client) *http.Client {
	bound := *client
	bound.Transport = secrets.InCall(ctx, client.Transport)
	return &bound
}

// try sends some requests, and judges each.
func (s *sentRun) try(client *http.Client) {
	for range 1 + s.IntN(3) {
		s.chooseEnvironment()
		s.plan = s.newPlan()
		s.origins.follow(s.plan)
		ctx, turn := s.manager.Begin(s.Context(), secrets.Call{Kind: "tool", Name: "get_pet", Principal: secrets.Process()}, "", nil)
		own, by := ctx, client
		if s.IntN(3) == 0 { // a client that knows no context
			own, by = s.Context(), inCall(ctx, client)
		}
		own, cancel := context.WithTimeout(own, time.Minute)
		s.send(own, by)
		if own.Err() != nil {
			s.Errorf("a request does not end")
		}
		cancel()
		turn.End()
		s.judge()
	}
	s.waitUntilQuiet()
	for _, held := range s.held {
		s.look(fmt.Sprintf("%T", held), held)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look("what hooks were told", s.told)
	if text := s.log.String() + fmt.Sprintf("%+v %#v", s.told, client); s.isIn(text) {
		s.Errorf("the value is logged, or printed: %s", text)
	}
}

// chooseEnvironment has names lead elsewhere than before, sometimes.
func (s *sentRun) chooseEnvironment() {
	s.origins.rebind("")
	isCertified := !slices.Contains(s.allowed, "http://api.example.com") // where others can read along, they can answer too
	if isCertified && s.IntN(6) == 0 {
		s.origins.rebind(oneOf(s.Rand, "https://evil.net", "http://evil.net"))
	}
}

func (s *sentRun) newPlan() *plan {
	p := &plan{}
	for range s.IntN(5) {
		location := s.address()
		if s.IntN(4) == 0 {
			location = oneOf(s.Rand, "/v3/pets", "pets", "?a=b", "//evil.net/x", "/", "../x", "https://base_url.invalid/y")
		}
		p.hops = append(p.hops, hopPlan{oneOf(s.Rand, 301, 302, 303, 307, 308), location, s.IntN(4) == 0, s.echo()})
	}
	p.after = hopPlan{status: oneOf(s.Rand, 200, 200, 200, 401, 403, 500, 204), echo: s.echo()}
	s.story = append(s.story, fmt.Sprintf("the servers answer %+v, then %+v", p.hops, p.after))
	return p
}

func (s *sentRun) echo() string { return oneOf(s.Rand, "", "header", "name", "cookie", "trailer") }

// send sends one request of the caller's.
func (s *sentRun) send(ctx context.Context, client *http.Client) {
	var body io.Reader
	switch s.IntN(3) {
	case 0:
		body = strings.NewReader("some body")
	case 1:
		body = io.MultiReader(strings.NewReader("some body"))
	}
	if s.IntN(2) == 0 {
		ctx = httptrace.WithClientTrace(ctx, s.trace())
	}
	address := s.address()
	req, err := http.NewRequestWithContext(ctx, oneOf(s.Rand, "GET", "POST", "PUT", "TRACE", "CONNECT", "DELETE"), address, body)
	if err != nil {
		return // an address that is none
	}
	switch s.IntN(12) {
	case 0:
		req.Host = oneOf(s.Rand, "evil.net", "api.example.com", s.spelled(s.allowed[0])[len("https://"):])
	case 1:
		req.Header.Set(oneOf(s.Rand, "Authorization", "X-Api-Key", "Referer", "X-Amz-Date"), "mine")
	case 2:
		req.Header["authorization"] = []string{"mine"}
	case 3:
		req.URL.Opaque = "//evil.net/"
	}
	s.story = append(s.story, fmt.Sprintf("%s %s, Host %q, %v, to %v%s as %v", req.Method, address, req.Host, req.Header, s.allowed, s.prefix, s.as))
	resp, err := client.Do(req)
	if err != nil {
		s.story = append(s.story, err.Error())
		if errors.Is(err, secrets.ErrNotSent) {
			s.refused++
		}
		s.tell("error", err, err.Error(), fmt.Sprintf("%+v", err))
		return
	}
	s.look("answer", resp, secrets.Manager{}, secrets.Turn{})
	_, err = io.Copy(io.Discard, resp.Body)
	s.tell("read answer", resp, err, fmt.Sprintf("%v", resp.Header), req)
	resp.Body.Close()
}

func (s *sentRun) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		// The connection itself is written to while it would be looked at.
		GotConn:          func(i httptrace.GotConnInfo) { s.tell("connection", i.Reused) },
		WroteHeaderField: func(name string, values []string) { s.tell("header field", name, values) },
		Got1xxResponse:   func(_ int, h textproto.MIMEHeader) error { s.tell("1xx", h); return nil },
		WroteRequest:     func(i httptrace.WroteRequestInfo) { s.tell("wrote", i) },
	}
}

// judge says whether what has arrived may have.
func (s *sentRun) judge() {
	s.plan.mu.Lock()
	defer s.plan.mu.Unlock()
	mayCarry, before := true, ""
	for i, a := range s.plan.seen {
		s.story = append(s.story, fmt.Sprintf("hop %d arrived at %s: %s", i, a.origin, a.line))
		isThere := slices.Contains(s.allowed, a.origin) && a.host == a.origin && isUnder(a.path, s.prefix)
		mayCarry = mayCarry && isThere && !(before == "https" && strings.HasPrefix(a.origin, "http:"))
		before, _, _ = strings.Cut(a.origin, ":")
		switch carries := s.isIn(a.text) || s.as.Form == field.SigV4 && strings.Contains(a.text, "\nAuthorization: AWS4-HMAC"); {
		case carries && !mayCarry:
			s.Errorf("the value has arrived at %s: %s", a.origin, a.text)
		case carries:
			s.delivered++
		case !mayCarry:
			s.left++
		}
		if s.as.Form == field.SigV4 && strings.Contains(a.text, s.texts[1]) {
			s.Errorf("what signs was sent: %s", a.text)
		}
	}
}

// isUnder reports whether a path is below a prefix, to a server that unescapes it and goes up where it says so.
func isUnder(path, prefix string) bool {
	prefix, _ = url.PathUnescape(strings.TrimSuffix(prefix, "/"))
	if prefix == "" {
		return true
	}
	return (path == prefix || strings.HasPrefix(path, prefix+"/")) && !strings.Contains(path, "/..")
}

func (s *sentRun) close() {
	_ = s.manager.Close()
	s.origins.follow(nil)
}
