package wire

import (
	"context"
	"crypto/tls"
	"net"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// This file is for remote procedure calls by package google.golang.org/grpc, which it does not import: who has no gRPC links none.

// A Peer is who answers on the connection of a remote procedure call. The zero Peer is unknown.
type Peer struct {
	Addr net.Addr
	TLS  *tls.ConnectionState // nil without TLS
}

// PeerOf returns the peer that a *peer.Peer of gRPC says.
func PeerOf(said any) (p Peer) {
	v := reflect.Indirect(reflect.ValueOf(said))
	p.Addr, _ = valueOf(v, "Addr").(net.Addr)
	if info := valueOf(v, "AuthInfo"); info != nil { // a credentials.TLSInfo, or what has one in it
		if state, ok := valueOf(reflect.Indirect(reflect.ValueOf(info)), "State").(tls.ConnectionState); ok {
			p.TLS = &state
		}
	}
	return p
}

// valueOf returns what an exported field has, or nil where there is none.
func valueOf(v reflect.Value, name string) any {
	if v.Kind() != reflect.Struct {
		return nil
	}
	// The error is of an embedded pointer that is nil.
	if f, has := v.Type().FieldByName(name); has {
		if value, err := v.FieldByIndexErr(f.Index); err == nil && value.CanInterface() {
			return value.Interface()
		}
	}
	return nil
}

// An RPC says what the metadata of remote procedure calls carries. Its functions may be called at once from several goroutines.
type RPC struct {
	As    field.SentAs
	Fixed *Place                                                                // as in [Config]
	Get   func(ctx context.Context, goes func(Place) error) (Credential, error) // as in [Config]
	Peer  func(ctx context.Context) Peer                                        // of the connection that a call goes over
}

// Metadata returns what a call carries that goes over a connection to all of the services at uris, which are https://HOST/SERVICE, also
// in plain text. The error is a [Refusal], or that of [RPC.Get].
func (r RPC) Metadata(ctx context.Context, uris []string) (map[string]string, error) {
	name := metadataKey(r.As)
	if name == "" {
		return nil, ErrForm
	}
	peer := r.Peer(ctx)
	isDecided := false
	goes := func(p Place) error {
		isDecided = true
		return p.answers(peer, uris)
	}
	if r.Fixed != nil {
		if err := goes(*r.Fixed); err != nil {
			return nil, err
		}
	}
	c, err := r.Get(ctx, goes)
	switch {
	case err != nil || len(c.Texts) == 0:
		return nil, err
	case !isDecided:
		return nil, ErrElsewhere
	}
	value := c.header()
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) || strings.TrimSpace(value) != value {
		return nil, ErrUnfit
	}
	return map[string]string{name: value}, nil
}

// metadataKey returns the key of metadata in which as is sent, or "" if there is none. Keys are in lower case; "-bin" ends those of
// binary values, and "grpc-" begins the protocol's own.
func metadataKey(as field.SentAs) string {
	if as.Form != field.Bearer && as.Form != field.Header || as.Check() != nil {
		return ""
	}
	key := strings.ToLower(headers(as)[0])
	isForeign := strings.ContainsFunc(key, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.", r)
	})
	if isForeign || strings.HasSuffix(key, "-bin") || strings.HasPrefix(key, "grpc-") {
		return ""
	}
	return key
}

// answers returns why a credential that is for p must not go to a peer for all of uris.
func (p Place) answers(peer Peer, uris []string) error {
	switch {
	case peer.Addr == nil:
		return ErrUnproved
	case len(uris) == 0:
		return ErrElsewhere
	}
	for _, uri := range uris {
		u, err := url.Parse(uri)
		if err != nil || u.Scheme != "https" || u.User != nil {
			return ErrElsewhere
		}
		if err := p.answersAt(peer, u); err != nil {
			return err
		}
	}
	return nil
}

// answersAt compares one address. It is what the caller calls the peer: a certificate says whether the peer is called so, and without
// one that takes the address of the connection.
func (p Place) answersAt(peer Peer, u *url.URL) error {
	if peer.TLS == nil {
		u.Scheme = "http"
		if at, ok := peer.Addr.(*net.TCPAddr); ok {
			u.Host = net.JoinHostPort(u.Hostname(), strconv.Itoa(at.Port))
		}
	}
	to, err := p.target(u)
	switch {
	case err != nil:
		return err
	case peer.TLS == nil && field.IsLoopback(to.Host) && !isHere(peer.Addr):
		return ErrRebound
	case peer.TLS != nil && !hasProved(peer.TLS, to.Hostname()):
		return ErrUnproved
	}
	return nil
}

// hasProved reports whether the peer's certificate was verified, and is for host. A configuration with InsecureSkipVerify verifies none.
func hasProved(state *tls.ConnectionState, host string) bool {
	return len(state.VerifiedChains) > 0 && len(state.PeerCertificates) > 0 && state.PeerCertificates[0].VerifyHostname(host) == nil
}

// MayBePlain reports whether a credential for p may go where no TLS is: that is decided anew for each call.
func (p Place) MayBePlain() bool {
	if p.Insecure {
		return true
	}
	for _, host := range p.Hosts {
		if field.IsLoopback(host) {
			return true
		}
	}
	return false
}
