package wire

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// newBase returns the transport that is used where the caller gives none. It has the limits of [http.DefaultTransport], which any
// package of the program may have changed, and one for the headers of an answer: nothing else ends a call to a
// server that says nothing, since a limit for the whole would cut what is streamed.
func newBase() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          100,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
		ResponseHeaderTimeout: time.Minute,
	}
}

// cloned returns a copy of a base whose connections nobody else has.
func cloned(base *http.Transport) *http.Transport {
	own := base.Clone()
	// What base was given by itself, net/http would not give to a copy that has a dialer.
	own.ForceAttemptHTTP2 = own.ForceAttemptHTTP2 || base.TLSNextProto["h2"] != nil
	return own
}

// forCredentials returns the copy of a base that sends credentials. The error is [ErrBase].
func forCredentials(base *http.Transport) (*http.Transport, error) {
	own := cloned(base)
	//lint:ignore SA1019 DialTLS still works
	hasTLSOfItsOwn := own.DialTLSContext != nil || own.DialTLS != nil
	if hasTLSOfItsOwn || len(own.TLSNextProto) > 0 || !isSafe(own.TLSClientConfig) {
		return nil, ErrBase
	}
	if own.TLSClientConfig != nil && own.TLSClientConfig.ClientSessionCache != nil {
		// Who has the sessions can read what is sent in those that are resumed.
		own.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	}
	if strings.Contains(os.Getenv("GODEBUG"), "http2debug=") {
		withoutHTTP2(own) // of which net/http would log the headers
	}
	own.Proxy = neverForPlainHTTP(base.Proxy)
	//lint:ignore SA1019 Dial still works
	own.DialContext, own.Dial = withoutTLS(dialerOf(base)), nil
	if c := own.TLSClientConfig; c != nil && c.RootCAs != nil {
		c.RootCAs = c.RootCAs.Clone() // the pool is the caller's still, who may add to it
	}
	return own, nil
}

func withoutHTTP2(own *http.Transport) {
	own.Protocols = &http.Protocols{}
	own.Protocols.SetHTTP1(true)
	if own.TLSClientConfig != nil {
		own.TLSClientConfig.NextProtos = nil // of the base, which has HTTP/2
	}
}

// isSafe reports whether a TLS configuration checks the name in the URL, and tells nobody the keys.
func isSafe(c *tls.Config) bool {
	return c == nil || !c.InsecureSkipVerify && c.KeyLogWriter == nil && c.Rand == nil && c.ServerName == ""
}

type dialer = func(ctx context.Context, network, address string) (net.Conn, error)

// dialerOf returns how base dials.
func dialerOf(base *http.Transport) dialer {
	//lint:ignore SA1019 Dial still works
	older := base.Dial
	switch {
	case base.DialContext != nil:
		return base.DialContext
	case older != nil:
		return func(_ context.Context, network, address string) (net.Conn, error) { return older(network, address) }
	}
	return new(net.Dialer).DialContext
}

// withoutTLS returns dial for credentials. Where no certificate says who answers, in plain http, a name of this computer leads to this
// computer, whatever the resolver says; and the connection is one of package net, since one that the caller made would be shown what is
// written to it.
func withoutTLS(dial dialer) dialer {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		switch {
		case err != nil:
			return conn, err
		case field.IsLoopback(address) && !isHere(conn.RemoteAddr()):
			err = ErrRebound
		case !isForTLS(ctx) && !isOfNet(conn):
			err = ErrDialer
		default:
			return conn, nil
		}
		_ = conn.Close() // nothing was written
		return nil, err
	}
}

// isForTLS reports whether a connection that is dialled is for a request by https.
func isForTLS(ctx context.Context) bool {
	shown, _ := ctx.Value(shownKey{}).(*http.Request)
	return shown != nil && shown.URL.Scheme == "https"
}

func isOfNet(conn net.Conn) bool {
	switch conn.(type) {
	case *net.TCPConn, *net.UnixConn:
		return true
	}
	return false
}

func isHere(address net.Addr) bool {
	switch address := address.(type) {
	case *net.TCPAddr:
		return address.IP.IsLoopback()
	case *net.UnixAddr:
		return true
	}
	return false
}

// neverForPlainHTTP refuses the proxy that would read a credential. The caller's function is shown the request without it.
func neverForPlainHTTP(proxy proxyFunc) proxyFunc {
	if proxy == nil {
		return nil
	}
	return func(sent *http.Request) (*url.URL, error) {
		shown, _ := sent.Context().Value(shownKey{}).(*http.Request)
		if shown == nil {
			return nil, ErrProxy
		}
		through, err := proxy(shown)
		if err == nil && through != nil && sent.URL.Scheme != "https" {
			return nil, ErrProxy
		}
		return through, err
	}
}

type proxyFunc = func(*http.Request) (*url.URL, error)

// bare is the context of the request that carries a credential: it ends with the caller's, and has none of its values, such as trace
// hooks (net/http/httptrace), which are told each header.
type bare struct {
	context.Context
	shown *http.Request // the request as hooks may see it: it carries nothing
}

type shownKey struct{}

// Value implements [context.Context].
func (b bare) Value(key any) any {
	if key == (shownKey{}) {
		return b.shown
	}
	return nil
}

// AfterFunc has package context need no goroutine for what is made of b.
func (b bare) AfterFunc(f func()) (stop func() bool) { return context.AfterFunc(b.Context, f) }
