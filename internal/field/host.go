package field

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// Hosts to which values are sent are compared in one form, the canonical one: "api.example.com", "localhost:8080" or "[::1]:8080".
// It is in lower case, in A-labels (RFC 5890), without a dot at its end, and without the port that the scheme has by itself. A
// wildcard such as "*.example.com" stands for the hosts below a name that somebody registered.

// CanonicalHost returns the form in which the host and port of an http or https URL are compared. It reports false where there is
// no host that is looked up.
func CanonicalHost(u *url.URL) (canonical string, ok bool) {
	host, port := u.Hostname(), strings.TrimLeft(u.Port(), "0")
	if address, err := netip.ParseAddr(host); err == nil {
		if address.Zone() != "" {
			return "", false
		}
		canonical = address.String()
		if address.Is6() {
			canonical = "[" + canonical + "]"
		}
	} else {
		canonical = toASCII(strings.TrimSuffix(host, "."))
		if !validDomain(canonical) {
			return "", false
		}
	}
	switch {
	case u.Port() == "" || port == defaultPorts[u.Scheme]:
		return canonical, true
	case !isPort(port):
		return "", false
	}
	return canonical + ":" + port, true
}

var defaultPorts = map[string]string{"http": "80", "https": "443"}

// toASCII returns a name in lower case and in A-labels, or "" for what is none. Of one that is ASCII already, package idna would
// refuse the underscore that containers are named with.
func toASCII(name string) string {
	if !strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) {
		return strings.ToLower(name)
	}
	ascii, err := idna.Lookup.ToASCII(name)
	if err != nil {
		return ""
	}
	return ascii
}

// CheckSentHost returns why a fixed host can't be one to which values are sent. The sentence continues what it is called.
func CheckSentHost(text string) error {
	name, isWildcard := strings.CutPrefix(text, "*.")
	u, err := url.Parse("https://" + name)
	if err != nil || u.Host != name || strings.Contains(name, "*") {
		return errors.New("must be a host, with a port where it is not the usual one, without scheme and path, such as api.example.com, *.example.com or localhost:8080")
	}
	canonical, ok := CanonicalHost(u)
	switch {
	case !ok || strings.HasSuffix(name, ":"):
		return errors.New("must be a host that can be looked up, such as api.example.com, *.example.com or localhost:8080")
	case isWildcard && isAddress(u.Hostname()):
		return errors.New("must not be a wildcard for addresses: write each")
	case u.Port() == "80":
		return errors.New("must not have port 80, which plain http has by itself: leave it out")
	case canonical != name:
		return fmt.Errorf("must be written as it is compared: %q", strings.TrimSuffix(text, name)+canonical)
	case isWildcard:
		return checkRegistered(u.Hostname())
	}
	return nil
}

// checkRegistered returns why the names below a domain can belong to anybody (https://publicsuffix.org).
func checkRegistered(domain string) error {
	if _, err := publicsuffix.EffectiveTLDPlusOne(domain); err != nil {
		return fmt.Errorf("must not be a wildcard: anybody can have a name below %s", domain)
	}
	return nil
}

// HostCovers reports whether a fixed host, which may be a wildcard, is or covers another; both are canonical. The port counts.
// Of a wildcard, all hosts belong to the one who registered its name: below *.amazonaws.com, what is below s3.amazonaws.com is
// other people's.
func HostCovers(pattern, host string) bool {
	domain, isWildcard := strings.CutPrefix(pattern, "*")
	if !isWildcard || pattern == host {
		return pattern == host
	}
	name, isPattern := strings.CutPrefix(host, "*.") // what a narrower wildcard covers, this one does
	if !strings.HasSuffix("."+name, domain) || !isPattern && "."+name == domain {
		return false
	}
	ours, err := publicsuffix.EffectiveTLDPlusOne(withoutPort(domain[1:]))
	theirs, otherErr := publicsuffix.EffectiveTLDPlusOne(withoutPort(name))
	return err == nil && otherErr == nil && ours == theirs
}

// withoutPort returns the name of a canonical host.
func withoutPort(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

// IsLoopback reports whether a canonical host is this computer itself, so that nobody else reads what is sent there in plain
// http: the name localhost (RFC 6761, section 6.3), or an address of the loopback interface.
func IsLoopback(host string) bool {
	name := withoutPort(host)
	address, err := netip.ParseAddr(name)
	return name == "localhost" || err == nil && address.Unmap().IsLoopback()
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// FixedHosts names the fixed hosts of f as a question does, or returns "" where it has none.
func (f Field) FixedHosts() string { return strings.Join(f.SentHosts, ", ") }

// MaxSentHosts is how many fixed hosts a secret may have, since a question names them all.
const MaxSentHosts = 10
