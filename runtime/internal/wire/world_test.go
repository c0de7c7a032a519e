package wire_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/wire"
)

const value = "4eC39HqLyjWDarjtT1zdp7dc"

// A world is some servers on this computer that stand for those of the internet: by TLS with certificates of one authority, and by
// plain http. Whatever is dialled and is none of them is refused.
type world struct {
	t     *testing.T
	roots *x509.CertPool
	ca    *x509.Certificate
	key   *ecdsa.PrivateKey

	mu    sync.Mutex
	at    map[string]string // by the address that is dialled: where the server is
	seen  []sighting
	dials []string
}

// A sighting is a request that a server got.
type sighting struct {
	at, text string // all of it but the body
	proto    string
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, at: map[string]string{}, roots: x509.NewCertPool()}
	w.key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	w.ca = w.certificate(&x509.Certificate{IsCA: true, BasicConstraintsValid: true, Subject: pkix.Name{CommonName: "the world's"}}, nil)
	w.roots.AddCert(w.ca)
	return w
}

func (w *world) certificate(template, parent *x509.Certificate) *x509.Certificate {
	template.SerialNumber, _ = rand.Int(rand.Reader, big.NewInt(1<<62))
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &w.key.PublicKey, w.key)
	if err != nil {
		w.t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		w.t.Fatal(err)
	}
	return certificate
}

// serve starts a server for the origins, such as "https://api.example.com" or "http://localhost:8080". Over TLS they share one
// certificate, and speak HTTP/2 too.
func (w *world) serve(handler http.HandlerFunc, origins ...string) *httptest.Server {
	var names []string
	var addresses []net.IP
	u := &url.URL{}
	for _, origin := range origins {
		u, _ = url.Parse(origin)
		if ip := net.ParseIP(u.Hostname()); ip != nil {
			addresses = append(addresses, ip)
		} else {
			names = append(names, u.Hostname())
		}
	}
	s := httptest.NewUnstartedServer(nil)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.see(r)
		handler(rw, r)
	})
	if u.Scheme == "https" {
		leaf := w.certificate(&x509.Certificate{DNSNames: names, IPAddresses: addresses}, w.ca)
		s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.Raw}, PrivateKey: w.key}}}
		s.EnableHTTP2 = true
		s.StartTLS()
	} else {
		s.Start()
	}
	w.t.Cleanup(s.Close)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, origin := range origins {
		u, _ := url.Parse(origin)
		port := map[string]string{"http": "80", "https": "443"}[u.Scheme]
		if u.Port() != "" {
			port = u.Port()
		}
		w.at[net.JoinHostPort(u.Hostname(), port)] = s.Listener.Addr().String()
	}
	return s
}

func (w *world) see(r *http.Request) {
	var text bytes.Buffer
	text.WriteString(r.Method + " " + r.RequestURI + "\n" + r.Host + "\n")
	_ = r.Header.Write(&text)
	w.mu.Lock()
	defer w.mu.Unlock()
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	w.seen = append(w.seen, sighting{scheme + r.Host, text.String(), r.Proto})
}

// take returns what the servers saw since it was called last.
func (w *world) take() []sighting {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.seen
	w.seen = nil
	return seen
}

// base returns a transport of the world.
func (w *world) base() *http.Transport {
	return &http.Transport{
		DialContext: w.dial, TLSClientConfig: &tls.Config{RootCAs: w.roots}, ForceAttemptHTTP2: true, ExpectContinueTimeout: time.Minute,
	}
}

var errUnknown = errors.New("no such host in this world")

func (w *world) dial(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	to, ok := w.at[address]
	w.dials = append(w.dials, address)
	w.mu.Unlock()
	if !ok {
		return nil, errUnknown
	}
	return new(net.Dialer).DialContext(ctx, network, to)
}

// bearer is a configuration for the host api.example.com.
func (w *world) bearer() wire.Config {
	return w.config(field.SentAs{Form: field.Bearer}, wire.Place{Hosts: []string{"api.example.com"}}, value)
}

func (w *world) config(as field.SentAs, place wire.Place, texts ...string) wire.Config {
	g := &guard.Guard{}
	for _, text := range texts {
		g.Learn(text, "")
	}
	return wire.Config{
		Base: w.base(), As: as, Mask: g.Text,
		Get: func(_ context.Context, goes func(wire.Place) error) (wire.Credential, error) {
			if err := goes(place); err != nil {
				return wire.Credential{}, err
			}
			return wire.Credential{As: as, Texts: texts}, nil
		},
		Reject: func(context.Context, wire.Credential, int) {},
		Fail:   func(_ context.Context, err error) error { return err },
	}
}

// do sends a request and returns the answer, of which the body is read.
func do(t *testing.T, rt http.RoundTripper, req *http.Request) *http.Response {
	t.Helper()
	resp, err := rt.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	readAll(t, resp)
	return resp
}

func readAll(t *testing.T, resp *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return string(text)
}

func get(t *testing.T, address string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// carries reports whether a text has the value, also in base64 or percent-encoded.
func carries(text string) bool {
	for from := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat(".", from) + value))
		if strings.Contains(text, encoded[4:len(encoded)-4]) {
			return true
		}
	}
	return strings.Contains(text, value)
}

func ok(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "ok") }
