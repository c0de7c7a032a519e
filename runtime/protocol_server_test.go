package secrets_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/mcpgo"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// The protocol tests talk to a server with official clients of another maker. This file has the server, which is the same in
// a process of its own and in the test's process; protocol_client_test.go has the clients.

// A world is what a server finds when it starts. As it has to reach another process, it is plain data, and what happens in
// it is written to files.
type world struct {
	Dir     string // has the diary and the log
	Stored  bool   // whether the API key and the user name are in the keychain
	Desktop bool   // real keychain and real dialogs; the rest is then without a meaning
	Dialogs []act  // what the person does with native dialogs, in order
}

// An act is what the person does with one native dialog.
type act struct {
	Text   string         // typed, where the dialog asks for a value
	Answer secrets.Answer // given, where it asks for permission
	Open   time.Duration  // how long the dialog is open first
	Hangs  bool           // the dialog stays open until it is taken away
}

// A note is one thing that happened to a native dialog.
type note struct {
	Event string // opened, answered or killed
	Text  string // what was shown
}

func newWorld(t *testing.T, dialogs ...act) world {
	return world{Dir: t.TempDir(), Dialogs: dialogs}
}

// withKey is newWorld with the API key in the keychain.
func withKey(t *testing.T, dialogs ...act) world {
	return world{Dir: t.TempDir(), Dialogs: dialogs, Stored: true}
}

func (w world) diary() string   { return filepath.Join(w.Dir, "diary") }
func (w world) logFile() string { return filepath.Join(w.Dir, "log") }

// notes returns what happened to dialogs so far.
func (w world) notes(t *testing.T) []note {
	t.Helper()
	return readLines[note](t, w.diary())
}

// shown returns the texts of the native dialogs so far.
func (w world) shown(t *testing.T) []string {
	t.Helper()
	var texts []string
	for _, n := range w.notes(t) {
		if n.Event == "opened" {
			texts = append(texts, n.Text)
		}
	}
	return texts
}

// wantDialogs fails unless the native dialogs so far say words, in this order.
func (w world) wantDialogs(t *testing.T, words ...string) {
	t.Helper()
	shown := w.shown(t)
	ok := len(shown) == len(words)
	for i := 0; ok && i < len(words); i++ {
		ok = strings.Contains(shown[i], words[i])
	}
	if !ok {
		t.Errorf("the dialogs were %q, want %q", shown, words)
	}
}

func readLines[T any](t *testing.T, name string) []T {
	t.Helper()
	file, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var all []T
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		var one T
		if err := json.Unmarshal(scanner.Bytes(), &one); err != nil {
			t.Fatalf("%s: %v: %s", name, err, scanner.Text())
		}
		all = append(all, one)
	}
	return all
}

// An appender is a file that is open only while something is added to it: Windows removes no open files.
type appender string

func (a appender) Write(line []byte) (int, error) {
	file, err := os.OpenFile(string(a), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	return file.Write(line)
}

// A robot is the person at a world's computer: an Asker that does what was written down.
type robot struct {
	mu    sync.Mutex
	acts  []act
	diary appender
}

func (r *robot) write(n note) {
	line, err := json.Marshal(n)
	if err == nil {
		_, err = r.diary.Write(append(line, '\n'))
	}
	if err != nil {
		panic(err)
	}
}

func (r *robot) next(ctx context.Context, text string) (act, error) {
	r.mu.Lock()
	defer r.mu.Unlock() // one dialog at a time
	r.write(note{"opened", text})
	if len(r.acts) == 0 {
		return act{}, secrets.ErrNoDisplay
	}
	a := r.acts[0]
	r.acts = r.acts[1:]
	var open <-chan time.Time
	if !a.Hangs {
		open = time.After(a.Open)
	}
	select {
	case <-open:
		r.write(note{"answered", text})
		return a, nil
	case <-ctx.Done():
		r.write(note{"killed", text})
		return act{}, ctx.Err()
	}
}

func (r *robot) Enter(ctx context.Context, e secrets.Entry) (string, error) {
	a, err := r.next(ctx, e.Title+"\n"+e.Text)
	return a.Text, err
}

func (r *robot) Ask(ctx context.Context, q secrets.Question) (secrets.Answer, error) {
	text := q.Title + "\n" + q.Text + "\n[" + q.Allow + "] [" + q.AllowForSession + "] [" + q.Deny + "]"
	a, err := r.next(ctx, text)
	return a.Answer, err
}

func (r *robot) Lock(ctx context.Context) (func(), error) { return func() {}, ctx.Err() }

// A shop is a server in its world.
type shop struct {
	*petstore.Secrets
	*server.MCPServer

	mu     sync.Mutex
	acts   int    // of a handler that ignores what a getter says
	causes []bool // whether the contexts of that handler ended because of what it ignored
}

// serve makes the server of a world.
func (w world) serve() (*shop, error) {
	options := []secrets.Option{secrets.WithLogger(slog.New(slog.NewJSONHandler(appender(w.logFile()), nil)))}
	if !w.Desktop {
		store := runtimetest.NewStore()
		if w.Stored {
			store.Put("petstore", "api_key", goodKey)
			store.Put("petstore", "username", "ann")
		}
		options = append(options, secrets.WithStore(store), secrets.WithPrompter(&robot{acts: w.Dialogs, diary: appender(w.diary())}))
	}
	vault, err := petstore.OpenSecrets(options...)
	if err != nil {
		return nil, err
	}
	s := &shop{Secrets: vault}
	s.MCPServer = server.NewMCPServer("petstore", "1.0.0", mcpgo.Option(vault.Manager), server.WithLogging())
	s.AddTool(mcp.NewTool("get_pet", mcp.WithString("id")), s.getPet)
	s.AddTool(mcp.NewTool("rename_pet", mcp.WithString("id")), s.getPet)
	s.AddTool(mcp.NewTool("declared"), mcpgo.Tool(vault.APIKey, reason, func(_ context.Context, _ mcp.CallToolRequest, key secrets.Secret) (*mcp.CallToolResult, error) {
		return used(key), nil
	}))
	s.AddTool(mcp.NewTool("whoami"), mcpgo.Tool(vault.Login, "Say who you are", func(_ context.Context, _ mcp.CallToolRequest, login petstore.LoginSecrets) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("you are " + login.Username), nil
	}))
	s.AddTool(mcp.NewTool("two_steps"), s.twoSteps)
	s.AddTool(mcp.NewTool("swallow"), s.swallow)
	s.AddTool(mcp.NewTool("leak", mcp.WithString("how")), s.leak)
	s.AddTool(mcp.NewTool("hello"), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("hello"), nil
	})
	s.AddTool(mcp.NewTool("status"), s.status)
	s.AddPrompt(mcp.NewPrompt("care"), mcpgo.Prompt(vault.APIKey, reason, func(_ context.Context, _ mcp.GetPromptRequest, key secrets.Secret) (*mcp.GetPromptResult, error) {
		return mcp.NewGetPromptResult("care", []mcp.PromptMessage{
			mcp.NewPromptMessage(mcp.RoleUser, mcp.NewTextContent(usedText(key)+" "+key.Reveal())),
		}), nil
	}))
	s.AddResource(mcp.NewResource(inventory, "inventory"), mcpgo.Resource(vault.APIKey, reason, func(_ context.Context, r mcp.ReadResourceRequest, key secrets.Secret) ([]mcp.ResourceContents, error) {
		return []mcp.ResourceContents{mcp.TextResourceContents{URI: r.Params.URI, Text: usedText(key) + " " + key.Reveal()}}, nil
	}))
	return s, nil
}

