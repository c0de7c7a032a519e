package secrets

import (
	"context"
	"io"
	"net/http"
)

// InCall returns a round tripper that sends requests by transport, as part of the call that ctx belongs to. It is for API clients that
// know no context: what they make by [http.NewRequest] belongs to no call, and [Transport] refuses it with [ErrOutsideCall]. Make such a
// client anew in each handler, over one transport for all, whose connections they share:
//
//	client := tracker.New("https://base_url.invalid", secrets.Client(secrets.InCall(ctx, transport)))
//
// A request ends with its own context, as with the Timeout of an [http.Client], or with ctx, whichever ends first. One whose own context
// belongs to a call stays in that. Outside any request, ctx is one of [Manager.Background].
func InCall(ctx context.Context, transport http.RoundTripper) http.RoundTripper {
	return &inCall{ctx, transport}
}

type inCall struct {
	call      context.Context
	transport http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (t *inCall) RoundTrip(req *http.Request) (*http.Response, error) {
	if innermost(req.Context()) != nil {
		return t.transport.RoundTrip(req)
	}
	ctx, release := t.with(req.Context())
	resp, err := t.transport.RoundTrip(req.WithContext(ctx))
	if err != nil {
		release()
		return nil, err
	}
	resp.Request = req
	if _, isConnection := resp.Body.(io.Writer); !isConnection { // after 101 Switching Protocols
		resp.Body = &releasing{resp.Body, release}
	}
	return resp, nil
}

// CloseIdleConnections is what [http.Client.CloseIdleConnections] calls.
func (t *inCall) CloseIdleConnections() {
	if c, ok := t.transport.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// with returns the context of a request in the call: it ends with the call or with own, the request's context, and has the values of
// both. Each of the two may live as long as the server, so release is called once the request is over.
func (t *inCall) with(own context.Context) (ctx context.Context, release func()) {
	call, cancel := context.WithCancelCause(t.call)
	stop := context.AfterFunc(own, func() { cancel(context.Cause(own)) })
	return &within{call, own}, func() { stop(); cancel(nil) }
}

// within is the context of a request in a call.
type within struct {
	context.Context // the call's
	own             context.Context
}

// Value implements [context.Context]. The call's values come first: by one of them package context finds how it ends. But the account
// that the request's own context means is the one that whoever made it chose.
func (w *within) Value(key any) any {
	if _, isAccount := key.(accountKey); isAccount {
		if account := w.own.Value(key); account != nil {
			return account
		}
	}
	if value := w.Context.Value(key); value != nil {
		return value
	}
	return w.own.Value(key)
}

// A releasing body ends the context of its request.
type releasing struct {
	io.ReadCloser
	release func()
}

// Close implements [io.Closer].
func (r *releasing) Close() error {
	defer r.release()
	return r.ReadCloser.Close()
}
