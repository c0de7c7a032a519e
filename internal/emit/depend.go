package emit

import (
	"maps"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/schema"
)

// Here what depends on what is said in words: no other format has a place for it.

// What begins a line with what something depends on.
const (
	oneOfLine, asksOneOfLine = "One of these: ", "The server asks for one of these: "
	allOrNoneLine            = "All of these or none: "
	whileLine                = "The server asks for it while "
)

// dependence returns the line that says on what it depends whether the server asks for f; "" is nothing.
func dependence(file *schema.File, f field.Field) string {
	if o := oneOfWith(file, f.Name); o != nil {
		if o.Required {
			return bounded(asksOneOfLine + alternatives(file, o))
		}
		return bounded(oneOfLine + alternatives(file, o))
	}
	for _, group := range file.AllOrNones {
		if slices.Contains(group.Members, f.Name) {
			return bounded(allOrNoneLine + labelsOf(file, group.Members, "and"))
		}
	}
	if len(f.RequiredWhen) > 0 {
		return bounded(whileLine + conditions(file, f))
	}
	return ""
}

// bounded returns a line of which a dialog has room for more.
func bounded(line string) string { return layout.Shorten(line, 4*layout.Columns-1) + "." }

// oneOfWith returns the one_of that a secret is a member of, or nil.
func oneOfWith(file *schema.File, name string) *schema.OneOf {
	for _, o := range file.OneOfs {
		for _, a := range o.Alternatives {
			if slices.Contains(a.Members, name) {
				return o
			}
		}
	}
	return nil
}

// alternatives says what there is to choose from: "Ticket; or User name and Password".
func alternatives(file *schema.File, o *schema.OneOf) string {
	var all []string
	for _, a := range o.Alternatives {
		all = append(all, labelsOf(file, a.Members, "and"))
	}
	return strings.Join(all, "; or ")
}

// labelsOf returns the labels of secrets as a sentence has them: "A, B and C".
func labelsOf(file *schema.File, names []string, word string) string {
	var labels []string
	for _, name := range names {
		labels = append(labels, file.Secret(name).Label)
	}
	return field.List(labels, word)
}

// conditions says when the server asks for f: "Mode is cloud, and User name and Password are used".
func conditions(file *schema.File, f field.Field) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(f.RequiredWhen)) {
		values := f.RequiredWhen[name]
		if setting := file.Secret(name); setting != nil {
			all = append(all, setting.Label+" is "+field.List(values, "or"))
			continue
		}
		all = append(all, chosen(file, name, values))
	}
	return strings.Join(all, ", and ")
}

// chosen says that one of some alternatives of a one_of is chosen.
func chosen(file *schema.File, name string, values []string) string {
	var all []string
	for _, o := range file.OneOfs {
		for _, a := range o.Alternatives {
			switch {
			case o.Name != name || !slices.Contains(values, a.Name):
			case len(a.Members) == 1:
				all = append(all, labelsOf(file, a.Members, "and")+" is used")
			default:
				all = append(all, labelsOf(file, a.Members, "and")+" are used")
			}
		}
	}
	return field.List(all, "or")
}
