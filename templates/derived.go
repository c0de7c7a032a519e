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
		uses = append(uses, wording.Use{Field: s.Field, Host: shownHost(s.Field, inURL)})
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

// shownHost is where a question says that f goes. What only a use knows is a hole; of what may go without encryption, the
// question is the one that says so.
func shownHost(f field.Field, inURL bool) string {
	switch {
	case len(f.SentHosts) > 0 && !inURL:
		return f.FixedHosts()
	case f.SentTo != "" && f.Insecure:
		return "http://{host}"
	case inURL || f.SentTo != "" || f.GoesToItself():
		return "{host}"
	}
	return ""
}
