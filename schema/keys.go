package schema

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// A secretKey is a key that a secret may have.
type secretKey struct {
	name  string
	types []field.Type // which may have it; nil is every type. What only some types have is a rule for their values
	read  func(r *reader, d *draft, n *node)
}

var boundedTypes = []field.Type{field.Integer, field.Number, field.Duration}

var stringTypes = []field.Type{field.Text, field.Password, field.Multiline, field.File}

// secretKeys is every key of a secret, in the order of the documentation.
var secretKeys = []secretKey{
	{"label", nil, func(r *reader, d *draft, n *node) { d.Label = r.shown(n, "label", wording.LabelText) }},
	{"field_type", nil, nil}, // read before all others
	{"confidential", nil, readConfidential},
	{"required", nil, func(r *reader, d *draft, n *node) { d.Required = r.boolean(n, "required") }},
	{"required_when", nil, readRequiredWhen},
	{"default", nil, func(r *reader, d *draft, n *node) { d.defaultValue = n }}, // read after all others
	{"help_text", nil, func(r *reader, d *draft, n *node) { d.Help = r.shown(n, "help_text", wording.HelpText) }},
	{"docs", nil, readDocs},
	{"placeholder", nil, func(r *reader, d *draft, n *node) { d.Placeholder = r.shown(n, "placeholder", wording.PlaceholderText) }},
	{"examples", nil, func(r *reader, d *draft, n *node) { d.examples = n }}, // read after all others
	{"permission", nil, func(r *reader, d *draft, n *node) { readWord(r, n, "permission", field.Permissions(), &d.Permission) }},
	{"remember", nil, readRemember},
	{"scope", nil, func(r *reader, d *draft, n *node) { readWord(r, n, "scope", field.Scopes(), &d.Scope) }},
	{"standing", nil, readStanding},
	{"sent_to", nil, readSentTo},
	{"sent_as", nil, readSentAs},
	{"revealed", nil, readRevealed},
	{"reject_on", nil, readRejectOn},
	{"insecure", nil, readInsecure},
	{"renamed_from", nil, readRenamedFrom},
	{"deprecated", nil, readDeprecated},
	{"go_name", nil, func(r *reader, d *draft, n *node) { d.GoName, _ = r.text(n, "go_name") }},
	{"env", nil, readEnv},
	{"min_length", stringTypes, func(r *reader, d *draft, n *node) { d.MinLength = r.length(n, "min_length", 0) }},
	{"max_length", stringTypes, func(r *reader, d *draft, n *node) { d.MaxLength = r.length(n, "max_length", 1) }},
	{"pattern", stringTypes, readPattern},
	{"pattern_help", stringTypes, readPatternHelp},
	{"prefix", stringTypes, readPrefix},
	{"format", stringTypes, readFormat},
	{"keys", stringTypes, readKeysOfJSON},
	{"schemes", []field.Type{field.URL}, readSchemes},
	{"hosts", []field.Type{field.URL}, readHosts},
	{"user_info", []field.Type{field.URL}, func(r *reader, d *draft, n *node) { d.UserInfo = r.boolean(n, "user_info") }},
	{"min", boundedTypes, func(r *reader, d *draft, n *node) { d.min = readBound(r, d, n, "min") }},
	{"max", boundedTypes, func(r *reader, d *draft, n *node) { d.max = readBound(r, d, n, "max") }},
	{"choices", []field.Type{field.Choice}, readChoices},
	{"open", []field.Type{field.Choice}, func(r *reader, d *draft, n *node) { d.Open = r.boolean(n, "open") }},
	{"list", listTypes, func(r *reader, d *draft, n *node) { d.List = r.boolean(n, "list") }},
	{"min_items", listTypes, func(r *reader, d *draft, n *node) { d.MinItems = r.items(n, "min_items") }},
	{"max_items", listTypes, func(r *reader, d *draft, n *node) { d.MaxItems = r.items(n, "max_items") }},
	{"unique", listTypes, func(r *reader, d *draft, n *node) { d.Unique = r.boolean(n, "unique") }},
	{"derived", nil, readDerived},
}

var secretKeyNames = func() []string {
	names := make([]string, len(secretKeys))
	for i, key := range secretKeys {
		names[i] = key.name
	}
	return names
}()

// A draft is a secret with what [File] no longer shows of it.
type draft struct {
	*Secret
	env          []Pos // parallel to Env
	defaultValue *node
	examples     *node
	min, max     *bound
	badRules     bool  // a rule for values is wrong itself: the default is not to blame
	renamedFrom  []Pos // parallel to RenamedFrom
	prefixes     []Pos // parallel to Prefixes
	shownAt      []Pos // parallel to Choices: where it is said how one is shown
	state        int   // of a derived one
	conditions   []condition
	sentBy       *Group // that sends it with others; nil is none
}

