package api

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
	"net/url"
	"time"
)

// Host is the name of the pet store inside this process. Nobody else has it (RFC 2606).
const Host = "petstore.example"

// Start serves a pet store on this computer for as long as the process lives. It returns a transport that finds it at
// https://[Host], and others where they are.
func Start(key string) (*http.Transport, error) {
	certificate, err := newCertificate()
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{
		Handler: New(key), ReadHeaderTimeout: 10 * time.Second,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}},
	}
	go func() { _ = server.ServeTLS(listener, "", "") }()
	return transportTo(listener.Addr().String(), certificate.Leaf), nil
}

// transportTo returns a transport for which Host is at an address, with a certificate that no authority has to know.
func transportTo(address string, certificate *x509.Certificate) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout = 10 * time.Second
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // a computer that knows no authorities
	}
	roots.AddCert(certificate)
	t.TLSClientConfig = &tls.Config{RootCAs: roots}
	proxy, dial := t.Proxy, t.DialContext
	t.Proxy = func(r *http.Request) (*url.URL, error) {
		if r.URL.Hostname() == Host {
			return nil, nil // no proxy can reach it
		}
		return proxy(r)
	}
	t.DialContext = func(ctx context.Context, network, to string) (net.Conn, error) {
		if to == Host+":443" {
			to = address
		}
		return dial(ctx, network, to)
	}
	return t
}

// newCertificate makes the certificate of Host, and its key.
func newCertificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{Host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}
