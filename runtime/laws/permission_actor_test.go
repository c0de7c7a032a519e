package laws

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/testdata/inprocess"
)

const newEra = "2026-07-28"

// An actor is an MCP client with the person, or program, behind it; or the server's own code, which calls no tool. Over HTTP
// it is the official client; in this process, that of the server's SDK.
type actor struct {
	run       *permissionRun
	name      string
	principal string // "process" is in this process
	version   string // "" is the server's own code, which a stranger's is where nothing says whose it is
	forms     bool   // declares that it can show forms
	mute      bool   // and never answers one
	choose    *rand.Rand

	turn      chan struct{} // held while it connects; a clock in a bubble would not wait for a mutex
	connected connection    // nil if it is not
	drop      func()        // takes away the forms of that connection
	to        *permissionServer
}

// A connection is how an actor reaches the server.
type connection interface {
	call(ctx context.Context, r *oracleRequest) (text string, input *inputRequest, err error)
	close()
}

// rounds reports whether the actor is asked by input requests.
func (a *actor) rounds() bool {
	return a.version == newEra && a.forms && a.principal != oracleNobody && a.principal != oracleStranger
}

// enter connects, unless it is.
func (a *actor) enter(ctx context.Context) error {
	a.turn <- struct{}{}
	defer func() { <-a.turn }()
	to := a.run.serving.Load()
	if a.version == "" || a.to == to {
		return nil
	}
	a.disconnect() // it came while the server before this one was ending
	shown, drop := context.WithCancel(context.Background())
	a.drop, a.to = drop, to
	var err error
	if a.principal == "process" {
		a.connected, err = to.connect(ctx, a, shown.Done())
	} else {
		a.connected, err = a.overHTTP(ctx, to.handler, shown.Done())
	}
	if c, ok := a.connected.(officialConnection); ok {
		go func() { // such a client ends its session also by itself, where an answer comes too late
			_ = c.Wait()
			drop()
		}()
	}
	return err
}

func (a *actor) overHTTP(ctx context.Context, server http.Handler, gone <-chan struct{}) (connection, error) {
	peer := "127.0.0.1:4000"
	if a.principal == oracleStranger {
		peer = "192.0.2.7:4000"
	}
	transport := inprocess.Transport{Handler: server, Peer: peer}
	if a.principal != oracleNobody && a.principal != oracleStranger {
		transport.Token = a.principal
	}
	return a.official(ctx, &sdk.StreamableClientTransport{
		Endpoint: "http://127.0.0.1/mcp", HTTPClient: &http.Client{Transport: transport}, MaxRetries: -1,
	}, gone)
}

// An officialConnection is one of the official client.
type officialConnection struct{ *sdk.ClientSession }

func (c officialConnection) close() { _ = c.Close() } // waits for what the person does

// official connects the official client.
func (a *actor) official(ctx context.Context, transport sdk.Transport, gone <-chan struct{}) (connection, error) {
	options := &sdk.ClientOptions{
		MultiRoundTrip: &sdk.MultiRoundTripOptions{Disabled: true}, Capabilities: &sdk.ClientCapabilities{},
	}
	if a.forms {
		options.Capabilities.Elicitation = &sdk.ElicitationCapabilities{Form: &sdk.FormElicitationCapabilities{}}
	}
	c := sdk.NewClient(&sdk.Implementation{Name: a.name, Version: "1"}, options)
	// Under the client's own checks: what a client must not be sent is seen, and what it must not say is said.
	c.AddReceivingMiddleware(func(next sdk.MethodHandler) sdk.MethodHandler {
		return func(ctx context.Context, method string, request sdk.Request) (sdk.Result, error) {
			params, ok := request.GetParams().(*sdk.ElicitParams)
			if !ok {
				return next(ctx, method, request)
			}
			action, content, err := a.elicited(ctx, gone, params.Message, shownIn(params).choices)
			if err != nil {
				return nil, err
			}
			return &sdk.ElicitResult{Action: action, Content: content}, nil
		}
	})
	session, err := c.Connect(ctx, transport, &sdk.ClientSessionOptions{ProtocolVersion: a.version})
	if err != nil {
		return nil, err
	}
	return officialConnection{session}, nil
}

// leave disconnects.
func (a *actor) leave() {
	a.turn <- struct{}{}
	defer func() { <-a.turn }()
	a.disconnect()
}

func (a *actor) disconnect() {
	connected, drop := a.connected, a.drop
	a.connected, a.drop, a.to = nil, nil, nil
	if drop != nil {
		drop()
	}
	if connected != nil {
		connected.close()
	}
}

// connection returns what the actor is connected by, nil if it is leaving.
func (a *actor) connection() connection {
	a.turn <- struct{}{}
	defer func() { <-a.turn }()
	return a.connected
}

// A shownForm is what a form shows.
type shownForm struct {
	message string
	choices []string
}

func shownIn(params *sdk.ElicitParams) shownForm {
	schema, _ := params.RequestedSchema.(map[string]any)
	return shownForm{params.Message, choicesIn(schema)}
}

