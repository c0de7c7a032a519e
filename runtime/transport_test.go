package secrets_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
)

// A sending is a schema of which some secrets are only sent, with the server that they are for.
type sending struct {
	*secrets.Manager
	server *httptest.Server
	store  *runtimetest.Store
	user   *runtimetest.User
	base   *http.Transport

	mu   sync.Mutex
	seen []*http.Request
	bad  map[string]bool // what the server answers 401 to, in the header Authorization
}

var (
	bearer = secrets.SentAs("bearer")
	basic  = secrets.SentAs("basic")
	sigv4  = secrets.SentAs("sigv4", "s3")
	header = secrets.SentAs("header", "X-API-Key", "Token {value}")
)

// The keys of a sending; their fixed host is that of its server.
var (
	sentURL   = secrets.URL("base_url", secrets.Field{Required: true, Permission: secrets.NoAsking})
	sentKey   = secrets.Password("api_key", secrets.Field{Label: "API key", Required: true, SentTo: "base_url", SentAs: bearer, Unrevealed: true, RejectOn: []int{401}})
	sentUser  = secrets.Text("username", secrets.Field{Required: true, Permission: secrets.NoAsking, SentTo: "base_url", Unrevealed: true, RejectOn: []int{401}})
	sentPass  = secrets.Password("password", secrets.Field{Required: true, SentTo: "base_url", Unrevealed: true, RejectOn: []int{401}})
	sentID    = secrets.Password("key_id", secrets.Field{Required: true, SentTo: "base_url", Unrevealed: true})
	sentWord  = secrets.Password("key_secret", secrets.Field{Required: true, SentTo: "base_url", Unrevealed: true})
	sentPlace = secrets.Text("region", secrets.Field{Default: "eu-central-1", Permission: secrets.NoAsking})
	sentToken = secrets.Password("session_token", secrets.Field{SentTo: "base_url", Unrevealed: true})
	sentMaybe = secrets.Password("maybe", secrets.Field{SentTo: "base_url", SentAs: header, RejectOn: []int{401}})
	sentFixed = secrets.Password("fixed", secrets.Field{Required: true, SentHosts: []string{"127.0.0.1:4433", "*.example.com"}, SentAs: header, Unrevealed: true})
	sentApart = secrets.Password("apart", secrets.Field{Required: true, SentHosts: []string{"api.example.org"}, Unrevealed: true})
	lone      = secrets.Password("lone", secrets.Field{Required: true})
)

const (
	sentValue  = "4eC39HqLyjWDarjtT1zdp7dc"
	otherValue = "Zx81QmT7wLpN0vRk2BhYs5Ua"
)

func openSending(t *testing.T, options ...secrets.Option) *sending {
	t.Helper()
	s := &sending{store: runtimetest.NewStore(), user: runtimetest.NewUser(t), bad: map[string]bool{}}
	s.server = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.server.EnableHTTP2 = true
	s.server.StartTLS()
	t.Cleanup(s.server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.server.Certificate())
	s.base = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	s.base.DialContext = s.dial
	option, _ := logging()
	m, err := openWith("petstore", []secrets.AnyKey{
		sentURL, sentKey, sentUser, sentPass, sentID, sentWord, sentPlace, sentToken, sentMaybe, sentFixed, sentApart, lone,
	}, append([]secrets.Option{secrets.WithStore(s.store), secrets.WithPrompter(s.user), option}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	s.Manager = m
	s.store.Put("petstore", "base_url", s.server.URL+"/v3")
	for _, name := range []string{"api_key", "password", "key_id", "key_secret", "fixed", "apart", "lone"} {
		s.store.Put("petstore", name, sentValue)
	}
	s.store.Put("petstore", "username", "ann")
	return s
}

// dial leads each name to the server: only its certificate tells them apart.
func (s *sending) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, s.server.Listener.Addr().String())
}

