package conformance

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	alternatives "github.com/mcpsecrets/mcpsecrets/testdata/golden/alternatives/want"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// A shop is a server in its world.
type shop struct {
	*petstore.Secrets
	Server
	store *runtimetest.Store // nil on a desktop

	alternatives *alternatives.Secrets // nil where the petstore's are used
	sends        *sender               // likewise

	mu     sync.Mutex
	acts   int             // of a handler that ignores what a getter says
	causes []bool          // whether the contexts of that handler ended because of what it ignored
	kept   context.Context // of a call that may be over
	// waiting has the calls of the tool "wait", by what they said they are.
	waiting map[string]chan struct{}
}

// serve makes the server of a world.
func (w world) serve() (*shop, error) {
	options := []secrets.Option{secrets.WithLogger(slog.New(slog.NewJSONHandler(appender(w.logFile()), nil)))}
	s := &shop{}
	if !w.Desktop {
		s.store = runtimetest.NewStore()
		if w.Stored {
			s.store.Put("petstore", "api_key", goodKey)
			s.store.Put("petstore", "username", "ann")
			s.store.Put("host-bound", "api_key", goodKey)
		}
		if w.Password != "" {
			s.store.Put("petstore", "password", w.Password)
		}
		person := &robot{acts: w.Dialogs, diary: appender(w.diary()), blind: blindness[w.Blind]}
		options = append(options, secrets.WithStore(s.store), secrets.WithPrompter(person))
	}
	var err error
	switch {
	case w.Fork:
		err = s.fork(options)
	case w.Sends:
		err = s.send(w, options)
	default:
		s.Secrets, err = petstore.OpenSecrets(options...)
	}
	if err != nil {
		return nil, err
	}
	s.Server = w.adapter.New(s.Manager, s.features())
	return s, nil
}

// close ends what the server has open beside its client.
func (s *shop) close() {
	if s.sends != nil {
		s.sends.close()
	}
	_ = s.Manager.Close()
}

// another returns a second server with the same secrets.
func (s *shop) another(a Adapter) Server { return a.New(s.Manager, s.features()) }

const (
	inventory = "pets://inventory"
	// worked is what every handler says that got the key.
	worked = "used the key"
)

const reason secrets.Reason = "Read one pet of your store"

func (s *shop) features() []Feature {
	switch {
	case s.alternatives != nil:
		return s.forkFeatures()
	case s.sends != nil:
		return s.sends.features()
	}
	return []Feature{
		{Kind: "tool", Name: "get_pet", Handle: s.getPet},
		{Kind: "tool", Name: "rename_pet", Handle: s.getPet},
		{Kind: "tool", Name: "pet_of", Accounts: true, Handle: s.petOf},
		{Kind: "tool", Name: "declared", Get: s.apiKey, Reason: reason, Handle: func(_ context.Context, _ map[string]any, got any) (any, error) {
			return content(usedText(got)), nil
		}},
		{Kind: "tool", Name: "whoami", Get: s.login, Reason: "Say who you are", Handle: func(_ context.Context, _ map[string]any, got any) (any, error) {
			return content("you are " + got.(petstore.LoginSecrets).Username), nil
		}},
		{Kind: "tool", Name: "two_steps", Handle: s.twoSteps},
		{Kind: "tool", Name: "swallow", Handle: s.swallow},
		{Kind: "tool", Name: "leak", Handle: s.leak},
		{Kind: "tool", Name: "make_up", Handle: s.makeUp},
		{Kind: "tool", Name: "broken", Handle: s.broken},
		{Kind: "tool", Name: "hello", Handle: func(context.Context, map[string]any, any) (any, error) { return content("hello"), nil }},
		{Kind: "tool", Name: "status", Handle: s.status},
		{Kind: "tool", Name: "wait", Handle: s.wait},
		{Kind: "prompt", Name: "care", Get: s.apiKey, Reason: reason, Handle: func(_ context.Context, _ map[string]any, got any) (any, error) {
			text := usedText(got) + " " + got.(secrets.Secret).Reveal()
			return map[string]any{"messages": []any{map[string]any{"role": "user", "content": textContent(text)}}}, nil
		}},
		{Kind: "resource", Name: inventory, Get: s.apiKey, Reason: reason, Handle: func(_ context.Context, _ map[string]any, got any) (any, error) {
			text := usedText(got) + " " + got.(secrets.Secret).Reveal()
			return map[string]any{"contents": []any{map[string]any{"uri": inventory, "text": text}}}, nil
		}},
	}
}

func (s *shop) apiKey(ctx context.Context, reason secrets.Reason) (any, error) {
	return s.APIKey(ctx, reason)
}
func (s *shop) login(ctx context.Context, reason secrets.Reason) (any, error) {
	return s.Login(ctx, reason)
}

// content is a tool's result of texts.
func content(texts ...string) map[string]any {
	contents := make([]any, len(texts))
	for i, text := range texts {
		contents[i] = textContent(text)
	}
	return map[string]any{"content": contents}
}

func textContent(text string) map[string]any { return map[string]any{"type": "text", "text": text} }

func usedText(key any) string {
	if key := key.(secrets.Secret).Reveal(); key != goodKey && key != otherKey {
		return "got a wrong key"
	}
	return worked
}

func (s *shop) getPet(ctx context.Context, _ map[string]any, _ any) (any, error) {
	key, err := s.APIKey(ctx, reason)
	if err != nil {
		return nil, err
	}
	return content(usedText(key)), nil
}

