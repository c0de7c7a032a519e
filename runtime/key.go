package secrets

import (
	"maps"
	"math"
	"net/url"
	"reflect"
	"slices"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// A Field says what a key is: its label, rules and permission. Generated code fills it from the schema. The zero value of
// every rule means "no such rule".
type Field struct {
	Name string     // the secret's name; set by the constructors of keys, such as [Password]
	Type field.Type // as schemas call it, such as "password"; set by the constructors of keys
	// Secrecy is "" where a type is confidential, or not, by itself; set by the constructors, [Hidden] and [Shown].
	Secrecy field.Secrecy

	Label       string   // what a person calls it; shown in every dialog and question
	Help        string   // where to find it, what it is for
	Docs        string   // an https link to where it is explained; shown in dialogs, forms and errors
	Placeholder string   // an example of how a value looks; never a value
	Examples    []string // values that obey the rules; one of a confidential type is no value
	Required    bool     // asked for when it is missing
	Default     string   // the text that serves, or is offered, until another is stored; "" is none
	Deprecated  string   // why it should no longer be used; "" is not deprecated

	Permission  field.Permission // [DialogOnly], [NoAsking], or "": the MCP client asks, or a native dialog
	Remember    time.Duration    // how long "Allow for session" lasts; 0 is until the process ends, and 8 hours for a named principal
	Scope       field.Scope      // [ToolScope], or "": "Allow for session" covers every tool of the server
	Standing    field.Standing   // "allowed" or "forbidden" to allow a use beforehand, with the command "secrets allow"; "" is "allowed", but for [DialogOnly]
	SentTo      string           // the name of the secret that says where the value goes
	SentHosts   []string         // the fixed hosts to which the value goes, such as "api.example.com" or "*.example.com"; not beside SentTo
	SentAs      field.SentAs     // how [Transport] puts the value into a request, see [SentAs]
	Unrevealed  bool             // nothing but [Transport] uses the value: getters and bindings fail
	RejectOn    []int            // statuses of an answer, 400 to 499, that say that the value is wrong; none is never
	Insecure    bool             // [Transport] sends the value in plain http too, beyond this computer
	IsSentTo    bool             // of a list: others have it for their SentTo, and a question names all of its hosts
	RenamedFrom []string         // former names, whose stored value is still found
	Env         []string         // environment variables that have the value where MCP_SECRETS_STORE is env; the first that is set counts

	MinLength int    // in characters (Unicode code points)
	MaxLength int    // in characters (Unicode code points); 0 is no limit
	Pattern   string // an RE2 expression that must match the whole value
	// PatternHelp says in words what the pattern wants, which people read instead of it. It continues "must be".
	PatternHelp string
	Prefixes    []string     // every value begins with one of them, such as "sk_live_"; none is no such rule
	Format      field.Format // what a text is, such as "pem"; see [Parsed]
	Keys        []string     // that the object of format json has
	Schemes     []string     // of a url, such as "https"
	Hosts       []string     // of a url: "api.example.com", or "*.example.com" for every host below it
	UserInfo    bool         // a url may hold user:password@
	Range       field.Range  // of an integer, a number or a duration, see [Between]
	Choices     []string     // of a choice

	ChoiceLabels map[string]string // how choices are shown, by value, where that is another text
	Open         bool              // of a choice: a text that is none of the choices is a value too

	List     bool // several values, of which each keeps the rules above; set by [List]
	MinItems int  // of a list
	MaxItems int  // of a list; 0 is no limit
	Unique   bool // no two items of a list are the same value

	Derived string // of which others it is made, such as "Bearer {token}": nobody is asked for it, and nothing is stored

	// RequiredWhen has the key asked for while each of these keys, a choice or a boolean, has one of the values.
	RequiredWhen map[string][]string
	// With has the key asked for once one of these keys is stored: they are all set or none.
	With []string
	// Members make a choice one between alternatives: those of the keys by name that are asked for, and handed out, only while
	// the alternative is chosen.
	Members map[string][]string
}

// Permissions and scopes, for a [Field], that differ from the usual.
const (
	DialogOnly = field.Dialog    // only a native dialog is asked, whatever the MCP client says
	NoAsking   = field.None      // nobody is asked
	ToolScope  = field.ToolScope // "Allow for session" covers only the tool that asked
)

// SentAs returns how a value is put into a request, for [Field] and [Transport]. After the form stand its details:
//
//	SentAs("bearer")                               // Authorization: Bearer VALUE (RFC 6750, section 2.1)
//	SentAs("header", "X-API-Key", "Token {value}") // its name and its format
//	SentAs("query", "key")                         // the name of the parameter
//	SentAs("basic")                                // Authorization: Basic, of a user and a password (RFC 7617)
//	SentAs("sigv4", "s3")                          // AWS Signature Version 4, with the service
//
// What is no such form sends nothing: [Open] and [Transport] refuse it.
func SentAs(form field.Form, details ...string) field.SentAs {
	sent := field.SentAs{Form: form}
	var into []*string
	switch form {
	case field.Header:
		into = []*string{&sent.Name, &sent.Format}
	case field.Query:
		into = []*string{&sent.Name}
	case field.SigV4:
		into = []*string{&sent.Service}
	}
	if len(details) != len(into) {
		return field.SentAs{Form: "?"}
	}
	for i := range into {
		*into[i] = details[i]
	}
	return sent
}

// Between bounds an integer, a number or a duration, both bounds included. The least and greatest value of the type are no
// bounds. A duration without a lower bound is more than 0.
func Between[T int | int64 | float64 | time.Duration](low, high T) field.Range {
	if _, isNumber := any(low).(float64); isNumber {
		return field.NumbersBetween(float64(low), float64(high))
	}
	switch low, high := int64(low), int64(high); {
	case low == math.MinInt64 && high == math.MaxInt64:
		return field.Range{}
	case low == math.MinInt64:
		return field.AtMost(high)
	case high == math.MaxInt64:
		return field.AtLeast(low)
	default:
		return field.Between(low, high)
	}
}

// A Key stands for one secret of a schema, whose values are of type T. Keys come from generated code; a zero Key, and a
// key of another schema, fails with [ErrUnknownKey].
type Key[T any] struct {
	def *definition
	// convert makes a T of a text and of what [field.Field.Parse] returned for it.
	convert func(text Secret, value any) T
}

// AnyKey is a [Key] of any type. Nothing else can be one: least of all a string.
type AnyKey interface {
	// Describe returns what the schema says of the key: its name, type, label and rules. That of a zero key is zero.
	Describe() Field
	definition() *definition
}

// Describe returns what the schema says of the key: its name, type, label and rules. That of a zero key is zero. The lists in it
// are the caller's own.
func (k Key[T]) Describe() Field {
	if k.def == nil {
		return Field{}
	}
	return Field(k.def.Field).clone()
}

// clone returns f with lists of its own, so that who changes the ones does not change the others.
func (f Field) clone() Field {
	f.RenamedFrom = slices.Clone(f.RenamedFrom)
	f.Env = slices.Clone(f.Env)
	f.Examples = slices.Clone(f.Examples)
	f.Prefixes = slices.Clone(f.Prefixes)
	f.Keys = slices.Clone(f.Keys)
	f.SentHosts = slices.Clone(f.SentHosts)
	f.RejectOn = slices.Clone(f.RejectOn)
	f.Schemes = slices.Clone(f.Schemes)
	f.Hosts = slices.Clone(f.Hosts)
	f.Choices = slices.Clone(f.Choices)
	f.ChoiceLabels = maps.Clone(f.ChoiceLabels)
	f.RequiredWhen = cloneLists(f.RequiredWhen)
	f.With = slices.Clone(f.With)
	f.Members = cloneLists(f.Members)
	return f
}

func cloneLists(lists map[string][]string) map[string][]string {
	lists = maps.Clone(lists)
	for name, list := range lists {
		lists[name] = slices.Clone(list)
	}
	return lists
}

func (k Key[T]) definition() *definition { return k.def }

// A definition is what a Manager knows a secret by: keys are the same if their definitions are.
type definition struct {
	field.Field
	gives reflect.Type // what the key takes for what [field.Field.Parse] returns
	hides bool         // the key's values are of a [Confidential]
}

// fits reports whether the key takes what its values are, and hides what is confidential: a constructor that does not go with
// the rules, as in code that was written by hand, would fail for every value, or show it.
func (d *definition) fits() bool { return d.gives == d.ValueType() && d.hides == d.Confidential() }

// newKey makes a key whose values are parsed as a V.
func newKey[V, T any](name string, kind field.Type, f Field, convert func(Secret, any) T) Key[T] {
	f = f.clone()
	f.Name, f.Type, f.Secrecy, f.List = name, kind, "", false
	if f.Label == "" {
		f.Label = name
	}
	_, hides := any(new(T)).(holder)
	return Key[T]{&definition{field.Field(f), reflect.TypeFor[V](), hides}, convert}
}

func as[T any](_ Secret, value any) T           { return value.(T) }
func asSecret(text Secret, _ any) Secret        { return text }
func asChoice[T ~string](_ Secret, value any) T { return T(value.(string)) }

// Text makes the key of a one-line text that may be shown. Of format path, ~ stands for the user's home folder.
func Text(name string, f Field) Key[string] {
	if f.Format == field.PathFormat {
		return newKey[string](name, field.Text, f, asPath)
	}
	return newKey[string](name, field.Text, f, as[string])
}

// Password makes the key of a one-line text that must not be shown.
func Password(name string, f Field) Key[Secret] {
	return newKey[string](name, field.Password, f, asSecret)
}

// URL makes the key of an absolute URL.
func URL(name string, f Field) Key[*url.URL] {
	return newKey[*url.URL](name, field.URL, f, as[*url.URL])
}

// DSN makes the key of a confidential connection URL, such as postgres://user:password@h1,h2/name: one of the schemes is that of
// a database or the like, whose URLs may have several hosts, or none. The value is the text, since drivers take that and package
// net/url does not read it.
func DSN(name string, f Field) Key[Secret] {
	key := newKey[string](name, field.URL, f, asSecret)
	return Key[Secret]{key.def.with(field.Hidden, true), key.convert}
}

// Email makes the key of a bare mail address.
func Email(name string, f Field) Key[string] { return newKey[string](name, field.Email, f, as[string]) }

// Integer makes the key of a whole number.
func Integer(name string, f Field) Key[int64] {
	return newKey[int64](name, field.Integer, f, as[int64])
}

// Number makes the key of a number that may have a fraction.
func Number(name string, f Field) Key[float64] {
	return newKey[float64](name, field.Number, f, as[float64])
}

// Boolean makes the key of a yes or no.
func Boolean(name string, f Field) Key[bool] { return newKey[bool](name, field.Boolean, f, as[bool]) }

// Choice makes the key of one of the field's choices.
func Choice[T ~string](name string, f Field) Key[T] {
	return newKey[string](name, field.Choice, f, asChoice[T])
}

// Duration makes the key of a duration.
func Duration(name string, f Field) Key[time.Duration] {
	return newKey[time.Duration](name, field.Duration, f, as[time.Duration])
}

// Multiline makes the key of a text of several lines that must not be shown.
func Multiline(name string, f Field) Key[Secret] {
	return newKey[string](name, field.Multiline, f, asSecret)
}

// File makes the key of a file that stays where the user has it: what is stored is the path, and the value is the content, read at
// each use. The file must be a plain one of at most 256 KB, and closed to other users unless the key is [Shown].
func File(name string, f Field) Key[Secret] { return newKey[string](name, field.File, f, asSecret) }

// Hidden makes the key of a value that must not be shown of one that may: it is checked as before, and treated like a
// password. A boolean or a choice can't be hidden: a schema with such a key does not open.
func Hidden[T any](key Key[T]) Key[Confidential[T]] {
	return Key[Confidential[T]]{key.def.with(field.Hidden, true), func(text Secret, value any) Confidential[T] {
		return confidential(key.convert(text, value), text.Reveal())
	}}
}

// Shown makes the key of a text that may be shown of one that must not, such as of [Multiline]. A password can't be shown: a
// schema with such a key does not open.
func Shown(key Key[Secret]) Key[string] {
	return Key[string]{key.def.with(field.Shown, false), func(text Secret, _ any) string { return text.Reveal() }}
}

// List makes the key of a list of what key is of: each item keeps its rules. What is confidential is so by itself in each item,
// as a [Confidential]. There is one item at least, and each use returns a slice of its own. There is no list of booleans, files or
// texts of several lines: a schema with such a key does not open.
func List[T any](key Key[T]) Key[[]T] {
	return Key[[]T]{key.def.changed(func(d *definition) { d.List = true }), func(_ Secret, value any) []T {
		items := value.([]field.Item)
		list := make([]T, len(items))
		for i, item := range items {
			list[i] = key.convert(NewSecret(item.Text), item.Value)
		}
		return list
	}}
}

// with returns a definition that differs from d in its secrecy only.
func (d *definition) with(s field.Secrecy, hides bool) *definition {
	return d.changed(func(d *definition) { d.Secrecy, d.hides = s, hides })
}

// changed returns a definition that differs from d in what change does.
func (d *definition) changed(change func(*definition)) *definition {
	if d == nil {
		return nil
	}
	changed := *d
	change(&changed)
	return &changed
}

// Validate returns the value of key that text stands for, of a file that its content does, or an error that names the rule it breaks and is [ErrInvalid].
// It reads no store and asks nobody.
func Validate[T any](key Key[T], text string) (T, error) {
	var none T
	if key.def == nil || !key.def.fits() {
		return none, ErrUnknownKey
	}
	v, err := key.def.Content().Parse(text)
	if err != nil {
		return none, &invalidText{key.def.Name, err}
	}
	return key.convert(NewSecret(text), v), nil
}

// A Binding says where one value of a group goes: see [Key.Into], and [Together] for several.
type Binding struct {
	def      *definition
	optional bool
	bind     func(finding)
	parts    []Binding // of [Together], which has nothing else
}

// Together binds keys that are set together or not at all: the members of an alternative that was chosen, beside the choice, or
// those of an all_or_none. Any of them may be unset. It calls done once all are bound, and says whether the first one is set.
func Together(done func(isSet bool), parts ...Binding) Binding {
	isSet := false
	bound := make([]Binding, len(parts))
	for i, part := range parts {
		bound[i] = Binding{def: part.def, optional: true, bind: func(f finding) {
			if f.value != nil {
				part.bind(f)
			}
			if i == 0 {
				isSet = f.value != nil
			}
			if i == len(parts)-1 {
				done(isSet)
			}
		}}
	}
	return Binding{parts: bound}
}

// flat returns the bindings with the parts of each [Together] in its place.
func flat(bindings []Binding) []Binding {
	if !slices.ContainsFunc(bindings, func(b Binding) bool { return b.parts != nil }) {
		return bindings
	}
	var all []Binding
	for _, b := range bindings {
		if b.parts == nil {
			all = append(all, b)
		} else {
			all = append(all, b.parts...)
		}
	}
	return all
}

// Into binds the key to the variable that its value goes to. Nothing is written there unless the whole group succeeds.
func (k Key[T]) Into(target *T) Binding {
	return Binding{def: k.def, bind: func(f finding) { *target = k.convert(f.text, f.value) }}
}

// IntoOptional binds a key that may be unset.
func (k Key[T]) IntoOptional(target *Optional[T]) Binding {
	return Binding{def: k.def, optional: true, bind: func(f finding) {
		if f.value == nil {
			*target = Optional[T]{}
			return
		}
		*target = Some(k.convert(f.text, f.value))
	}}
}
