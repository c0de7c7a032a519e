package wording

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// An Asking is what the dialog for one value depends on besides its field.
type Asking struct {
	Code          string // the verification code; "" where no MCP client shows one
	Number, Total int    // which of several values this is; Total below 2 says nothing
	Again         error  // why the last value that was typed can't be used
	Stale         error  // why the stored value can't be used
	Rejected      string // why the server found the stored value to be wrong
}

// Title returns the title of the dialog that asks for f.
func (s Sentences) Title(server string, f field.Field) string {
	return Fill(s.Dialog.Title, fieldValues(server, f))
}

// Ask returns the lines of the dialog that asks for f. An empty line separates what from why.
func (s Sentences) Ask(server string, f field.Field, a Asking) []string {
	d, values := s.Dialog, fieldValues(server, f)
	values["number"], values["total"] = strconv.Itoa(a.Number), strconv.Itoa(a.Total)
	values["why"] = a.Rejected
	var lines []string
	add := func(when bool, sentence string) {
		if when {
			lines = append(lines, Fill(sentence, values))
		}
	}
	add(a.Total > 1, d.Step)
	add(true, d.Ask)
	if f.Help != "" {
		lines = append(lines, strings.Split(strings.TrimRight(f.Help, "\n"), "\n")...)
	}
	add(f.Placeholder != "", d.Example)
	add(!f.Required, d.Optional)
	add(f.Type == field.Multiline, d.File)
	add(a.Rejected != "", d.Rejected)
	for _, line := range []struct {
		sentence string
		problem  error
	}{{d.Stale, a.Stale}, {d.Again, a.Again}} {
		if line.problem != nil {
			values["problem"] = s.Problem(line.problem)
			add(true, line.sentence)
		}
	}
	if a.Code != "" {
		lines = append(lines, "", Fill(d.Code, Values{"code": a.Code}))
	}
	return lines
}

// A Use is one secret that a question asks permission for.
type Use struct {
	Field field.Field
	Host  string // where the value goes; "" where the schema does not say
}

// A Requester is who wants to use secrets.
type Requester struct {
	Tool   string // "" outside any call
	Reason string
	Once   bool // no grant can outlast the call
	Named  bool // a principal over HTTP, see [NamedRemember]
}

// Permission returns the lines of the question that asks for permission to use secrets. An empty line separates who and
// why from what the answers mean.
func (s Sentences) Permission(server string, uses []Use, by Requester) []string {
	q := s.Question
	values := Values{"server": server, "labels": q.labels(uses), "tool": by.Tool, "reason": by.Reason}
	lines := []string{Fill(q.Use, values)}
	if by.Tool != "" {
		lines = append(lines, Fill(q.Tool, values))
	} else {
		lines = append(lines, Fill(q.Outside, values))
	}
	if by.Reason != "" {
		lines = append(lines, Fill(q.Reason, values))
	} else {
		lines = append(lines, Fill(q.NoReason, values))
	}
	for _, host := range hosts(uses) {
		sent := slices.DeleteFunc(slices.Clone(uses), func(u Use) bool { return u.Host != host })
		lines = append(lines, Fill(q.SentTo, Values{"host": host, "labels": q.labels(sent)}))
	}
	lines = append(lines, "")
	if by.Once {
		return append(lines, q.OnlyOnce)
	}
	scope, remember := Covers(uses, by.Named)
	values["until"] = Fill(q.UntilEnd, values)
	if remember > 0 {
		values["until"] = Fill(q.UntilElapsed, Values{"duration": ShortDuration(remember)})
	}
	if scope == field.ToolScope {
		return append(lines, Fill(q.CoversTool, values))
	}
	return append(lines, Fill(q.CoversServer, values))
}

// shownLabels is how many labels one line of a question shows.
const shownLabels = 6

// labels joins the labels of uses, as many as a dialog has room for.
func (q Question) labels(uses []Use) string {
	var labels []string
	for _, use := range uses[:min(len(uses), shownLabels)] {
		labels = append(labels, use.Field.Label)
	}
	joined := strings.Join(labels, ", ")
	if more := len(uses) - len(labels); more > 0 {
		return Fill(q.More, Values{"labels": joined, "number": strconv.Itoa(more)})
	}
	return joined
}

// hosts returns the different hosts of uses, in their order.
func hosts(uses []Use) []string {
	var hosts []string
	for _, use := range uses {
		if use.Host != "" && !slices.Contains(hosts, use.Host) {
			hosts = append(hosts, use.Host)
		}
	}
	return hosts
}

// NamedRemember is how long "Allow for session" lasts for a named principal where the schema does not say: a working day. Over
// stdio a server ends with its client. Over HTTP it runs for weeks, and nobody means those by a session.
const NamedRemember = 8 * time.Hour

// Covers returns what "Allow for session" covers when one question asks for all of uses: the narrowest scope and the
// shortest time of them, where 0 is until the server ends. named says that it is a named principal who is asked.
func Covers(uses []Use, named bool) (field.Scope, time.Duration) {
	scope, remember := field.ServerScope, time.Duration(0)
	for _, use := range uses {
		if use.Field.Scope == field.ToolScope {
			scope = field.ToolScope
		}
		r := use.Field.Remember
		if r == 0 && named {
			r = NamedRemember
		}
		if r > 0 && (remember == 0 || r < remember) {
			remember = r
		}
	}
	return scope, remember
}

// Problem returns the sentence for why a text is not a value, which continues "the value". For an error that is no
// [field.Problem] it says nothing of it, since its text may hold the value.
func (s Sentences) Problem(err error) string {
	var p *field.Problem
	if !errors.As(err, &p) {
		return Fill(s.Problems[field.NotText], nil)
	}
	return Fill(s.Problems[p.Kind], Values{"want": p.Want})
}

// ShortDuration returns d without the zero units that time.Duration's String adds: "30m", not "30m0s".
func ShortDuration(d time.Duration) string {
	text := d.String()
	if short, ok := strings.CutSuffix(text, "m0s"); ok {
		text = short + "m"
	}
	if short, ok := strings.CutSuffix(text, "h0m"); ok {
		text = short + "h"
	}
	return text
}

func fieldValues(server string, f field.Field) Values {
	return Values{"server": server, "label": f.Label, "placeholder": f.Placeholder, "secret": f.Name}
}