func (s *sending) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, r)
	w.Header().Set("X-Echo", r.Header.Get("Authorization"))
	if to := r.URL.Query().Get("to"); to != "" {
		http.Redirect(w, r, to, http.StatusTemporaryRedirect)
		return
	}
	if s.bad[r.Header.Get("Authorization")] {
		w.WriteHeader(http.StatusUnauthorized)
	}
	fmt.Fprintf(w, "%d", len(body))
}

// take returns what the server saw since it was called last.
func (s *sending) take() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = nil
	return seen
}

// client returns a client that sends the API key.
func (s *sending) client(options ...secrets.TransportOption) *http.Client {
	return s.clientFor(bearer, []secrets.AnyKey{sentKey}, options...)
}

func (s *sending) clientFor(as field.SentAs, keys []secrets.AnyKey, options ...secrets.TransportOption) *http.Client {
	options = append([]secrets.TransportOption{secrets.WithBase(s.base)}, options...)
	return secrets.Client(secrets.Transport(s.Manager, as, "Read your pets", keys, options...))
}

// call is the context of a call to a tool.
func (s *sending) call(t *testing.T) context.Context {
	ctx, turn := s.Begin(t.Context(), secrets.Call{Kind: "tool", Name: "get_pet", Principal: secrets.Process()}, "", nil)
	t.Cleanup(func() { turn.End() })
	return ctx
}

// get sends a request, and returns the status and the body of the answer.
func get(ctx context.Context, client *http.Client, address string) (int, string, error) {
	return send(ctx, client, http.MethodGet, address, nil)
}

func send(ctx context.Context, client *http.Client, method, address string, body io.Reader) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return 0, "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

const pets = "https://base_url.invalid/pets"

// The client is made before anybody is asked, and its first requests share one question, which says where the value goes.
func TestTransportAsksAtTheFirstRequest(t *testing.T) {
	s := openSending(t)
	client := s.client()
	s.user.Answers(secrets.AllowSession)
	var group sync.WaitGroup
	for range 20 {
		ctx := s.call(t)
		group.Go(func() {
			if status, _, err := get(ctx, client, pets); status != http.StatusOK || err != nil {
				t.Error(status, err)
			}
		})
	}
	group.Wait()
	for _, r := range s.take() {
		if r.Header.Get("Authorization") != "Bearer "+sentValue || r.URL.Path != "/v3/pets" {
			t.Errorf("%s %v", r.URL, r.Header)
		}
	}
	shown := s.user.Shown()
	u, _ := url.Parse(s.server.URL)
	if len(shown) != 1 || !strings.Contains(shown[0].Text(), u.Host) || !strings.Contains(shown[0].Text(), "Read your pets") && !strings.Contains(shown[0].Text(), "not reviewed") {
		t.Errorf("%d questions: %s", len(shown), shown[0].Text())
	}
}

// As for a getter, who calls must be known.
func TestTransportOutsideAnyCall(t *testing.T) {
	s := openSending(t)
	if _, _, err := get(t.Context(), s.client(), pets); !errors.Is(err, secrets.ErrOutsideCall) {
		t.Error(err)
	}
	s.user.Answers(secrets.AllowOnce)
	if _, _, err := get(s.Background(t.Context()), s.client(), pets); err != nil {
		t.Error(err)
	}
	if seen := s.take(); len(seen) != 1 {
		t.Errorf("%d requests", len(seen))
	}
}

// A missing value is asked for, and a refusal is remembered.
func TestTransportWalksTheGate(t *testing.T) {
	s := openSending(t)
	if err := s.Forget(t.Context(), sentKey); err != nil {
		t.Fatal(err)
	}
	client := s.client()
	s.user.Types("API key", otherValue).Answers(secrets.AllowOnce).Answers(secrets.Deny)
	ctx := s.call(t)
	for range 2 {
		if _, _, err := get(ctx, client, pets); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if _, _, err := get(s.call(t), client, pets); !errors.Is(err, secrets.ErrDenied) {
			t.Error(err)
		}
	}
	if seen := s.take(); len(seen) != 2 || seen[1].Header.Get("Authorization") != "Bearer "+otherValue {
		t.Errorf("%d requests", len(seen))
	}
}

