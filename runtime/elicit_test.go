package secrets_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

var code = regexp.MustCompile(`[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}`)

// A person answers the forms of an MCP client.
type person struct {
	think   time.Duration
	action  mcp.ElicitationResponseAction
	content any
	err     error
	forms   atomic.Int32
	message atomic.Value // string
}

// Elicit implements client.ElicitationHandler.
func (p *person) Elicit(_ context.Context, request mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	p.forms.Add(1)
	p.message.Store(request.Params.Message)
	time.Sleep(p.think)
	if p.err != nil {
		return nil, p.err
	}
	return &mcp.ElicitationResult{ElicitationResponse: mcp.ElicitationResponse{Action: p.action, Content: p.content}}, nil
}

// callTool calls a tool that needs the API key, from a client in this process, and returns its text.
func (b bench) callTool(t *testing.T, options ...client.ClientOption) (text string, isError bool) {
	t.Helper()
	srv := server.NewMCPServer("petstore", "1.0.0")
	srv.AddTool(mcp.NewTool("get_pet"), secrets.Tool(b.APIKey, "Read one pet",
		func(_ context.Context, _ mcp.CallToolRequest, key secrets.Secret) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText("used " + key.Reveal()), nil
		}))
	c, err := client.NewInProcessClientWithOptions(srv, options...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	initialize := mcp.InitializeRequest{Params: mcp.InitializeParams{ProtocolVersion: "2025-06-18"}}
	if _, err := c.Initialize(t.Context(), initialize); err != nil {
		t.Fatal(err)
	}
	result, err := c.CallTool(t.Context(), mcp.CallToolRequest{Params: mcp.CallToolParams{Name: "get_pet"}})
	if err != nil {
		t.Fatal(err)
	}
	return result.Content[0].(mcp.TextContent).Text, result.IsError
}

func accepts(answer string) (mcp.ElicitationResponseAction, any) {
	return mcp.ElicitationResponseActionAccept, map[string]any{"answer": answer}
}

const (
	theyMatch  = "The codes match"
	theyDiffer = "They differ"
)

func TestClientShowsTheCodeOfTheDialog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t)
		p := &person{think: time.Second}
		p.action, p.content = accepts(theyMatch)
		b.user.Types("API key", goodKey).During(func() { time.Sleep(2 * time.Second) }).Answers(secrets.AllowOnce)
		if text, isError := b.callTool(t, client.WithElicitationHandler(p)); isError || text != "used "+goodKey {
			t.Fatal(text)
		}
		form, _ := p.message.Load().(string)
		inForm, inDialog := code.FindString(form), code.FindString(b.user.Shown()[0].Text())
		if inForm == "" || inForm != inDialog {
			t.Errorf("the form shows %q and the dialog %q:\n%s", inForm, inDialog, form)
		}
		if !strings.Contains(form, "Petstore API key") || strings.Contains(form, goodKey) {
			t.Errorf("the form must name the secret and not hold it:\n%s", form)
		}
	})
}

// The answers to the form, as the design's table has them: which leave the dialog to decide, and which end it.
func TestAnswersToTheCollectionForm(t *testing.T) {
	differAction, differ := accepts(theyDiffer)
	matchAction, match := accepts(theyMatch)
	slow, quick := time.Second, 10*time.Millisecond
	for name, row := range map[string]struct {
		person *person
		want   string // what the tool's error says; "" where the dialog alone decides
	}{
		"match, slow":    {&person{think: slow, action: matchAction, content: match}, ""},
		"match, fast":    {&person{think: quick, action: matchAction, content: match}, ""},
		"differ, slow":   {&person{think: slow, action: differAction, content: differ}, "did not allow"},
		"differ, fast":   {&person{think: quick, action: differAction, content: differ}, ""},
		"empty":          {&person{think: slow, action: matchAction}, ""},
		"not offered":    {&person{think: slow, action: matchAction, content: map[string]any{"answer": "Allow all"}}, ""},
		"other type":     {&person{think: slow, action: matchAction, content: []any{theyDiffer}}, ""},
		"decline, slow":  {&person{think: slow, action: mcp.ElicitationResponseActionDecline}, "did not allow"},
		"decline, fast":  {&person{think: quick, action: mcp.ElicitationResponseActionDecline}, ""},
		"cancel, slow":   {&person{think: slow, action: mcp.ElicitationResponseActionCancel}, "closed the window"},
		"cancel, fast":   {&person{think: quick, action: mcp.ElicitationResponseActionCancel}, ""},
		"error":          {&person{think: slow, err: errors.New("method not found")}, ""},
		"unknown action": {&person{think: slow, action: "maybe"}, ""},
		"no answer":      {&person{think: time.Hour}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := open(t)
				p := row.person
				b.user.Types("API key", goodKey).During(func() { time.Sleep(2 * time.Second) })
				if row.want == "" {
					b.user.Answers(secrets.AllowOnce)
				}
				text, isError := b.callTool(t, client.WithElicitationHandler(p))
				_, isStored := b.store.Value("petstore", "api_key")
				if row.want == "" && (isError || text != "used "+goodKey || !isStored) {
					t.Errorf("the dialog does not decide: %s", text)
				}
				if row.want != "" && (!isError || !strings.Contains(text, row.want) || isStored) {
					t.Errorf("got %q, stored %t, want %q and nothing stored", text, isStored, row.want)
				}
				if err := b.Close(); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Hour) // lets a client that never answered go
			})
		})
	}
}

func TestCodesThatDifferTakeBackWhatWasStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t)
		p := &person{think: time.Minute}
		p.action, p.content = accepts(theyDiffer)
		b.user.Types("API key", goodKey).Answers(secrets.AllowSession)
		if text, isError := b.callTool(t, client.WithElicitationHandler(p)); isError {
			t.Fatal(text)
		}
		time.Sleep(2 * time.Minute)
		if _, ok := b.store.Value("petstore", "api_key"); ok || len(b.Grants()) != 0 {
			t.Errorf("still stored: %t, grants %v", ok, b.Grants())
		}
	})
}

func TestClientWithoutFormsIsNotAsked(t *testing.T) {
	b := open(t)
	b.user.Types("API key", goodKey).Answers(secrets.AllowOnce)
	if text, isError := b.callTool(t); isError {
		t.Fatal(text)
	}
	if shown := b.user.Shown()[0].Text(); code.MatchString(shown) || strings.Contains(shown, "code") {
		t.Errorf("the dialog shows a code that nothing can be compared with:\n%s", shown)
	}
}
