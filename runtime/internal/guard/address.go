package guard

import "strings"

// Addresses with something confidential in them: URLs, and what else names a place and a password (DSNs). Scheme and host
// are public, and so are words in a path such as "api" and "services": they are in ordinary results.
//
// The password is often not escaped as RFC 3986 wants it, so nothing here depends on a parser for URLs.

var (
	schemeOfAddress = lazily(`^(?:jdbc:)?[a-zA-Z][a-zA-Z0-9+.:-]*$`)
	hostOfAddress   = lazily(`^(?:(?:[\w.-]+|\[[0-9a-fA-F:.%]+\])(?::\d*)?,?)*(?:[/?#; ]|$)`)
)

// address adds what is confidential of a URL. If nothing is and it has to be found whole, all counts that is more than an
// address.
func (l *learner) address(text string, whole bool) bool {
	scheme, after, found := strings.Cut(text, "://")
	if !found || after == "" || !schemeOfAddress().MatchString(scheme) || strings.Contains(after, "\n") {
		return false
	}
	from := len(scheme) + len("://")
	host := from + userInfo(after)
	if !hostOfAddress().MatchString(text[host:]) {
		return false
	}
	rest := len(text)
	if n := strings.IndexAny(text[host:], "/?#; "); n >= 0 {
		rest = host + n
	}
	before := len(l.pieces)
	user, password, hasPassword := strings.Cut(strings.TrimSuffix(text[from:host], "@"), ":")
	if !isOrdinary(user) {
		l.part(user)
	}
	if !isPlaceholder(password) {
		l.part(password)
	}
	l.parameters(text[rest:])
	if len(l.pieces) > before || !whole {
		return true
	}

	// Nothing is confidential by itself.
	switch {
	case hasPassword && !isPlaceholder(password):
		l.widen(text, from+len(user)+1, host-1)
	case long(user):
		l.part(user)
	case user != "" && (hasPassword || len(text)-rest < 2 || strings.Trim(user, smallLetters) != ""): // not as "git" is
		l.widen(text, from, from+len(user))
	}
	l.path(text, rest)
	l.values(text, rest)
	return true
}

// userInfo returns how long the user and password are that a URL has before its host, with their "@".
func userInfo(text string) int {
	authority := len(text)
	if n := strings.IndexAny(text, "/?#"); n >= 0 {
		authority = n
	}
	// Where the password is not escaped, it goes on beyond what RFC 3986 has for the authority: to the last "@" that a host
	// follows. Without a password, what follows that is a path.
	end := authority
	if name, port, ok := strings.Cut(text[:authority], ":"); ok && !isHostAndPort(name, port) {
		end = len(text)
	}
	for at := strings.LastIndexByte(text[:end], '@'); at >= 0; at = strings.LastIndexByte(text[:at], '@') {
		if hostOfAddress().MatchString(text[at+1:]) {
			return at + 1
		}
	}
	return 0
}

// isHostAndPort reports whether a name and what follows its colon are more like a host and its port than like a user and the
// beginning of a password.
func isHostAndPort(name, port string) bool {
	return strings.Trim(port, "0123456789") == "" && (strings.Contains(name, ".") || name == "localhost" || strings.HasPrefix(name, "["))
}

// part adds a part of an address by its own shape.
func (l *learner) part(text string) {
	if long(text) {
		l.learn(text, false)
	}
}

// isPlaceholder reports whether a password says that the user name is the key.
func isPlaceholder(password string) bool {
	switch password {
	case "", "x", "X", "x-oauth-basic", "x-token-auth", "api_token", "unused", "password":
		return true
	}
	return false
}

// parameters adds the parts of a path, a query and a fragment that their names say are confidential, or that are no words.
func (l *learner) parameters(text string) {
	for part := range strings.FieldsFuncSeq(text, func(c rune) bool { return strings.ContainsRune("/?#&; ", c) }) {
		name, value, named := strings.Cut(part, "=")
		switch {
		case named && secretName(name):
			l.part(value)
		case named && !isOrdinary(value):
			l.part(value)
		case !named && !isOrdinary(part):
			l.part(part)
		}
	}
}

// usual has the words that paths begin with and that say nothing.
var usual = lazily(`^(?:|[a-z]{1,2}|v\d+\w{0,7}|api|apis|rest|graphql|rpc|json|xml|web|app|apps|bot|public|private|internal|external|prod|dev|test|latest|stable|` +
	`services?|hooks?|webhooks?|incoming|outgoing|events?|ingest|triggers?|workflows?|callbacks?|oauth2?|auth|login|token|tokens|` +
	`users?|accounts?|projects?|teams?|orgs?|repos?|groups?|channels?|messages?|send|index|static|files?|download|uploads?)$`)

// path adds the path of a URL, or an unnamed query or fragment, from the first part on that is none of the usual words.
func (l *learner) path(text string, rest int) {
	from := rest
	for from < len(text) {
		end := len(text)
		if n := strings.IndexAny(text[from:], "/?#&;="); n >= 0 {
			end = from + n
		}
		if end < len(text) && text[end] == '=' {
			return // what is named is for values
		}
		if !usual().MatchString(text[from:end]) {
			break
		}
		from = min(end+1, len(text))
	}
	to := len(text)
	if n := strings.IndexAny(text[from:], "?#;"); n >= 0 {
		to = from + n
	}
	switch part := text[from:to]; {
	case part == "":
	case !long(part) || strings.Trim(part, smallLetters) == "":
		l.widen(text, from, to)
	default:
		l.add(part)
	}
}

// values adds the values of parameters, each with the sign in front of it: so a word is not masked everywhere.
func (l *learner) values(text string, rest int) {
	for from := rest; from < len(text); {
		to := len(text)
		if n := strings.IndexAny(text[from:], "/?#&;"); n >= 0 {
			to = from + n
		}
		if name, value, named := strings.Cut(text[from:to], "="); named && value != "" && (long(value) || secretName(name)) {
			l.widen(text, from+len(name)+1, to)
		}
		from = to + 1
	}
}

var loginAtHost = lazily(`^(?:jdbc:[\w:]+:)?([\w.+-]+[:/])(\S.*)@(?:\w+\([^()]*\)|(?://)?[\w.-]+(?::\d+|\.[a-z]{2,}))(?:[/?]|$)`)

// login adds the password of a DSN without a scheme, such as user:password@tcp(host:3306)/name.
func (l *learner) login(text string, whole bool) bool {
	found := loginAtHost().FindStringSubmatchIndex(text)
	if found == nil || !whole || strings.Contains(text, "\n") {
		return false
	}
	from, to := found[4], found[5]
	l.part(text[from:to])
	l.widen(text, from, to) // with its colon: that makes all of the line go, should it be a password that looks like a DSN
	return true
}
