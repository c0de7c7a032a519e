package e2e

import (
	"context"
	"net/http"
	"os/exec"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// A goClient is the official Go SDK's.
type goClient struct{ session *mcp.ClientSession }

func connectGo(p *place, s server, show ask) (client, error) {
	options := &mcp.ClientOptions{}
	if p.guest.forms {
		options.ElicitationHandler = func(ctx context.Context, request *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			answer, err := show(ctx, request.Params.Message, request.Params.RequestedSchema)
			if err != nil {
				return nil, err
			}
			return &mcp.ElicitResult{Action: "accept", Content: map[string]any{"answer": answer}}, nil
		}
	}
	var transport mcp.Transport
	if s.url != "" {
		transport = &mcp.StreamableClientTransport{Endpoint: s.url, HTTPClient: &http.Client{Transport: bearer(token)}, MaxRetries: -1}
	} else {
		cmd := exec.Command(s.command[0], s.command[1:]...)
		cmd.Env, cmd.Stderr = s.env, &p.log
		transport = &mcp.CommandTransport{Command: cmd, TerminateDuration: patience}
	}
	c := mcp.NewClient(&mcp.Implementation{Name: "go-sdk", Version: "1.0.0"}, options)
	session, err := c.Connect(p.t.Context(), transport, &mcp.ClientSessionOptions{ProtocolVersion: p.guest.revision})
	if err != nil {
		return nil, err
	}
	return goClient{session}, nil
}

func (c goClient) revision() string { return c.session.InitializeResult().ProtocolVersion }
func (c goClient) close() error     { return c.session.Close() }

func (c goClient) tools(ctx context.Context) (names []string, err error) {
	result, err := c.session.ListTools(ctx, nil)
	if err != nil {
		return nil, err
	}
	for _, tool := range result.Tools {
		names = append(names, tool.Name)
	}
	return names, nil
}

func (c goClient) call(ctx context.Context, tool string, arguments map[string]any) (said, error) {
	result, err := c.session.CallTool(ctx, &mcp.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil {
		return said{}, err
	}
	s := said{IsError: result.IsError}
	for _, part := range result.Content {
		if text, ok := part.(*mcp.TextContent); ok {
			s.Text += text.Text
		}
	}
	return s, nil
}

// bearer sends a token with every request.
type bearer string

func (token bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(token))
	return http.DefaultTransport.RoundTrip(r)
}
