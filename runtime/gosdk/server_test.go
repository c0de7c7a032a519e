package gosdk_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/gosdk"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// This file has the server that the tests talk to; client_test.go has its clients and the ways to it.

const (
	goodKey = "pets-0123456789abcdef"
	// worked is what every handler says that got the key.
	worked    = "used the key"
	inventory = "pets://inventory"
)

const reason secrets.Reason = "Read one pet of your store"

// A shop is a server with its secrets.
type shop struct {
	*petstore.Secrets
	*mcp.Server
	store *runtimetest.Store

	mu       sync.Mutex
	seen     []error       // how the contexts of wait ended, and what the getter of wait_for_key said
	waiting  chan struct{} // told when wait has begun
	subjects []string      // the names in the contexts of whose
}

// open makes a server. Nothing is stored in it.
func open(t *testing.T, prompter secrets.Prompter) *shop {
	t.Helper()
	s := &shop{store: runtimetest.NewStore(), waiting: make(chan struct{}, 100)}
	vault, err := petstore.OpenSecrets(secrets.WithStore(s.store), secrets.WithPrompter(prompter), secrets.WithFast(fast),
		secrets.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	s.Secrets = vault
	s.Server = mcp.NewServer(&mcp.Implementation{Name: "petstore", Version: "1.0.0"}, &mcp.ServerOptions{CompletionHandler: s.complete})
	s.addTools()
	s.AddPrompt(&mcp.Prompt{Name: "care"}, gosdk.Prompt(vault.APIKey, reason, func(_ context.Context, _ *mcp.GetPromptRequest, key secrets.Secret) (*mcp.GetPromptResult, error) {
		return &mcp.GetPromptResult{Messages: []*mcp.PromptMessage{{Role: "user", Content: &mcp.TextContent{Text: used(key) + " " + key.Reveal()}}}}, nil
	}))
	s.AddResource(&mcp.Resource{URI: inventory, Name: "inventory"}, gosdk.Resource(vault.APIKey, reason, func(_ context.Context, _ *mcp.ReadResourceRequest, key secrets.Secret) (*mcp.ReadResourceResult, error) {
		return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{Text: used(key) + " " + key.Reveal()}}}, nil
	}))
	gosdk.AddTools(vault.Manager, s.Server)
	gosdk.Install(s.Server, vault.Manager)
	return s
}

// openWithKey is open with the API key and the user name stored.
func openWithKey(t *testing.T, prompter secrets.Prompter) *shop {
	t.Helper()
	s := open(t, prompter)
	s.store.Put("petstore", "api_key", goodKey)
	s.store.Put("petstore", "username", "ann")
	return s
}

// A petID is the argument of get_pet, and of others that don't look at it.
type petID struct {
	ID string `json:"id,omitempty"`
}

// A pet is the structured result of get_pet.
type pet struct {
	Said string `json:"said"`
}

type how struct {
	How string `json:"how,omitempty"`
}

func (s *shop) addTools() {
	mcp.AddTool(s.Server, &mcp.Tool{Name: "get_pet"}, func(ctx context.Context, _ *mcp.CallToolRequest, _ petID) (*mcp.CallToolResult, pet, error) {
		key, err := s.APIKey(ctx, reason)
		if err != nil {
			return nil, pet{}, err
		}
		return text(used(key)), pet{used(key)}, nil
	})
	mcp.AddTool(s.Server, &mcp.Tool{Name: "declared"}, gosdk.Tool(s.APIKey, reason, func(_ context.Context, _ *mcp.CallToolRequest, _ petID, key secrets.Secret) (*mcp.CallToolResult, pet, error) {
		return text(used(key)), pet{used(key)}, nil
	}))
	object := map[string]any{"type": "object"}
	s.AddTool(&mcp.Tool{Name: "raw", InputSchema: object}, func(ctx context.Context, _ *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		key, err := s.APIKey(ctx, reason)
		if err != nil {
			return nil, err
		}
		return text(used(key)), nil
	})
	mcp.AddTool(s.Server, &mcp.Tool{Name: "two_steps"}, func(ctx context.Context, _ *mcp.CallToolRequest, _ petID) (*mcp.CallToolResult, any, error) {
		if _, err := s.APIKey(ctx, reason); err != nil {
			return nil, nil, err
		}
		if _, err := s.Username(ctx, "Say who you are"); err != nil {
			return nil, nil, err
		}
		key, err := s.APIKey(ctx, reason)
		if err != nil {
			return nil, nil, err
		}
		return text(used(key)), nil, nil
	})
	mcp.AddTool(s.Server, &mcp.Tool{Name: "swallow"}, func(ctx context.Context, _ *mcp.CallToolRequest, _ petID) (*mcp.CallToolResult, any, error) {
		_, _ = s.APIKey(ctx, reason)
		return text("swallowed"), nil, nil
	})
	mcp.AddTool(s.Server, &mcp.Tool{Name: "hello"}, func(context.Context, *mcp.CallToolRequest, petID) (*mcp.CallToolResult, any, error) {
		return text("hello"), nil, nil
	})
	// It waits until its context ends.
	mcp.AddTool(s.Server, &mcp.Tool{Name: "wait"}, func(ctx context.Context, _ *mcp.CallToolRequest, _ petID) (*mcp.CallToolResult, any, error) {
		s.waiting <- struct{}{}
		<-ctx.Done()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.seen = append(s.seen, context.Cause(ctx))
		return text("waited"), nil, nil
	})
	// It waits for a person, or until its context ends.
	mcp.AddTool(s.Server, &mcp.Tool{Name: "wait_for_key"}, func(ctx context.Context, _ *mcp.CallToolRequest, _ petID) (*mcp.CallToolResult, any, error) {
		_, err := s.APIKey(ctx, reason)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.seen = append(s.seen, err)
		return nil, nil, err
	})
	s.AddTool(&mcp.Tool{Name: "nothing", InputSchema: object}, func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return nil, nil
	})
	s.AddTool(&mcp.Tool{Name: "leak", InputSchema: object}, s.leak)
	s.AddTool(&mcp.Tool{Name: "whose", InputSchema: object}, func(ctx context.Context, _ *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		name, _ := ctx.Value(subjectKey{}).(string)
		s.subjects = append(s.subjects, name)
		return text("noted"), nil
	})
}

