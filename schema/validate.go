package schema

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/internal/pattern"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// Here are the rules that need more than one key: first of one secret, then of the whole file.

// name checks the name of a secret or group.
func (r *reader) name(what string, e entry) bool {
	switch {
	case field.ValidName(e.key):
		return true
	case e.key == "":
		r.errorf(e.pos, "the name of a %s must not be empty", what)
	case strings.HasPrefix(e.key, field.ReservedPrefix):
		r.errorf(e.pos, "%s %s begins with %q, which is reserved for items of the keychain itself%s", what, quote(e.key), field.ReservedPrefix, suggestedName("group", e.key))
	case len(e.key) > field.MaxNameLength:
		r.errorf(e.pos, "%s %s has %d characters, a name may have %d", what, quote(e.key), utf8.RuneCountInString(e.key), field.MaxNameLength)
	default:
		r.errorf(e.pos, `%s %s may have only lower-case letters, digits, "_", "." and "-" in its name%s`, what, quote(e.key), suggestedName(what, e.key))
	}
	return false
}

var notInNames = regexp.MustCompile(`[^a-z0-9_.-]+`)

// validName returns a valid name that looks like name, or "". Of letters beyond ASCII there is nothing to keep.
func validName(name string) string {
	valid := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(name), "_"), "_")
	if !field.ValidName(valid) || strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) {
		return ""
	}
	return valid
}

// suggestedName suggests a valid name, if there is one, and how a secret's values under the other name are found.
func suggestedName(what, name string) string {
	switch valid := validName(name); {
	case valid == "":
		return ""
	case what == "secret" && isFormerName(name):
		return fmt.Sprintf(", did you mean %q? (values that are stored under it are found with renamed_from: [%q])", valid, name)
	default:
		return fmt.Sprintf(", did you mean %q?", valid)
	}
}

// checkSecret checks what the keys of one secret say together.
func (r *reader) checkSecret(d *draft) {
	if d.Permission == field.None {
		if d.Confidential() {
			r.errorf(d.At("permission"), "permission none is not for %s, whose use always needs a person's word (ask, dialog)", d.kind())
		}
		for _, key := range []string{"remember", "scope", "standing"} {
			if d.places.has(key) {
				r.errorf(d.At(key), "%s makes no sense with permission none, which asks nobody", key)
			}
		}
	}
	if d.Type == field.URL && d.Confidential() && d.places.has("user_info") && !d.UserInfo {
		r.errorf(d.At("user_info"), "user_info false is not for a confidential url, which may have a user name and password")
	}
	r.checkFormat(d)
	r.checkBounds(d)
	if d.Type == field.Choice && !d.places.has("choices") && d.Derived == "" {
		r.errorf(d.Pos, `the key "choices" is missing, field_type choice needs it`)
		d.badRules = true
	}
	if d.defaultValue != nil && d.Type != "" {
		r.checkDefault(d, d.defaultValue)
	}
	if d.examples != nil && d.Type != "" {
		r.checkExamples(d, d.examples)
	}
}

// whatItIs says what kind of text d is.
func (d *draft) whatItIs() string {
	what := string(d.Type)
	if d.Format != "" {
		what += " of format " + string(d.Format)
	}
	if d.Secrecy == field.Hidden {
		what = "confidential " + what
	}
	return what
}

// kind names what d is, for mistakes about what no confidential secret can have.
func (d *draft) kind() string {
	if d.Secrecy == field.Hidden {
		return fmt.Sprintf("a confidential %s", d.Type)
	}
	return fmt.Sprintf("field_type %s", d.Type)
}

// checkBounds checks that some value can be within the rules.
func (r *reader) checkBounds(d *draft) {
	before := len(r.errs)
	if d.MaxLength > 0 && d.MinLength > d.MaxLength {
		r.errorf(d.At("min_length"), "min_length %d is above max_length %d", d.MinLength, d.MaxLength)
	}
	r.checkPrefixes(d)
	r.checkRange(d)
	r.checkList(d)
	if d.PatternHelp != "" && !d.places.has("pattern") {
		r.errorf(d.At("pattern_help"), "pattern_help says in words what a pattern wants, and there is no pattern")
	}
	if !d.badRules && len(r.errs) == before && d.Pattern != "" {
		r.checkPattern(d)
	}
	d.badRules = d.badRules || len(r.errs) > before
}

