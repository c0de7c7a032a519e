package reason

import (
	"go/token"
	"go/types"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/schema"
)

// A place is where a reason can be put: at a getter; into a variable, a parameter, a field or a result, which is known by where
// it is declared; or somewhere from where it may come to any getter.
type place struct {
	getter   string
	foreign  bool // the getter is another vault's, which has a manifest of its own
	rejects  bool // it is not given to the getter, but says why what it returned is wrong
	variable token.Pos
	named    bool // the variable is given beside a getter that is named: only other getters count to which it leads
	any      bool
}

var (
	nowhere  = place{}
	anywhere = place{any: true}
)

// A given is a constant where it becomes a reason.
type given struct {
	text    string
	at      token.Position
	related bool // it can come to a getter of the target
}

// A graph has where constants are put, and where they go from there.
type graph struct {
	constants []edge[given]
	onward    map[token.Pos][]place
	// An interface may call any method of a name.
	methods map[string][]token.Pos // results that are reasons, by the name of the method
	dynamic map[string][]place     // where those go that an interface has called, by the name of the method
}

type edge[T any] struct {
	from T
	to   []place
}

func newGraph() *graph {
	return &graph{onward: map[token.Pos][]place{}, methods: map[string][]token.Pos{}, dynamic: map[string][]place{}}
}

func (g *graph) add(c given, to []place) { g.constants = append(g.constants, edge[given]{c, to}) }

func (g *graph) join(from token.Pos, to []place) { g.onward[from] = append(g.onward[from], to...) }

// joinResult notes where a result of a function goes, if it is a reason.
func (g *graph) joinResult(f *types.Func, i int, to []place) {
	results := f.Signature().Results()
	if i >= results.Len() || !isReason(results.At(i).Type()) {
		return
	}
	if receiver := f.Signature().Recv(); receiver != nil && types.IsInterface(receiver.Type()) {
		g.dynamic[f.Name()] = append(g.dynamic[f.Name()], to...)
	}
	g.join(results.At(i).Origin().Pos(), to)
}

// addMethod notes the results of a method that are reasons.
func (g *graph) addMethod(f *types.Func) {
	for result := range f.Signature().Results().Variables() {
		if isReason(result.Type()) {
			g.methods[f.Name()] = append(g.methods[f.Name()], result.Origin().Pos())
		}
	}
}

// solve tells for each constant which getters it comes to. The mistakes are constants that a question can't show.
func (g *graph) solve(found *Found) (mistakes schema.ErrorList) {
	for name, results := range g.methods {
		for _, result := range results {
			g.join(result, g.dynamic[name])
		}
	}
	for _, constant := range g.constants {
		refuse := func(text string) { mistakes = append(mistakes, mistakeAt(constant.from.at, text)) }
		getters, anywhere := g.reach(constant.to)
		text := constant.from.text
		if strings.TrimSpace(text) == "" {
			for to := range getters {
				refuse("the reason of " + to.getter + " is empty, say what the secret is for")
			}
			continue
		}
		if err := wording.ReasonText.Check(text); err != nil {
			refuse("a reason " + err.Error())
		}
		if !constant.from.related {
			continue
		}
		for to := range getters {
			switch {
			case to.foreign:
			case to.rejects:
				found.Rejections[to.getter] = append(found.Rejections[to.getter], text)
			default:
				found.At[to.getter] = append(found.At[to.getter], text)
			}
		}
		if anywhere || len(getters) == 0 {
			// Where it goes is not seen, such as through a struct that is converted to another.
			found.Others = append(found.Others, text)
		}
	}
	return mistakes
}

// reach follows places to the getters behind them.
func (g *graph) reach(places []place) (getters map[place]bool, anywhere bool) {
	type step struct {
		variable token.Pos
		named    bool
	}
	getters = map[place]bool{}
	seen := map[step]bool{}
	var follow func(places []place, named bool)
	follow = func(places []place, named bool) {
		for _, p := range places {
			next := step{p.variable, named || p.named}
			switch {
			case p.any:
				anywhere = anywhere || !named
			case p.getter != "":
				getters[p] = true
			case p.variable != token.NoPos && !seen[next]:
				seen[next] = true
				follow(g.onward[p.variable], next.named)
			}
		}
	}
	follow(places, false)
	return getters, anywhere
}
