package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcpsecrets/mcpsecrets/runtime/laws/subject"
)

// A leaker gives secrets away by all that mcp-go can send.
type leaker struct {
	*subject.Subject
	srv  *server.MCPServer
	kept atomic.Pointer[subject.Leak] // for what is asked for later
}

func (l *leaker) register(srv *server.MCPServer) {
	l.srv = srv
	srv.AddTool(mcp.NewTool("leak"), l.tool)
	srv.AddTool(mcp.NewTool("leak_task", mcp.WithTaskSupport(mcp.TaskSupportOptional)), l.tool)
	srv.AddPrompt(mcp.NewPrompt("leak", mcp.WithArgument("request")), l.prompt)
	srv.AddResourceTemplate(mcp.NewResourceTemplate(subject.LeakURI, "leak"), l.resource)
}

func (l *leaker) prompt(ctx context.Context, r mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
	leak, err := l.LeakOf(ctx, json.RawMessage(r.Params.Arguments["request"]))
	if err != nil {
		return nil, err
	}
	if err := leak.Fail(); err != nil {
		return nil, err
	}
	result := mcp.NewGetPromptResult(leak.Text, nil)
	for _, part := range leak.Split() {
		result.Messages = append(result.Messages, mcp.NewPromptMessage(mcp.RoleUser, mcp.NewTextContent(part)))
	}
	return result, nil
}

func (l *leaker) resource(ctx context.Context, r mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
	leak, err := l.LeakOfURI(ctx, r.Params.URI)
	if err != nil {
		return nil, err
	}
	if err := leak.Fail(); err != nil {
		return nil, err
	}
	switch leak.Channel {
	case "blob":
		blob := base64.StdEncoding.EncodeToString([]byte(leak.Text))
		return []mcp.ResourceContents{mcp.BlobResourceContents{URI: "leak://blob", Blob: blob}}, nil
	case "uri":
		return []mcp.ResourceContents{mcp.TextResourceContents{URI: "leak://" + leak.Text}}, nil
	}
	var contents []mcp.ResourceContents
	for _, part := range leak.Split() {
		contents = append(contents, mcp.TextResourceContents{URI: "leak://text", Text: part, Meta: map[string]any{"note": leak.Text}})
	}
	return contents, nil
}

// CompletePromptArgument implements server.PromptCompletionProvider.
func (l *leaker) CompletePromptArgument(_ context.Context, _ string, _ mcp.CompleteArgument, _ mcp.CompleteContext) (*mcp.Completion, error) {
	leak := *l.kept.Load()
	if leak.Channel == "completion error" {
		return nil, fmt.Errorf("upstream said: %w", errors.New(leak.Text))
	}
	return &mcp.Completion{Values: leak.Split()}, nil
}

// tool leaks by the channel of a tool that the request names.
func (l *leaker) tool(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	done := mcp.NewToolResultText("done")
	if _, answered := r.Params.InputResponses["form"]; answered { // of the channel "input request"
		return done, nil
	}
	leak, err := l.LeakOf(ctx, argumentsOf(r))
	if err != nil {
		return nil, err
	}
	if err := leak.Fail(); err != nil {
		return nil, err
	}
	if structure, ok := leak.Structure(); ok {
		return mcp.NewToolResultStructured(structure, "done"), nil
	}
	if result := leakByContent(leak); result != nil {
		return result, nil
	}
	return done, l.send(ctx, r, leak, done)
}