// takes reports whether a value of d may have a character somewhere: some are spelling beside letters of their script.
func (d *draft) takes(c rune) bool {
	rule := field.Field{Type: d.Content().Type}
	return rule.Check("a"+string(c)+"a") == nil || rule.Check("م"+string(c)+"م") == nil || rule.Check(`{"a":"`+string(c)+`"}`) == nil
}

// checkPattern checks that some value can match the pattern, alone and with each of the other rules.
func (r *reader) checkPattern(d *draft) {
	rules := pattern.Rules{Pattern: d.Pattern, Takes: d.takes}
	with := func(what string, change func(*pattern.Rules)) bool {
		change(&rules)
		meets := rules.Meet()
		if !meets {
			r.errorf(d.At("pattern"), "pattern %s matches no value%s: it is an RE2 expression for the whole value, without slashes around it", quote(d.Pattern), what)
		}
		return meets
	}
	_ = with("", func(*pattern.Rules) {}) &&
		with(" that begins with "+d.thePrefixes(), func(p *pattern.Rules) { p.Prefixes = d.Prefixes }) &&
		with(fmt.Sprintf(" of min_length %d", d.MinLength), func(p *pattern.Rules) { p.Min = d.MinLength }) &&
		with(fmt.Sprintf(" of max_length %d", d.MaxLength), func(p *pattern.Rules) { p.Max = d.MaxLength })
}

// checkDefault reads the default.
func (r *reader) checkDefault(d *draft, n *node) {
	switch {
	case d.Confidential() && d.Type != field.File:
		r.errorf(n.pos, "a default on %s would be committed with the schema, leave it out", d.kind())
	case d.List:
		r.listDefault(d, n)
	default:
		d.Default, _ = r.value(d, d.Field, n, "default")
	}
}

// value reads a value of d, or one item of a list, by the rules of rule, in the form in which it would be stored. It reports
// false where it is none, or where the rules are to blame.
func (r *reader) value(d *draft, rule field.Field, n *node, key string) (text string, ok bool) {
	if !r.checkValueKind(rule, n, key) || d.badRules {
		return "", false
	}
	what := key + " " + quote(n.text)
	if rule.HidesExamples() {
		what = "this " + key // which may be a real one all the same
	}
	if rule.Clean(n.text) != n.text {
		r.errorf(n.pos, "%s must not have a space, a line end or a paste mark around it, which would be taken off what a person enters", what)
		return "", false
	}
	value, err := rule.Parse(n.text)
	switch value := value.(type) {
	case nil:
		r.errorf(n.pos, "%s %s", what, err)
		return "", false
	case int64:
		return strconv.FormatInt(value, 10), true
	case bool:
		return strconv.FormatBool(value), true
	default:
		return n.text, true
	}
}

// checkValueKind checks that a value is written as those of the type are.
func (r *reader) checkValueKind(rule field.Field, n *node, key string) bool {
	ok, want := true, ""
	switch {
	case n.kind == text:
	case rule.Type == field.Integer:
		_, ok = n.integer()
		want = "a whole number of 64 bits in plain digits"
	case rule.Type == field.Number:
		ok, want = n.kind == number, "a number such as 0.5 in plain digits"
	case rule.Type == field.Boolean:
		ok, want = n.kind == boolean, "true or false"
	default:
		_, ok = r.text(n, key)
	}
	if !ok && want != "" {
		r.wrongType(n, key, want)
	}
	return ok
}

// checkFile checks what secrets say about each other.
func (r *reader) checkFile() {
	for _, d := range r.drafts {
		r.names = append(r.names, d.Name)
		if d.IsDestination() {
			r.urls = append(r.urls, d.Name)
		}
	}
	r.checkEnv()
	for _, d := range r.drafts {
		r.about = subject{"secret", d.Name}
		r.resolve(d)
	}
	former := map[string]*draft{}
	sentences := wording.English()
	for _, d := range r.drafts {
		r.about = subject{"secret", d.Name}
		r.checkSentTo(d)
		r.checkRoom(d, sentences)
		for i, name := range d.RenamedFrom {
			if other, ok := former[name]; ok {
				r.errorf(d.renamedFrom[i], "renamed_from %s is already a former name of secret %s at line %d", quote(name), quote(other.Name), other.Pos.Line)
			} else if present, ok := r.seen[name]; ok {
				r.errorf(d.renamedFrom[i], "renamed_from %s is the name of a present secret at line %d", quote(name), present.Pos.Line)
			} else {
				former[name] = d
			}
		}
	}
	r.about = subject{}
}

