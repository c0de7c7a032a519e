package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/laws/subject/vault"
)

// A leaker gives secrets away, as tools do by mistake: by any channel, in any encoding, between any other texts.
type leaker struct {
	*vault.Secrets
	srv *server.MCPServer
}

// A request says what to give away, and how.
type request struct {
	Secret   string    // key, prefixed, file; or name, which is no secret until Mask is told it
	From, To int       // which characters of it; all if To is 0
	Inner    [2]string // what is encoded together with it, before and after
	Encode   []string  // one after the other
	Outer    [2]string // what stands before and after that
	Channel  string
	Parts    []int // after how many characters to split, for the channels that have parts
}

func (l *leaker) register() {
	l.srv.AddTool(mcp.NewTool("leak"), func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		var req request
		if err := r.BindArguments(&req); err != nil {
			return nil, err
		}
		text, err := l.text(ctx, req)
		if err != nil {
			return nil, err
		}
		var token mcp.ProgressToken
		if r.Params.Meta != nil {
			token = r.Params.Meta.ProgressToken
		}
		return l.leak(ctx, req, text, token)
	})
	prompt := func(ctx context.Context, r mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		req, text, err := l.described(ctx, r.Params.Arguments["request"])
		if err != nil {
			return nil, err
		}
		switch req.Channel {
		case "error":
			return nil, fmt.Errorf("upstream said: %w", errors.New(text))
		case "panic":
			panic(text)
		}
		result := mcp.NewGetPromptResult(text, nil)
		for _, part := range req.split(text) {
			result.Messages = append(result.Messages, mcp.NewPromptMessage(mcp.RoleUser, mcp.NewTextContent(part)))
		}
		return result, nil
	}
	l.srv.AddPrompt(mcp.NewPrompt("leak", mcp.WithArgument("request")), prompt)
	resource := func(ctx context.Context, r mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
		encoded := strings.TrimPrefix(r.Params.URI, "leak://any/")
		description, err := base64.RawURLEncoding.DecodeString(encoded)
		if err != nil {
			return nil, err
		}
		req, text, err := l.described(ctx, string(description))
		if err != nil {
			return nil, err
		}
		switch req.Channel {
		case "error":
			return nil, fmt.Errorf("upstream said: %w", errors.New(text))
		case "panic":
			panic(errors.New(text))
		case "blob":
			blob := base64.StdEncoding.EncodeToString([]byte(text))
			return []mcp.ResourceContents{mcp.BlobResourceContents{URI: "leak://blob", Blob: blob}}, nil
		case "uri":
			return []mcp.ResourceContents{mcp.TextResourceContents{URI: "leak://" + text}}, nil
		}
		var contents []mcp.ResourceContents
		for _, part := range req.split(text) {
			contents = append(contents, mcp.TextResourceContents{URI: "leak://text", Text: part, Meta: map[string]any{"note": text}})
		}
		return contents, nil
	}
	l.srv.AddResourceTemplate(mcp.NewResourceTemplate("leak://any/{request}", "leak"), resource)
	l.srv.AddTool(mcp.NewTool("show"), l.show)
	l.srv.AddTool(mcp.NewTool("crash"), l.crash)
}

// text is what a request wants to be given away.
func (l *leaker) text(ctx context.Context, r request) (string, error) {
	var secret secrets.Secret
	var err error
	switch r.Secret {
	case "prefixed":
		secret, err = l.Prefixed(ctx, "Leak it")
	case "file":
		secret, err = l.File(ctx, "Leak it")
	case "name":
		var name string
		name, err = l.Name(ctx, "Leak it")
		l.Manager.Mask(ctx, name)
		secret = secrets.NewSecret(name)
	default:
		secret, err = l.Key(ctx, "Leak it")
	}
	if err != nil {
		return "", err
	}
	characters := []rune(secret.Reveal())
	if r.To == 0 {
		r.To = len(characters)
	}
	text := r.Inner[0] + string(characters[r.From:r.To]) + r.Inner[1]
	for _, name := range r.Encode {
		text = encoders[name](text)
	}
	return r.Outer[0] + text + r.Outer[1], nil
}

func (l *leaker) described(ctx context.Context, description string) (r request, text string, err error) {
	if err = json.Unmarshal([]byte(description), &r); err == nil {
		text, err = l.text(ctx, r)
	}
	return r, text, err
}

// split splits a text into the parts that the request wants.
func (r request) split(text string) (parts []string) {
	rest := []rune(text)
	for _, n := range r.Parts {
		n = min(n, len(rest))
		parts, rest = append(parts, string(rest[:n])), rest[n:]
	}
	return append(parts, string(rest))
}

