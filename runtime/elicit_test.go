package secrets_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/mcpgo"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

var code = regexp.MustCompile(`[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}`)

// A person answers forms as the test says; where the test is about the form that compares codes, every use is allowed.
type person struct {
	permission bool // the test is about the question for permission
	think      time.Duration
	action     mcp.ElicitationResponseAction
	content    any
	err        error
	message    atomic.Value // string
}

// Elicit implements client.ElicitationHandler.
func (p *person) Elicit(_ context.Context, request mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	if !p.permission && !strings.Contains(request.Params.Message, "The window shows the code") {
		time.Sleep(time.Second)
		action, content := accepts("Allow")
		return &mcp.ElicitationResult{ElicitationResponse: mcp.ElicitationResponse{Action: action, Content: content}}, nil
	}
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
	tool := mcpgo.Tool(b.APIKey, "Read one pet", func(_ context.Context, _ mcp.CallToolRequest, key secrets.Secret) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("used " + key.Reveal()), nil
	})
	// Without the middleware, whose guard would mask what the tool says.
	return callTool(t, func(*server.MCPServer) {}, tool, options...)
}

// callTool calls a tool from a client in this process, and returns its text.
func callTool(t *testing.T, option server.ServerOption, tool server.ToolHandlerFunc, options ...client.ClientOption) (text string, isError bool) {
	t.Helper()
	srv := server.NewMCPServer("petstore", "1.0.0", option)
	srv.AddTool(mcp.NewTool("get_pet"), tool)
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
		b.user.Types("API key", goodKey).During(func() { time.Sleep(2 * time.Second) })
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
				text, isError := b.callTool(t, client.WithElicitationHandler(p))
				_, isStored := b.store.Value("petstore", "api_key")
				if row.want == "" && (isError || text != "used "+goodKey || !isStored) {
					t.Errorf("the dialog does not decide: %s", text)
				}
				if row.want != "" && (!isError || !strings.Contains(text, row.want) || isStored) {
					t.Errorf("got %q, stored %t, want %q and nothing stored", text, isStored, row.want)
				}
				if err := b.Manager.Close(); err != nil {
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
		b.user.Types("API key", goodKey)
		if text, isError := b.callTool(t, client.WithElicitationHandler(p)); isError {
			t.Fatal(text)
		}
		time.Sleep(2 * time.Minute)
		if _, ok := b.store.Value("petstore", "api_key"); ok || len(b.Manager.Grants()) != 0 {
			t.Errorf("still stored: %t, grants %v", ok, b.Manager.Grants())
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

// The answers to the question for permission, as the design's table has them.
func TestAnswersToThePermissionForm(t *testing.T) {
	onceAction, once := accepts("Allow")
	_, session := accepts("Allow for session")
	_, deny := accepts("Deny")
	const accept = mcp.ElicitationResponseActionAccept
	slow, quick := time.Second, 10*time.Millisecond
	for name, row := range map[string]struct {
		person *person
		dialog bool   // nobody was asked in the client: the native dialog is next
		want   string // what the tool's error says; "" where the use is allowed
		grant  bool
	}{
		"allow, slow":             {&person{think: slow, action: onceAction, content: once}, false, "", false},
		"allow, fast":             {&person{think: quick, action: accept, content: once}, true, "", false},
		"allow for session, slow": {&person{think: slow, action: accept, content: session}, false, "", true},
		"allow for session, fast": {&person{think: quick, action: accept, content: session}, true, "", false},
		"deny, slow":              {&person{think: slow, action: accept, content: deny}, false, "did not allow", false},
		"deny, fast":              {&person{think: quick, action: accept, content: deny}, true, "", false},
		"empty":                   {&person{think: slow, action: accept}, true, "", false},
		"not offered":             {&person{think: slow, action: accept, content: map[string]any{"answer": "Allow everything"}}, true, "", false},
		"decline, slow":           {&person{think: slow, action: mcp.ElicitationResponseActionDecline}, false, "did not allow", false},
		"decline, fast":           {&person{think: quick, action: mcp.ElicitationResponseActionDecline}, true, "", false},
		"cancel, slow":            {&person{think: slow, action: mcp.ElicitationResponseActionCancel}, false, "closed the window", false},
		"cancel, fast":            {&person{think: quick, action: mcp.ElicitationResponseActionCancel}, true, "", false},
		"error":                   {&person{think: slow, err: errors.New("method not found")}, true, "", false},
		"unknown action":          {&person{think: slow, action: "maybe"}, true, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := stored(t)
				row.person.permission = true
				if row.dialog {
					b.user.Answers(secrets.AllowOnce)
				}
				text, isError := b.callTool(t, client.WithElicitationHandler(row.person))
				if row.want == "" && (isError || text != "used "+goodKey) {
					t.Errorf("not allowed: %s", text)
				}
				if row.want != "" && (!isError || !strings.Contains(text, row.want)) {
					t.Errorf("got %q, want %q", text, row.want)
				}
				if got := len(b.Manager.Grants()) > 0; got != row.grant {
					t.Errorf("grants %v", b.Manager.Grants())
				}
			})
		})
	}
}

