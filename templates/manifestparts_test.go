package templates

import (
	"maps"
	"slices"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/reason"
)

// TestQuestionForAllIsOneThatIsShown: nobody uses two alternatives at once, so no question lists the members of both.
func TestQuestionForAllIsOneThatIsShown(t *testing.T) {
	file, err := Parse("secrets.yaml", []byte(`
version: 1
server: petstore
secrets: {key: {}, token: {}, user: {field_type: text}, password: {}, cert: {}, chain: {}}
one_of: {auth: {bearer: [token], basic: [user, password]}}
all_or_none: {pair: [cert, chain]}
`))
	if err != nil {
		t.Fatal(err)
	}
	all := New(file, Options{}).Manifest(&reason.Found{}).All
	for line, want := range map[string]bool{"- key": true, "- token": true, "- user": false, "- password": false, "- cert": true, "- chain": true} {
		if slices.Contains(all.Question, line) != want {
			t.Errorf("%q: want %v in %q", line, want, all.Question)
		}
	}
	if want := map[string]string{"auth": "bearer"}; !maps.Equal(all.Chosen, want) {
		t.Errorf("the alternatives are %v, want %v", all.Chosen, want)
	}
}