// leakByContent leaks by the content of a result, or returns nil if the channel is another.
func leakByContent(leak subject.Leak) *mcp.CallToolResult {
	text, blob := leak.Text, base64.StdEncoding.EncodeToString([]byte(leak.Text))
	switch leak.Channel {
	case "text":
		return mcp.NewToolResultText(text)
	case "parts":
		result := &mcp.CallToolResult{}
		for _, part := range leak.Split() {
			result.Content = append(result.Content, mcp.NewTextContent(part))
		}
		return result
	case "JSON":
		result, _ := mcp.NewToolResultJSON(map[string]any{"value": text}) // of a text
		return result
	case "content meta":
		part := mcp.NewTextContent("done")
		part.Meta = mcp.NewMetaFromMap(map[string]any{"example.com/note": []string{text}})
		return &mcp.CallToolResult{Content: []mcp.Content{part}}
	case "resource":
		return mcp.NewToolResultResource("done", mcp.TextResourceContents{URI: "leak://text", MIMEType: "text/plain", Text: text})
	case "blob":
		return mcp.NewToolResultResource("done", mcp.BlobResourceContents{URI: "leak://blob", Blob: blob})
	case "image":
		return mcp.NewToolResultImage("done", base64.StdEncoding.EncodeToString(leak.Image()), "image/png")
	case "link":
		link := mcp.NewResourceLink("leak://"+text, text, text, "text/plain")
		return &mcp.CallToolResult{Content: []mcp.Content{link}}
	case "all kinds": // of content, of which one leaks
		return &mcp.CallToolResult{Content: []mcp.Content{
			mcp.NewTextContent("<b>& \u2028"), mcp.NewImageContent("aGk=", "image/png"), mcp.NewAudioContent("aGk=", "audio/wav"),
			mcp.NewResourceLink("file:///a", "a", "b", "text/plain"),
			mcp.NewEmbeddedResource(mcp.TextResourceContents{URI: "file:///b", Text: ""}), mcp.NewTextContent(text),
		}, StructuredContent: json.RawMessage(`{"big":12345678901234567890,"exact":1.10,"z":1,"a":[null,true]}`)}
	case "error result":
		return mcp.NewToolResultError(text)
	}
	return nil
}

// send leaks by what is around a result, or by something else that is sent.
func (l *leaker) send(ctx context.Context, r mcp.CallToolRequest, leak subject.Leak, done *mcp.CallToolResult) error {
	form := mcp.ElicitationParams{Message: leak.Text, RequestedSchema: map[string]any{
		"type": "object", "properties": map[string]any{"answer": map[string]any{"type": "string", "title": leak.Text}},
	}}
	switch leak.Channel {
	case "meta":
		done.Meta = mcp.NewMetaFromMap(map[string]any{"example.com/note": leak.Text})
	case "progress":
		var token mcp.ProgressToken
		if r.Params.Meta != nil {
			token = r.Params.Meta.ProgressToken
		}
		return l.srv.SendNotificationToClient(ctx, "notifications/progress", map[string]any{
			"progressToken": token, "progress": 1, "message": leak.Text,
		})
	case "log":
		return l.srv.SendNotificationToClient(ctx, "notifications/message", map[string]any{
			"level": "emergency", "logger": leak.Text, "data": map[string]any{"lines": leak.Split()},
		})
	case "listing":
		l.srv.AddTool(mcp.NewTool("listed", mcp.WithDescription(leak.Text), mcp.WithString("a", mcp.Enum(leak.Text))), nil)
	case "completion", "completion error":
		l.kept.Store(&leak)
	case "input request":
		done.ResultType, done.Content = mcp.ResultTypeInputRequired, nil
		done.InputRequests = mcp.InputRequests{"form": mcp.NewElicitationInputRequest(form)}
		done.RequestState = leak.Text
	case "elicitation": // not every client can be asked
		_, _ = l.srv.RequestElicitation(ctx, mcp.ElicitationRequest{Params: form})
	case "sampling":
		message := mcp.SamplingMessage{Role: mcp.RoleUser, Content: mcp.NewTextContent(leak.Text)}
		//lint:ignore SA1019 servers still ask for samples, and they must be masked
		_, _ = l.srv.RequestSampling(ctx, mcp.CreateMessageRequest{CreateMessageParams: mcp.CreateMessageParams{
			Messages: []mcp.SamplingMessage{message}, SystemPrompt: leak.Text, MaxTokens: 1,
		}})
	default:
		return fmt.Errorf("no channel %q", leak.Channel)
	}
	return nil
}