func readType(r *reader, d *draft, n *node) {
	if way := insteadOfType(n.text); way != "" {
		r.errorf(n.pos, "unknown field_type %s: %s", quote(n.text), way)
		return
	}
	readWord(r, n, "field_type", field.Types(), &d.Type)
}

// insteadOfType returns how to write what many look for among the types, and what is said by another key; else "".
func insteadOfType(word string) string {
	word = strings.ToLower(word)
	if format := field.Format(word); slices.Contains(field.Formats(), format) {
		return fmt.Sprintf("it is a format, write format: %s and one of its types (%s)", word, strings.Join(words(format.Types()), ", "))
	}
	switch inOneWord.Replace(word) {
	case "list", "array":
		return "write list: true and the type of its items"
	case "dsn", "connectionstring", "connectionurl":
		return "write field_type url, confidential: true and schemes such as [postgres]"
	}
	return ""
}

// readConfidential reads whether values may be shown, where the type leaves a choice.
func readConfidential(r *reader, d *draft, n *node) {
	confidential := r.boolean(n, "confidential")
	switch {
	case n.kind != boolean || d.Type == "":
	case confidential && d.Type == field.Boolean:
		r.errorf(n.pos, "confidential is not for field_type boolean: whoever sees that there is one can guess which of the two it is")
	case confidential && d.Type == field.Choice:
		r.errorf(n.pos, "confidential is not for field_type choice: its values are in the schema, where anyone can read them")
	case !confidential && !d.Type.CanShow():
		r.errorf(n.pos, "confidential false is not for field_type %s: write field_type text for a line that may be shown", d.Type)
	default:
		d.Secrecy = field.SecrecyOf(d.Type, confidential)
	}
}

func readDocs(r *reader, d *draft, n *node) {
	link, ok := r.text(n, "docs")
	if !ok {
		return
	}
	if err := field.CheckLink(link); err != nil {
		r.errorf(n.pos, "docs %s %s", quote(link), err)
		return
	}
	d.Docs = link
}

func readRemember(r *reader, d *draft, n *node) {
	const want = "a duration such as 30m or 8h"
	if n.kind != text {
		r.wrongType(n, "remember", want)
		return
	}
	remember, err := time.ParseDuration(n.text)
	switch {
	case err != nil:
		r.wrongType(n, "remember", want)
	case remember <= 0:
		r.errorf(n.pos, "remember %s must be more than 0s", quote(n.text))
	default:
		d.Remember = remember
	}
}

func readStanding(r *reader, d *draft, n *node) {
	if allowed := r.boolean(n, "standing"); n.kind == boolean {
		d.Standing = field.StandingOf(allowed)
	}
}

// isFormerName reports whether a value can have been stored under a name: the Python and JavaScript frameworks take any text,
// also with capitals and spaces.
func isFormerName(name string) bool {
	return len(name) <= field.MaxNameLength && name == layout.Line(name) && !strings.HasPrefix(name, field.ReservedPrefix) &&
		wording.FormerText.Check(name) == nil
}

func readRenamedFrom(r *reader, d *draft, n *node) {
	names := []*node{n}
	if n.kind != text {
		names = r.list(n, "renamed_from", "a name or a list of names")
	}
	for _, name := range names {
		s, ok := r.text(name, "a former name")
		switch {
		case !ok:
		case s == "" || !isFormerName(s):
			r.errorf(name.pos, `renamed_from %s must be a name that a secret can have had, 1 to 100 bytes of one line, not beginning with "__"`, quote(s))
		default:
			d.RenamedFrom, d.renamedFrom = append(d.RenamedFrom, s), append(d.renamedFrom, name.pos)
		}
	}
}

func readDeprecated(r *reader, d *draft, n *node) {
	if n.kind != text {
		r.wrongType(n, "deprecated", "a text that says what to use instead")
		return
	}
	d.Deprecated = r.shown(n, "deprecated", wording.DeprecatedText)
}

