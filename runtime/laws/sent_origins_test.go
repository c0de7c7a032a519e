package laws

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	stdlog "log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// origins are servers on this computer that stand for those of the internet. Each knows its own origin, whatever a request says,
// and those of https have certificates of one authority, each for its own name only, but for one that serves two.
type origins struct {
	t     *testing.T
	roots *x509.CertPool
	ca    *x509.Certificate
	key   *ecdsa.PrivateKey
	names []string

	mu      sync.Mutex
	at      map[string]string // where the server of an address is
	rebound string            // where the names of the schema lead instead
	plan    *plan
}

// An arrival is a request that has arrived.
type arrival struct {
	origin           string // of the server
	host             string // the origin by what the request says
	line, path, text string
}

func newOrigins(t *testing.T) *origins {
	o := &origins{t: t, at: map[string]string{}, roots: x509.NewCertPool()}
	o.key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	o.ca = o.certify(&x509.Certificate{IsCA: true, BasicConstraintsValid: true}, nil)
	o.roots.AddCert(o.ca)
	for _, origin := range []string{
		"https://api.example.com", "https://api.example.com:8443", "https://deep.wild.example.com", "https://evil.net", "https://evilapi.example.com",
		"https://api.example.com.evil.net", "https://x.api.example.com", "https://wild.example.com", "https://localhost:8443", "https://10.1.2.3",
		"http://api.example.com", "http://localhost:8080", "http://localhost:9090", "http://evil.net", "http://relay.example:3128",
	} {
		o.serve(origin)
	}
	return o
}

var sharedWith = map[string]string{"https://api.example.com": "shared.example.com"}

func (o *origins) certify(template, parent *x509.Certificate) *x509.Certificate {
	template.SerialNumber, _ = rand.Int(rand.Reader, big.NewInt(1<<62))
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(100*time.Hour)
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &o.key.PublicKey, o.key)
	if err != nil {
		o.t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		o.t.Fatal(err)
	}
	return certificate
}

func (o *origins) serve(origin string) {
	u, err := url.Parse(origin)
	if err != nil {
		o.t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { o.answer(w, r, origin) }))
	s.Config.ErrorLog = stdlog.New(io.Discard, "", 0)
	if u.Scheme == "https" {
		template := &x509.Certificate{DNSNames: []string{u.Hostname()}}
		if ip := net.ParseIP(u.Hostname()); ip != nil {
			template = &x509.Certificate{IPAddresses: []net.IP{ip}}
		}
		if origin == "https://api.example.com" {
			template.DNSNames = append(template.DNSNames, sharedWith[origin]) // a client may use one connection for both
			o.names = append(o.names, "https://"+sharedWith[origin])
		}
		leaf := o.certify(template, o.ca)
		s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.Raw}, PrivateKey: o.key}}}
		s.EnableHTTP2 = true
		s.StartTLS()
	} else {
		s.Start()
	}
	o.t.Cleanup(s.Close)
	o.names = append(o.names, origin)
	for _, host := range []string{u.Hostname(), sharedWith[origin]} {
		o.at[host+":"+portOf(u)] = s.Listener.Addr().String()
	}
}

func portOf(u *url.URL) string {
	if u.Port() != "" {
		return u.Port()
	}
	return map[string]string{"http": "80", "https": "443"}[u.Scheme]
}

func (o *origins) begin(*sentRun) { o.rebind("") }

func (o *origins) rebind(origin string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rebound = origin
}

func (o *origins) follow(p *plan) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.plan = p
}

// dial connects to the server of an address, or of another one while names are rebound.
func (o *origins) dial(ctx context.Context, network, address string) (net.Conn, error) {
	o.mu.Lock()
	to := o.at[address]
	if o.rebound != "" && (strings.HasPrefix(address, "api.example.com:") || strings.HasPrefix(address, "deep.wild")) {
		u, _ := url.Parse(o.rebound)
		to = o.at[u.Hostname()+":"+portOf(u)]
	}
	o.mu.Unlock()
	if to == "" {
		return nil, errors.New("no such host")
	}
	return new(net.Dialer).DialContext(ctx, network, to)
}

// answer notes what arrives, and answers by the plan.
func (o *origins) answer(w http.ResponseWriter, r *http.Request, origin string) {
	o.mu.Lock()
	p := o.plan
	o.mu.Unlock()
	if p == nil {
		return
	}
	if origin == "http://relay.example:3128" && r.Method == http.MethodConnect {
		o.tunnel(w, r)
		return
	}
	var text bytes.Buffer
	text.WriteString(r.Method + " " + r.RequestURI + "\n")
	_ = r.Header.Write(&text)
	_, _ = io.Copy(&text, r.Body)
	_ = r.Trailer.Write(&text)
	scheme, _, _ := strings.Cut(origin, ":")
	todo := p.next(arrival{origin, scheme + "://" + r.Host, r.Method + " " + r.RequestURI, r.URL.Path, text.String()})
	echo(w.Header(), r, todo.echo)
	if todo.location != "" {
		if todo.query {
			todo.location += "?" + r.URL.RawQuery
		}
		w.Header().Set("Location", todo.location)
	}
	w.WriteHeader(todo.status)
	if todo.echo == "trailer" {
		echo(w.Header(), r, "late")
	}
}

// echo sends back what has arrived.
func echo(h http.Header, r *http.Request, where string) {
	var sent []string
	for _, name := range []string{"Authorization", "X-Api-Key", "X-Amz-Security-Token"} {
		sent = append(sent, r.Header.Values(name)...)
	}
	for _, values := range r.URL.Query() {
		sent = append(sent, values...)
	}
	for _, text := range sent {
		switch where {
		case "header":
			h.Add("X-Debug", "got "+text)
			h.Add("X-Url", r.URL.String())
		case "name":
			h[http.CanonicalHeaderKey("X-"+text[strings.LastIndexByte(text, ' ')+1:])] = []string{"1"}
		case "cookie":
			h.Add("Set-Cookie", (&http.Cookie{Name: "echo", Value: text, Path: "/"}).String())
		case "late":
			h.Set(http.TrailerPrefix+"X-Late", text)
		}
	}
}

// tunnel is what a proxy does for https.
func (o *origins) tunnel(w http.ResponseWriter, r *http.Request) {
	there, err := o.dial(r.Context(), "tcp", r.Host)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer there.Close()
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer here.Close()
	_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
	go func() { _, _ = io.Copy(there, here); there.Close() }()
	_, _ = io.Copy(here, there)
}

// openKeys opens a manager of keys that no generator made.
func openKeys(keys []secrets.AnyKey, options ...secrets.Option) (*secrets.Manager, error) {
	var list []map[string]string
	for _, key := range keys {
		f := key.Describe()
		list = append(list, map[string]string{"name": f.Name, "label": f.Label})
	}
	manifest, err := json.Marshal(map[string]any{"server": "petstore", "secrets": list, "sentences": wording.English()})
	if err != nil {
		return nil, err
	}
	return secrets.Open(secrets.Schema{Server: "petstore", Manifest: string(manifest), Keys: keys}, options...)
}