// A client of the revision with rounds is asked by its answer, and the handler runs again.
func TestTransportInRounds(t *testing.T) {
	s := openSending(t, secrets.WithFast(1))
	client := s.client()
	said := secrets.Call{Kind: "tool", Name: "get_pet", Principal: secrets.Process(), Shows: secrets.Shows{Forms: true}, Rounds: true}
	ctx, turn := s.Begin(t.Context(), said, "", nil)
	if _, _, err := get(ctx, client, pets); !errors.Is(err, secrets.ErrPending) {
		t.Fatal(err)
	}
	forms, state := turn.End()
	if len(forms) != 1 {
		t.Fatalf("%d forms", len(forms))
	}
	ctx, turn = s.Begin(t.Context(), said, state, map[string]secrets.Reply{forms[0].Name: {Action: "accept", Answer: forms[0].Choices[0]}})
	defer turn.End()
	if status, _, err := get(ctx, client, pets); status != http.StatusOK || err != nil {
		t.Error(status, err)
	}
}

// Nothing that a server's code can call gives the text of a secret that is only sent.
func TestSentOnly(t *testing.T) {
	s := openSending(t)
	ctx := s.Background(t.Context())
	var text secrets.Secret
	var maybe secrets.Optional[secrets.Secret]
	isSet := false
	for name, err := range map[string]error{
		"Get":          second(secrets.Get(ctx, s.Manager, sentKey, "Read")),
		"GetOptional":  second(secrets.GetOptional(ctx, s.Manager, sentToken, "Read")),
		"Into":         secrets.GetGroup(ctx, s.Manager, "Read", sentURL.Into(new(*url.URL)), sentKey.Into(&text)),
		"IntoOptional": secrets.GetGroup(ctx, s.Manager, "Read", sentToken.IntoOptional(&maybe)),
		"Together":     secrets.GetGroup(ctx, s.Manager, "Read", secrets.Together(func(set bool) { isSet = set }, sentPass.Into(&text))),
		"a bearer by hand": second(func() (int, error) { // of another form than the schema's
			_, _, err := get(ctx, s.clientFor(header, []secrets.AnyKey{sentKey}), pets)
			return 0, err
		}()),
	} {
		if !errors.Is(err, secrets.ErrSentOnly) && !errors.Is(err, secrets.ErrUnknownKey) || !text.IsZero() || maybe.IsSet() || isSet {
			t.Errorf("%s: %v", name, err)
		}
	}
	var failure *secrets.Error
	if err := second(secrets.Get(ctx, s.Manager, sentKey, "Read")); !errors.As(err, &failure) || failure.Failure != "sent_only" || !strings.Contains(err.Error(), "api_key") {
		t.Error(err)
	}
	for _, name := range []string{"api_key", "username"} {
		if shown, err := s.Inside().Setting(ctx, name); shown != "" || err != nil {
			t.Error(name, shown, err)
		}
	}
	if len(s.user.Shown()) > 0 {
		t.Error("somebody was asked")
	}
	if text := []byte(`"` + sentValue + `"`); string(s.MaskJSON(text)) != string(text) {
		t.Error("it was handed out")
	}
	s.user.Answers(secrets.AllowOnce)
	if _, _, err := get(ctx, s.client(), pets); err != nil {
		t.Fatal(err)
	}
	if text := []byte(`"` + sentValue + `"`); string(s.MaskJSON(text)) == string(text) {
		t.Error("the guard has not learned what was sent")
	}
}

func second[T any](_ T, err error) error { return err }

