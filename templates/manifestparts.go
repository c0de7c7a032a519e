package templates

import (
	"fmt"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// A ManifestOneOf is one entry of one_of: what is asked to choose, and what each alternative is.
type ManifestOneOf struct {
	Name         string                `json:"name"`
	Label        string                `json:"label"`
	HelpText     string                `json:"help_text,omitempty"`
	Required     bool                  `json:"required"`
	Getter       string                `json:"getter"`
	Dialog       ManifestDialog        `json:"dialog"`
	Alternatives []ManifestAlternative `json:"alternatives"`

	Reasons    []string `json:"reasons,omitempty"`    // that are given at the getter
	Rejections []string `json:"rejections,omitempty"` // say why the values are wrong, at Manager.Reject
}

// A ManifestAlternative is what a person can choose.
type ManifestAlternative struct {
	Name     string   `json:"name"`
	Label    string   `json:"label,omitempty"`
	Secrets  []string `json:"secrets"`
	Type     string   `json:"type"`
	Question []string `json:"question,omitempty"` // what is asked for permission to use them
}

// parts fills in what belongs to one_of and all_or_none.
func (m *Manifest) parts(p *Package, sentences wording.Sentences) {
	byName := map[string]*ManifestSecret{}
	for i := range m.Secrets {
		byName[m.Secrets[i].Name] = &m.Secrets[i]
	}
	join := func(s *Secret, format string, args ...any) {
		member := byName[s.Name]
		member.MemberOf, member.Getter, member.Question = fmt.Sprintf(format, args...), "", nil
	}
	for _, o := range p.OneOfs {
		c := o.Choice
		entry := ManifestOneOf{
			Name: c.Name, Label: c.Label, HelpText: c.Help, Required: c.Required,
			Getter: getterSignature(o.GoName, o.resultText(), asksAny(o.Members())),
			Dialog: *c.manifest(p.Server, sentences).Dialog,
		}
		for _, a := range o.Alternatives {
			entry.Alternatives = append(entry.Alternatives, ManifestAlternative{
				Name: a.Name, Label: c.ChoiceLabels[a.Name], Type: a.TypeName,
				Secrets: namesOf(a.Members), Question: questionLines(p.Server, sentences, a.Members),
			})
			for _, s := range a.Members {
				join(s, "one_of %s, alternative %s", c.Name, a.Name)
			}
		}
		m.OneOf = append(m.OneOf, entry)
	}
	for _, g := range p.AllOrNones {
		m.AllOrNone = append(m.AllOrNone, g.manifest(p.Server, sentences, "secrets.Optional["+g.TypeName()+"]"))
		for _, s := range g.Members {
			join(s, "all_or_none %s", g.Name)
		}
	}
}

// usedTogether returns the secrets that one use of all can be about, and which alternatives it is about: the first of each one_of,
// since nobody uses two of one at once.
func (p *Package) usedTogether() (together []*Secret, chosen map[string]string) {
	others := map[*Secret]bool{}
	chosen = map[string]string{}
	for _, o := range p.OneOfs {
		chosen[o.Choice.Name] = o.Alternatives[0].Name
		for _, a := range o.Alternatives[1:] {
			for _, s := range a.Members {
				others[s] = true
			}
		}
	}
	for _, s := range p.revealed() {
		if !others[s] {
			together = append(together, s)
		}
	}
	return together, chosen
}

// rejected returns the lists of rejections of the one_ofs by their names.
func (m *Manifest) rejected() map[string]*[]string {
	lists := map[string]*[]string{}
	for i := range m.OneOf {
		lists[m.OneOf[i].Name] = &m.OneOf[i].Rejections
	}
	return lists
}
