package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpsecrets/mcpsecrets/runtime/laws/subject"
)

// A leaker gives secrets away by all that the official SDK can send.
type leaker struct {
	*subject.Subject
	srv  *mcp.Server
	kept atomic.Pointer[subject.Leak] // for what is asked for later
}

func (l *leaker) register(srv *mcp.Server) {
	l.srv = srv
	srv.AddTool(&mcp.Tool{Name: "leak", InputSchema: anything}, l.tool)
	mcp.AddTool(srv, &mcp.Tool{Name: "leak_typed", InputSchema: anything}, l.typed)
	srv.AddPrompt(&mcp.Prompt{Name: "leak", Arguments: []*mcp.PromptArgument{{Name: "request"}}}, l.prompt)
	srv.AddResourceTemplate(&mcp.ResourceTemplate{Name: "leak", URITemplate: subject.LeakURI}, l.resource)
}

// fail fails as the runtime's own tools do not: an error of the protocol has data.
func fail(leak subject.Leak) error {
	if leak.Channel != "protocol error" {
		return leak.Fail()
	}
	data, err := json.Marshal(map[string]string{"detail": leak.Text})
	return errors.Join(err, &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: leak.Text, Data: data})
}

func (l *leaker) prompt(ctx context.Context, r *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
	leak, err := l.LeakOf(ctx, json.RawMessage(r.Params.Arguments["request"]))
	if err != nil {
		return nil, err
	}
	if err := fail(leak); err != nil {
		return nil, err
	}
	result := &mcp.GetPromptResult{Description: leak.Text}
	for _, part := range leak.Split() {
		result.Messages = append(result.Messages, &mcp.PromptMessage{Role: "user", Content: &mcp.TextContent{Text: part}})
	}
	return result, nil
}

func (l *leaker) resource(ctx context.Context, r *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
	leak, err := l.LeakOfURI(ctx, r.Params.URI)
	if err != nil {
		return nil, err
	}
	if err := fail(leak); err != nil {
		return nil, err
	}
	result := &mcp.ReadResourceResult{}
	switch leak.Channel {
	case "blob":
		result.Contents = []*mcp.ResourceContents{{URI: "leak://blob", Blob: []byte(leak.Text)}}
		return result, nil
	case "uri":
		result.Contents = []*mcp.ResourceContents{{URI: "leak://" + leak.Text}}
		return result, nil
	}
	for _, part := range leak.Split() {
		result.Contents = append(result.Contents, &mcp.ResourceContents{
			URI: "leak://text", Text: part, Meta: mcp.Meta{"note": leak.Text},
		})
	}
	return result, nil
}

func (l *leaker) complete(context.Context, *mcp.CompleteRequest) (*mcp.CompleteResult, error) {
	leak := *l.kept.Load()
	switch leak.Channel {
	case "completion error":
		return nil, fmt.Errorf("upstream said: %w", errors.New(leak.Text))
	case "completion panic":
		panic(leak.Text)
	}
	return &mcp.CompleteResult{Completion: mcp.CompletionResultDetails{Values: leak.Split()}}, nil
}

// A typedResult is the result of a tool that says what it returns.
type typedResult struct {
	Value string            `json:"value"`
	Lines []string          `json:"lines"`
	By    map[string]string `json:"by"`
}

func (l *leaker) typed(ctx context.Context, r *mcp.CallToolRequest, _ any) (*mcp.CallToolResult, typedResult, error) {
	leak, err := l.LeakOf(ctx, r.Params.Arguments)
	if err != nil {
		return nil, typedResult{}, err
	}
	if err := fail(leak); err != nil {
		return nil, typedResult{}, err
	}
	return nil, typedResult{leak.Text, leak.Split(), map[string]string{"note": leak.Text}}, nil
}

// tool leaks by the channel of a tool that the request names.
func (l *leaker) tool(ctx context.Context, r *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	if r.Params.InputResponses["form"] != nil { // of the channel "input request"
		return textResult("done"), nil
	}
	leak, err := l.LeakOf(ctx, r.Params.Arguments)
	if err != nil {
		return nil, err
	}
	if err := fail(leak); err != nil {
		return nil, err
	}
	result := textResult("done")
	if structure, ok := leak.Structure(); ok {
		result.StructuredContent = structure
		return result, nil
	}
	if content := contentWith(leak); content != nil {
		result.Content, result.IsError = content, leak.Channel == "error result"
		return result, nil
	}
	return result, l.send(ctx, r, leak, result)
}