// A request that could carry the value elsewhere is not sent, nobody is asked, and the log says so.
func TestTransportElsewhere(t *testing.T) {
	option, log := logging()
	s := openSending(t, option)
	for _, client := range []*http.Client{s.client(), s.clientFor(header, []secrets.AnyKey{sentFixed})} {
		for address, want := range map[string]error{
			s.server.URL + "/other":                           secrets.ErrElsewhere,
			"https://evil.net/":                               secrets.ErrElsewhere,
			"http://evil.net/":                                secrets.ErrElsewhere,
			strings.Replace(s.server.URL, "https", "http", 1): secrets.ErrElsewhere,
		} {
			var failure *secrets.Error
			_, _, err := get(s.call(t), client, address)
			if !errors.Is(err, want) || !errors.Is(err, secrets.ErrNotSent) || !errors.As(err, &failure) || failure.Failure != "not_sent" || len(failure.Secrets) != 1 {
				t.Errorf("%s: %v", address, err)
			}
		}
	}
	if len(s.take()) > 0 || len(s.user.Shown()) > 0 || strings.Count(log.String(), "how=not_sent") != 8 {
		t.Errorf("asked %d times; %s", len(s.user.Shown()), log)
	}
	s.base.TLSClientConfig.InsecureSkipVerify = true
	if _, _, err := get(s.call(t), s.client(), pets); !errors.Is(err, secrets.ErrNotSent) || errors.Is(err, secrets.ErrElsewhere) {
		t.Error(err)
	}
}

// A redirect elsewhere carries nothing, and is no access.
func TestTransportRedirectedElsewhere(t *testing.T) {
	option, log := logging()
	s := openSending(t, option)
	s.user.Answers(secrets.AllowSession)
	if status, _, err := get(s.call(t), s.client(), pets+"?to="+url.QueryEscape(s.server.URL+"/other")); status != http.StatusOK || err != nil {
		t.Error(status, err)
	}
	seen := s.take()
	if len(seen) != 2 || seen[0].Header.Get("Authorization") == "" || seen[1].Header.Get("Authorization") != "" {
		t.Errorf("%d requests", len(seen))
	}
	if strings.Count(log.String(), "secret access") != 1 || strings.Contains(log.String(), "refused") {
		t.Error(log)
	}
}

// A status that rejects has the user asked for another value, which says why; with WithRetry in the same request.
func TestTransportRejects(t *testing.T) {
	for _, retry := range []bool{false, true} {
		s := openSending(t)
		s.bad["Bearer "+sentValue] = true
		var options []secrets.TransportOption
		if retry {
			options = append(options, secrets.WithRetry())
		}
		client := s.client(options...)
		s.user.Answers(secrets.AllowSession).Types("401 Unauthorized", otherValue).Answers(secrets.AllowSession)
		want := map[bool][]int{false: {401, 200}, true: {200, 200}}[retry]
		for i := range 2 {
			status, text, err := send(s.call(t), client, http.MethodPost, pets, strings.NewReader("12345"))
			if err != nil || status != want[i] || text != "5" {
				t.Errorf("retry %t, request %d: %d, %q, %v", retry, i, status, text, err)
			}
		}
	}
}

// A user who will not enter another value ends a retry.
func TestTransportRetryThatIsDismissed(t *testing.T) {
	s := openSending(t)
	s.bad["Bearer "+sentValue] = true
	s.user.Answers(secrets.AllowSession).Dismisses("401 Unauthorized")
	if _, _, err := get(s.call(t), s.client(secrets.WithRetry()), pets); !errors.Is(err, secrets.ErrDismissed) {
		t.Error(err)
	}
}