// leak sends the text by the request's channel.
func (l *leaker) leak(ctx context.Context, r request, text string, token mcp.ProgressToken) (*mcp.CallToolResult, error) {
	done := mcp.NewToolResultText("done")
	switch r.Channel {
	case "text":
		return mcp.NewToolResultText(text), nil
	case "parts":
		result := &mcp.CallToolResult{}
		for _, part := range r.split(text) {
			result.Content = append(result.Content, mcp.NewTextContent(part))
		}
		return result, nil
	case "strings":
		return mcp.NewToolResultStructured(map[string]any{"lines": r.split(text)}, "done"), nil
	case "structured":
		return mcp.NewToolResultStructured(map[string]any{
			"a": []any{1, map[string]any{"b": text, "id": text, "method": text}}, "n": json.Number("12345678901234567890"),
		}, "done"), nil
	case "key":
		return mcp.NewToolResultStructured(map[string]any{text: true}, "done"), nil
	case "number":
		return mcp.NewToolResultStructured(map[string]any{"card": json.RawMessage(text)}, "done"), nil
	case "JSON":
		return mcp.NewToolResultJSON(map[string]any{"value": text})
	case "meta":
		done.Meta = mcp.NewMetaFromMap(map[string]any{"example.com/note": text})
		return done, nil
	case "content meta":
		part := mcp.NewTextContent("done")
		part.Meta = mcp.NewMetaFromMap(map[string]any{"example.com/note": []string{text}})
		return &mcp.CallToolResult{Content: []mcp.Content{part}}, nil
	case "resource":
		return mcp.NewToolResultResource("done", mcp.TextResourceContents{URI: "leak://text", MIMEType: "text/plain", Text: text}), nil
	case "blob":
		blob := base64.StdEncoding.EncodeToString([]byte(text))
		return mcp.NewToolResultResource("done", mcp.BlobResourceContents{URI: "leak://blob", Blob: blob}), nil
	case "image":
		return mcp.NewToolResultImage("done", base64.StdEncoding.EncodeToString([]byte("\x89PNG\r\n"+text)), "image/png"), nil
	case "link":
		link := mcp.NewResourceLink("leak://"+text, text, text, "text/plain")
		return &mcp.CallToolResult{Content: []mcp.Content{link}}, nil
	case "all kinds": // of content, of which one leaks
		return &mcp.CallToolResult{Content: []mcp.Content{
			mcp.NewTextContent("<b>& \u2028"), mcp.NewImageContent("aGk=", "image/png"), mcp.NewAudioContent("aGk=", "audio/wav"),
			mcp.NewResourceLink("file:///a", "a", "b", "text/plain"),
			mcp.NewEmbeddedResource(mcp.TextResourceContents{URI: "file:///b", Text: ""}), mcp.NewTextContent(text),
		}, StructuredContent: json.RawMessage(`{"big":12345678901234567890,"exact":1.10,"z":1,"a":[null,true]}`)}, nil
	case "error result":
		return mcp.NewToolResultError(text), nil
	case "error":
		return nil, fmt.Errorf("upstream said: %w", errors.New(text))
	case "joined errors":
		return nil, errors.Join(os.ErrNotExist, custom{text})
	case "panic":
		panic(text)
	case "panic error":
		panic(fmt.Errorf("upstream said: %w", errors.New(text)))
	case "panic custom":
		panic(custom{text})
	case "panic struct":
		panic(struct{ Text, text string }{text, text})
	case "panic bytes":
		panic([]byte(text))
	case "progress":
		return done, l.srv.SendNotificationToClient(ctx, "notifications/progress", map[string]any{
			"progressToken": token, "progress": 1, "message": text,
		})
	case "log":
		return done, l.srv.SendNotificationToClient(ctx, "notifications/message", map[string]any{
			"level": "emergency", "logger": text, "data": map[string]any{"lines": r.split(text)},
		})
	case "listing":
		l.srv.AddTool(mcp.NewTool("listed", mcp.WithDescription(text), mcp.WithString("a", mcp.Enum(text))), nil)
		return done, nil
	case "elicitation":
		properties := map[string]any{"answer": map[string]any{"type": "string", "title": text}}
		_, _ = l.srv.RequestElicitation(ctx, mcp.ElicitationRequest{Params: mcp.ElicitationParams{
			Message: text, RequestedSchema: map[string]any{"type": "object", "properties": properties},
		}}) // not every client can be asked
		return done, nil
	}
	return nil, fmt.Errorf("no channel %q", r.Channel)
}

// custom is an error that shows its text in every way.
type custom struct{ text string }

func (c custom) Error() string                 { return c.text }
func (c custom) String() string                { return c.text }
func (c custom) Format(f fmt.State, verb rune) { fmt.Fprint(f, c.text) }
func (c custom) MarshalText() ([]byte, error)  { return []byte(c.text), nil }
