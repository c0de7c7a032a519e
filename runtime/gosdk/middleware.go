package gosdk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/serve"
)

// Install has getters work in the tools, prompts and resources of a server. It turns their failures into results that a model
// can read, recovers the panics of handlers, and has secrets masked in all results, errors, notifications and requests that the
// server sends. Call it after the server's own AddReceivingMiddleware, so that it is outermost.
//
// Where a function of this package serves, the writer masks results and errors, and what a request's handler sends in its
// context; anywhere else the middleware does.
func Install(srv *mcp.Server, m *secrets.Manager) {
	i := &installed{manager: m, guard: m.Inside().Guard()}
	m.Inside().Install()
	srv.AddReceivingMiddleware(i.receive)
	srv.AddSendingMiddleware(i.send)
}

// An installed is what the middleware of one server works with.
type installed struct {
	manager *secrets.Manager
	guard   *guard.Guard
	unnamed sync.Once // the author was told of tokens that say of nobody whose they are
}

func (i *installed) receive(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		ctx, masks := i.masks(ctx, req)
		handle := func(ctx context.Context) (mcp.Result, error) { return next(ctx, method, req) }
		var result mcp.Result
		var err error
		if x, ok := exchangeOf(req); ok {
			result, err = i.run(ctx, masks, x, handle)
		} else {
			result, err = handled(masks, "method", method, func() (mcp.Result, error) { return handle(ctx) })
		}
		if err != nil {
			return nil, err
		}
		if list, ok := result.(*mcp.ListToolsResult); ok {
			result = i.withAccounts(ctx, req, list)
		}
		// Contents are the handler's own values and code, which can panic as the handler can.
		return serve.Handle(masks, "result of", method, func() (mcp.Result, error) {
			clean, err := finished(masks, result)
			if err != nil {
				return nil, serve.NoJSON("result of", method, err)
			}
			return clean, nil
		})
	}
}

// run runs a handler for which a getter may have to ask. What the handler made of a getter's [secrets.ErrPending] does not
// count, be it a panic: if there are forms to show, the result is the input request.
func (i *installed) run(ctx context.Context, masks *guard.Guard, x exchange, handle func(context.Context) (mcp.Result, error)) (mcp.Result, error) {
	caller, err := callerOf(ctx, x.request)
	if err != nil {
		return nil, err
	}
	i.noteUnnamed(ctx, x.request)
	ctx, cancel := caller.context(ctx)
	defer cancel()
	ctx, turn := i.manager.Begin(ctx, x.call(ctx, caller), x.state, replies(x.responses))
	result, err := handled(masks, x.kind, x.name, func() (mcp.Result, error) {
		result, err := handle(ctx)
		var failure *secrets.Error
		if errors.As(err, &failure) {
			return x.failed(failure)
		}
		return result, err
	})
	if forms, state := turn.End(); len(forms) > 0 {
		return inputRequired(forms, state), nil
	}
	return result, err
}

// noteUnnamed tells the author, once, of a token that was verified and counts as none.
func (i *installed) noteUnnamed(ctx context.Context, req mcp.Request) {
	if extra := req.GetExtra(); extra == nil || extra.TokenInfo == nil || extra.TokenInfo.UserID != "" {
		return
	}
	i.unnamed.Do(func() {
		i.manager.Inside().Warn(ctx, "a verified token counts as none, since nothing says whose it is: set UserID in the auth.TokenInfo that "+
			"your verifier returns")
	})
}

// handled runs a handler and returns its panic as an error, since one in a goroutine of the SDK would end the process. No
// error's text has a secret that the guard knows.
func handled(masks *guard.Guard, kind, name string, handle func() (mcp.Result, error)) (mcp.Result, error) {
	return serve.Handle(masks, kind, name, func() (mcp.Result, error) {
		result, err := handle()
		if err == nil && isNil(result) {
			return nil, fmt.Errorf("the %s %q returned nothing", kind, name) // which the SDK would look into
		}
		var wire *jsonrpc.Error
		if !errors.As(err, &wire) {
			return result, err
		}
		if len(wire.Data) > 0 && !json.Valid(wire.Data) { // the SDK would not answer at all; here the code stays
			return result, serve.NoJSON("error of "+kind, name, wire)
		}
		return result, maskedError(masks, err, wire)
	})
}

// isNil reports whether there is a nil pointer where a result should be. What answers a notification is no pointer at all.
func isNil(result any) bool {
	v := reflect.ValueOf(result)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// maskedError masks the text and the data of an error of the protocol, which wire is, and whose code stays.
func maskedError(masks *guard.Guard, err error, wire *jsonrpc.Error) error {
	text, data := masks.Text(err.Error()), masks.JSON(wire.Data)
	if text == err.Error() && string(data) == string(wire.Data) {
		return err
	}
	return &jsonrpc.Error{Code: wire.Code, Message: text, Data: data}
}

func (i *installed) send(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		if i.leavesMasked(ctx, req.GetSession()) {
			return next(ctx, method, req)
		}
		req, err := maskedRequest(i.guard, req)
		if err != nil {
			return nil, err
		}
		return next(ctx, method, req)
	}
}