// An optional value is sent once it is set. Before, requests go without it, to the same hosts, and nobody is asked.
func TestTransportOfAnOptionalValue(t *testing.T) {
	s := openSending(t)
	client := s.clientFor(header, []secrets.AnyKey{sentMaybe})
	if _, _, err := get(s.call(t), client, pets); err != nil {
		t.Fatal(err)
	}
	if _, _, err := get(s.call(t), client, "https://evil.net/"); !errors.Is(err, secrets.ErrElsewhere) {
		t.Error(err)
	}
	if err := s.Set(t.Context(), sentMaybe, sentValue); err != nil {
		t.Fatal(err)
	}
	s.user.Answers(secrets.AllowOnce)
	if _, _, err := get(s.call(t), client, pets); err != nil {
		t.Fatal(err)
	}
	if seen := s.take(); len(seen) != 2 || seen[0].Header.Get("X-API-Key") != "" || seen[1].Header.Get("X-API-Key") != "Token "+sentValue {
		t.Errorf("%d requests", len(seen))
	}
}

// A group is sent as one, for one question, and rejected as one.
func TestTransportOfAGroup(t *testing.T) {
	s := openSending(t)
	login := func(password string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte("ann:"+password))
	}
	s.bad[login(sentValue)] = true
	s.user.Answers(secrets.AllowSession).Types("username", "ann").Types("password", otherValue).Answers(secrets.AllowSession)
	client := s.clientFor(basic, []secrets.AnyKey{sentUser, sentPass}, secrets.WithRetry())
	if status, _, err := get(s.call(t), client, pets); status != http.StatusOK || err != nil {
		t.Error(status, err)
	}
	if seen := s.take(); len(seen) != 2 || seen[1].Header.Get("Authorization") != login(otherValue) {
		t.Errorf("%d requests", len(seen))
	}
}

// A request is signed with the values of a group, with its token where that is set.
func TestTransportSigns(t *testing.T) {
	s := openSending(t)
	client := s.clientFor(sigv4, []secrets.AnyKey{sentID, sentWord, sentPlace, sentToken})
	s.user.Answers(secrets.AllowSession)
	if _, _, err := get(s.call(t), client, pets); err != nil {
		t.Fatal(err)
	}
	if err := s.Set(t.Context(), sentToken, otherValue); err != nil {
		t.Fatal(err)
	}
	s.user.Answers(secrets.AllowSession)
	if _, _, err := get(s.call(t), client, pets); err != nil {
		t.Fatal(err)
	}
	seen := s.take()
	if len(seen) != 2 || seen[0].Header.Get("X-Amz-Security-Token") != "" || seen[1].Header.Get("X-Amz-Security-Token") != otherValue {
		t.Fatalf("%d requests", len(seen))
	}
	for _, r := range seen {
		if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential="+sentValue+"/") || !strings.Contains(r.Header.Get("Authorization"), "/eu-central-1/s3/aws4_request") {
			t.Errorf("%v", r.Header)
		}
	}
}

// What a group has in common is where all that is confidential in it may go.
func TestTransportOfAGroupThatGoesApart(t *testing.T) {
	s := openSending(t)
	for name, keys := range map[string][]secrets.AnyKey{
		"other hosts":     {sentPass, sentApart},
		"no hosts":        {sentUser, lone},
		"no hosts either": {lone, sentPass},
	} {
		for _, address := range []string{pets, "https://api.example.org/", "https://evil.net/"} {
			if _, _, err := get(s.call(t), s.clientFor(basic, keys), address); !errors.Is(err, secrets.ErrElsewhere) {
				t.Errorf("%s, %s: %v", name, address, err)
			}
		}
	}
}

