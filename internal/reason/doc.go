// Package reason finds the reasons for which a server's code asks for its secrets, and what in that code could become a reason
// without having been reviewed.
//
// A reason is a constant. The question for permission shows it, so that whoever reviews the constants has reviewed what the
// question can say. [Run.Find] loads the packages that reach the runtime, as the go command builds them, and checks their types:
//
//   - list.go asks the go command for the packages, and load.go type-checks those that reach the runtime. platform.go adds the
//     files that only other systems build.
//   - rule.go reports each way in which something that is no constant can become a reason.
//   - move.go lists every place that a reason is moved to: an argument, a variable, a field, a result.
//   - flow.go follows the constants along these moves to the getters.
//
// No value has the type of a reason but those that rule.go lets through. So the constants of that type are all reasons that
// there can be, wherever they are given. That is as true as Go's types are: unsafe that writes past a value, to a reason in the
// next field, is not found, nor are unexported fields that reflection sets by it.
package reason

import (
	"errors"
	"slices"

	"github.com/mcpsecrets/mcpsecrets/schema"
)

// A Run finds the reasons for generated files that are written together.
type Run struct {
	// Written is each file as it is to be written, by its path. It need not be there yet.
	Written map[string][]byte

	listings []*listing // of what the targets so far were in
}

// A Target is one of the generated files, for whose getters reasons are given.
type Target struct {
	File string // its path
	// Also are packages to read besides those of the module or workspace, as the go command is told of them in the file's folder:
	// below testdata it sees no others.
	Also []string
}

// Found is what a server's code says at the getters of a target.
type Found struct {
	At map[string][]string // constants by the Go name of the getter that is given them; sorted
	// Rejections are constants by the Go name of the getter whose value Manager.Reject says to be wrong; sorted.
	Rejections map[string][]string
	Others     []string // constants that are given where it can't be told which getter gets them; sorted
	LetPass    []string // where a line says //mcpsecrets:reason: "example.com/m/main.go: function"; sorted
	// Broken says why the code does not compile, in the order of the code. Reasons may then be missing.
	Broken schema.ErrorList
}

// ErrNoGo means that the go command, which knows the packages, was not found.
var ErrNoGo = errors.New("the go command was not found, which says what files a server is built of")

// Find reads the code that can reach the target. An error is a [schema.ErrorList] of what in it is no reviewable reason, with
// paths that are absolute; or it is [ErrNoGo], or what the go command says.
func (r *Run) Find(t Target) (*Found, error) {
	program, err := r.load(t)
	if err != nil {
		return nil, err
	}
	graph := newGraph()
	var mistakes schema.ErrorList
	found := &Found{At: map[string][]string{}, Rejections: map[string][]string{}, Broken: program.broken}
	readers := make([]*reader, len(program.units))
	for i, u := range program.units {
		readers[i] = newReader(program, u, graph)
		readers[i].scan()
	}
	for _, r := range readers {
		r.settle()
		mistakes = append(mistakes, r.mistakes...)
		found.LetPass = append(found.LetPass, r.letPass...)
	}
	mistakes = append(mistakes, graph.solve(found)...)
	sortSets(found)
	if len(mistakes) > 0 {
		return nil, sorted(mistakes)
	}
	return found, nil
}

func sortSets(f *Found) {
	for _, lists := range []map[string][]string{f.At, f.Rejections} {
		for getter, list := range lists {
			lists[getter] = sortedSet(list)
		}
	}
	f.Others, f.LetPass = sortedSet(f.Others), sortedSet(f.LetPass)
}

func sortedSet(words []string) []string { return slices.Compact(slices.Sorted(slices.Values(words))) }
