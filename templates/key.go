package templates

import (
	"maps"
	"math"
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
	field.Number:    "Number",
	field.Boolean:   "Boolean",
	field.Choice:    "Choice",
	field.Duration:  "Duration",
	field.Multiline: "Multiline",
	field.File:      "File",
}

// emitKeys emits:
//
//	// KeyAPIKey returns the key that stands for api_key.
//	func KeyAPIKey() secrets.Key[secrets.Secret] {
//		return keyAPIKey
//	}
//
//	var keyAPIKey = secrets.Password("api_key", secrets.Field{ ... })
//
// and secrets.Hidden(secrets.URL( ... )) for a url that the schema makes confidential, or secrets.Parsed[uint16](secrets.Text( ... ))
// for a text that is a port, with secrets.List around it for a list.
//
// Other packages have the function only: whoever could assign the variable would have a getter hand out another secret than
// the one that it is named after.
func emitKeys(f *jen.File, p *Package) {
	for _, s := range p.keys() {
		comment(f, s.KeyName()+" returns the key that stands for "+s.Name+".")
		f.Func().Id(s.KeyName()).Params().Add(ours("Key")).Types(s.valueType().code()).Block(jen.Return(jen.Id(s.keyVariable())))
		f.Line()
		key := s.constructor().Call(jen.Lit(s.Name), ours("Field").Add(lines(fieldItems(s.Field))))
		for _, outer := range s.wrappers() {
			key = outer.Call(key)
		}
		f.Var().Id(s.keyVariable()).Op("=").Add(key)
		f.Line()
	}
}

// constructor is the runtime's function that makes the key of s, or of which it is made.
func (s *Secret) constructor() *jen.Statement {
	switch {
	case s.Type == field.Choice:
		return ours(constructors[s.Type]).Types(s.choiceType().code())
	case s.IsConnection():
		return ours("DSN")
	}
	return ours(constructors[s.Type])
}

// wrappers are the runtime's functions that make the key of s of what its constructor makes, the innermost first.
func (s *Secret) wrappers() (wrappers []*jen.Statement) {
	switch {
	case s.IsConnection(): // hidden by itself
	case s.Secrecy == field.Hidden:
		wrappers = append(wrappers, ours("Hidden"))
	case s.Secrecy == field.Shown:
		wrappers = append(wrappers, ours("Shown"))
	}
	if _, ok := formatTypes[s.Format]; ok {
		wrappers = append(wrappers, ours("Parsed").Types(s.itemType().code()))
	}
	if s.List {
		wrappers = append(wrappers, ours("List"))
	}
	return wrappers
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
	count := func(name string, value int) { add(value != 0, name, func() jen.Code { return jen.Lit(value) }) }

	text("Label", s.Label)
	text("Help", s.Help)
	text("Docs", s.Docs)
	text("Placeholder", s.Placeholder)
	list("Examples", s.Examples)
	yes("Required", s.Required)
	text("Default", s.Default)
	text("Deprecated", s.Deprecated)
	add(s.Permission == field.Dialog, "Permission", func() jen.Code { return ours("DialogOnly") })
	add(s.Permission == field.None, "Permission", func() jen.Code { return ours("NoAsking") })
	add(s.Remember > 0, "Remember", func() jen.Code { return durationCode(s.Remember) })
	add(s.Scope == field.ToolScope, "Scope", func() jen.Code { return ours("ToolScope") })
	text("Standing", string(s.Standing))
	text("SentTo", s.SentTo)
	list("SentHosts", s.SentHosts)
	add(s.SentAs != field.SentAs{}, "SentAs", func() jen.Code { return sentAsCode(s.SentAs) })
	yes("Unrevealed", s.Unrevealed)
	add(len(s.RejectOn) > 0, "RejectOn", func() jen.Code { return intList(s.RejectOn) })
	yes("Insecure", s.Insecure)
	yes("IsSentTo", s.IsSentTo)
	list("RenamedFrom", s.RenamedFrom)
	list("Env", s.Env)
	count("MinLength", s.MinLength)
	count("MaxLength", s.MaxLength)
	text("Pattern", s.Pattern)
	text("PatternHelp", s.PatternHelp)
	list("Prefixes", s.Prefixes)
	text("Format", string(s.Format))
	list("Keys", s.Keys)
	list("Schemes", s.Schemes)
	list("Hosts", s.Hosts)
	yes("UserInfo", s.UserInfo)
	add(s.Range != field.Range{}, "Range", func() jen.Code { return rangeCode(s) })
	list("Choices", s.Choices)
	add(len(s.ChoiceLabels) > 0, "ChoiceLabels", func() jen.Code { return labelsCode(s) })
	yes("Open", s.Open)
	count("MinItems", s.MinItems)
	count("MaxItems", s.MaxItems)
	yes("Unique", s.Unique)
	text("Derived", s.Derived)
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

// intList emits []int{401, 403}.
func intList(values []int) jen.Code {
	return jen.Index().Int().ValuesFunc(func(g *jen.Group) {
		for _, v := range values {
			g.Lit(v)
		}
	})
}

// rangeCode emits secrets.Between[int64](1, 65535), secrets.Between[time.Duration](1*time.Second, 10*time.Minute), or
// secrets.Between[float64](0, math.MaxFloat64) where there is no upper bound.
func rangeCode(s field.Field) jen.Code {
	between := ours("Between")
	switch s.Type {
	case field.Number:
		low, high := s.Range.Numbers()
		return between.Types(jen.Float64()).Call(number(low), number(high))
	case field.Duration:
		low, high := bounds(s.Range, func(n int64) jen.Code { return durationCode(time.Duration(n)) })
		return between.Types(jen.Qual("time", "Duration")).Call(low, high)
	default:
		low, high := bounds(s.Range, func(n int64) jen.Code { return integer(n) })
		return between.Types(jen.Int64()).Call(low, high)
	}
}

// bounds emits the bounds of r, those of 64 bits where it has none.
func bounds(r field.Range, code func(int64) jen.Code) (low, high jen.Code) {
	low, high = jen.Qual("math", "MinInt64"), jen.Qual("math", "MaxInt64")
	if n, ok := r.Min(); ok {
		low = code(n)
	}
	if n, ok := r.Max(); ok {
		high = code(n)
	}
	return low, high
}

// number emits an untyped number, or math.MaxFloat64 for one that is no bound.
func number(n float64) *jen.Statement {
	switch {
	case math.IsInf(n, 1):
		return jen.Qual("math", "MaxFloat64")
	case math.IsInf(n, -1):
		return jen.Op("-").Qual("math", "MaxFloat64")
	}
	return jen.Op(strconv.FormatFloat(n, 'g', -1, 64))
}

// integer emits an untyped number: jennifer writes an int64 as int64(1).
func integer(n int64) *jen.Statement { return jen.Op(strconv.FormatInt(n, 10)) }

// durationCode emits 90 * time.Minute, in the largest unit that has no remainder.
func durationCode(d time.Duration) jen.Code {
	if d == 0 {
		return integer(0)
	}
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
