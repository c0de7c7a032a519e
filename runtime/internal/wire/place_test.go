package wire_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/wire"
)

// Whatever a URL looks like, it goes to the host that the value is for, or is not sent.
func TestSpellings(t *testing.T) {
	w := newWorld(t)
	w.serve(ok, "https://api.example.com", "https://xn--bcher-kva.example.com", "https://a.b.wild.example.com", "https://wild.example.com", "https://10.1.2.3",
		"https://api.example.com:8443", "https://evilapi.example.com", "https://api.example.com.evil.net", "https://evil.net", "https://[2001:db8::1]:8443")
	w.serve(ok, "http://api.example.com", "http://localhost:8080", "http://10.1.2.3", "http://localhost")
	place := wire.Place{Hosts: []string{"api.example.com", "xn--bcher-kva.example.com", "*.wild.example.com", "10.1.2.3", "[2001:db8::1]:8443", "localhost:8080"}}
	rt := wire.New(w.config(field.SentAs{Form: field.Bearer}, place, value))
	for _, c := range []struct {
		address string
		at      string // as the server sees it
		want    error
	}{
		{"https://api.example.com/x", "https://api.example.com", nil},
		{"HTTPS://API.Example.COM/x", "https://api.example.com", nil},
		{"https://api.example.com:443/x", "https://api.example.com", nil},
		{"https://api.example.com:0443/x", "https://api.example.com", nil},
		{"https://api.example.com:/x", "https://api.example.com", nil},
		{"https://api.example.com./x", "https://api.example.com", nil},
		{"https://api.example.com", "https://api.example.com", nil},
		{"https://api.example.com?a=b#c", "https://api.example.com", nil},
		{"https://bücher.example.com/x", "https://xn--bcher-kva.example.com", nil},
		{"https://BÜCHER.example.com/x", "https://xn--bcher-kva.example.com", nil},
		{"https://XN--BCHER-KVA.example.com/x", "https://xn--bcher-kva.example.com", nil},
		{"https://api。example．com/x", "https://api.example.com", nil},
		{"https://ａｐｉ.example.com/x", "https://api.example.com", nil},
		{"https://a.b.wild.example.com/x", "https://a.b.wild.example.com", nil},
		{"https://10.1.2.3/x", "https://10.1.2.3", nil},
		{"https://[2001:DB8:0:0::1]:8443/x", "https://[2001:db8::1]:8443", nil},
		{"http://localhost:8080/x", "http://localhost:8080", nil},

		{"https://wild.example.com/x", "", wire.ErrElsewhere},
		{"https://evilapi.example.com/x", "", wire.ErrElsewhere},
		{"https://api.example.com.evil.net/x", "", wire.ErrElsewhere},
		{"https://evil.net/https://api.example.com/", "", wire.ErrElsewhere},
		{"https://evil.net#@api.example.com/", "", wire.ErrElsewhere},
		{"https://evil.net?@api.example.com/", "", wire.ErrElsewhere},
		{"https://api.example.com@evil.net/", "", wire.ErrElsewhere},
		{"https://api.example.com:443@evil.net/", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/x", "", wire.ErrElsewhere},
		{"https://api.example.com:80/x", "", wire.ErrElsewhere},
		{"https://api.example.com../x", "", wire.ErrElsewhere},
		{"https://.api.example.com/x", "", wire.ErrElsewhere},
		{"https://api.example.com%2eevil.net/x", "", wire.ErrElsewhere},
		{"https://аpi.example.com/x", "", wire.ErrElsewhere}, // a Cyrillic letter
		{"https://0x0a.1.2.3/x", "", wire.ErrElsewhere},
		{"https://10.66051/x", "", wire.ErrElsewhere},
		{"https://167838211/x", "", wire.ErrElsewhere},
		{"https://[::ffff:10.1.2.3]/x", "", wire.ErrElsewhere},
		{"https://[2001:db8::1]/x", "", wire.ErrElsewhere},
		{"https://[2001:db8::1%25eth0]:8443/x", "", wire.ErrElsewhere},
		{"http://localhost/x", "", wire.ErrElsewhere},
		{"http://api.example.com:443/x", "", wire.ErrElsewhere},
		{"ftp://api.example.com/x", "", wire.ErrElsewhere},
		{"ws://api.example.com/x", "", wire.ErrElsewhere},
		{"//api.example.com/x", "", wire.ErrElsewhere},
		{"/x", "", wire.ErrElsewhere},
		{"https:///x", "", wire.ErrElsewhere},
		{"https:api.example.com/x", "", wire.ErrElsewhere},

		{"http://api.example.com/x", "", wire.ErrPlain},
		{"http://10.1.2.3/x", "", wire.ErrPlain},
		{"https://user@api.example.com/x", "", wire.ErrUserInfo},
		{"https://user:password@api.example.com/x", "", wire.ErrUserInfo},
		{"https://@api.example.com/x", "", wire.ErrUserInfo},
	} {
		u, err := url.Parse(c.address)
		if err != nil {
			continue // which no client sends
		}
		resp, err := rt.RoundTrip((&http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: http.Header{}}).WithContext(t.Context()))
		if err == nil {
			readAll(t, resp)
		}
		seen := w.take()
		switch {
		case !errors.Is(err, c.want) || c.want != nil && !errors.Is(err, wire.ErrNotSent):
			t.Errorf("%s: %v, want %v", c.address, err, c.want)
		case c.want == nil && (len(seen) != 1 || seen[0].at != c.at || !carries(seen[0].text)):
			t.Errorf("%s: the servers saw %q, want it at %s", c.address, seen, c.at)
		case c.want != nil && len(seen) > 0:
			t.Errorf("%s: the servers saw %q", c.address, seen)
		}
	}
}

