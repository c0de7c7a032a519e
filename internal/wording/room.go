package wording

import (
	"strings"
	"sync"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
)

// Here the generator measures what the runtime will show, with everything in it that can come.

// long is longer than anything that is shortened when it is shown.
var long = strings.Repeat("W", reasonLines*layout.Columns+1)

// longestBy returns the longest line of who asks for which the generator sees to room. With a longer one, less may be asked at a
// time, or nothing. A server that starts does not make it.
var longestBy = sync.OnceValue(func() string { return English().AskedBy(strings.Repeat("W", 90), false) })

// longestAccount is as long as the name of an account can be.
var longestAccount = strings.Repeat("w", field.MaxAccount)

// QuestionHeight returns how many lines the question for a use of f can take, when it goes to host.
func (s Sentences) QuestionHeight(server string, f field.Field, host string) int {
	by := Requester{Tool: long, Reason: long, By: longestBy(), Account: longestAccount}
	return layout.Height(strings.Join(s.Permission(server, []Use{{f, host}}, by), "\n"))
}

// DialogHeight returns how many lines the dialog that asks for f can take.
func (s Sentences) DialogHeight(server string, f field.Field) int {
	broken := append(f.MostBroken(), &field.Problem{Kind: field.NoMatch, Want: long})
	a := fullest()
	a.Member = memberOf(f)
	a.Again, a.Rejected = broken, long
	return layout.Height(strings.Join(s.Ask(server, f, a), "\n"))
}

// memberOf returns the longest label of a member, if f is a choice between alternatives.
func memberOf(f field.Field) string {
	if !f.IsOneOf() {
		return ""
	}
	return strings.Repeat("W", field.LabelColumns)
}

// fullest is all that a dialog can say beside what its field says, but for what is wrong with a value.
func fullest() Asking {
	return Asking{Code: "WWWW-WWWW", Client: long, By: longestBy(), Account: longestAccount, Number: 99, Total: 99}
}

// DialogFits reports whether a window always has room for the dialog that asks for f. It puts all of the dialog together only
// where what the field says is so long that the most of everything else could be too much: most schemas have none such.
func (s Sentences) DialogFits(server string, f field.Field) bool {
	bare := layout.Height(strings.Join(s.Ask(server, f, Asking{Rejected: "?", Member: memberOf(f)}), "\n")) // with a last line, or space before it is not counted
	return bare+mostBeside() <= layout.Lines || s.DialogHeight(server, f) <= layout.Lines
}

// mostBeside is how many lines a dialog has at most beside those that its field says.
var mostBeside = sync.OnceValue(func() int {
	height := func(a Asking) int {
		a.Rejected = "?"
		return layout.Height(strings.Join(English().Ask("W", field.Field{Label: "W"}, a), "\n"))
	}
	return height(fullest()) - height(Asking{}) + whyLines + againLines
})
