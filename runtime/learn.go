package secrets

import (
	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
)

// Here the guard learns what it masks.

// learn has the guard mask a confidential value: the text, of a list that of each item, and what a server writes that got
// something else for it, such as the bytes of base64. The value is nil where the text is none by the rules.
func learn(g *guard.Guard, def *definition, text string, value any) {
	var texts []string
	if value == nil {
		texts = def.Texts(text)
	} else {
		texts = def.Written(text, value)
	}
	for _, text := range texts {
		if def.Type == field.URL {
			g.LearnAddress(text)
		} else {
			g.Learn(text, def.PrefixOf(text))
		}
	}
}

// learnDerived has the guard mask what was made of confidential values.
func (m *Manager) learnDerived(found []finding) {
	for _, f := range found {
		if f.def.isDerived() && f.value != nil && f.def.Confidential() {
			learn(m.guard(), f.def, f.text.Reveal(), f.value)
		}
	}
}
