package field

import (
	"net/url"
	"strings"
	"testing"
)

func TestCheckSentHost(t *testing.T) {
	for _, good := range strings.Fields("api.github.com *.uploads.github.com localhost localhost:8080 127.0.0.1:8080 [::1]:8080 [2001:db8::1] my_service:81 *.example.co.uk xn--bcher-kva.example") {
		if err := CheckSentHost(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for bad, want := range map[string]string{
		"": "must be a host", "https://a.example": "must be a host", "a.example/v1": "must be a host", "user@a.example": "must be a host", "a.example?x": "must be a host", "a b": "must be a host",
		"*": "must be a host", "a.*.example.com": "must be a host", "**.example.com": "must be a host", "*.*.example.com": "must be a host", "a.example:": "must be a host", "a.example:99999": "must be a host", "a.example:x": "must be a host", "::1": "must be a host", "127.1": "must be a host", "[fe80::1%25eth0]": "must be a host",
		"API.example.com": `"api.example.com"`, "a.example.": `"a.example"`, "a.example:443": `"a.example"`, "a.example:0081": `"a.example:81"`, "a.example:80": "port 80", "bücher.example": `"xn--bcher-kva.example"`, "*.Example.com": `"*.example.com"`, "[0:0::1]": `"[::1]"`,
		"*.com": "anybody", "*.co.uk": "anybody", "*.github.io": "anybody", "*.s3.amazonaws.com": "anybody", "*.internal": "anybody", "*.localhost": "anybody", "*.com:8443": "anybody", "*.xn--p1ai": "anybody",
		"*.127.0.0.1": "addresses", "*.[::1]": "addresses", "*.0.0.1": "must be a host",
	} {
		if err := CheckSentHost(bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", bad, err, want)
		}
	}
}

func TestHostCovers(t *testing.T) {
	for _, row := range []struct {
		pattern, host string
		want          bool
	}{
		{"api.example.com", "api.example.com", true},
		{"api.example.com", "api.example.com:8443", false},
		{"api.example.com", "evilapi.example.com", false},
		{"*.example.com", "api.example.com", true},
		{"*.example.com", "a.b.example.com", true},
		{"*.example.com", "example.com", false},
		{"*.example.com", "evilexample.com", false},
		{"*.example.com", "api.example.com:8443", false},
		{"*.example.com:8443", "api.example.com:8443", true},
		{"*.example.com", "api.example.com.evil.example", false},
		{"*.amazonaws.com", "sts.amazonaws.com", true},
		{"*.amazonaws.com", "bucket.s3.amazonaws.com", false}, // anybody's bucket
		{"*.example.com", "*.example.com", true},
		{"*.example.com", "*.a.example.com", true},
		{"*.a.example.com", "*.example.com", false},
		{"api.example.com", "*.example.com", false},
		{"127.0.0.1", "127.0.0.1", true},
	} {
		if got := HostCovers(row.pattern, row.host); got != row.want {
			t.Errorf("HostCovers(%q, %q) = %v", row.pattern, row.host, got)
		}
	}
}

func TestCanonicalHost(t *testing.T) {
	for text, want := range map[string]string{
		"https://API.Example.com": "api.example.com", "https://api.example.com.": "api.example.com", "https://api.example.com:443/v1": "api.example.com",
		"https://api.example.com:80": "api.example.com:80", "http://api.example.com:80": "api.example.com", "http://api.example.com:443": "api.example.com:443",
		"https://api.example.com:": "api.example.com", "https://api.example.com:0443": "api.example.com", "https://Bücher.example": "xn--bcher-kva.example",
		"https://[0:0::1]:8443": "[::1]:8443", "https://user:password@a.example": "a.example", "https://a.example:0": "", "https://127.1": "", "https://0x7f000001": "",
		"https://a..example": "", "https://[fe80::1%25eth0]": "", "https:///path": "", "https://ａ.example": "a.example",
	} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := CanonicalHost(u); got != want || ok != (want != "") {
			t.Errorf("%s: got %q, %v", text, got, ok)
		}
	}
}

func TestIsLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "localhost:8080": true, "127.0.0.1": true, "127.9.9.9:1": true, "[::1]": true, "[::1]:8080": true,
		"localhost.example.com": false, "api.localhost": false, "128.0.0.1": false, "0.0.0.0": false, "[::]": false, "evillocalhost": false,
	} {
		if got := IsLoopback(host); got != want {
			t.Errorf("IsLoopback(%q) = %v", host, got)
		}
	}
}