// A transport that does not go with the schema sends nothing.
func TestTransportByHand(t *testing.T) {
	s := openSending(t)
	for name, client := range map[string]*http.Client{
		"another form":   s.clientFor(header, []secrets.AnyKey{sentKey}),
		"no form":        s.clientFor(secrets.SentAs("bearer", "x"), []secrets.AnyKey{sentKey}),
		"no service":     s.clientFor(secrets.SentAs("sigv4", "no service"), []secrets.AnyKey{sentID, sentWord, sentPlace}),
		"unsent key":     s.clientFor(bearer, []secrets.AnyKey{lone}),
		"no key":         s.clientFor(bearer, nil),
		"a zero key":     s.clientFor(bearer, []secrets.AnyKey{secrets.Key[string]{}}),
		"two keys":       s.clientFor(bearer, []secrets.AnyKey{sentKey, sentKey}),
		"half a login":   s.clientFor(basic, []secrets.AnyKey{sentPass}),
		"another schema": s.clientFor(bearer, []secrets.AnyKey{secrets.Password("api_key", secrets.Field{SentTo: "base_url", SentAs: bearer})}),
	} {
		if _, _, err := get(s.call(t), client, pets); !errors.Is(err, secrets.ErrUnknownKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(s.take()) > 0 || len(s.user.Shown()) > 0 {
		t.Error("a request was sent, or somebody asked")
	}
}

// What a server sends back of a value is masked by the guard, before anybody sees it.
func TestTransportMasksWhatComesBack(t *testing.T) {
	s := openSending(t)
	s.user.Answers(secrets.AllowOnce)
	req, _ := http.NewRequestWithContext(s.call(t), http.MethodGet, pets, nil)
	resp, err := s.client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if echo := resp.Header.Get("X-Echo"); strings.Contains(echo, sentValue) || echo == "" {
		t.Errorf("%q", echo)
	}
	if resp.Request != req || req.Header.Get("Authorization") != "" {
		t.Error("the caller's request has it")
	}
}

// Where a value goes may be confidential too: a redirect names it, and what leaves the server does not.
func TestTransportToAConfidentialURL(t *testing.T) {
	s := openSending(t)
	const token = "hook-Q8r2Vn5xT0bYw7LsKd3M"
	hook := secrets.Hidden(secrets.URL("hook", secrets.Field{Required: true}))
	key := secrets.Password("api_key", secrets.Field{Required: true, SentTo: "hook", SentAs: bearer})
	s.user.Answers(secrets.AllowSession)
	m, err := openWith("petstore", []secrets.AnyKey{hook, key}, secrets.WithStore(s.store), secrets.WithPrompter(s.user))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	s.store.Put("petstore", "hook", s.server.URL+"/"+token)
	ctx, turn := m.Begin(t.Context(), secrets.Call{Kind: "tool", Name: "get_pet", Principal: secrets.Process()}, "", nil)
	defer turn.End()
	client := secrets.Client(secrets.Transport(m, bearer, "Read your pets", []secrets.AnyKey{key}, secrets.WithBase(s.base)))
	var led []string
	client.CheckRedirect = func(req *http.Request, _ []*http.Request) error { led = append(led, req.URL.String()); return nil }
	for _, to := range []string{"y", "/" + token + "/z", s.server.URL + "/" + token, "/other"} {
		if status, _, err := get(ctx, client, "https://hook.invalid/x?to="+url.QueryEscape(to)); status != http.StatusOK || err != nil {
			t.Error(to, status, err)
		}
	}
	if seen := s.take(); len(seen) != 8 || seen[5].URL.Path != "/"+token || seen[5].Header.Get("Authorization") == "" || strings.Contains(fmt.Sprint(led), token) {
		t.Errorf("%d requests; the caller is led to %q", len(seen), led)
	}
	if text := m.MaskJSON([]byte(`"` + token + `"`)); strings.Contains(string(text), token) {
		t.Errorf("%s", text)
	}
}

// Keys that were written by hand say nothing of where they are sent that the generator would refuse.
func TestOpenRefusesKeysThatCanNotBeSentSo(t *testing.T) {
	there := []string{"api.example.com"}
	for name, keys := range map[string][]secrets.AnyKey{
		"nowhere":         {secrets.Password("x", secrets.Field{SentAs: bearer})},
		"only sent":       {secrets.Password("x", secrets.Field{Unrevealed: true})},
		"two places":      {sentURL, secrets.Password("x", secrets.Field{SentAs: bearer, SentHosts: there, SentTo: "base_url"})},
		"no form":         {secrets.Password("x", secrets.Field{SentAs: secrets.SentAs("header"), SentHosts: there})},
		"a group's form":  {secrets.Password("x", secrets.Field{SentAs: basic, SentHosts: there})},
		"no such host":    {secrets.Password("x", secrets.Field{SentAs: bearer, SentHosts: []string{"https://api.example.com/"}})},
		"everybody":       {secrets.Password("x", secrets.Field{SentAs: bearer, SentHosts: []string{"*.github.io"}})},
		"a status":        {secrets.Password("x", secrets.Field{SentAs: bearer, SentHosts: there, RejectOn: []int{200}})},
		"several lines":   {secrets.Multiline("x", secrets.Field{SentAs: bearer, SentHosts: there})},
		"a part of a DSN": {sentKey, sentURL, secrets.Hidden(secrets.Text("x", secrets.Field{Derived: "a {api_key}"}))},
	} {
		if openKeys(keys...) == nil {
			t.Errorf("%s: opens", name)
		}
	}
	if err := openKeys(secrets.Password("x", secrets.Field{SentAs: bearer, SentHosts: there, Unrevealed: true, RejectOn: []int{401}})); err != nil {
		t.Error(err)
	}
}

// A rejection is of the value that was sent: one that comes late says nothing of the next one.
func TestTransportRejectsWhatWasSent(t *testing.T) {
	s := openSending(t)
	arrived, answer := make(chan struct{}), make(chan struct{})
	slow := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer "+otherValue {
			close(arrived)
			<-answer
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	slow.TLS = &tls.Config{Certificates: s.server.TLS.Certificates}
	slow.StartTLS()
	defer slow.Close()
	s.base.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, slow.Listener.Addr().String())
	}
	client := s.client()
	s.user.Answers(secrets.AllowOnce)
	if err := s.Set(t.Context(), sentKey, otherValue); err != nil {
		t.Fatal(err)
	}
	status, ctx := make(chan int), s.call(t)
	go func() {
		got, _, _ := get(ctx, client, pets)
		status <- got
	}()
	<-arrived
	const newest = "Hq7LmZ2xVb9sTk4RwYc6Nd1P"
	if err := s.Set(t.Context(), sentKey, newest); err != nil {
		t.Fatal(err)
	}
	s.user.Answers(secrets.AllowSession)
	if got, _, err := get(s.call(t), client, pets); got != http.StatusOK || err != nil {
		t.Fatal(got, err)
	}
	close(answer)
	if got := <-status; got != http.StatusUnauthorized {
		t.Fatal(got)
	}
	if got, _, err := get(s.call(t), client, pets); got != http.StatusOK || err != nil { // without a dialog for another value
		t.Error(got, err)
	}
}