// A client that does not answer holds a call for 45 seconds; after five minutes the next call gets the dialog.
func TestPermissionFormWithoutAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := stored(t)
		p := &person{permission: true, think: time.Hour}
		for range 2 { // the second joins the question
			if text, isError := b.callTool(t, client.WithElicitationHandler(p)); !isError || !strings.Contains(text, "call again") {
				t.Fatalf("got %q", text)
			}
		}
		time.Sleep(5 * time.Minute)
		b.user.Answers(secrets.AllowOnce)
		if text, isError := b.callTool(t, client.WithElicitationHandler(p)); isError {
			t.Fatalf("got %q", text)
		}
		time.Sleep(2 * time.Hour) // lets the client go
	})
}

// A secret with permission dialog takes no client's word.
func TestDialogPermissionIsNeverAskedInTheClient(t *testing.T) {
	b := open(t)
	b.store.Put("petstore", "username", "ann")
	b.store.Put("petstore", "password", "hunter22")
	p := &person{permission: true}
	p.action, p.content = accepts("Allow for session")
	b.user.Answers(secrets.Deny)
	tool := mcpgo.Tool(b.Login, "Say who you are", func(context.Context, mcp.CallToolRequest, petstore.LoginSecrets) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("used"), nil
	})
	if text, isError := callTool(t, mcpgo.Option(b.Manager), tool, client.WithElicitationHandler(p)); !isError {
		t.Fatal(text)
	}
	if p.message.Load() != nil {
		t.Errorf("the client was asked: %v", p.message.Load())
	}
}

func TestBypassSkipsPermissionUnlessTheAuthorRefuses(t *testing.T) {
	t.Setenv("MCP_BYPASS_SECRET_USE_CONFIRM", "true")
	b := open(t)
	b.user.Types("API key", goodKey) // collection is never skipped
	b.wantKey(t, goodKey)
	b = stored(t, secrets.WithoutBypass())
	b.user.Answers(secrets.Deny)
	b.wantError(t, secrets.ErrDenied)
	t.Setenv("MCP_BYPASS_SECRET_USE_CONFIRM", "1") // only "true" is clear
	b = stored(t)
	b.user.Answers(secrets.Deny)
	b.wantError(t, secrets.ErrDenied)
}

func TestAuditHasEveryAccessAndNoValue(t *testing.T) {
	var log bytes.Buffer
	b := stored(t, secrets.WithLogger(slog.New(slog.NewJSONHandler(&log, nil))))
	b.user.Answers(secrets.AllowSession)
	b.wantKey(t, goodKey)
	b.wantKey(t, goodKey)
	if err := b.Manager.Revoke(petstore.KeyAPIKey); err != nil {
		t.Fatal(err)
	}
	b.user.Answers(secrets.Deny)
	b.wantError(t, secrets.ErrDenied)
	var got []string
	for line := range strings.Lines(log.String()) {
		var record struct{ Msg, Server, Secret, Reason, Outcome, How string }
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		if record.Msg == "secret access" {
			got = append(got, strings.Join([]string{record.Server, record.Secret, record.Reason, record.Outcome, record.How}, " | "))
		}
	}
	want := []string{
		"petstore | api_key | Read one pet | handed out | answered in a dialog",
		"petstore | api_key | Read one pet | handed out | granted for the session",
		"petstore | api_key | Read one pet | refused | denied",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if strings.Contains(log.String(), "0123456789") {
		t.Errorf("the log has the value:\n%s", log.String())
	}
}

func TestResultsErrorsAndPanicsAreMasked(t *testing.T) {
	for name, handle := range map[string]func(secrets.Secret) (*mcp.CallToolResult, error){
		"text": func(key secrets.Secret) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText("key: " + key.Reveal()), nil
		},
		"structured": func(key secrets.Secret) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultStructuredOnly(map[string]any{"a": []any{key.Reveal()}}), nil
		},
		"base64": func(key secrets.Secret) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText(base64.StdEncoding.EncodeToString([]byte("x" + key.Reveal()))), nil
		},
		"error": func(key secrets.Secret) (*mcp.CallToolResult, error) {
			return nil, errors.New("bad key " + key.Reveal())
		},
		"panic": func(key secrets.Secret) (*mcp.CallToolResult, error) { panic("bad key " + key.Reveal()) },
	} {
		t.Run(name, func(t *testing.T) {
			b := stored(t)
			b.user.Answers(secrets.AllowOnce)
			tool := mcpgo.Tool(b.APIKey, "Read one pet", func(_ context.Context, _ mcp.CallToolRequest, key secrets.Secret) (*mcp.CallToolResult, error) {
				return handle(key)
			})
			srv := server.NewMCPServer("petstore", "1.0.0", mcpgo.Option(b.Manager))
			srv.AddTool(mcp.NewTool("tool"), tool)
			response, err := json.Marshal(srv.HandleMessage(t.Context(), request))
			if err != nil || !bytes.Contains(response, []byte("[redacted]")) || bytes.Contains(response, []byte("0123456789")) ||
				bytes.Contains(response, []byte("MDEyMzQ1Njc4OWFi")) {
				t.Errorf("%s, %v", response, err)
			}
		})
	}
}