// A URL that was put together by hand has parts that a parsed one does not.
func TestURLsThatNobodyParsed(t *testing.T) {
	w := newWorld(t)
	w.serve(ok, "https://api.example.com")
	rt := wire.New(w.bearer())
	for name, c := range map[string]struct {
		u    url.URL
		want string // of the request line
		err  error
	}{
		"opaque":       {url.URL{Scheme: "https", Host: "api.example.com", Opaque: "//evil.net/x"}, "", wire.ErrElsewhere},
		"opaque path":  {url.URL{Scheme: "https", Host: "api.example.com", Opaque: "/x"}, "", wire.ErrElsewhere},
		"no slash":     {url.URL{Scheme: "https", Host: "api.example.com", Path: "x"}, "/x", nil},
		"at":           {url.URL{Scheme: "https", Host: "api.example.com", Path: "@evil.net/"}, "/@evil.net/", nil},
		"two slashes":  {url.URL{Scheme: "https", Host: "api.example.com", Path: "//evil.net/"}, "//evil.net/", nil},
		"raw path":     {url.URL{Scheme: "https", Host: "api.example.com", Path: "/a/b", RawPath: "/a%2Fb"}, "/a%2Fb", nil},
		"slash in it":  {url.URL{Scheme: "https", Host: "api.example.com/@evil.net"}, "", wire.ErrElsewhere},
		"brackets":     {url.URL{Scheme: "https", Host: "[api.example.com]:443", Path: "/"}, "/", nil},
		"space":        {url.URL{Scheme: "https", Host: "api.example.com ", Path: "/"}, "", wire.ErrElsewhere},
		"end of line":  {url.URL{Scheme: "https", Host: "api.example.com\r\nX: y", Path: "/"}, "", wire.ErrElsewhere},
		"user in host": {url.URL{Scheme: "https", Host: "user@api.example.com", Path: "/"}, "", wire.ErrElsewhere},
	} {
		resp, err := rt.RoundTrip((&http.Request{Method: http.MethodGet, URL: &c.u, Header: http.Header{}}).WithContext(t.Context()))
		if err == nil {
			readAll(t, resp)
		}
		seen := w.take()
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", name, err, c.err)
		} else if c.err == nil && (len(seen) != 1 || !strings.HasPrefix(seen[0].text, "GET "+c.want+"\n")) {
			t.Errorf("%s: %q", name, seen)
		}
	}
	if _, err := rt.RoundTrip((&http.Request{Header: http.Header{}}).WithContext(t.Context())); !errors.Is(err, wire.ErrElsewhere) {
		t.Errorf("no URL: %v", err)
	}
}

