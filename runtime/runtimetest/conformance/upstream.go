package conformance

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"sync"
	"time"
)

// An upstream is the API that a server's client talks to: pets.example, by TLS, and without a network, so that waiting for it costs
// nothing inside synctest.Test.
type upstream struct {
	server http.Server
	roots  *x509.CertPool
	comes  chan net.Conn
	ended  chan struct{}
	end    func()
}

// openUpstream returns one that answers 401 unless it gets otherKey, or goodKey where that is still good. It says what it got, in a
// header and in the body.
func openUpstream(isGoodKeyGood bool) (*upstream, error) {
	u := &upstream{roots: x509.NewCertPool(), comes: make(chan net.Conn), ended: make(chan struct{})}
	u.end = sync.OnceFunc(func() { close(u.ended) })
	certificate, err := u.certificate("pets.example")
	if err != nil {
		return nil, err
	}
	u.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}}
	u.server.ErrorLog = log.New(io.Discard, "", 0) // of clients that hang up
	u.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := r.Header.Get("Authorization")
		w.Header().Set("X-Got", got)
		if got != "Bearer "+otherKey && !(isGoodKeyGood && got == "Bearer "+goodKey) {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = io.WriteString(w, r.URL.Path+" with "+got)
	})
	go func() { _ = u.server.ServeTLS(u, "", "") }()
	return u, nil
}

// certificate makes one that is good on every clock, and that roots has.
func (u *upstream) certificate(name string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	parsed, err := x509.ParseCertificate(der)
	if err == nil {
		u.roots.AddCert(parsed)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// base returns a transport whose connections lead to u, whatever the name.
func (u *upstream) base() *http.Transport {
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: u.roots}, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		here, there := net.Pipe()
		select {
		case u.comes <- there:
			return here, nil
		case <-u.ended:
			return nil, net.ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
}

// Accept implements [net.Listener].
func (u *upstream) Accept() (net.Conn, error) {
	select {
	case conn := <-u.comes:
		return conn, nil
	case <-u.ended:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (u *upstream) Close() error { u.end(); return nil }

// Addr implements [net.Listener].
func (u *upstream) Addr() net.Addr { return &net.TCPAddr{} }
