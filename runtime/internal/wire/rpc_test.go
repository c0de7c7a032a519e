package wire_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/wire"
)

// A said peer has the shape of gRPC's *peer.Peer; the proof with gRPC itself is in examples/nothttp.
type said struct {
	Addr     net.Addr
	AuthInfo interface{ AuthType() string }
}

type tlsInfo struct{ State tls.ConnectionState }

func (tlsInfo) AuthType() string { return "tls" }

type alts struct{ State string }

func (alts) AuthType() string { return "alts" }

type wrapped struct{ *tlsInfo }

// certificate is for *.example.com, 127.0.0.1 and ::1.
func certificate(t *testing.T) *x509.Certificate {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	return server.Certificate()
}

// Where metadata goes is compared as with requests; who answers is what the connection has proved.
func TestRPC(t *testing.T) {
	cert := certificate(t)
	here, there := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 8080}
	here6 := &net.TCPAddr{IP: net.IPv6loopback, Port: 8080}
	proved := tlsInfo{tls.ConnectionState{PeerCertificates: []*x509.Certificate{cert}, VerifiedChains: [][]*x509.Certificate{{cert}}}}
	unverified := tlsInfo{tls.ConnectionState{PeerCertificates: []*x509.Certificate{cert}}}
	base := func(text string) wire.Place {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return wire.Place{Base: u, Name: "base_url"}
	}
	hosts := wire.Place{Hosts: []string{"api.example.com", "*.wild.example.com", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "other.net", "192.0.2.1:8080"}}
	insecure := hosts
	insecure.Insecure = true
	for _, c := range []struct {
		name  string
		place wire.Place
		peer  any
		uri   string
		want  error
	}{
		{"proved", hosts, &said{there, proved}, "https://api.example.com/a.B", nil},
		{"spelled otherwise", hosts, &said{there, proved}, "https://API.Example.com.:443/a.B", nil},
		{"a pointer to what was proved", hosts, &said{there, &proved}, "https://api.example.com/a.B", nil},
		{"what was proved in another's", hosts, &said{there, wrapped{&proved}}, "https://api.example.com/a.B", nil},
		{"no pointer", hosts, said{there, proved}, "https://api.example.com/a.B", nil},
		{"below a stored URL", base("https://api.example.com"), &said{there, proved}, "https://api.example.com/a.B", nil},
		{"a service of a stored URL", base("https://api.example.com/a.B"), &said{there, proved}, "https://api.example.com/a.B", nil},
		{"another service", base("https://api.example.com/a.B"), &said{there, proved}, "https://api.example.com/a.C", wire.ErrElsewhere},
		{"what stands for a stored URL", base("https://other.net"), &said{there, proved}, "https://base_url.invalid/a.B", wire.ErrUnproved},
		{"another port", hosts, &said{there, proved}, "https://api.example.com:8443/a.B", wire.ErrElsewhere},
		{"another host", hosts, &said{there, proved}, "https://evilapi.example.com/a.B", wire.ErrElsewhere},
		{"below no wildcard", hosts, &said{there, proved}, "https://wild.example.com/a.B", wire.ErrElsewhere},
		{"a user", hosts, &said{there, proved}, "https://api.example.com:443@evil.net/a.B", wire.ErrElsewhere},
		{"a user at the right host", hosts, &said{there, proved}, "https://evil@api.example.com/a.B", wire.ErrElsewhere},
		{"an authority with a path", hosts, &said{there, proved}, "https://evil.net#@api.example.com/a.B", wire.ErrElsewhere},
		{"no URI", hosts, &said{there, proved}, "", wire.ErrElsewhere},
		{"another scheme", hosts, &said{there, proved}, "dns:///api.example.com", wire.ErrElsewhere},
		{"http", insecure, &said{there, proved}, "http://api.example.com/a.B", wire.ErrElsewhere},
		{"a certificate for another host", hosts, &said{there, proved}, "https://other.net/a.B", wire.ErrUnproved},
		{"a certificate that nobody verified", hosts, &said{there, unverified}, "https://api.example.com/a.B", wire.ErrUnproved},
		{"the same, insecure", insecure, &said{there, unverified}, "https://api.example.com/a.B", wire.ErrUnproved},
		{"the same, on this computer", hosts, &said{here, unverified}, "https://localhost:8080/a.B", wire.ErrUnproved},
		{"a nil pointer to a state", hosts, &said{there, wrapped{}}, "https://api.example.com/a.B", wire.ErrElsewhere}, // port 8080 of http

		{"plain on this computer", hosts, &said{here, nil}, "https://localhost:8080/a.B", nil},
		{"by the port of the connection", hosts, &said{here, nil}, "https://localhost/a.B", nil},
		{"by its address", hosts, &said{here, nil}, "https://127.0.0.1:8080/a.B", nil},
		{"by its address of IPv6", hosts, &said{here6, nil}, "https://[::1]:8080/a.B", nil},
		{"through a socket", hosts, &said{&net.UnixAddr{Net: "unix", Name: "/run/x"}, nil}, "https://localhost:8080/a.B", nil},
		{"a name of this computer elsewhere", hosts, &said{there, nil}, "https://localhost:8080/a.B", wire.ErrRebound},
		{"the same, insecure", insecure, &said{there, nil}, "https://localhost:8080/a.B", wire.ErrRebound},
		{"in a pipe", hosts, &said{pipe{}, nil}, "https://localhost:8080/a.B", wire.ErrRebound},
		{"another computer", hosts, &said{there, nil}, "https://192.0.2.1:8080/a.B", wire.ErrPlain},
		{"another computer by ALTS", hosts, &said{there, alts{}}, "https://192.0.2.1:8080/a.B", wire.ErrPlain},
		{"another computer, insecure", insecure, &said{there, nil}, "https://192.0.2.1:8080/a.B", nil},
		{"another port, insecure", insecure, &said{&net.TCPAddr{IP: there.IP, Port: 81}, nil}, "https://192.0.2.1:8080/a.B", wire.ErrElsewhere},
		{"plain where TLS is stored", base("https://localhost:8080"), &said{here, nil}, "https://localhost:8080/a.B", wire.ErrElsewhere},
		{"TLS where none is stored", base("http://127.0.0.1:8080"), &said{here, proved}, "https://127.0.0.1:8080/a.B", wire.ErrElsewhere},
		{"plain as stored", base("http://127.0.0.1:8080"), &said{here, nil}, "https://127.0.0.1:8080/a.B", nil},

		{"nobody", hosts, &said{}, "https://api.example.com/a.B", wire.ErrUnproved},
		{"a nil pointer", hosts, (*said)(nil), "https://api.example.com/a.B", wire.ErrUnproved},
		{"nil", hosts, nil, "https://api.example.com/a.B", wire.ErrUnproved},
		{"no peer", hosts, "api.example.com", "https://api.example.com/a.B", wire.ErrUnproved},
	} {
		asked := false
		r := wire.RPC{
			As: field.SentAs{Form: field.Bearer}, Peer: func(context.Context) wire.Peer { return wire.PeerOf(c.peer) },
			Get: func(_ context.Context, goes func(wire.Place) error) (wire.Credential, error) {
				if err := goes(c.place); err != nil {
					return wire.Credential{}, err
				}
				asked = true
				return wire.Credential{As: field.SentAs{Form: field.Bearer}, Texts: []string{value}}, nil
			},
		}
		var uris []string
		if c.uri != "" {
			uris = []string{c.uri}
		}
		for _, fixed := range []*wire.Place{nil, &c.place} {
			r.Fixed = fixed
			md, err := r.Metadata(t.Context(), uris)
			if isSent := md["authorization"] == "Bearer "+value; isSent != (c.want == nil) || asked != isSent || !errors.Is(err, c.want) || len(md) > 1 {
				t.Errorf("%s: %v, %v", c.name, md, err)
			}
		}
		if _, err := r.Metadata(t.Context(), append(uris, "https://evil.net/a.B")); !errors.Is(err, wire.ErrNotSent) {
			t.Errorf("%s: is sent to a second address: %v", c.name, err)
		}
	}
}

