package wire

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// A Place is where a credential may be sent: below a stored URL, or to fixed hosts.
type Place struct {
	Base     *url.URL // the stored URL; nil where the hosts are fixed
	Name     string   // of the secret that Base is stored as: https://NAME.invalid stands for it
	Hosts    []string // canonical, as [field.HostCovers] takes them
	Insecure bool     // plain http may go to other computers
}

// target returns the URL that a request to u goes to, in the spelling that is compared and sent. The error is [ErrElsewhere],
// or [ErrPlain] where nothing but the scheme is wrong.
func (p Place) target(u *url.URL) (*url.URL, error) {
	if u == nil {
		return nil, ErrElsewhere
	}
	if p.isStoodFor(u) {
		u = p.joined(u)
	}
	to, ok := spelled(u)
	if !ok || !p.covers(to) {
		return nil, ErrElsewhere
	}
	if to.Scheme != "https" && !p.Insecure && !field.IsLoopback(to.Host) {
		return nil, ErrPlain
	}
	return to, nil
}

// isStoodFor reports whether u is an address of https://NAME.invalid. Nothing answers there (RFC 6761, section 6.4).
func (p Place) isStoodFor(u *url.URL) bool {
	return p.Base != nil && p.Name != "" && u.Scheme == "https" && strings.EqualFold(u.Host, p.Name+".invalid")
}

// joined returns u below the base: both paths and both queries count, as with [net/http/httputil.ProxyRequest.SetURL].
func (p Place) joined(u *url.URL) *url.URL {
	to := *u
	to.Scheme, to.Host = p.Base.Scheme, p.Base.Host
	if rest := u.EscapedPath(); rest == "" {
		to.Path, to.RawPath = p.Base.Path, p.Base.RawPath
	} else {
		to.RawPath = strings.TrimSuffix(p.Base.EscapedPath(), "/") + "/" + strings.TrimPrefix(rest, "/")
		to.Path, _ = url.PathUnescape(to.RawPath) // of two escaped paths
	}
	to.RawQuery = joinedQuery(p.Base.RawQuery, u.RawQuery)
	return &to
}

// named returns an address below the base as one of https://NAME.invalid: who has asked for that need not know the base. Others it
// returns as they are.
func (p Place) named(to *url.URL) *url.URL {
	real, ok := spelled(to)
	if !ok || to.User != nil || p.Base.RawQuery != "" || !p.covers(real) {
		return to
	}
	rest, isBelow := strings.CutPrefix(real.EscapedPath(), strings.TrimSuffix(p.Base.EscapedPath(), "/"))
	if !isBelow {
		return to
	}
	named := *to
	named.Scheme, named.Host, named.RawPath = "https", p.Name+".invalid", rest
	named.Path, _ = url.PathUnescape(rest) // of what was escaped
	return &named
}

func joinedQuery(one, other string) string {
	if one == "" || other == "" {
		return one + other
	}
	return one + "&" + other
}

// spelled returns u in the one spelling that is compared, with what it is sent with. It reports false for what is no http or https
// URL with a host.
func spelled(u *url.URL) (*url.URL, bool) {
	to := *u
	to.Scheme, to.User, to.Fragment, to.RawFragment = strings.ToLower(u.Scheme), nil, "", ""
	if u.Opaque != "" || to.Scheme != "https" && to.Scheme != "http" {
		return nil, false // an opaque part is sent in place of host and path
	}
	var ok bool
	if to.Host, ok = field.CanonicalHost(&to); !ok {
		return nil, false
	}
	if to.Path == "" || to.Path[0] != '/' {
		to.RawPath = "/" + u.EscapedPath()
		to.Path = "/" + u.Path
	}
	return &to, true
}

// covers reports whether to, which is spelled, is below the base or at one of the hosts.
func (p Place) covers(to *url.URL) bool {
	if p.Base == nil {
		return slices.ContainsFunc(p.Hosts, func(pattern string) bool {
			return field.HostCovers(pattern, to.Host) || to.Scheme == "http" && to.Port() == "" && field.HostCovers(pattern, to.Host+":80")
		})
	}
	base, ok := spelled(p.Base)
	return ok && to.Scheme == base.Scheme && to.Host == base.Host && isBelow(to, base)
}

// maxHops bounds how many redirects are looked back at. An http.Client follows ten.
const maxHops = 100

// hasLeft reports whether a redirect before req, or req itself, has led elsewhere, or from https to plain http: whoever answered there
// may have chosen all that follows. net/http keeps to the same for the headers that a caller sets (CVE-2024-45336).
func (p Place) hasLeft(req *http.Request) bool {
	to, err := p.target(req.URL)
	for range maxHops {
		if err != nil {
			return true
		}
		if req.Response == nil {
			return false
		}
		if req = req.Response.Request; req == nil {
			return true
		}
		later := to
		if to, err = p.target(req.URL); err == nil && to.Scheme == "https" && later.Scheme == "http" {
			return true
		}
	}
	return true
}

// check returns why a request must not be sent with a credential to where its URL says.
func (p Place) check(req *http.Request) (*url.URL, error) {
	to, err := p.target(req.URL)
	switch {
	case err != nil:
		return nil, err
	case req.URL.User != nil:
		return nil, ErrUserInfo
	case strings.EqualFold(req.Method, http.MethodConnect), strings.EqualFold(req.Method, http.MethodTrace):
		return nil, ErrMethod
	case req.Host != "" && !isSameHost(req.Host, req.URL):
		return nil, ErrHost
	case frames(req.Header):
		return nil, ErrFraming
	}
	return to, nil
}

// isSameHost reports whether the Host of a request is that of its URL.
func isSameHost(host string, u *url.URL) bool {
	if strings.EqualFold(host, u.Host) {
		return true
	}
	scheme := strings.ToLower(u.Scheme)
	one, ok := field.CanonicalHost(&url.URL{Scheme: scheme, Host: host})
	other, isHost := field.CanonicalHost(&url.URL{Scheme: scheme, Host: u.Host})
	return ok && isHost && one == other
}

// frames reports whether a header has what net/http writes itself, in another spelling than the one that it leaves out: HTTP/1.1 would
// then have two hosts, or two ends, of which servers and proxies take either.
func frames(header http.Header) bool {
	for name := range header {
		switch canonical := http.CanonicalHeaderKey(name); canonical {
		case "Host", "Content-Length", "Transfer-Encoding", "Trailer":
			if name != canonical {
				return true
			}
		}
	}
	return false
}