// subjectKey is for a name that middleware in front of the handler puts into an HTTP request's context.
type subjectKey struct{}

func text(said string) *mcp.CallToolResult {
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: said}}}
}

func used(key secrets.Secret) string {
	if key.Reveal() != goodKey {
		return "got a wrong key"
	}
	return worked
}

// complete panics with the key when it is asked to, and else lets it out.
func (s *shop) complete(ctx context.Context, req *mcp.CompleteRequest) (*mcp.CompleteResult, error) {
	if req.Params.Argument.Value == "panic" {
		panic("upstream said: " + goodKey)
	}
	return &mcp.CompleteResult{Completion: mcp.CompletionResultDetails{Values: []string{"upstream said: " + goodKey}}}, nil
}

// leak lets the key out in the way that is asked for.
func (s *shop) leak(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	var in how
	if err := json.Unmarshal(req.Params.Arguments, &in); err != nil {
		return nil, err
	}
	key, err := s.APIKey(ctx, reason)
	if err != nil {
		return nil, err
	}
	said := "upstream said: " + key.Reveal() + " and " + base64.StdEncoding.EncodeToString([]byte("Bearer "+key.Reveal()))
	resource := &mcp.ResourceContents{URI: "pets://leak", Text: said, Meta: mcp.Meta{"said": said}}
	switch in.How {
	case "error":
		return nil, errors.New(said)
	case "protocol error":
		data, _ := json.Marshal(map[string]string{"said": said})
		return nil, &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: said, Data: data}
	case "panic":
		panic(said)
	case "structured":
		return &mcp.CallToolResult{Content: []mcp.Content{}, StructuredContent: json.RawMessage(`{"n":9007199254740993,"said":["` + said + `"]}`)}, nil
	case "meta":
		return &mcp.CallToolResult{Meta: mcp.Meta{"said": said}, Content: []mcp.Content{&mcp.TextContent{Text: "see the meta", Meta: mcp.Meta{"said": said}}}}, nil
	case "embedded":
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.EmbeddedResource{Resource: resource}}}, nil
	case "bytes":
		blob := &mcp.ResourceContents{URI: "pets://leak", Blob: []byte(said)}
		return &mcp.CallToolResult{Content: []mcp.Content{
			&mcp.EmbeddedResource{Resource: blob}, &mcp.ImageContent{Data: []byte(said)}, &mcp.AudioContent{Data: []byte(said)}, &mcp.TextContent{Text: "upstream said: bytes"},
		}}, nil
	case "parts":
		content := []mcp.Content{&mcp.TextContent{Text: "upstream said: "}}
		for _, c := range key.Reveal() {
			content = append(content, &mcp.TextContent{Text: string(c)})
		}
		return &mcp.CallToolResult{Content: content}, nil
	case "log":
		//lint:ignore SA1019 servers still send log messages, and they must be masked
		err := req.Session.Log(ctx, &mcp.LoggingMessageParams{Level: "emergency", Data: map[string]any{"said": said}})
		return text("upstream said: sent"), err
	case "progress":
		err := req.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{ProgressToken: req.Params.GetProgressToken(), Progress: 1, Message: said})
		return text("upstream said: sent"), err
	}
	return text(said), nil
}
