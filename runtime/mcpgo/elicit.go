package mcpgo

import (
	"context"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/serve"
)

// ask returns how to ask the client of a request in place, or nil where it can't be: on a revision without server-initiated
// requests, and over HTTP where somebody else could send answers in its session.
//
// It does not go through mcp-go's bridge for input requests: where a client answers "method not found" the bridge ends the
// whole call, and where it drops the request the bridge waits for ever.
func (c client) ask(ctx context.Context) func(context.Context, secrets.Form) secrets.Reply {
	if _, ok := c.session.(server.SessionWithElicitation); !ok || !c.answersAsItself() {
		return nil
	}
	// In-process it is a function call, which the revision without server-initiated requests does not forbid.
	if _, ok := c.session.(*server.InProcessSession); c.isModern() && !ok {
		return nil
	}
	srv := server.ServerFromContext(ctx)
	if srv == nil {
		return nil
	}
	return func(shown context.Context, form secrets.Form) secrets.Reply {
		// The session is in the request's context, but a form may outlive the request.
		call, cancel := context.WithCancel(context.WithoutCancel(ctx))
		defer cancel()
		defer context.AfterFunc(shown, cancel)()
		result, err := srv.RequestElicitation(call, mcp.ElicitationRequest{Params: elicitation(form)})
		if err != nil || result == nil {
			return secrets.Reply{}
		}
		return replyOf(result.ElicitationResponse)
	}
}

// elicitation has a form shown.
func elicitation(form secrets.Form) mcp.ElicitationParams {
	return mcp.ElicitationParams{Mode: mcp.ElicitationModeForm, Message: form.Message, RequestedSchema: serve.Schema(form.Choices)}
}

func replyOf(response mcp.ElicitationResponse) secrets.Reply {
	content, _ := response.Content.(map[string]any)
	answer, _ := content[serve.Answer].(string)
	return secrets.Reply{Action: string(response.Action), Answer: answer}
}
