// Package field is the vocabulary that the schema, the generator and the runtime share: what one secret is, and which
// texts are a value of it.
//
// Begin with [Field]. Its rules are checked by [Field.Check], both when the generator reads a default and when the
// runtime reads what a person typed, so that the two can't disagree. The package is pure: it reads no file, asks nobody
// and knows neither YAML, Go names nor MCP.
package field

import (
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
	Number    Type = "number"    // a decimal number with a fraction: float64, finite
	Boolean   Type = "boolean"   // true or false: bool
	Choice    Type = "choice"    // one of the field's choices: a string type of its own
	Duration  Type = "duration"  // a Go duration such as 1h30m: time.Duration, more than 0 unless Range says otherwise
	Multiline Type = "multiline" // several lines, such as a PEM block or a service account's JSON: Secret
	File      Type = "file"      // the path of a file, whose content is read at each use: Secret
)

// Types returns every field type, in the order of the documentation.
func Types() []Type {
	return []Type{Text, Password, URL, Email, Integer, Number, Boolean, Choice, Duration, Multiline, File}
}

// hides reports whether values of t are confidential unless a schema says otherwise.
func (t Type) hides() bool { return t == Password || t == Multiline || t == File }

// A Secrecy says whether values may be shown. The zero Secrecy is that of the type: password, multiline and file are
// confidential.
type Secrecy string

// The secrecies that a schema can choose, where they differ from that of the type.
const (
	Hidden Secrecy = "hidden" // confidential: true
	Shown  Secrecy = "shown"  // confidential: false
)

// CanHide reports whether a schema may make t confidential. What has few values that everybody knows can't be hidden.
func (t Type) CanHide() bool { return t != Boolean && t != Choice }

// CanShow reports whether a schema may make t public.
func (t Type) CanShow() bool { return t != Password }

// SecrecyOf returns the secrecy of t that is confidential or not: the zero Secrecy where t is so by itself.
func SecrecyOf(t Type, confidential bool) Secrecy {
	switch {
	case confidential == t.hides():
		return ""
	case confidential:
		return Hidden
	default:
		return Shown
	}
}

// A Permission says whose word a use needs.
type Permission string

