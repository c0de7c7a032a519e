package gosdk

import (
	"context"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/serve"
)

// shows returns what a client declared. An empty declaration means forms, as it did before 2025-11-25.
func shows(capabilities *mcp.ClientCapabilities) secrets.Shows {
	if capabilities == nil || capabilities.Elicitation == nil {
		return secrets.Shows{}
	}
	e := capabilities.Elicitation
	return secrets.Shows{Forms: e.Form != nil || e.URL == nil, URLs: e.URL != nil}
}

// ask returns how the client of an older revision is asked in place. A form outlives the call that it was sent in, but the
// SDK finds the way to the client by the call's context.
//
// The SDK has a bridge that turns input requests into elicitations, too. It ends the whole call when the client answers with
// an error, and it waits for ever.
func ask(call context.Context, session *mcp.ServerSession) func(context.Context, secrets.Form) secrets.Reply {
	call = context.WithoutCancel(call)
	return func(ctx context.Context, form secrets.Form) secrets.Reply {
		asking, cancel := context.WithCancel(call)
		defer cancel()
		stop := context.AfterFunc(ctx, cancel)
		defer stop()
		result, err := session.Elicit(asking, elicitation(form))
		if err != nil {
			return secrets.Reply{} // it could not be asked, or its answer breaks the schema
		}
		return replyOf(result)
	}
}

func elicitation(form secrets.Form) *mcp.ElicitParams {
	return &mcp.ElicitParams{Mode: "form", Message: form.Message, RequestedSchema: serve.Schema(form.Choices)}
}

func replyOf(result *mcp.ElicitResult) secrets.Reply {
	answer, _ := result.Content[serve.Answer].(string)
	return secrets.Reply{Action: result.Action, Answer: answer}
}

// replies returns what a client answered to an input request.
func replies(responses mcp.InputResponseMap) map[string]secrets.Reply {
	found := make(map[string]secrets.Reply, len(responses))
	for name, response := range responses {
		if result, ok := response.(*mcp.ElicitResult); ok {
			found[name] = replyOf(result)
		}
	}
	return found
}

// An inputRequest is the result that asks the client. The SDK's own results can't be told from outside that they are one:
// their resultType is not exported, and they would have an empty content besides.
type inputRequest struct {
	mcp.ResultBase
	ResultType    string              `json:"resultType"`
	InputRequests mcp.InputRequestMap `json:"inputRequests"`
	RequestState  string              `json:"requestState"`
}

func inputRequired(forms []secrets.Form, state string) *inputRequest {
	requests := make(mcp.InputRequestMap, len(forms))
	for _, form := range forms {
		requests[form.Name] = elicitation(form)
	}
	return &inputRequest{ResultType: "input_required", InputRequests: requests, RequestState: state}
}