type pipe struct{}

func (pipe) Network() string { return "pipe" }
func (pipe) String() string  { return "127.0.0.1:8080" }

// What no text of metadata is sent as is not sent at all.
func TestRPCForms(t *testing.T) {
	for form, key := range map[field.SentAs]string{
		{Form: field.Bearer}: "authorization",
		{Form: field.Header, Name: "X-API-Key", Format: "{value}"}:         "x-api-key",
		{Form: field.Header, Name: "AUTHORIZATION", Format: "Key {value}"}: "authorization",
		{Form: field.Header, Name: "X-Key-Bin", Format: "{value}"}:         "",
		{Form: field.Header, Name: "grpc-timeout", Format: "{value}"}:      "",
		{Form: field.Header, Name: "X-Ke!y", Format: "{value}"}:            "",
		{Form: field.Header, Name: "Content-Type", Format: "{value}"}:      "",
		{Form: field.Query, Name: "key"}:                                   "",
		{Form: field.Basic}:                                                "",
		{Form: field.SigV4, Service: "s3"}:                                 "",
		{}:                                                                 "",
	} {
		for _, text := range []string{value, value + "é", value + "\n", value + " "} {
			r := wire.RPC{
				As: form, Peer: func(context.Context) wire.Peer { return wire.Peer{Addr: &net.UnixAddr{}} },
				Get: func(_ context.Context, goes func(wire.Place) error) (wire.Credential, error) {
					return wire.Credential{As: form, Texts: []string{text}}, goes(wire.Place{Hosts: []string{"localhost"}})
				},
			}
			md, err := r.Metadata(t.Context(), []string{"https://localhost/a.B"})
			switch _, has := md[key]; {
			case key == "" && !errors.Is(err, wire.ErrForm):
				t.Errorf("%v: %v", form, err)
			case key != "" && text == value && (!has || len(md) != 1):
				t.Errorf("%v: %v, %v", form, md, err)
			case key != "" && text != value && (!errors.Is(err, wire.ErrUnfit) || len(md) > 0):
				t.Errorf("%v: %q: %v", form, text, err)
			}
		}
	}
}

// A credential whose place nobody has looked at is not sent.
func TestRPCOfNoPlace(t *testing.T) {
	r := wire.RPC{
		As: field.SentAs{Form: field.Bearer}, Peer: func(context.Context) wire.Peer { return wire.Peer{Addr: &net.UnixAddr{}} },
		Get: func(context.Context, func(wire.Place) error) (wire.Credential, error) {
			return wire.Credential{As: field.SentAs{Form: field.Bearer}, Texts: []string{value}}, nil
		},
	}
	if md, err := r.Metadata(t.Context(), []string{"https://localhost/a.B"}); len(md) > 0 || !errors.Is(err, wire.ErrElsewhere) {
		t.Error(md, err)
	}
}

func TestMayBePlain(t *testing.T) {
	for want, places := range map[bool][]wire.Place{
		true:  {{Insecure: true}, {Hosts: []string{"api.example.com", "localhost:8080"}}, {Hosts: []string{"[::1]"}}},
		false: {{}, {Hosts: []string{"api.example.com", "localhost.example.com"}}},
	} {
		for _, place := range places {
			if place.MayBePlain() != want {
				t.Error(place)
			}
		}
	}
}
