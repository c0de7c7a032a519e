package storetest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/settings"
)

const token settings.Token = "0123456789abcdef0123456789abcdef"

// bearer sends a token with every request.
type bearer string

func (token bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(token))
	return http.DefaultTransport.RoundTrip(r)
}

func httpServesWhoeverHasTheToken(t *testing.T, b *bench) {
	b.store.Put("petstore", "api_key", goodKey)
	srv := httptest.NewServer(b.server.Handler(b.vault, b.pets, token))
	defer srv.Close()
	for name, authorization := range map[string]string{"none": "", "another": "Bearer " + strings.ToUpper(string(token)), "other scheme": "Basic " + string(token)} {
		request, err := http.NewRequest(http.MethodPost, srv.URL, strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
		b.must(err)
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Authorization", authorization)
		response, err := http.DefaultClient.Do(request)
		b.must(err)
		if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %s, %v", name, response.Status, err)
		}
	}

	var asked string
	c := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, &mcp.ClientOptions{
		ElicitationHandler: func(_ context.Context, request *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			asked = request.Params.Message
			time.Sleep(500 * time.Millisecond) // a person reads it
			return &mcp.ElicitResult{Action: "accept", Content: map[string]any{"answer": "Allow for session"}}, nil
		},
	})
	session, err := c.Connect(t.Context(), &mcp.StreamableClientTransport{
		Endpoint: srv.URL, HTTPClient: &http.Client{Transport: bearer(token)},
	}, nil)
	b.must(err)
	defer func() { _ = session.Close() }()
	result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "list_pets"})
	b.must(err)
	if text := result.Content[0].(*mcp.TextContent).Text; result.IsError || !strings.Contains(text, `"Rex"`) {
		t.Error(text)
	}
	if !strings.Contains(asked, "petstore wants to use: Petstore API key\nTool: list_pets\nReason: Look after the pets of your store\n") {
		t.Errorf("the client was asked %q", asked)
	}
	if !strings.Contains(asked, "\nPetstore API key goes to petstore.example\n") {
		t.Errorf("the client was asked %q", asked)
	}
	if grants := b.vault.Manager.Grants(); len(grants) != 1 || grants[0].Principal != "owner" {
		t.Errorf("grants %v", grants)
	}
}
