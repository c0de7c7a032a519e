package runtimetest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Serve serves https by handler, in place of every API there is, until the test ends. A request by the transport that it returns
// gets there, whatever its host and port, and finds a certificate for that host, which only this transport trusts. Give it to the
// clients of the server under test by [secrets.WithBase]: they send a value to the hosts of the schema as ever, and to no others.
// Plain http gets no answer.
func Serve(t testing.TB, handler http.Handler) *http.Transport {
	t.Helper()
	authority, err := newAuthority()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{GetCertificate: authority.certificateFor} // of an address, which no client names, httptest has one
	server.StartTLS()
	t.Cleanup(server.Close)
	base := server.Client().Transport.(*http.Transport)
	base.TLSClientConfig.RootCAs.AddCert(authority.root)
	base.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
	return base
}

// An authority signs certificates. All of them have its key.
type authority struct {
	key  *ecdsa.PrivateKey
	root *x509.Certificate
}

func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := lasting(&x509.Certificate{IsCA: true, BasicConstraintsValid: true})
	text, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	root, err := x509.ParseCertificate(text)
	return &authority{key, root}, err
}

// certificateFor returns a certificate for the host that a client has named.
func (a *authority) certificateFor(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	template := lasting(&x509.Certificate{DNSNames: []string{hello.ServerName}})
	text, err := x509.CreateCertificate(rand.Reader, template, a.root, a.key.Public(), a.key)
	return &tls.Certificate{Certificate: [][]byte{text}, PrivateKey: a.key}, err
}

// lasting makes a certificate one that outlives a test.
func lasting(c *x509.Certificate) *x509.Certificate {
	c.SerialNumber = big.NewInt(1)
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	return c
}
