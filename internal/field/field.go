// Package field is the vocabulary that the schema, the generator and the runtime share: what one secret is, and which
// texts are a value of it.
//
// Begin with [Field]. Its rules are checked by [Field.Check], both when the generator reads a default and when the
// runtime reads what a person typed, so that the two can't disagree. The package is pure: it reads no file, asks nobody
// and knows neither YAML, Go names nor MCP.
package field

import (
	"math"
	"slices"
	"strings"
	"time"
)

// A Type says what kind of text a secret is: how it is asked for, which texts are valid, and the Go type of its getter.
type Type string

// The field types, by the names that a schema uses. The first four are those of the Python and JavaScript frameworks.
const (
	Text      Type = "text"      // one line, shown while it is typed: string
	Password  Type = "password"  // one line, hidden while it is typed: Secret
	URL       Type = "url"       // an absolute URL with a host, RFC 3986: *url.URL
	Email     Type = "email"     // a bare address, RFC 5322 addr-spec: string
	Integer   Type = "integer"   // a decimal number of 64 bits: int64
	Boolean   Type = "boolean"   // true or false: bool
	Choice    Type = "choice"    // one of the field's choices: a string type of its own
	Duration  Type = "duration"  // a Go duration such as 1h30m: time.Duration
	Multiline Type = "multiline" // several lines, such as a PEM block or a service account's JSON: Secret
)

// Types returns every field type, in the order of the documentation.
func Types() []Type {
	return []Type{Text, Password, URL, Email, Integer, Boolean, Choice, Duration, Multiline}
}

// Confidential reports whether values of t must never be shown: such a type has no default, and always needs permission.
func (t Type) Confidential() bool { return t == Password || t == Multiline }

// A Permission says whose word a use needs.
type Permission string

// The permissions. The zero Permission is [Ask].
const (
	Ask    Permission = "ask"    // the MCP client's question, or the native dialog where the client can't ask
	Dialog Permission = "dialog" // the native dialog only: the client's word is never enough
	None   Permission = "none"   // nobody's; not for a confidential type
)

// Permissions returns every permission, strictest last.
func Permissions() []Permission { return []Permission{None, Ask, Dialog} }

// A Scope says what "Allow for session" covers.
type Scope string

// The scopes. The zero Scope is [ServerScope].
const (
	ServerScope Scope = "server" // every tool of the server
	ToolScope   Scope = "tool"   // only the tool that asked
)

// Scopes returns every scope.
func Scopes() []Scope { return []Scope{ServerScope, ToolScope} }

// A Field is what a schema says about one secret. The zero value of every rule means "no such rule".
type Field struct {
	Name string // the secret's name, [a-z0-9_.-]; set by the runtime's key constructors
	Type Type   // set by the runtime's key constructors

	Label       string // what a person calls it; shown in every dialog and question
	Help        string // where to find it, what it is for
	Placeholder string // an example of how a value looks; never a value
	Required    bool   // asked for when it is missing
	Default     string // the text that serves, or is offered, until another is stored; "" is none
	Deprecated  string // why it should no longer be used; "" is not deprecated

	Permission  Permission
	Remember    time.Duration // how long "Allow for session" lasts; 0 is until the process ends
	Scope       Scope
	SentTo      string   // the name of the url secret that says where the value goes
	RenamedFrom []string // former names, whose stored value is still found

	MinLength int    // in characters (Unicode code points)
	MaxLength int    // in characters (Unicode code points); 0 is no limit
	Pattern   string // an RE2 expression that must match the whole value
	Prefix    string // what every value begins with, such as "sk_live_"
	Schemes   []string
	Hosts     []string // "api.example.com", or "*.example.com" for every host below it
	UserInfo  bool     // a url may hold user:password@
	Range     Range
	Choices   []string

	ChoiceLabels map[string]string // how choices are shown, by value, where that is another text

	// RequiredWhen has f asked for while each of these secrets, a choice or a boolean, has one of the values.
	RequiredWhen map[string][]string
	// With has f asked for once one of these secrets is stored: they are all set or none.
	With []string
	// Members are of a choice between alternatives, the secrets of each: see [Field.IsOneOf].
	Members map[string][]string
}

// Optional reports whether f can be unset: it is neither required nor has a default to serve instead.
func (f Field) Optional() bool { return !f.Required && f.Default == "" }

// IsOneOf reports whether f is the choice between the alternatives of a one_of: each is some secrets, which are asked for and
// handed out only while it is chosen.
func (f Field) IsOneOf() bool { return len(f.Members) > 0 }

// Asks reports whether a use of f needs somebody's permission.
func (f Field) Asks() bool { return f.Permission != None }

// Shows reports whether a value of f may be shown to the person at this computer: it is not confidential, and no url that may
// hold a password.
func (f Field) Shows() bool { return !f.Type.Confidential() && !f.UserInfo }

// HasRules reports whether some text is not a value of f although it is one line: such a field gets a validator.
func (f Field) HasRules() bool {
	switch f.Type {
	case Text, Password, Multiline:
		return f.MinLength > 0 || f.MaxLength > 0 || f.Pattern != "" || f.Prefix != ""
	default:
		return true
	}
}

// A Range bounds an integer. The zero Range bounds nothing; [Between], [AtLeast] and [AtMost] make the others.
type Range struct {
	from, to  int64
	low, high bool
}

// Between is the range from low to high, both included.
func Between(low, high int64) Range { return Range{from: low, to: high, low: true, high: true} }

// AtLeast is the range from low, included, upwards.
func AtLeast(low int64) Range { return Range{from: low, low: true} }

// AtMost is the range up to high, included.
func AtMost(high int64) Range { return Range{to: high, high: true} }

// Min returns the lower bound, and whether there is one.
func (r Range) Min() (int64, bool) { return r.from, r.low }

// Max returns the upper bound, and whether there is one.
func (r Range) Max() (int64, bool) { return r.to, r.high }

func (r Range) bounds() (low, high int64) {
	low, high = math.MinInt64, math.MaxInt64
	if r.low {
		low = r.from
	}
	if r.high {
		high = r.to
	}
	return low, high
}

// ValidName reports whether name can be a secret's name: 1 to 100 of [a-z0-9_.-], not beginning with [ReservedPrefix].
func ValidName(name string) bool {
	return len(name) > 0 && len(name) <= MaxNameLength && !strings.HasPrefix(name, ReservedPrefix) &&
		!slices.ContainsFunc([]byte(name), func(c byte) bool {
			return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '.' && c != '-'
		})
}

const (
	// MaxNameLength is how many bytes a secret's name may have.
	MaxNameLength = 100
	// ReservedPrefix begins the names of keychain items that are no secrets, such as __secret_index__, in which the Python
	// and JavaScript frameworks list the others.
	ReservedPrefix = "__"

	// LabelColumns, PlaceholderColumns and HelpLines are how much of a field's texts a dialog has room for, beside each other
	// and what else it says. Columns and lines are those of package layout.
	LabelColumns, PlaceholderColumns, HelpLines = 40, 100, 8
)
