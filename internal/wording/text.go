package wording

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
)

// An Asking is what the dialog for one value depends on besides its field.
type Asking struct {
	Code          string // the verification code; "" where no MCP client shows one
	Client        string // what that client calls itself; "" if it does not say
	By            string // the line that says who asks, as [Sentences.AskedBy] returns it
	Account       string // whose value it is; "" is the account without a name
	Number, Total int    // which of several values this is; Total below 2 says nothing
	Again         error  // why the last value that was typed can't be used
	Wrong         bool   // the server's own check found what was typed to be wrong
	WrongFor      string // why, where the check says so
	Stale         error  // why the stored value can't be used
	OfDefault     bool   // nothing is stored: Stale is about the default
	Rejected      string // why the server found the stored value to be wrong
	Member        string // of a choice between alternatives: the label of the value for which it is asked again
}

// Title returns the title of the dialog that asks for f.
func (s Sentences) Title(server string, f field.Field) string {
	return Fill(s.Dialog.Title, fieldValues(server, f))
}

// Ask returns the lines of the dialog that asks for f, the first of which says the account and which of several values it is. An empty line separates what from why. What is wrong with a value comes
// last, right above the field.
func (s Sentences) Ask(server string, f field.Field, a Asking) []string {
	d, values := s.Dialog, fieldValues(server, f)
	values["number"], values["total"] = strconv.Itoa(a.Number), strconv.Itoa(a.Total)
	var lines []string
	add := func(when bool, sentence string) {
		if when {
			lines = append(lines, Fill(sentence, values))
		}
	}
	first := s.InAccount(a.Account)
	if a.Total > 1 {
		first = append([]string{Fill(d.Step, values)}, first...)
	}
	add(len(first) > 0, strings.Join(first, ". ")) // on one line: a window has no room for two more
	add(true, d.Ask)
	add(a.By != "", a.By)
	if f.Help != "" {
		lines = append(lines, strings.Split(strings.TrimRight(f.Help, "\n"), "\n")...)
	}
	add(f.Docs != "", d.Docs)
	add(f.Placeholder != "", d.Example)
	if rules := s.Rules(f); rules != "" {
		lines = append(lines, rules)
	}
	add(!f.Required, d.Optional)
	add(f.Type == field.Multiline, d.File)
	add(f.Type == field.File, d.Path)
	values["member"] = a.Member
	add(a.Member != "", d.OtherWay)
	if a.Code != "" {
		lines = append(lines, "", layout.Hang(d.code(a)))
	}
	wrong := s.wrong(a, values)
	if a.Code == "" && len(wrong) > 0 {
		lines = append(lines, "")
	}
	return append(lines, wrong...)
}

// Wrong says what is wrong with the value that is stored, in a sentence or two, or "".
func (s Sentences) Wrong(server string, f field.Field, a Asking) string {
	return strings.Join(s.wrongStored(a, fieldValues(server, f)), " ")
}

func (s Sentences) wrongStored(a Asking, values Values) (sentences []string) {
	if a.Rejected != "" {
		values["why"] = a.Rejected
		sentences = append(sentences, Fill(s.Dialog.Rejected, values))
	}
	if a.Stale != nil {
		sentence := s.Dialog.Stale
		if a.OfDefault {
			sentence = s.Dialog.Default
		}
		values["problem"] = s.Problem(a.Stale)
		sentences = append(sentences, Fill(sentence, values))
	}
	return sentences
}

// wrong returns what is wrong with the value that is stored, or was typed before: of the latter a line for each rule that it
// breaks, as far as there is room.
func (s Sentences) wrong(a Asking, values Values) (lines []string) {
	line := func(text string) string { return layout.Clip(layout.Line(text), whyLines) }
	for _, text := range s.wrongStored(a, values) {
		lines = append(lines, line(text))
	}
	if a.Wrong {
		lines = append(lines, line(s.CheckedWrong(a.WrongFor)))
	}
	room := againLines
	for _, problem := range field.All(a.Again) {
		values["problem"] = s.Problem(problem)
		again := line(Fill(s.Dialog.Again, values))
		if room -= layout.Height(again); room >= 0 {
			lines = append(lines, again)
		}
	}
	return lines
}

// CheckedWrong returns the sentence for what the server's own check found to be wrong; why is "" where it does not say so.
func (s Sentences) CheckedWrong(why string) string {
	if why == "" {
		return s.Dialog.Wrong
	}
	return Fill(s.Dialog.WrongFor, Values{"why": why})
}