// One client serves several principals: what one of them allowed is not sent for another, and a connection that one has used says
// nothing of who uses it next.
func TestTransportOfSeveralPrincipals(t *testing.T) {
	s := openSending(t, secrets.WithFast(1))
	client := s.client()
	as := func(name string, answer int) context.Context {
		said := secrets.Call{Kind: "tool", Name: "get_pet", Principal: secrets.Named(name), Shows: secrets.Shows{Forms: true}}
		said.Ask = func(_ context.Context, f secrets.Form) secrets.Reply {
			if !strings.Contains(f.Message, name) {
				t.Errorf("%s is asked %q", name, f.Message)
			}
			return secrets.Reply{Action: "accept", Answer: f.Choices[answer]}
		}
		ctx, turn := s.Begin(t.Context(), said, "", nil)
		t.Cleanup(func() { turn.End() })
		return ctx
	}
	ann, bob := as("ann", 1), as("bob", 2)
	for range 2 {
		if _, _, err := get(ann, client, pets); err != nil {
			t.Fatal(err)
		}
		if _, _, err := get(bob, client, pets); !errors.Is(err, secrets.ErrDenied) {
			t.Error(err)
		}
	}
	if seen := s.take(); len(seen) != 2 {
		t.Errorf("%d requests", len(seen))
	}
}
