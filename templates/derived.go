package templates

import (
	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// usesOf are what a question says of those of secrets that need permission. In place of a derived one, it asks about those of
// which that is made, and a url that is made of them says where they go.
func usesOf(secrets []*Secret) (uses []wording.Use) {
	seen := map[string]bool{}
	var add func(s *Secret, inURL bool)
	add = func(s *Secret, inURL bool) {
		for _, part := range s.Parts {
			add(part, inURL || s.Type == field.URL)
		}
		if s.Derived != "" || !s.Asks() || seen[s.Name] {
			return
		}
		seen[s.Name] = true
		use := wording.Use{Field: s.Field}
		if inURL || s.SentTo != "" || s.GoesToItself() {
			use.Host = "{host}"
		}
		uses = append(uses, use)
	}
	for _, wantsDerived := range []bool{false, true} { // what is handed out as it is goes wherever it may
		for _, s := range secrets {
			if wantsDerived == (s.Derived != "") {
				add(s, false)
			}
		}
	}
	return uses
}