// code returns the sentence with the verification code, and which program shows it, by the name that it gives itself. Anyone
// may use any name, so it stands in quotes, and has none in it.
func (d Dialog) code(a Asking) string {
	client := layout.Shorten(strings.ReplaceAll(a.Client, `"`, "'"), clientColumns)
	if client == "" {
		return Fill(d.CodeAny, Values{"code": a.Code})
	}
	return Fill(d.Code, Values{"code": a.Code, "client": client})
}

// How much is shown of what may be shortened, so that it leaves room for what may not.
const (
	toolColumns   = 120 // tools are named in less; the URI of a resource may come from the model
	reasonLines   = 3
	clientColumns = 24
	whyLines      = 2 // a rejection, or a rule that was broken, whose pattern may be long
	againLines    = 4 // all rules that were broken
)

// ShownTool returns how a question names a tool, prompt or resource.
func ShownTool(name string) string { return layout.Shorten(name, toolColumns) }

// AskedBy returns the line that says who asks, or "" for whoever started the server. Two verified names never have the same
// line, nor has one the line of who is not verified.
func (s Sentences) AskedBy(principal string, unverified bool) string {
	switch {
	case unverified:
		return s.Question.ByUnverified
	case principal == "":
		return ""
	default:
		return layout.Hang(Fill(s.Question.By, Values{"principal": quoteName(principal)}))
	}
}

// AccountOption is how the terminal command takes an account, behind all else.
func AccountOption(account string) string {
	if account == "" {
		return ""
	}
	return " --account " + account
}

// InAccount returns the line that says of which account a secret is, and none for the one without a name.
func (s Sentences) InAccount(account string) []string {
	if account == "" {
		return nil
	}
	return []string{Fill(s.Question.Account, Values{"account": account})}
}

// shortName is how many columns a name in quotes may have that surely stands on one line.
const shortName = 40

// quoteName returns a name in quotes, which no part of a sentence has. Characters beyond ASCII may look like others, or like
// nothing: with them, the name stands there a second time, spelled out.
func quoteName(name string) string {
	quoted := strconv.QuoteToASCII(name)
	// The layout makes one space of many, and none of one where it breaks the line.
	if strings.Contains(quoted, "  ") || layout.Width(quoted) > shortName {
		quoted = strings.ReplaceAll(quoted, " ", `\x20`)
	}
	isASCII := !strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII })
	if shown := layout.Line(name); !isASCII && shown != "" {
		return strconv.Quote(shown) + " " + quoted
	}
	return quoted
}

// shownRule is how many characters a rule may have that is shown before it is broken: a longer one, such as a pattern, would
// leave no room for the rest of the dialog.
const shownRule = 100

// Rules returns the line that says what a value of f must be, or "" where there is nothing to say. Of a file that is its content: how
// a path is written, whoever chooses one need not know.
func (s Sentences) Rules(f field.Field) string {
	if f.Type == field.File {
		return s.rules(s.Dialog.Content, f.Content().Rules())
	}
	whole := s.rules(s.Dialog.Rules, f.Rules())
	if !f.List {
		return whole
	}
	list := s.Dialog.List
	if f.Type == field.Choice {
		list = "" // they are shown, to be ticked
	}
	said := []string{list, s.rules(s.Dialog.EachItem, f.Item().Rules()), whole}
	return strings.Join(slices.DeleteFunc(said, func(sentence string) bool { return sentence == "" }), " ")
}

// rules fills a sentence with rules, and returns "" where there is none to say.
func (s Sentences) rules(sentence string, all []*field.Problem) string {
	var rules []string
	for _, rule := range all {
		if rule := s.Problem(rule); utf8.RuneCountInString(rule) <= shownRule {
			rules = append(rules, rule)
		}
	}
	if len(rules) == 0 {
		return ""
	}
	return Fill(sentence, Values{"rules": strings.Join(rules, ", ")})
}

// A Use is one secret that a question asks permission for.
type Use struct {
	Field field.Field
	Host  string // where the value goes; "" where the schema does not say
}

// A Requester is who wants to use secrets.
type Requester struct {
	Tool       string // "" outside any call
	Reason     string
	Unreviewed bool   // the reason is none that can be shown
	By         string // the line that says who asks, as [Sentences.AskedBy] returns it
	Account    string // whose secrets; "" is the account without a name
	Once       bool   // no grant can outlast the call
	Named      bool   // a principal over HTTP, see [NamedRemember]
}

