package secrets

import (
	"net/url"
	"slices"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// A Field says what a key is: its label, rules and permission. Generated code fills it from the schema. The zero value of
// every rule means "no such rule".
type Field struct {
	Name string     // the secret's name; set by the constructors of keys, such as [Password]
	Type field.Type // as schemas call it, such as "password"; set by the constructors of keys

	Label       string // what a person calls it; shown in every dialog and question
	Help        string // where to find it, what it is for
	Placeholder string // an example of how a value looks; never a value
	Required    bool   // asked for when it is missing
	Default     string // the text that serves, or is offered, until another is stored; "" is none
	Deprecated  string // why it should no longer be used; "" is not deprecated

	Permission  field.Permission // [DialogOnly], [NoAsking], or "": the MCP client asks, or a native dialog
	Remember    time.Duration    // how long "Allow for session" lasts; 0 is until the process ends, and 8 hours for a named principal
	Scope       field.Scope      // [ToolScope], or "": "Allow for session" covers every tool of the server
	SentTo      string           // the name of the url secret that says where the value goes
	RenamedFrom []string         // former names, whose stored value is still found

	MinLength int         // in characters (Unicode code points)
	MaxLength int         // in characters (Unicode code points); 0 is no limit
	Pattern   string      // an RE2 expression that must match the whole value
	Prefix    string      // what every value begins with, such as "sk_live_"
	Schemes   []string    // of a url, such as "https"
	Hosts     []string    // of a url: "api.example.com", or "*.example.com" for every host below it
	UserInfo  bool        // a url may hold user:password@
	Range     field.Range // of an integer, see [Between]
	Choices   []string    // of a choice

	ChoiceLabels map[string]string // how choices are shown, by value, where that is another text

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

// Between bounds an integer, both bounds included.
func Between(low, high int64) field.Range { return field.Between(low, high) }

// A Key stands for one secret of a schema, whose values are of type T. Keys come from generated code; a zero Key, and a
// key of another schema, fails with [ErrUnknownKey].
type Key[T any] struct {
	def *definition
	// convert makes a T of what [field.Field.Parse] returned.
	convert func(any) T
}

// AnyKey is a [Key] of any type. Nothing else can be one: least of all a string.
type AnyKey interface {
	// Describe returns what the schema says of the key: its name, type, label and rules. That of a zero key is zero.
	Describe() Field
	definition() *definition
}

// Describe returns what the schema says of the key: its name, type, label and rules. That of a zero key is zero.
func (k Key[T]) Describe() Field {
	if k.def == nil {
		return Field{}
	}
	return Field(k.def.Field)
}

func (k Key[T]) definition() *definition { return k.def }

// A definition is what a Manager knows a secret by: keys are the same if their definitions are.
type definition struct{ field.Field }

func newKey[T any](name string, kind field.Type, f Field, convert func(any) T) Key[T] {
	f.Name, f.Type = name, kind
	if f.Label == "" {
		f.Label = name
	}
	return Key[T]{&definition{field.Field(f)}, convert}
}

func as[T any](v any) T           { return v.(T) }
func asSecret(v any) Secret       { return NewSecret(v.(string)) }
func asChoice[T ~string](v any) T { return T(v.(string)) }

// Text makes the key of a one-line text that may be shown.
func Text(name string, f Field) Key[string] { return newKey(name, field.Text, f, as[string]) }

// Password makes the key of a one-line text that must not be shown.
func Password(name string, f Field) Key[Secret] { return newKey(name, field.Password, f, asSecret) }

// URL makes the key of an absolute URL.
func URL(name string, f Field) Key[*url.URL] { return newKey(name, field.URL, f, as[*url.URL]) }

// Email makes the key of a bare mail address.
func Email(name string, f Field) Key[string] { return newKey(name, field.Email, f, as[string]) }

// Integer makes the key of a whole number.
func Integer(name string, f Field) Key[int64] { return newKey(name, field.Integer, f, as[int64]) }

// Boolean makes the key of a yes or no.
func Boolean(name string, f Field) Key[bool] { return newKey(name, field.Boolean, f, as[bool]) }

// Choice makes the key of one of the field's choices.
func Choice[T ~string](name string, f Field) Key[T] {
	return newKey(name, field.Choice, f, asChoice[T])
}

// Duration makes the key of a duration.
func Duration(name string, f Field) Key[time.Duration] {
	return newKey(name, field.Duration, f, as[time.Duration])
}

// Multiline makes the key of a text of several lines that must not be shown.
func Multiline(name string, f Field) Key[Secret] { return newKey(name, field.Multiline, f, asSecret) }

// Validate returns the value of key that text stands for, or an error that names the rule it breaks and is [ErrInvalid].
// It reads no store and asks nobody.
func Validate[T any](key Key[T], text string) (T, error) {
	var none T
	if key.def == nil {
		return none, ErrUnknownKey
	}
	v, err := key.def.Parse(text)
	if err != nil {
		return none, &invalidText{key.def.Name, err}
	}
	return key.convert(v), nil
}

// A Binding says where one value of a group goes: see [Key.Into], and [Together] for several.
type Binding struct {
	def      *definition
	optional bool
	bind     func(any) // nil: not set
	parts    []Binding // of [Together], which has nothing else
}

// Together binds keys that are set together or not at all: the members of an alternative that was chosen, beside the choice, or
// those of an all_or_none. Any of them may be unset. It calls done once all are bound, and says whether the first one is set.
func Together(done func(isSet bool), parts ...Binding) Binding {
	isSet := false
	bound := make([]Binding, len(parts))
	for i, part := range parts {
		bound[i] = Binding{def: part.def, optional: true, bind: func(v any) {
			if v != nil {
				part.bind(v)
			}
			if i == 0 {
				isSet = v != nil
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
	return Binding{def: k.def, bind: func(v any) { *target = k.convert(v) }}
}

// IntoOptional binds a key that may be unset.
func (k Key[T]) IntoOptional(target *Optional[T]) Binding {
	return Binding{def: k.def, optional: true, bind: func(v any) {
		if v == nil {
			*target = Optional[T]{}
			return
		}
		*target = Some(k.convert(v))
	}}
}
