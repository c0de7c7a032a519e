package secrets

import (
	"context"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// A client is the MCP client of a call, asked in place: a revision before 2026-07-28, or in-process. It is only ever
// asked for a choice, never for a secret.
type client struct {
	call   context.Context // has the session; ends with the call, while a form outlives it
	server *server.MCPServer
}

// clientOf returns the client of the call that ctx belongs to, or nil if it can't be asked: outside a call, on a revision
// without server-initiated requests, and where the client did not declare that it can show forms.
func clientOf(ctx context.Context) *client {
	srv, session := server.ServerFromContext(ctx), server.ClientSessionFromContext(ctx)
	if srv == nil || session == nil {
		return nil
	}
	if _, ok := session.(server.SessionWithElicitation); !ok {
		return nil
	}
	// In-process it is a function call, which the revision without server-initiated requests does not forbid.
	if _, ok := session.(*server.InProcessSession); server.IsModernRequest(ctx) && !ok {
		return nil
	}
	if !canShowForms(declared(ctx)) {
		return nil
	}
	return &client{context.WithoutCancel(ctx), srv}
}

// declared returns what the client of ctx says it can do: with each request on 2026-07-28, once for its session before.
func declared(ctx context.Context) mcp.ClientCapabilities {
	if info := server.RequestProtocolInfoFromContext(ctx); info != nil && info.Modern {
		if info.ClientCapabilities == nil {
			return mcp.ClientCapabilities{}
		}
		return *info.ClientCapabilities
	}
	if session, ok := server.ClientSessionFromContext(ctx).(server.SessionWithClientInfo); ok {
		return session.GetClientCapabilities()
	}
	return mcp.ClientCapabilities{}
}

// canShowForms reports whether a client declared forms. An empty declaration means forms, as it did before 2025-11-25.
func canShowForms(capabilities mcp.ClientCapabilities) bool {
	e := capabilities.Elicitation
	return e != nil && (e.Form != nil || e.URL == nil)
}

// A reply is what came of a form.
type reply struct {
	chosen int   // index of the choice; -1 if nobody chose
	err    error // [ErrDenied] for declined, [ErrDismissed] for cancelled; nil if nobody refused
}

// nobody is the reply of a client that asked nobody, or nobody that we know of.
var nobody = reply{chosen: -1}

// choose shows a form with one choice to make and waits for the reply until ctx ends. An answer that is faster than a
// person's, a failure, or an answer that was not offered counts as [nobody]: some clients accept or decline by themselves,
// with nothing drawn.
func (c *client) choose(ctx context.Context, fast time.Duration, message string, choices []string) reply {
	call, cancel := context.WithCancel(c.call)
	defer cancel()
	request := mcp.ElicitationRequest{Params: formParams(message, choices)}
	asked := time.Now()
	replies := make(chan reply, 1)
	go func() {
		// An in-process handler is somebody else's code: one that ignores its context must hold up nobody here.
		result, err := c.server.RequestElicitation(call, request)
		if err != nil || result == nil || time.Since(asked) < fast {
			replies <- nobody
			return
		}
		replies <- replyOf(result.ElicitationResponse, choices)
	}()
	select {
	case r := <-replies:
		return r
	case <-ctx.Done():
		return nobody
	}
}

// formParams is a form with one choice to make.
func formParams(message string, choices []string) mcp.ElicitationParams {
	return mcp.ElicitationParams{
		Mode:    mcp.ElicitationModeForm,
		Message: message,
		RequestedSchema: map[string]any{
			"type":       "object",
			"properties": map[string]any{"answer": map[string]any{"type": "string", "enum": choices}},
			"required":   []string{"answer"},
		},
	}
}

func replyOf(response mcp.ElicitationResponse, choices []string) reply {
	switch response.Action {
	case mcp.ElicitationResponseActionDecline:
		return reply{-1, ErrDenied}
	case mcp.ElicitationResponseActionCancel:
		return reply{-1, ErrDismissed}
	case mcp.ElicitationResponseActionAccept:
		content, _ := response.Content.(map[string]any)
		answer, _ := content["answer"].(string)
		for i, choice := range choices {
			if answer == choice && answer != "" {
				return reply{i, nil}
			}
		}
	}
	return nobody
}