// choicesIn returns what the one field of a form offers. A form that asks for more than a choice offers nothing.
func choicesIn(schema map[string]any) []string {
	properties, _ := schema["properties"].(map[string]any)
	answer, _ := properties["answer"].(map[string]any)
	if len(properties) != 1 || answer["type"] != "string" {
		return nil
	}
	switch choices := answer["enum"].(type) {
	case []string:
		return choices
	case []any:
		var texts []string
		for _, c := range choices {
			texts = append(texts, fmt.Sprint(c))
		}
		return texts
	}
	return nil
}

// answer draws an answer to a form, and how long it takes.
func (a *actor) answer(codes bool) (answer string, wait time.Duration) {
	r := a.choose
	wait = time.Duration(310+r.IntN(3000)) * time.Millisecond
	switch {
	case a.mute:
		return "nothing, and never", wait
	case percent(r, 15):
		wait = time.Duration(r.IntN(290)) * time.Millisecond
	case percent(r, 20):
		wait = time.Duration(10+r.IntN(110)) * time.Second
	}
	yes, no := []string{"Allow", "Allow for session"}, []string{"Deny", "declines", "cancels"}
	if codes {
		yes, no = []string{"The codes match"}, []string{"They differ", "declines", "cancels"}
	}
	switch {
	case percent(r, 7*a.run.moody):
		return anyOf(r, no...), wait
	case percent(r, 15):
		return anyOf(r, "Allow everything", "an empty answer", "an unknown action", "method not found", "nothing, and never"), wait
	}
	return anyOf(r, yes...), wait
}

// asReply puts an answer into the protocol's words.
func asReply(answer string) (action string, content map[string]any) {
	switch answer {
	case "declines":
		return "decline", nil
	case "cancels":
		return "cancel", nil
	case "an empty answer":
		return "accept", nil
	case "an unknown action":
		return "maybe", map[string]any{"answer": "Allow"}
	}
	return "accept", map[string]any{"answer": answer}
}

// elicited answers a form in place.
func (a *actor) elicited(ctx context.Context, gone <-chan struct{}, message string, choices []string) (
	action string, content map[string]any, err error) {
	answer, wait := a.answer(codeShown.MatchString(message))
	form := a.run.formOpens(a, message, choices, answer, wait)
	after := time.After(wait)
	if answer == "nothing, and never" {
		after = nil
		go func() { // ctx also ends where the server takes the form away
			<-gone
			a.run.formDrops(form)
		}()
	}
	select {
	case <-after:
	case <-ctx.Done():
		a.run.formCloses(a, form, "nothing, and never")
		return "", nil, ctx.Err()
	case <-gone:
		a.run.formCloses(a, form, "nothing, and never")
		return "", nil, context.Canceled
	}
	a.run.formCloses(a, form, answer)
	if answer == "method not found" {
		return "", nil, errors.New(answer)
	}
	action, content = asReply(answer)
	return action, content, nil
}

// getsItself calls a getter outside of any request to the server: for the process, or in a context without a call of its
// manager, perhaps with one of another.
func (a *actor) getsItself(ctx context.Context, r *oracleRequest) error {
	m := a.run.serving.Load().Manager
	switch {
	case a.principal != oracleStranger:
		ctx = m.Background(ctx)
	case percent(a.choose, 50):
		var turn *secrets.Turn
		ctx, turn = a.run.other.Begin(ctx, secrets.Call{Kind: "tool", Name: r.tool, Principal: secrets.Process()}, "", nil)
		defer turn.End()
	}
	got, err := a.run.get(ctx, m, r.tool, a.run.reason(r.number))
	if err == nil {
		a.run.use(r.number, got)
	}
	return err
}

// An inputRequest is the result that asks for a round more.
type inputRequest struct {
	handle string
	forms  map[string]shownForm
}

// send sends a request and returns what came of it.
func (a *actor) send(ctx context.Context, r *oracleRequest) (text string, input *inputRequest, err error) {
	if a.version == "" {
		return "done", nil, a.getsItself(ctx, r)
	}
	if err := a.enter(ctx); err != nil {
		return "", nil, err
	}
	c := a.connection()
	if c == nil {
		return "", nil, errors.New("the client is closing")
	}
	a.run.leaves(r)
	return c.call(ctx, r)
}

func (c officialConnection) call(ctx context.Context, r *oracleRequest) (text string, input *inputRequest, err error) {
	params := &sdk.CallToolParams{Name: r.tool, Arguments: map[string]any{"id": r.arg}, RequestState: r.handle}
	params.Meta = sdk.Meta{"laws/number": r.number}
	if r.answers != nil {
		params.InputResponses = sdk.InputResponseMap{}
	}
	for name, answer := range r.answers {
		action, content := asReply(answer)
		params.InputResponses[name] = &sdk.ElicitResult{Action: action, Content: content}
	}
	result, err := c.CallTool(ctx, params)
	if err != nil {
		return "", nil, err
	}
	if result.NeedsInput() {
		input := &inputRequest{result.RequestState, map[string]shownForm{}}
		for name, request := range result.InputRequests {
			input.forms[name] = shownIn(request.(*sdk.ElicitParams))
		}
		return "", input, nil
	}
	var texts []string
	for _, content := range result.Content {
		if content, ok := content.(*sdk.TextContent); ok {
			texts = append(texts, content.Text)
		}
	}
	return strings.Join(texts, "\n"), nil, nil
}