// petOf says which of the keys it got.
func (s *shop) petOf(ctx context.Context, _ map[string]any, _ any) (any, error) {
	key, err := s.APIKey(ctx, reason)
	if err != nil {
		return nil, err
	}
	return content(map[string]string{goodKey: "the good one", otherKey: "the other one"}[key.Reveal()]), nil
}

// twoSteps needs one secret after the other.
func (s *shop) twoSteps(ctx context.Context, _ map[string]any, _ any) (any, error) {
	for range 2 { // a use that was allowed once is allowed to all of its call
		if _, err := s.APIKey(ctx, reason); err != nil {
			return nil, err
		}
	}
	if _, err := s.Username(ctx, "Say who you are"); err != nil {
		return nil, err
	}
	key, err := s.APIKey(ctx, reason)
	if err != nil {
		return nil, err
	}
	return content(usedText(key)), nil
}

// swallow ignores what the getter says, and acts as long as its context lets it.
func (s *shop) swallow(ctx context.Context, _ map[string]any, _ any) (any, error) {
	_, _ = s.APIKey(ctx, reason)
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		s.causes = append(s.causes, errors.Is(context.Cause(ctx), secrets.ErrPending))
	} else {
		s.acts++
	}
	return content("acted, whatever it was"), nil
}

// partsOf splits the value into parts of which none says enough to be known as the value's.
func partsOf(key string) []string { return []string{key[:10], key[10:15], key[15:]} }

// leaked is the value in forms that must not leave.
func leaked(key string) string {
	return key + " and " + base64.StdEncoding.EncodeToString([]byte("Bearer "+key))
}

// leak lets the key out in the way that is asked for.
func (s *shop) leak(ctx context.Context, arguments map[string]any, _ any) (any, error) {
	key, err := s.APIKey(ctx, reason)
	if err != nil {
		return nil, err
	}
	text := leaked(key.Reveal())
	switch arguments["how"] {
	case "beside a mask":
		s.Manager.Mask(ctx, strings.Trim(guard.Redacted, "[]"))
		return content("the key is " + key.Reveal()), nil
	case "error":
		return nil, errors.New("upstream said: " + text)
	case "panic":
		panic("upstream said: " + text)
	case "structured":
		result := content("see the structure: " + text)
		result["structuredContent"] = map[string]any{"deep": []any{map[string]any{"key": text}}}
		return result, nil
	case "structure only":
		return map[string]any{"content": []any{}, "structuredContent": map[string]any{"says": "see only the structure: " + text}}, nil
	case "embedded":
		resource := map[string]any{"uri": inventory, "text": "see the resource: " + text}
		return map[string]any{"content": []any{map[string]any{"type": "resource", "resource": resource}}}, nil
	case "image":
		image := map[string]any{"type": "image", "mimeType": "image/png", "data": base64.StdEncoding.EncodeToString([]byte(text))}
		return map[string]any{"content": []any{textContent("see the image"), image}}, nil
	case "blob":
		resource := map[string]any{"uri": inventory, "blob": base64.StdEncoding.EncodeToString([]byte(text))}
		return map[string]any{"content": []any{textContent("see the resource"), map[string]any{"type": "resource", "resource": resource}}}, nil
	case "meta":
		result := content("see beside")
		result["_meta"] = map[string]any{"said": text}
		return result, nil
	case "parts":
		parts := partsOf(key.Reveal())
		parts[0] = "the key is " + parts[0]
		return content(parts...), nil
	case "notification":
		return content("sent"), s.Log(ctx, "upstream said: "+text)
	default:
		return content("the key is " + text), nil
	}
}

// broken returns, or tells, what is no JSON.
func (s *shop) broken(ctx context.Context, arguments map[string]any, _ any) (any, error) {
	how, _ := arguments["how"].(string)
	if how == "notification" {
		_ = s.Log(ctx, json.RawMessage(`{"said":`)) // which an SDK may say is an error
		return content("sent"), nil
	}
	return Broken(how), nil
}

// makeUp reads the key with another context than that of its call.
func (s *shop) makeUp(ctx context.Context, arguments map[string]any, _ any) (any, error) {
	switch arguments["how"] {
	case "another principal":
		ctx = secrets.WithPrincipal(ctx, "ann")
	case "the server's own":
		ctx = s.Manager.Background(ctx)
	case "no context":
		ctx = context.Background()
	case "keep":
		s.mu.Lock()
		s.kept = ctx
		s.mu.Unlock()
	}
	key, err := s.APIKey(ctx, reason)
	if err != nil {
		return nil, err
	}
	return content(usedText(key)), nil
}

// A status is what a test can't see from outside.
type status struct {
	Stored bool     // the API key
	Grants []string // principal, secret, tool
	Acts   int
	Causes []bool
}

func (s *shop) status(ctx context.Context, _ map[string]any, _ any) (any, error) {
	isStored, err := s.Manager.Stored(ctx, petstore.KeyAPIKey())
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := status{Stored: isStored, Acts: s.acts, Causes: s.causes}
	for _, g := range s.Manager.Grants() {
		now.Grants = append(now.Grants, g.Principal+" "+g.Secret+" "+g.Tool)
	}
	text, err := json.Marshal(now)
	return content(string(text)), err
}

// serverProcess is the environment variable that makes the test's binary a server on stdio, in the world that it holds.
const serverProcess = "MCPSECRETS_TEST_SERVER"

// serve is the server's process, whose exit code it returns.
func (s suite) serve(text string) int {
	w := world{adapter: s.Adapter}
	err := json.NewDecoder(strings.NewReader(text)).Decode(&w)
	if err == nil {
		var server *shop
		if server, err = w.serve(); err == nil {
			err = server.ServeStdio()
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	return 0
}
