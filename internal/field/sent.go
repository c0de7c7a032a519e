package field

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Form is how a value is put into an HTTP request.
type Form string

// The forms. The zero Form is none: the schema does not say how a value is sent.
const (
	Bearer Form = "bearer" // Authorization: Bearer VALUE (RFC 6750, section 2.1)
	Header Form = "header" // a header of the schema's choice, with the value in its format
	Query  Form = "query"  // a parameter of the query
	Basic  Form = "basic"  // Authorization: Basic, of a user and a password (RFC 7617)
	SigV4  Form = "sigv4"  // AWS Signature Version 4: the values sign the request, and but for the token none is sent itself
)

// Forms returns every form.
func Forms() []Form { return []Form{Bearer, Header, Query, Basic, SigV4} }

// Roles returns what the values of f are, in the order in which they are given: none for a form of one value. The last role of
// [SigV4], the session token, may be left out.
func (f Form) Roles() []string {
	switch f {
	case Basic:
		return []string{"user", "password"}
	case SigV4:
		return []string{"id", "secret", "region", "token"}
	}
	return nil
}

// Hole is where the value stands in the format of a header.
const Hole = "{value}"

// A SentAs says how values are put into a request. The zero SentAs is not at all.
type SentAs struct {
	Form    Form
	Name    string // of the header, or of the parameter of the query
	Format  string // of the header, such as "Token {value}"; it has [Hole] once
	Service string // that is asked for with SigV4, such as "s3"
}

// String returns s as a reviewer reads it: `bearer`, `header X-API-Key: Token {value}`, `query key`, `sigv4 of s3`.
func (s SentAs) String() string {
	switch s.Form {
	case Header:
		return fmt.Sprintf("header %s: %s", s.Name, s.Format)
	case Query:
		return "query " + s.Name
	case SigV4:
		return "sigv4 of " + s.Service
	}
	return string(s.Form)
}

// Check returns why nothing can be sent as s says. The sentence continues what s is called. A format that a schema leaves out
// is not left out here.
func (s SentAs) Check() error {
	switch s.Form {
	case Bearer, Basic:
		return nil
	case Header:
		return errors.Join(CheckHeader(s.Name), CheckFormat(s.Format))
	case Query:
		return CheckParameter(s.Name)
	case SigV4:
		return CheckService(s.Service)
	}
	return fmt.Errorf("must be one of %v", Forms())
}

// Bounds of what a schema may say of a request, in bytes.
const (
	maxHeaderName = 100
	maxFormat     = 200
)

// ownedHeaders are not for a schema to set, by why. A name that ends in "*" stands for all that begin so.
var ownedHeaders = map[string][]string{
	// RFC 9110, sections 7.2, 7.6.1 and 10.1.1, and RFC 9112, section 6.
	"that the HTTP client writes itself: it frames the request, or belongs to the connection": {
		"connection", "content-length", "expect", "host", "http2-settings", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "sec-*",
	},
	"by which the HTTP client decides what it does itself: whether it unpacks an answer, or sends a request again": {
		"accept-encoding", "range", "idempotency-key", "x-idempotency-key",
	},
	"that servers, caches and logs take for nothing confidential": {
		"accept", "accept-*", "access-control-*", "cache-control", "content-*", "date", "forwarded", "from", "if-*", "origin", "pragma", "priority", "referer", "user-agent",
		"via", "x-forwarded-*", "x-real-ip",
	},
	"that a proxy reads, and not the host": {"proxy-*"},
	// A jar adds its cookies to the same header, keeps what a server sets, and sends it on without a question.
	"of the cookie jar, which would keep a value and send it without asking": {"cookie", "cookie2", "set-cookie", "set-cookie2"},
}

// CheckHeader returns why a value can't be sent in the header of that name. The sentence continues the name.
func CheckHeader(name string) error {
	if name == "" || len(name) > maxHeaderName || strings.ContainsFunc(name, func(r rune) bool { return !isTokenCharacter(r) }) {
		return fmt.Errorf("must be a header's name: up to %d letters, digits and \"-\", such as X-API-Key", maxHeaderName)
	}
	lower := strings.ToLower(name)
	isName := func(owned string) bool { return owned == lower } // first, since it says more than a beginning
	begins := func(owned string) bool {
		beginning, isBeginning := strings.CutSuffix(owned, "*")
		return isBeginning && strings.HasPrefix(lower, beginning)
	}
	for _, owns := range []func(string) bool{isName, begins} {
		for why, names := range ownedHeaders {
			if slices.ContainsFunc(names, owns) {
				return errors.New("is a header " + why)
			}
		}
	}
	return nil
}

// isTokenCharacter reports whether a token may have r (RFC 9110, section 5.6.2).
func isTokenCharacter(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

// CheckFormat returns why a header can't have that format. The sentence continues the format.
func CheckFormat(format string) error {
	switch {
	case len(format) > maxFormat || strings.ContainsFunc(format, func(r rune) bool { return r < ' ' || r > '~' }):
		return fmt.Errorf("must be up to %d visible ASCII characters and spaces", maxFormat)
	case strings.Count(format, Hole) != 1:
		return fmt.Errorf("must have %s in it once, where the value stands", Hole)
	case strings.TrimSpace(format) != format:
		return errors.New("must not begin or end with a space, which no header keeps")
	}
	return nil
}

// CheckParameter returns why a value can't be sent in the parameter of that name. The sentence continues the name.
func CheckParameter(name string) error {
	if name == "" || len(name) > maxHeaderName || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("must be a parameter's name: up to %d visible ASCII characters, not yet percent-encoded, such as key", maxHeaderName)
	}
	return nil
}

// CheckService returns why a request can't be signed for the service of that name. The sentence continues the name.
func CheckService(name string) error {
	if name == "" || len(name) > maxHeaderName || strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	}) {
		return errors.New("must be the name by which a service's requests are signed, in lower case, such as s3 or execute-api")
	}
	return nil
}

// CanBeSent reports whether a request has room for values of f: each is one text of one line.
func (f Field) CanBeSent() bool {
	if f.List || f.Derived != "" {
		return false
	}
	switch f.Format {
	case PEMFormat, JSONFormat, YAMLFormat:
		return false
	}
	return f.Type == Text || f.Type == Password || f.Type == Email
}

// IsSent reports whether f says where its values go: to the hosts of another secret, or to fixed ones.
func (f Field) IsSent() bool { return f.SentTo != "" || len(f.SentHosts) > 0 }