// The permissions. The zero Permission is [Ask].
const (
	Ask    Permission = "ask"    // the MCP client's question, or the native dialog where the client can't ask
	Dialog Permission = "dialog" // the native dialog only: the client's word is never enough
	None   Permission = "none"   // nobody's; not for a confidential field
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

// A Standing says whether a person may allow a use beforehand, in a terminal, for as long as they say. The zero Standing is yes, but
// for [Dialog]: where the client's word is not enough, neither is an older one.
type Standing string

// The standings that a schema can choose.
const (
	MayStand    Standing = "allowed"   // standing: true
	NeverStands Standing = "forbidden" // standing: false
)

// StandingOf returns the standing that a schema chooses by true or false.
func StandingOf(allowed bool) Standing {
	if allowed {
		return MayStand
	}
	return NeverStands
}

// A Field is what a schema says about one secret. The zero value of every rule means "no such rule".
type Field struct {
	Name    string  // the secret's name, [a-z0-9_.-]; set by the runtime's key constructors
	Type    Type    // set by the runtime's key constructors
	Secrecy Secrecy // set by the runtime's key constructors

	Label       string   // what a person calls it; shown in every dialog and question
	Help        string   // where to find it, what it is for
	Docs        string   // an https link to where it is explained; shown in dialogs, forms and errors
	Placeholder string   // an example of how a value looks; never a value
	Examples    []string // values that obey the rules; one of a confidential type is no value
	Required    bool     // asked for when it is missing
	Default     string   // the text that serves, or is offered, until another is stored; "" is none
	Deprecated  string   // why it should no longer be used; "" is not deprecated

	Permission  Permission
	Remember    time.Duration // how long "Allow for session" lasts; 0 is until the process ends
	Scope       Scope
	Standing    Standing // see [Field.Stands]
	SentTo      string   // the name of the secret that says where the value goes
	SentHosts   []string // the fixed hosts to which the value goes, as [CheckSentHost] wants them; not beside SentTo
	SentAs      SentAs   // how the transport puts the value into a request
	Unrevealed  bool     // nothing but the transport uses the value
	RejectOn    []int    // statuses of an answer, 400 to 499, that say that the value is wrong; none is never
	Insecure    bool     // the transport sends the value in plain http too, beyond this computer
	IsSentTo    bool     // of a list: others have it for their SentTo, so its hosts are as few as a question can name
	RenamedFrom []string // former names, whose stored value is still found
	Env         []string // environment variables that have the value where MCP_SECRETS_STORE is env; the first that is set counts

	MinLength int    // in characters (Unicode code points)
	MaxLength int    // in characters (Unicode code points); 0 is no limit
	Pattern   string // an RE2 expression that must match the whole value
	// PatternHelp says in words what the pattern wants. It continues "must be".
	PatternHelp string
	Prefixes    []string // every value begins with one of them, such as "sk_live_"; none is no such rule
	Format      Format   // what a text is, such as "pem"; "" is any
	Keys        []string // that the object of format json has
	Schemes     []string
	Hosts       []string // "api.example.com", or "*.example.com" for every host below it
	UserInfo    bool     // a url may hold user:password@
	Range       Range
	Choices     []string

	ChoiceLabels map[string]string // how choices are shown, by value, where that is another text
	Open         bool              // of a choice: a text that is none of the choices is a value too

	List     bool // several values, of which each keeps the rules above; set by the runtime's key constructors
	MinItems int  // of a list
	MaxItems int  // of a list; 0 is no limit
	Unique   bool // no two items of a list are the same value

	Derived string // of what others it is made, such as "Bearer {token}"; nobody is asked for it, and nothing is stored

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

// Stands reports whether a use of f can be allowed beforehand.
func (f Field) Stands() bool {
	if f.Standing == "" {
		return f.Asks() && f.Permission != Dialog
	}
	return f.Asks() && f.Standing == MayStand
}

// Confidential reports whether values of f must never be shown: such a field always needs permission, and has no default but
// the path of a file.
func (f Field) Confidential() bool { return f.Secrecy == Hidden || f.Secrecy == "" && f.Type.hides() }

// Shows reports whether what is stored of f may be shown to the person at this computer: it is not confidential, and no url that
// may hold a password. Of a file that is the path.
func (f Field) Shows() bool { return f.Type == File || !f.Confidential() && !f.UserInfo }

// Content returns the field whose values are handed out for f: of a file, the field of its content, and else f itself.
func (f Field) Content() Field {
	if f.Type == File {
		f.Type, f.Secrecy, f.Default, f.Examples = Multiline, SecrecyOf(Multiline, f.Confidential()), "", nil
	}
	return f
}

// TakesUserInfo reports whether a url of f may hold user:password@. One that is confidential may: that is often why it is.
func (f Field) TakesUserInfo() bool { return f.UserInfo || f.Confidential() }

// HasRules reports whether some text is not a value of f although it is one line: such a field gets a validator.
func (f Field) HasRules() bool {
	if f.Derived != "" {
		return false
	}
	switch f.Type {
	case Text, Password, Multiline, File:
		return f.List || f.MinLength > 0 || f.MaxLength > 0 || f.Pattern != "" || len(f.Prefixes) > 0 || f.Format != ""
	default:
		return true
	}
}

// ValidName reports whether name can be a secret's name: 1 to 100 of [a-z0-9_.-], not beginning with [ReservedPrefix].
func ValidName(name string) bool {
	return len(name) > 0 && len(name) <= MaxNameLength && !strings.HasPrefix(name, ReservedPrefix) &&
		!slices.ContainsFunc([]byte(name), func(c byte) bool {
			return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '.' && c != '-'
		})
}

// Names returns the names under which a value can be stored: the present one, and former ones.
func (f Field) Names() []string { return append([]string{f.Name}, f.RenamedFrom...) }

// MaxAccount is how many bytes the name of an account may have.
const MaxAccount = 32

// ValidAccount reports whether name can be that of an account, one of several sets of values of a server: 1 to [MaxAccount] of
// [a-z0-9_-], not beginning with "_".
func ValidAccount(name string) bool {
	return len(name) > 0 && len(name) <= MaxAccount && name[0] != '_' &&
		!slices.ContainsFunc([]byte(name), func(c byte) bool {
			return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-'
		})
}

// ValidEnv reports whether name can be an environment variable's name everywhere: up to [MaxNameLength] of [A-Za-z0-9_], not
// beginning with a digit (POSIX.1-2024, XBD 3.216).
func ValidEnv(name string) bool {
	return name != "" && len(name) <= MaxNameLength && (name[0] < '0' || name[0] > '9') &&
		!slices.ContainsFunc([]byte(name), func(c byte) bool {
			return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_'
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