func TestSentAsCheck(t *testing.T) {
	for _, good := range []SentAs{
		{Form: Bearer}, {Form: Basic}, {Form: SigV4, Service: "execute-api"}, {Form: Query, Name: "key"}, {Form: Query, Name: "filter[key]"},
		{Form: Header, Name: "X-API-Key", Format: "{value}"}, {Form: Header, Name: "Authorization", Format: `Token token="{value}"`},
	} {
		if err := good.Check(); err != nil {
			t.Errorf("%v: %v", good, err)
		}
	}
	for _, bad := range []SentAs{
		{}, {Form: "digest"}, {Form: Header, Name: "X-Key"}, {Form: Header, Format: Hole}, {Form: Header, Name: "X Key", Format: Hole}, {Form: Header, Name: "X-Kéy", Format: Hole},
		{Form: Header, Name: "HOST", Format: Hole}, {Form: Header, Name: "Content-Length", Format: Hole}, {Form: Header, Name: "Transfer-Encoding", Format: Hole},
		{Form: Header, Name: "Connection", Format: Hole}, {Form: Header, Name: "cookie", Format: Hole}, {Form: Header, Name: "Proxy-Authorization", Format: Hole},
		{Form: Header, Name: "User-Agent", Format: Hole}, {Form: Header, Name: "Referer", Format: Hole}, {Form: Header, Name: "Sec-WebSocket-Protocol", Format: Hole}, {Form: Header, Name: ":authority", Format: Hole},
		{Form: Header, Name: "X-Key", Format: "{value}{value}"}, {Form: Header, Name: "X-Key", Format: "Token"}, {Form: Header, Name: "X-Key", Format: "a\r\nb: {value}"},
		{Form: Header, Name: "X-Key", Format: "{value}\x7f"}, {Form: Header, Name: "X-Key", Format: " {value}"}, {Form: Header, Name: "X-Key", Format: "Schlüssel {value}"},
		{Form: Query}, {Form: Query, Name: "a b"}, {Form: Query, Name: "a\n"}, {Form: SigV4}, {Form: SigV4, Service: "S3"}, {Form: SigV4, Service: "a/b"},
	} {
		if err := bad.Check(); err == nil {
			t.Errorf("%#v is taken", bad)
		}
	}
}

// FuzzCanonicalHost holds: the canonical form of a host is that of itself, a fixed host that is taken is in it, and is covered by
// itself; and a wildcard covers only hosts that end in its name, behind a dot.
func FuzzCanonicalHost(f *testing.F) {
	for _, seed := range []string{"api.example.com", "API.example.com.:443", "*.example.com", "*.s3.amazonaws.com", "[::1]:8080", "127.0.0.1", "b\u00fccher.example", "a_b:0081", "*.github.io", "xn--a.example", "a..b", "1.2.3", "\uff0e.example"} {
		f.Add(seed, "sub")
	}
	f.Fuzz(func(t *testing.T, host, label string) {
		for _, scheme := range []string{"https://", "http://"} {
			u, err := url.Parse(scheme + host)
			if err != nil {
				continue
			}
			canonical, ok := CanonicalHost(u)
			if !ok {
				continue
			}
			again, err := url.Parse(scheme + canonical)
			if err != nil {
				t.Fatalf("%q is %q: %v", host, canonical, err)
			}
			if twice, ok := CanonicalHost(again); !ok || twice != canonical {
				t.Errorf("%q is %q, which is %q", host, canonical, twice)
			}
		}
		if CheckSentHost(host) != nil {
			return
		}
		if !HostCovers(host, host) {
			t.Errorf("%q does not cover itself", host)
		}
		name, isWildcard := strings.CutPrefix(host, "*")
		for _, other := range []string{label + name, label + strings.TrimPrefix(name, "."), host + label, name + "." + label} {
			if HostCovers(host, other) && other != host && !(isWildcard && strings.HasSuffix(other, name)) {
				t.Errorf("%q covers %q", host, other)
			}
		}
		if u, err := url.Parse("https://" + strings.TrimPrefix(name, ".")); err != nil {
			t.Errorf("%q is taken: %v", host, err)
		} else if canonical, ok := CanonicalHost(u); !ok || canonical != strings.TrimPrefix(name, ".") {
			t.Errorf("%q is taken, though it is %q", host, canonical)
		}
	})
}
