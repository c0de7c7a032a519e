package field

import (
	"net/netip"
	"strconv"
	"strings"
)

// A user name or password with an @, /, ? or # in it ends too early: what is left of it is then taken for the host, or what
// was the host for a path (RFC 3986, section 3.2). Readers differ on which. So a url with such a user name or password is
// refused, and never stored with another host than its owner means.

// checkUserInfo refuses a url that looks as if its user name or password were cut.
func (f Field) checkUserInfo(text string) *Problem {
	_, rest, _ := strings.Cut(text, "://")
	authority, behind := rest, ""
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority, behind = rest[:end], rest[end:]
	}
	switch {
	case f.TakesUserInfo() && (strings.Contains(behind, "@") || !isEncoded(authority)):
		return &Problem{Kind: NotEncoded}
	case !f.TakesUserInfo() && looksCut(authority, behind):
		return &Problem{Kind: HasUserInfo}
	}
	return nil
}

// isEncoded reports whether all before the last @ of an authority is userinfo as RFC 3986, section 3.2.1, has it.
func isEncoded(authority string) bool {
	info := authority[:max(0, strings.LastIndexByte(authority, '@'))]
	for i := 0; i < len(info); i++ {
		switch c := info[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~!$&'()*+,;=:", c) >= 0:
		case c == '%' && i+2 < len(info) && isHex(info[i+1]) && isHex(info[i+2]):
		default:
			return false
		}
	}
	return true
}

func isHex(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }

// looksCut reports whether host and port are rather a user name and the beginning of a password, since what is behind them
// has an @ and then a host. An @ in a path is common, as in https://medium.com/@user: a host without a port, or with a dot,
// is one.
func looksCut(authority, behind string) bool {
	name, port, hasPort := strings.Cut(authority, ":")
	if !hasPort || !strings.Contains(behind, "@") || strings.ContainsAny(authority, "[@") {
		return false
	}
	if !isPort(port) {
		return true
	}
	if strings.Contains(name, ".") || name == "localhost" {
		return false
	}
	parts := strings.Split(behind, "@")
	for i, part := range parts[1:] {
		if beginsWithHost(part, strings.HasSuffix(parts[i], "/")) {
			return true
		}
	}
	return false
}

// beginsWithHost reports whether text begins as what follows a password does. A word right after /@ is rather the scope of
// a package or a user's name.
func beginsWithHost(text string, isSegment bool) bool {
	end := strings.IndexAny(text, "/?#:&")
	if end < 0 {
		end = len(text)
	}
	name := text[:end]
	if _, err := netip.ParseAddr(name); err != nil && !validDomain(name) {
		return false
	}
	return !isSegment || strings.Contains(name, ".") || strings.HasPrefix(text[end:], ":")
}

func isPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}