func readPattern(r *reader, d *draft, n *node) {
	if d.Pattern = r.untrimmed(n, "pattern", wording.PatternText); d.Pattern == "" {
		return
	}
	if _, err := field.CompilePattern(d.Pattern); err != nil {
		r.errorf(n.pos, "pattern is no RE2 expression: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
}

// readPatternHelp reads the end of a sentence: "The value must be ...".
func readPatternHelp(r *reader, d *draft, n *node) {
	d.PatternHelp = r.shown(n, "pattern_help", wording.PatternHelpText)
	if begins := strings.HasPrefix(d.PatternHelp, "must "); begins || strings.HasSuffix(d.PatternHelp, ".") {
		r.errorf(n.pos, `pattern_help %s must be the end of a sentence that begins with "The value must be", without its full stop`, quote(d.PatternHelp))
	}
}

var schemeName = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`) // RFC 3986, section 3.1, in lower case

func readSchemes(r *reader, d *draft, n *node) {
	d.Schemes = r.texts(n, "schemes", "a list such as [https, http]", func(n *node) {
		if !schemeName.MatchString(n.text) {
			r.errorf(n.pos, `scheme %s must be a URL scheme in lower case without "://", such as https`, quote(n.text))
		}
	})
}

var hostName = regexp.MustCompile(`^(\*\.)?([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)

func readHosts(r *reader, d *draft, n *node) {
	d.Hosts = r.texts(n, "hosts", "a list such as [api.example.com]", func(n *node) {
		if _, err := netip.ParseAddr(n.text); err != nil && (len(n.text) > 253 || !hostName.MatchString(n.text)) {
			r.errorf(n.pos, `host %s must be a host name without scheme, port or path, such as api.example.com or *.example.com`, quote(n.text))
		} else if !isReached(n.text) {
			r.errorf(n.pos, "host %s is that of no url that is accepted: an address is written as it is looked up, without a zone", quote(n.text))
		}
	})
}

// isReached reports whether some url has a host: of 127.1, which is an address to some programs, there is none.
func isReached(host string) bool {
	sample := strings.Replace(host, "*", "a", 1)
	if strings.Contains(sample, ":") {
		sample = "[" + sample + "]"
	}
	return field.Field{Type: field.URL, Hosts: []string{host}}.Check("https://"+sample) == nil
}

// text reads a text of any content.
func (r *reader) text(n *node, key string) (string, bool) {
	if n.kind == number || n.kind == boolean {
		r.errorf(n.pos, "%s must be text, found %s, put it in quotes", key, n.found())
	} else if n.kind != text {
		r.wrongType(n, key, "text")
	}
	return n.text, n.kind == text
}

func (r *reader) boolean(n *node, key string) bool {
	if n.kind != boolean {
		r.wrongType(n, key, "true or false")
	}
	return n.kind == boolean && n.text == "true"
}

func (r *reader) integer(n *node, key string) *int64 {
	i, ok := n.integer()
	if !ok {
		r.wrongType(n, key, "a whole number of 64 bits in plain digits")
		return nil
	}
	return &i
}

func (r *reader) length(n *node, key string, least int64) int {
	i := r.integer(n, key)
	if i == nil {
		return 0
	}
	if *i < least || *i > field.MaxSize {
		r.errorf(n.pos, "%s %d must be from %d to %d", key, *i, least, field.MaxSize)
		return 0
	}
	return int(*i)
}

// list reads a list with at least one item.
func (r *reader) list(n *node, key, want string) []*node {
	switch {
	case n.kind != list:
		r.wrongType(n, key, want)
	case len(n.items) == 0:
		r.errorf(n.pos, "%s must not be an empty list", key)
	}
	return n.items
}

// oneOrMore returns the items of a list, or n alone where it is none but may be one.
func (r *reader) oneOrMore(n *node, key, want string) []*node {
	if n.kind == list || n.kind == mapping {
		return r.list(n, key, want)
	}
	return []*node{n}
}

// texts reads a list of different texts; check reports what else is wrong with one.
func (r *reader) texts(n *node, key, want string, check func(*node)) []string {
	var texts []string
	seen := map[string]Pos{}
	for _, item := range r.list(n, key, want) {
		s, ok := r.text(item, key)
		if !ok {
			continue
		}
		if first, ok := seen[s]; ok {
			r.errorf(item.pos, "%s has %s already at line %d", key, quote(s), first.Line)
			continue
		}
		seen[s] = item.pos
		check(item)
		texts = append(texts, s)
	}
	return texts
}

// readWord reads one of a few known words.
func readWord[T ~string](r *reader, n *node, key string, known []T, into *T) {
	word, ok := r.text(n, key)
	if !ok {
		return
	}
	if !slices.Contains(known, T(word)) {
		r.errorf(n.pos, "%s", r.unknown(key, word, words(known)))
		return
	}
	*into = T(word)
}

func words[T ~string](known []T) []string {
	words := make([]string, len(known))
	for i, k := range known {
		words[i] = string(k)
	}
	return words
}

func andList(types []field.Type) string { return field.List(words(types), "and") }