// contentWith is the content that leaks by the channel, or nil if that leaks by something else.
func contentWith(leak subject.Leak) []mcp.Content {
	text := leak.Text
	switch leak.Channel {
	case "text", "error result":
		return []mcp.Content{&mcp.TextContent{Text: text}}
	case "parts":
		var content []mcp.Content
		for _, part := range leak.Split() {
			content = append(content, &mcp.TextContent{Text: part})
		}
		return content
	case "JSON":
		encoded, _ := json.Marshal(map[string]any{"value": text}) // of a text
		return []mcp.Content{&mcp.TextContent{Text: string(encoded)}}
	case "content meta":
		return []mcp.Content{&mcp.TextContent{Text: "done", Meta: mcp.Meta{"example.com/note": []string{text}}}}
	case "resource":
		return []mcp.Content{&mcp.EmbeddedResource{Resource: &mcp.ResourceContents{URI: "leak://text", MIMEType: "text/plain", Text: text}}}
	case "blob":
		return []mcp.Content{&mcp.EmbeddedResource{Resource: &mcp.ResourceContents{URI: "leak://blob", Blob: []byte(text)}}}
	case "image":
		return []mcp.Content{&mcp.ImageContent{Data: leak.Image(), MIMEType: "image/png"}}
	case "link":
		return []mcp.Content{&mcp.ResourceLink{URI: "leak://" + text, Name: text, Title: text, Description: text}}
	case "all kinds": // of which one leaks
		return []mcp.Content{
			&mcp.TextContent{Text: "<b>& \u2028"}, &mcp.ImageContent{Data: []byte("hi"), MIMEType: "image/png"},
			&mcp.AudioContent{Data: []byte("hi"), MIMEType: "audio/wav"}, &mcp.ResourceLink{URI: "file:///a", Name: "a"},
			&mcp.EmbeddedResource{Resource: &mcp.ResourceContents{URI: "file:///b"}}, &mcp.TextContent{Text: text},
		}
	}
	return nil
}

// send leaks by what is around a result, or by something else that is sent.
func (l *leaker) send(ctx context.Context, r *mcp.CallToolRequest, leak subject.Leak, result *mcp.CallToolResult) error {
	form := &mcp.ElicitParams{Message: leak.Text, RequestedSchema: map[string]any{
		"type": "object", "properties": map[string]any{"answer": map[string]any{"type": "string", "title": leak.Text}},
	}}
	switch leak.Channel {
	case "meta":
		result.Meta = mcp.Meta{"example.com/note": leak.Text}
	case "progress":
		return r.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{
			ProgressToken: r.Params.GetProgressToken(), Progress: 1, Message: leak.Text,
		})
	case "log":
		//lint:ignore SA1019 servers still send log messages, and they must be masked
		return r.Session.Log(ctx, &mcp.LoggingMessageParams{
			Level: "emergency", Logger: leak.Text, Data: map[string]any{"lines": leak.Split()},
		})
	case "listing":
		l.srv.AddTool(&mcp.Tool{Name: "listed", Description: leak.Text, InputSchema: map[string]any{
			"type": "object", "properties": map[string]any{"a": map[string]any{"enum": []string{leak.Text}}},
		}}, l.tool)
	case "completion", "completion error", "completion panic":
		l.kept.Store(&leak)
	case "updated":
		return l.srv.ResourceUpdated(ctx, &mcp.ResourceUpdatedNotificationParams{
			URI: "leak://updated", Meta: mcp.Meta{"example.com/note": leak.Text},
		})
	case "input request":
		result.Content, result.RequestState = nil, leak.Text
		result.InputRequests = mcp.InputRequestMap{"form": form}
	case "elicitation": // not every client can be asked
		_, _ = r.Session.Elicit(ctx, form)
	case "sampling":
		//lint:ignore SA1019 servers still ask for samples, and they must be masked
		_, _ = r.Session.CreateMessage(ctx, &mcp.CreateMessageParams{
			//lint:ignore SA1019 servers still ask for samples, and they must be masked
			Messages:     []*mcp.SamplingMessage{{Role: "user", Content: &mcp.TextContent{Text: leak.Text}}},
			SystemPrompt: leak.Text, MaxTokens: 1,
		})
	default:
		return fmt.Errorf("no channel %q", leak.Channel)
	}
	return nil
}