const (
	inventory = "pets://inventory"
	// worked is what every handler says that got the key.
	worked = "used the key"
)

const reason secrets.Reason = "Read one pet of your store"

func usedText(key secrets.Secret) string {
	if key.Reveal() != goodKey && key.Reveal() != otherKey {
		return "got a wrong key"
	}
	return worked
}

func used(key secrets.Secret) *mcp.CallToolResult { return mcp.NewToolResultText(usedText(key)) }

func (s *shop) getPet(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	key, err := s.APIKey(ctx, reason)
	if err != nil {
		return nil, err
	}
	return used(key), nil
}

// twoSteps needs one secret after the other.
func (s *shop) twoSteps(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
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
	return used(key), nil
}

// swallow ignores what the getter says, and acts as long as its context lets it.
func (s *shop) swallow(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	_, _ = s.APIKey(ctx, reason)
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		s.causes = append(s.causes, errors.Is(context.Cause(ctx), secrets.ErrPending))
	} else {
		s.acts++
	}
	return mcp.NewToolResultText("acted, whatever it was"), nil
}

// leaked is the value in forms that must not leave.
func leaked(key string) string {
	return key + " and " + base64.StdEncoding.EncodeToString([]byte("Bearer "+key))
}

// leak lets the key out in the way that is asked for.
func (s *shop) leak(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	key, err := s.APIKey(ctx, reason)
	if err != nil {
		return nil, err
	}
	text := leaked(key.Reveal())
	switch request.GetString("how", "") {
	case "error":
		return nil, errors.New("upstream said: " + text)
	case "panic":
		panic("upstream said: " + text)
	case "structured":
		return mcp.NewToolResultStructured(map[string]any{"deep": []any{map[string]any{"key": text}}}, "see the structure: "+text), nil
	case "notification":
		err := s.SendNotificationToClient(ctx, "notifications/message", map[string]any{"level": "emergency", "data": "upstream said: " + text})
		return mcp.NewToolResultText("sent"), err
	default:
		return mcp.NewToolResultText("the key is " + text), nil
	}
}

// A status is what a test can't see from outside.
type status struct {
	Stored bool     // the API key
	Grants []string // principal, secret, tool
	Acts   int
	Causes []bool
}

func (s *shop) status(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	isStored, err := s.Manager.Stored(ctx, petstore.KeyAPIKey)
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
	return mcp.NewToolResultText(string(text)), err
}

// serverProcess is the environment variable that makes the test's binary a server on stdio, in the world that it holds.
const serverProcess = "MCPSECRETS_TEST_SERVER"

// TestProtocolServerProcess is no test: it is the server's process.
func TestProtocolServerProcess(t *testing.T) {
	text := os.Getenv(serverProcess)
	if text == "" {
		t.Skip("only in a process that a test has started")
	}
	var w world
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	s, err := w.serve()
	if err == nil {
		err = mcpgo.ServeStdio(s.Manager, s.MCPServer)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(0)
}
