package templates

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/dave/jennifer/jen"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// constructors are the runtime's functions that make a key of a type.
var constructors = map[field.Type]string{
	field.Text:      "Text",
	field.Password:  "Password",
	field.URL:       "URL",
	field.Email:     "Email",
	field.Integer:   "Integer",
	field.Boolean:   "Boolean",
	field.Choice:    "Choice",
	field.Duration:  "Duration",
	field.Multiline: "Multiline",
}

// emitKeys emits:
//
//	// KeyAPIKey stands for api_key.
//	var KeyAPIKey = secrets.Password("api_key", secrets.Field{ ... })
func emitKeys(f *jen.File, p *Package) {
	for _, s := range p.keys() {
		comment(f, s.KeyName()+" stands for "+s.Name+".")
		constructor := ours(constructors[s.Type])
		if s.Type == field.Choice {
			constructor.Types(s.valueType().code())
		}
		f.Var().Id(s.KeyName()).Op("=").Add(constructor).Call(jen.Lit(s.Name), ours("Field").Add(lines(fieldItems(s.Field))))
		f.Line()
	}
}

// fieldItems are the lines of a secrets.Field, without those that say nothing:
//
//	Label:    "Petstore API key",
//	Required: true,
func fieldItems(s field.Field) []jen.Code {
	var items []jen.Code
	add := func(when bool, name string, value func() jen.Code) {
		if when {
			items = append(items, jen.Id(name).Op(":").Add(value()))
		}
	}
	text := func(name, value string) {
		add(value != "", name, func() jen.Code { return jen.Lit(value) })
	}
	list := func(name string, values []string) {
		add(len(values) > 0, name, func() jen.Code { return stringList(values) })
	}
	yes := func(name string, value bool) { add(value, name, func() jen.Code { return jen.True() }) }
	number := func(name string, value int) { add(value != 0, name, func() jen.Code { return jen.Lit(value) }) }

	text("Label", s.Label)
	text("Help", s.Help)
	text("Placeholder", s.Placeholder)
	yes("Required", s.Required)
	text("Default", s.Default)
	text("Deprecated", s.Deprecated)
	add(s.Permission == field.Dialog, "Permission", func() jen.Code { return ours("DialogOnly") })
	add(s.Permission == field.None, "Permission", func() jen.Code { return ours("NoAsking") })
	add(s.Remember > 0, "Remember", func() jen.Code { return durationCode(s.Remember) })
	add(s.Scope == field.ToolScope, "Scope", func() jen.Code { return ours("ToolScope") })
	text("SentTo", s.SentTo)
	list("RenamedFrom", s.RenamedFrom)
	number("MinLength", s.MinLength)
	number("MaxLength", s.MaxLength)
	text("Pattern", s.Pattern)
	text("Prefix", s.Prefix)
	list("Schemes", s.Schemes)
	list("Hosts", s.Hosts)
	yes("UserInfo", s.UserInfo)
	add(s.Range != field.Range{}, "Range", func() jen.Code { return rangeCode(s.Range) })
	list("Choices", s.Choices)
	add(len(s.ChoiceLabels) > 0, "ChoiceLabels", func() jen.Code { return labelsCode(s) })
	add(len(s.RequiredWhen) > 0, "RequiredWhen", func() jen.Code { return listsCode(s.RequiredWhen, slices.Sorted(maps.Keys(s.RequiredWhen))) })
	list("With", s.With)
	add(s.IsOneOf(), "Members", func() jen.Code { return listsCode(s.Members, s.Choices) })
	return items
}

// labelsCode emits map[string]string{"eu": "Europe"}, a line for each choice that has a label.
func labelsCode(s field.Field) jen.Code {
	var items []jen.Code
	for _, choice := range s.Choices {
		if label := s.ChoiceLabels[choice]; label != "" {
			items = append(items, jen.Lit(choice).Op(":").Lit(label))
		}
	}
	return jen.Map(jen.String()).String().Add(lines(items))
}

// listsCode emits map[string][]string{"basic": {"username", "password"}}, a line for each key in the given order.
func listsCode(lists map[string][]string, keys []string) jen.Code {
	var items []jen.Code
	for _, key := range keys {
		items = append(items, jen.Lit(key).Op(":").ValuesFunc(func(g *jen.Group) {
			for _, v := range lists[key] {
				g.Lit(v)
			}
		}))
	}
	return jen.Map(jen.String()).Index().String().Add(lines(items))
}

// stringList emits []string{"a", "b"}.
func stringList(values []string) jen.Code {
	return jen.Index().String().ValuesFunc(func(g *jen.Group) {
		for _, v := range values {
			g.Lit(v)
		}
	})
}

// rangeCode emits secrets.Between(1, 65535), or secrets.Between(1, math.MaxInt64) where there is no upper bound.
func rangeCode(r field.Range) jen.Code {
	low, high := jen.Qual("math", "MinInt64"), jen.Qual("math", "MaxInt64")
	if n, ok := r.Min(); ok {
		low = integer(n)
	}
	if n, ok := r.Max(); ok {
		high = integer(n)
	}
	return ours("Between").Call(low, high)
}

// integer emits an untyped number: jennifer writes an int64 as int64(1).
func integer(n int64) *jen.Statement { return jen.Op(strconv.FormatInt(n, 10)) }

// durationCode emits 90 * time.Minute, in the largest unit that has no remainder.
func durationCode(d time.Duration) jen.Code {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{time.Hour, "Hour"}, {time.Minute, "Minute"}, {time.Second, "Second"}, {time.Millisecond, "Millisecond"}, {time.Microsecond, "Microsecond"}} {
		if d%unit.size == 0 {
			return integer(int64(d/unit.size)).Op("*").Qual("time", unit.name)
		}
	}
	return integer(int64(d)).Op("*").Qual("time", "Nanosecond")
}