// An address of https://NAME.invalid is one below the stored URL, and what is not below that is elsewhere.
func TestStoredURL(t *testing.T) {
	w := newWorld(t)
	w.serve(ok, "https://api.example.com:8443")
	for _, c := range []struct {
		base, address, want string
		err                 error
	}{
		{"https://api.example.com:8443", "https://base_url.invalid/pets?a=b", "/pets?a=b", nil},
		{"https://api.example.com:8443/", "https://base_url.invalid", "/", nil},
		{"https://API.example.com.:8443/v3", "https://base_url.invalid/pets", "/v3/pets", nil},
		{"https://api.example.com:8443/v3", "https://BASE_URL.invalid/", "/v3/", nil},
		{"https://api.example.com:8443/v3", "https://base_url.invalid", "/v3", nil},
		{"https://api.example.com:8443/v3/", "https://base_url.invalid/pets", "/v3/pets", nil},
		{"https://api.example.com:8443/a%2Fb", "https://base_url.invalid/c%2Fd?x", "/a%2Fb/c%2Fd?x", nil},
		{"https://api.example.com:8443/v3?version=1", "https://base_url.invalid/pets?a=b", "/v3/pets?version=1&a=b", nil},
		{"https://api.example.com:8443/v3?version=1", "https://base_url.invalid/pets", "/v3/pets?version=1", nil},
		{"https://api.example.com:8443/v3", "https://api.example.com:8443/v3/pets", "/v3/pets", nil},
		{"https://api.example.com:8443/v3", "https://api.example.com:8443/v3", "/v3", nil},
		{"https://api.example.com:8443/v3", "https://base_url.invalid/a/..b/...", "/v3/a/..b/...", nil},

		{"https://api.example.com:8443/v3", "https://api.example.com:8443/v33", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://api.example.com:8443/", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://base_url.invalid/../x", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://base_url.invalid/%2e%2e/x", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://base_url.invalid/a%2f..%2f..%2fx", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://base_url.invalid/..;/x", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", `https://base_url.invalid/..\x`, "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://api.example.com:8443/v3/..", "", wire.ErrElsewhere},
		// To a server, or a proxy before it, that decodes twice, leaves out what it takes for nothing, or reads other dots as dots.
		{"https://api.example.com:8443/v3", "https://base_url.invalid/%252e%252e/x", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://base_url.invalid/%25252e%25252e/x", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://base_url.invalid/..%252fx", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://base_url.invalid/a%252f.%252e%255cx", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://base_url.invalid/..%253bx/x", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://base_url.invalid/..%00/x", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://base_url.invalid/..%20/x", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://base_url.invalid/..%09/x", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://base_url.invalid/..%0d%0a/x", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://base_url.invalid/.%00./x", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://base_url.invalid/..%3fx/y", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://base_url.invalid/..%23x/y", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://base_url.invalid/%c0%ae%c0%ae/x", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://base_url.invalid/．．/x", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://base_url.invalid/‥/x", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://base_url.invalid/..／x", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://base_url.invalid/a..b/c%20d/100%25/é/…and", "/v3/a..b/c%20d/100%25/%C3%A9/%E2%80%A6and", nil},
		// What is one segment there is one here.
		{"https://api.example.com:8443/a%2Fb", "https://api.example.com:8443/a/b/x", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/a/b", "https://api.example.com:8443/a%2Fb/x", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/a/b", "https://api.example.com:8443/a/b%2Fx", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/a%2Fb", "https://api.example.com:8443/a%2fb/x", "/a%2fb/x", nil},
		{"https://api.example.com:8443/%61", "https://api.example.com:8443/a/x", "/a/x", nil},
		{"https://api.example.com:8443//a", "https://api.example.com:8443/a/x", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://api.example.com/v3/", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "http://api.example.com:8443/v3/", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://other.invalid/", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "http://base_url.invalid/", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://base_url.invalid:8443/", "", wire.ErrElsewhere},
		{"https://api.example.com:8443/v3", "https://x.base_url.invalid/", "", wire.ErrElsewhere},
		{"http://api.example.com:8443/v3", "https://base_url.invalid/", "", wire.ErrPlain},
		{"ftp://api.example.com:8443/v3", "https://base_url.invalid/", "", wire.ErrElsewhere},
		{"https://user@api.example.com:8443/v3", "https://base_url.invalid/pets", "/v3/pets", nil}, // which is for the getter
	} {
		base, err := url.Parse(c.base)
		if err != nil {
			t.Fatal(err)
		}
		rt := wire.New(w.config(field.SentAs{Form: field.Bearer}, wire.Place{Base: base, Name: "base_url"}, value))
		resp, err := rt.RoundTrip(get(t, c.address))
		if err == nil {
			readAll(t, resp)
		}
		seen := w.take()
		if !errors.Is(err, c.err) {
			t.Errorf("%s below %s: %v, want %v", c.address, c.base, err, c.err)
		} else if c.err == nil && (len(seen) != 1 || !strings.HasPrefix(seen[0].text, "GET "+c.want+"\napi.example.com:8443\n") || !carries(seen[0].text) || strings.Contains(seen[0].text, "user")) {
			t.Errorf("%s below %s: %q", c.address, c.base, seen)
		}
	}
}

// Plain http goes to other computers only where the schema says so.
func TestInsecure(t *testing.T) {
	w := newWorld(t)
	w.serve(ok, "http://api.example.com", "http://api.example.com:8080")
	base, _ := url.Parse("http://api.example.com:8080/v3")
	for _, place := range []wire.Place{{Hosts: []string{"api.example.com", "api.example.com:8080"}}, {Base: base, Name: "base_url"}} {
		for _, insecure := range []bool{false, true} {
			place.Insecure = insecure
			rt := wire.New(w.config(field.SentAs{Form: field.Bearer}, place, value))
			resp, err := rt.RoundTrip(get(t, "http://api.example.com:8080/v3/pets"))
			if err == nil {
				readAll(t, resp)
			}
			if seen := w.take(); (len(seen) == 1 && err == nil) != insecure || !insecure && !errors.Is(err, wire.ErrPlain) {
				t.Errorf("insecure %t: %v, %q", insecure, err, seen)
			}
		}
	}
}

// The Host of a request is that of its URL, or another virtual host would get the value.
func TestHostThatDiffers(t *testing.T) {
	w := newWorld(t)
	w.serve(ok, "https://api.example.com")
	base, _ := url.Parse("https://api.example.com")
	for _, place := range []wire.Place{{Hosts: []string{"api.example.com"}}, {Base: base, Name: "base_url"}} {
		rt := wire.New(w.config(field.SentAs{Form: field.Bearer}, place, value))
		for host, want := range map[string]error{
			"": nil, "api.example.com": nil, "API.example.com:443": nil, "api.example.com.": nil,
			"evil.net": wire.ErrHost, "api.example.com:8443": wire.ErrHost, "api.example.com ": wire.ErrHost, "x.api.example.com": wire.ErrHost, "base_url.invalid": wire.ErrHost,
		} {
			req := get(t, "https://api.example.com/")
			req.Host = host
			resp, err := rt.RoundTrip(req)
			if err == nil {
				readAll(t, resp)
			}
			if seen := w.take(); !errors.Is(err, want) || want == nil && (len(seen) != 1 || seen[0].at != "https://api.example.com") || want != nil && len(seen) > 0 {
				t.Errorf("Host %q: %v, %q", host, err, seen)
			}
		}
	}
}

// What sends back or hands on what it carries carries nothing.
func TestMethods(t *testing.T) {
	w := newWorld(t)
	w.serve(ok, "https://api.example.com")
	rt := wire.New(w.bearer())
	for method, want := range map[string]error{
		"": nil, "GET": nil, "DELETE": nil, "PROPFIND": nil, "HEAD": nil, "CONNECT": wire.ErrMethod, "TRACE": wire.ErrMethod, "trace": wire.ErrMethod,
	} {
		req := get(t, "https://api.example.com/")
		req.Method = method
		resp, err := rt.RoundTrip(req)
		if err == nil {
			readAll(t, resp)
		}
		if seen := w.take(); !errors.Is(err, want) || want != nil && len(seen) > 0 {
			t.Errorf("%q: %v, %q", method, err, seen)
		}
	}
}