// Permission returns the lines of the question that asks for permission to use secrets. An empty line separates who and
// why from what the answers mean, and that from the list of several secrets.
func (s Sentences) Permission(server string, uses []Use, by Requester) []string {
	q := s.Question
	values := Values{"server": server, "number": strconv.Itoa(len(uses)), "tool": ShownTool(by.Tool), "reason": by.Reason, "them": q.Them}
	use := q.UseAll
	if len(uses) == 1 {
		label := uses[0].Field.Label
		values["label"], values["labels"] = label, label // manifests of older generators have the latter
		use, values["them"] = q.Use, q.It
	}
	lines := append([]string{Fill(use, values)}, s.InAccount(by.Account)...)
	lines = append(lines, q.who(by, values)...)
	if by.By != "" {
		lines = append(lines, by.By)
	}
	if len(uses) == 1 {
		if uses[0].Host != "" {
			lines = append(lines, layout.Hang(q.sentTo(uses[0])))
		}
		return append(lines, "", q.covers(uses, by, values))
	}
	return append(append(lines, "", q.covers(uses, by, values), ""), q.list(uses)...)
}

// Room returns how many of uses, from the first on, one question can ask for: all that it says of them has to be seen.
func (s Sentences) Room(server string, uses []Use, by Requester) int {
	for n := range uses {
		if !layout.Fits(strings.Join(s.Permission(server, uses[:n+1], by), "\n")) {
			return n
		}
	}
	return len(uses)
}

// who returns which tool asks and why.
func (q Question) who(by Requester, values Values) []string {
	tool, reason := q.Tool, q.Reason
	if by.Tool == "" {
		tool = q.Outside
	}
	switch {
	case by.Unreviewed:
		reason = q.Unreviewed
	case by.Reason == "":
		reason = q.NoReason
	}
	return []string{layout.Hang(Fill(tool, values)), layout.Clip(layout.Hang(Fill(reason, values)), reasonLines)}
}

// list returns a line for each of several uses, with where it goes. The end of a long host says whose it is: no line is to
// look like all of it.
func (q Question) list(uses []Use) []string {
	lines := make([]string, len(uses))
	for i, use := range uses {
		item := use.Field.Label
		if use.Host != "" {
			item = q.sentTo(use)
		}
		lines[i] = layout.Hang(Fill(q.Item, Values{"item": item}))
	}
	return lines
}

// sentTo returns the sentence that says where a value goes, and whether others can read along.
func (q Question) sentTo(use Use) string {
	label, sentence := use.Field.Label, q.SentTo
	if use.isPlain() {
		sentence = q.SentPlain
	}
	return Fill(sentence, Values{"host": use.Host, "label": label, "labels": label})
}

// isPlain reports whether the value may be sent in plain http: to a url that is one, or to fixed hosts.
func (u Use) isPlain() bool {
	return u.Field.Insecure && (len(u.Field.SentHosts) > 0 || strings.HasPrefix(u.Host, "http://"))
}

// covers returns what the answers mean.
func (q Question) covers(uses []Use, by Requester, values Values) string {
	if by.Once {
		return q.OnlyOnce
	}
	scope, remember := Covers(uses, by.Named)
	values["until"] = Fill(q.UntilEnd, values)
	if remember > 0 {
		values["until"] = Fill(q.UntilElapsed, Values{"duration": ShortDuration(remember)})
	}
	if scope == field.ToolScope {
		return Fill(q.CoversTool, values)
	}
	return Fill(q.CoversServer, values)
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

// Problem returns the sentence for why a text is not a value, which continues "the value". Of a problem that is only foreseen,
// as in [field.Field.Problems], the hole {found} stays open. For an error that is no [field.Problem] it says nothing of it,
// since its text may hold the value.
func (s Sentences) Problem(err error) string {
	var p *field.Problem
	if !errors.As(err, &p) {
		return Fill(s.Problems[field.NotText], nil)
	}
	values := Values{"want": p.Want}
	if p.Found != "" {
		values["found"] = p.Found
	}
	sentence := Fill(s.Problems[p.Kind], values)
	if p.Item == 0 {
		return sentence
	}
	return Fill(s.Dialog.InItem, Values{"nth": p.Nth(), "problem": sentence})
}

// ShortDuration returns d without the zero units that time.Duration's String adds: "30m", not "30m0s".
func ShortDuration(d time.Duration) string { return field.ShortDuration(d) }

func fieldValues(server string, f field.Field) Values {
	return Values{"server": server, "label": f.Label, "placeholder": f.Placeholder, "secret": f.Name, "docs": f.Docs}
}