func (r *reader) checkSentTo(d *draft) {
	for _, host := range d.SentHosts {
		if to, ok := r.seen[host]; ok && to.IsDestination() {
			r.errorf(d.At("sent_to"), "sent_to [%s] is a host, and a secret has this name: write sent_to: %s for what is stored", host, host)
		}
	}
	if d.SentTo == "" {
		return
	}
	target, ok := r.seen[d.SentTo]
	switch {
	case d.SentTo == d.Name:
		r.errorf(d.At("sent_to"), "sent_to %s must name another secret, not this one", quote(d.SentTo))
	case !ok:
		r.errorf(d.At("sent_to"), "sent_to %s must name a secret of field_type url, or a text of format host or host_port, there is none of this name%s%s", quote(d.SentTo), r.suggestion(d.SentTo, r.urls), sentHint(d.SentTo))
	case !target.IsDestination() && target.Type != "":
		r.errorf(d.At("sent_to"), "sent_to %s must name a secret of field_type url, or a text of format host or host_port that may be shown, this one is %s", quote(d.SentTo), target.whatItIs())
	case target.List && !target.IsSentTo:
		r.sendTo(target)
	}
}

// sendTo has the list d be named by a question, with all of its hosts, for which also those of its default must be few enough.
func (r *reader) sendTo(d *draft) {
	d.IsSentTo = true
	if d.Default == "" {
		return
	}
	if err := d.Check(d.Default); err != nil {
		r.aside(d, func() { r.errorf(d.At("default"), "default %s %s", quote(d.Default), err) })
	}
}

// checkRoom checks that windows have room for what people are shown of a secret, whoever asks, and wherever it goes: the
// runtime does not ask what it can't show whole. Without a place or a help text there is room for all that a file can say.
func (r *reader) checkRoom(d *draft, sentences wording.Sentences) {
	if d.Derived != "" {
		r.checkDerivedRoom(d, sentences)
		return
	}
	if host := r.longestHost(d); host != "" && d.Asks() {
		if height := sentences.QuestionHeight(r.file.Server, d.Field, host); height > layout.Lines {
			r.errorf(d.At("sent_to"), "the question for its use can take %d lines, a window has room for %d", height, layout.Lines)
		}
	}
	if d.Help == "" && d.Docs == "" || sentences.DialogFits(r.file.Server, d.Field) {
		return
	}
	at, what := "help_text", "help_text or placeholder"
	if d.Docs != "" {
		at, what = "docs", "docs, help_text or placeholder"
	}
	height := sentences.DialogHeight(r.file.Server, d.Field)
	r.errorf(d.At(at), "the dialog that asks for it can take %d lines, a window has room for %d: shorten %s", height, layout.Lines, what)
}

// longestHost returns the longest text by which a question can say where d goes, or "" where the schema does not say.
func (r *reader) longestHost(d *draft) string {
	to := r.destination(d)
	switch {
	case to == nil:
		return d.FixedHosts()
	case d.Insecure: // of which the sentence is longer
		return strings.Replace(longestDestination(to.Field), "https://", "http://", 1)
	}
	return longestDestination(to.Field)
}

// destination returns the secret that says where d goes, or nil.
func (r *reader) destination(d *draft) *draft {
	if d.GoesToItself() {
		return d
	}
	return r.seen[d.SentTo]
}

// longestDestination is the longest text by which a question can say where a value goes.
func longestDestination(target field.Field) string {
	longest := slices.MaxFunc(target.AcceptedSchemes(), func(a, b string) int { return len(a) - len(b) })
	return longest + "://" + strings.Repeat("w", 253) + ":65535"
}

// members reads the names in a group or the like.
func (r *reader) members(g *Group, n *node, what string) {
	seen := map[string]Pos{}
	g.written = len(n.items)
	for _, item := range r.list(n, what, memberList) {
		name, ok := r.text(item, "a member")
		if !ok {
			continue
		}
		if first, ok := seen[name]; ok {
			r.errorf(item.pos, "secret %s is already a member at line %d", quote(name), first.Line)
			continue
		}
		seen[name] = item.pos
		if _, ok := r.seen[name]; !ok && len(r.drafts) > 0 {
			r.errorf(item.pos, "unknown secret %s%s", quote(name), r.suggestion(name, r.names))
		}
		if r.file.Secret(name) != nil {
			g.Members, g.members = append(g.Members, name), append(g.members, item.pos)
		}
	}
}
