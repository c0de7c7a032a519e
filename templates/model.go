package templates

import (
	"slices"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/schema"
)

// Options are what the schema does not say.
type Options struct {
	Package string // the package clause
	Embed   string // the manifest's file name, beside the code; default secrets.golden.json
}

// A Package is what is generated from one schema: names are chosen, the order is fixed, comments are wrapped.
type Package struct {
	Name    string
	Source  string // the schema's file name
	Embed   string // the manifest's file name
	Server  string
	Secrets []*Secret // in schema order
	Groups  []*Group  // in schema order

	OneOfs     []*OneOf // in schema order
	AllOrNones []*Group // in schema order
}

// A Secret is one secret and everything that is generated for it.
type Secret struct {
	field.Field
	GoName    string     // of the getter, and of the field in Values
	Doc       []string   // the getter's comment
	FieldDoc  []string   // the comment of the field in the structs of groups
	Constants []Constant // of a choice
	Parts     []*Secret  // of what a derived one is made
	To        *Secret    // says where it is sent, or nil
	IsPart    bool       // it is a member of a one_of or an all_or_none, which has the getter
}

// A Constant is one choice.
type Constant struct {
	GoName, Value string
	Label         string // how people are shown it; "" is as the value
}

// A Group is one group and everything that is generated for it.
type Group struct {
	Name    string // the schema's name
	GoName  string // of the getter
	Members []*Secret
	SentAs  field.SentAs // how the members are sent together
	Sent    []*Secret    // those that are, in the order of the form's roles
	Doc     []string
}

// hasGetter reports whether the members are returned: all are revealed.
func (g *Group) hasGetter() bool {
	return !slices.ContainsFunc(g.Members, func(s *Secret) bool { return s.Unrevealed })
}

// hasGetter reports whether s has a getter of its own.
func (s *Secret) hasGetter() bool { return !s.IsPart && !s.Unrevealed }

// KeyName is the function that returns the key, such as KeyAPIKey.
func (s *Secret) KeyName() string { return "Key" + s.GoName }

// keyVariable is the variable that holds the key, which the generated file keeps for itself.
func (s *Secret) keyVariable() string { return "key" + s.GoName }

// ValidatorName is the name of the function that checks a text.
func (s *Secret) ValidatorName() string { return "Validate" + s.GoName }

// TypeName is the name of a choice's type.
func (s *Secret) TypeName() string { return s.GoName }

// ListName is the name of the function that returns all choices.
func (s *Secret) ListName() string { return "All" + s.GoName }

// TypeName is the name of the group's struct.
func (g *Group) TypeName() string { return g.GoName + "Secrets" }

// New makes the model for a schema.
func New(f *Schema, o Options) *Package {
	if o.Embed == "" {
		o.Embed = "secrets.golden.json"
	}
	p := &Package{Name: o.Package, Source: baseName(f.Name), Embed: o.Embed, Server: f.Server}
	byName := make(map[string]*Secret, len(f.Secrets))
	for _, in := range f.Secrets {
		s := &Secret{Field: in.Field, GoName: f.names.secrets[in], IsPart: in.IsPart()}
		for i, name := range f.names.choices[in] {
			s.Constants = append(s.Constants, Constant{name, in.Choices[i], in.ChoiceLabels[in.Choices[i]]})
		}
		p.Secrets = append(p.Secrets, s)
		byName[s.Name] = s
	}
	for _, s := range p.Secrets {
		s.To = byName[s.SentTo]
		s.Parts = secretsOf(s.Field.Parts(), byName)
	}
	for _, s := range p.Secrets {
		s.Doc, s.FieldDoc = secretDoc(s), fieldDoc(s)
		if s.IsPart {
			s.FieldDoc = memberDoc(s)
		}
	}
	for _, in := range f.Groups {
		g := newGroup(in, f.names, byName)
		g.Doc = groupDoc(g)
		p.Groups = append(p.Groups, g)
	}
	for _, in := range f.OneOfs {
		p.OneOfs = append(p.OneOfs, newOneOf(in, f.names, byName))
	}
	for _, in := range f.AllOrNones {
		g := newGroup(in, f.names, byName)
		g.Doc = allOrNoneDoc(g)
		p.AllOrNones = append(p.AllOrNones, g)
	}
	return p
}

func newGroup(in *schema.Group, n *names, byName map[string]*Secret) *Group {
	return &Group{
		Name: in.Name, GoName: n.groups[in], Members: secretsOf(in.Members, byName),
		SentAs: in.SentAs, Sent: secretsOf(in.Sent, byName),
	}
}

func secretsOf(names []string, byName map[string]*Secret) []*Secret {
	secrets := make([]*Secret, len(names))
	for i, name := range names {
		secrets[i] = byName[name]
	}
	return secrets
}

func namesOf(secrets []*Secret) []string {
	names := make([]string, len(secrets))
	for i, s := range secrets {
		names[i] = s.Name
	}
	return names
}
