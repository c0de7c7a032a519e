package guard

import (
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/credential"
)

// Addresses with something confidential in them: URLs, and what else names a place and a password (DSNs). Scheme and host
// are public, and so are words in a path such as "api" and "services": they are in ordinary results.
//
// The password is often not escaped as RFC 3986 wants it, so nothing here depends on a parser for URLs.

var (
	schemeOfAddress = lazily(`^(?:jdbc:)?[a-zA-Z][a-zA-Z0-9+.:-]*$`)
	hostOfAddress   = lazily(`^(?:(?:(?:[\w.-]|%[0-9a-fA-F]{2})+|\w*\([\w.:,=/-]*\)|\[[0-9a-fA-F:.%]+\])(?::\d*)?,?)*(?:[/?#; ]|$)`)
)

// An address is a URL, and where its parts are.
type address struct {
	text           string
	user, password string
	hasPassword    bool
	userFrom       int // where the user begins
	host           int // where the host begins
	rest           int // where the path begins, or whatever follows the host
}

// parseAddress returns the parts of a URL, and whether a text is one.
func parseAddress(text string) (a address, ok bool) {
	scheme, after, found := strings.Cut(text, "://")
	if !found || after == "" || !schemeOfAddress().MatchString(scheme) || strings.Contains(after, "\n") {
		return a, false
	}
	a = address{text: text, userFrom: len(scheme) + len("://")}
	a.host = a.userFrom + userInfo(after)
	a.rest = a.host + endOf(text[a.host:], "/?#; ")
	a.user, a.password, a.hasPassword = strings.Cut(strings.TrimSuffix(text[a.userFrom:a.host], "@"), ":")
	return a, hostOfAddress().MatchString(text[a.host:])
}

// address adds what is confidential of a URL. If nothing is by itself, and something has to be found, it adds what is more
// than the address of a server.
func (l *learner) address(text string, whole bool) bool {
	a, ok := parseAddress(text)
	if !ok {
		return false
	}
	before := len(l.pieces)
	if !isOrdinary(a.user) {
		l.part(a.user)
	}
	if !isPlaceholder(a.password) {
		l.part(a.password)
	}
	l.parameters(text[a.rest:])
	if len(l.pieces) == before && whole {
		l.login(a)
		l.path(text, a.rest)
		l.values(text, a.rest)
	}
	return true
}

// login adds a short password or a user, whatever they look like. The users that programs have, such as git, say nothing.
func (l *learner) login(a address) {
	switch {
	case !isPlaceholder(a.password):
		l.widen(a.text, a.userFrom+len(a.user)+1, a.host-1)
	case long(a.user):
		l.part(a.user)
	case a.user != "" && (a.hasPassword || len(a.text)-a.rest < 2 || strings.Trim(a.user, smallLetters) != ""):
		l.widen(a.text, a.userFrom, a.userFrom+len(a.user))
	}
}

// userInfo returns how long the user and password are that a URL has before its host, with their "@".
func userInfo(text string) int {
	authority := endOf(text, "/?#")
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
		case named && (strings.HasSuffix(strings.ToLower(name), "keyname") || sasParameter().MatchString(value)): // both of Azure
		case named && (credential.Named(name) || !isOrdinary(value)):
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
	from, to := rest, rest
	for ; from < len(text); from = min(to+1, len(text)) {
		to = from + endOf(text[from:], "/?#&;=")
		if to < len(text) && text[to] == '=' {
			return // what is named is for values
		}
		if !usual().MatchString(text[from:to]) {
			break
		}
	}
	to = from + endOf(text[from:], "?#;")
	switch part := text[from:to]; {
	case part == "":
	case !long(part) || strings.Trim(part, smallLetters) == "": // with the sign in front of it: it may be a word
		l.widen(text, from, to)
	default:
		l.add(part)
	}
}

// values adds the values of parameters, each with the sign in front of it.
func (l *learner) values(text string, rest int) {
	for from, to := rest, 0; from < len(text); from = to + 1 {
		to = from + endOf(text[from:], "/?#&;")
		if name, value, named := strings.Cut(text[from:to], "="); named && value != "" && (long(value) || credential.Named(name)) {
			l.widen(text, from+len(name)+1, to)
		}
	}
}

// endOf returns where the first of some characters is in a text, or how long it is.
func endOf(text, characters string) int {
	if n := strings.IndexAny(text, characters); n >= 0 {
		return n
	}
	return len(text)
}

var (
	loginAtHost = lazily(`^(?:jdbc:[\w:]+:)?([\w.+-]+[:/])(\S.*)@(?:\w*\([^()]*\)|/[\w-]+|\(DESCRIPTION *=.*|(?://)?[\w.-]+(?::\d+|\.[a-z]{2,})|[\w.-]+/[\w.-]+(?:/[\w.-]+)?\?\w+=[^@]*)(?:[/?]|$)`)
	oracleLogin = lazily(`^[A-Za-z][\w$#]*(?:\[\w+\])?(/)("[^"]+"|[^\s"@]+)@(?://)?[A-Za-z][\w.-]*(?:[:/]\S*)?$`)
)

// dsn adds the password of an address without a scheme, such as user:password@tcp(host:3306)/name or scott/password@ORCL.
func (l *learner) dsn(text string, whole bool) bool {
	found := loginAtHost().FindStringSubmatchIndex(text)
	if found == nil {
		found = oracleLogin().FindStringSubmatchIndex(text)
	}
	if found == nil || !whole || strings.Contains(text, "\n") {
		return false
	}
	from, to := found[4], found[5]
	l.part(strings.Trim(text[from:to], `"`))
	l.widen(text, from, to) // with its colon: that makes all of the line go, should it be a password that looks like a DSN
	return true
}
