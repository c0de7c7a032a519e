package templates

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/internal/reason"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// A Manifest is what a reviewer reads beside the generated code, and where the runtime has its sentences from: every
// secret with its rules, and every sentence that a user can be shown or a model be told.
type Manifest struct {
	Note    string           `json:"note"`
	Server  string           `json:"server"`
	Service string           `json:"service"`
	Secrets []ManifestSecret `json:"secrets"`
	Groups  []ManifestGroup  `json:"groups"`
	All     ManifestGroup    `json:"all,omitzero"` // zero where nothing is revealed

	OneOf     []ManifestOneOf `json:"one_of,omitempty"`
	AllOrNone []ManifestGroup `json:"all_or_none,omitempty"`

	// Reasons are constants of which the generator can't tell at which getter they are given.
	Reasons []string `json:"reasons,omitempty"`
	// ReasonsNotReviewed are the places in the code whose reasons can be anything, since //mcpsecrets:reason stands there. No
	// question shows those.
	ReasonsNotReviewed []string `json:"reasons_not_reviewed,omitempty"`
	// NoReasons says that nobody looked for reasons, and what follows.
	NoReasons string `json:"no_reasons,omitempty"`

	Sentences wording.Sentences `json:"sentences"`
	Holes     map[string]string `json:"holes"`

	read bool
}

// IsRead reports whether m was read by [ReadManifest]. Only such a manifest surely has the reasons.
func (m *Manifest) IsRead() bool { return m.read }

// A ManifestSecret is one secret: what the schema says, what is generated, and what is shown. Keys have the schema's names.
type ManifestSecret struct {
	Name      string     `json:"name"`
	Label     string     `json:"label"`
	FieldType field.Type `json:"field_type"`
	// Confidential is written where a value may be shown, or not, other than the type says.
	Confidential *bool            `json:"confidential,omitempty"`
	Required     bool             `json:"required"`
	Default      string           `json:"default,omitempty"`
	HelpText     string           `json:"help_text,omitempty"`
	Docs         string           `json:"docs,omitempty"`
	Placeholder  string           `json:"placeholder,omitempty"`
	Examples     []string         `json:"examples,omitempty"`
	Permission   field.Permission `json:"permission"`
	Remember     string           `json:"remember,omitempty"`
	Scope        field.Scope      `json:"scope,omitempty"`
	Standing     field.Standing   `json:"standing,omitempty"` // whether a use can be allowed beforehand, where the permission says otherwise
	SentTo       string           `json:"sent_to,omitempty"`
	SentHosts    []string         `json:"sent_hosts,omitempty"` // of a sent_to that is a list
	SentAs       string           `json:"sent_as,omitempty"`
	Unrevealed   unrevealed       `json:"revealed,omitempty"` // written where it is not revealed, as the schema writes that
	RejectOn     []int            `json:"reject_on,omitempty"`
	Insecure     bool             `json:"insecure,omitempty"`
	RenamedFrom  []string         `json:"renamed_from,omitempty"`
	Env          []string         `json:"env,omitempty"`
	Deprecated   string           `json:"deprecated,omitempty"`
	MinLength    int              `json:"min_length,omitempty"`
	MaxLength    int              `json:"max_length,omitempty"`
	Pattern      string           `json:"pattern,omitempty"`
	PatternHelp  string           `json:"pattern_help,omitempty"`
	Prefix       oneOrMore        `json:"prefix,omitempty"`
	Format       field.Format     `json:"format,omitempty"`
	Keys         []string         `json:"keys,omitempty"`
	Schemes      []string         `json:"schemes,omitempty"`
	Hosts        []string         `json:"hosts,omitempty"`
	UserInfo     bool             `json:"user_info,omitempty"`
	Min          Bound            `json:"min,omitempty"`
	Max          Bound            `json:"max,omitempty"`
	Choices      []string         `json:"choices,omitempty"`

	ChoiceLabels map[string]string `json:"choice_labels,omitempty"` // how choices are shown, where not as they are
	Open         bool              `json:"open,omitempty"`          // another value than the choices is one too

	List     bool   `json:"list,omitempty"`
	MinItems int    `json:"min_items,omitempty"`
	MaxItems int    `json:"max_items,omitempty"`
	Unique   bool   `json:"unique,omitempty"`
	Derived  string `json:"derived,omitempty"`

	Constants []string `json:"constants,omitempty"` // in Go, for each choice

	RequiredWhen map[string][]string `json:"required_when,omitempty"` // while all of these settings have one of the values
	MemberOf     string              `json:"member_of,omitempty"`     // the one_of or all_or_none that has the getter

	Getter    string `json:"getter,omitempty"`
	Transport string `json:"transport,omitempty"`
	Sent      string `json:"sent,omitempty"` // where the value goes, and how

	Masked   string          `json:"masked"`           // whether results that hold the value are masked
	Dialog   *ManifestDialog `json:"dialog,omitempty"` // nil where nobody is asked
	Question []string        `json:"question,omitempty"`
	// Rejections say why a value is wrong, at Manager.Reject.
	Rejections []string `json:"rejections,omitempty"`
	Reasons    []string `json:"reasons,omitempty"` // that are given at the getter or the transport
}

// A Bound is that of a number or a duration, as the schema writes it: a number is one in JSON too. "" is none.
type Bound string

// MarshalJSON implements [json.Marshaler].
func (b Bound) MarshalJSON() ([]byte, error) {
	if _, ok := field.ParseNumber(string(b)); ok {
		return json.Marshal(json.Number(b))
	}
	return json.Marshal(string(b))
}

// UnmarshalJSON implements [json.Unmarshaler].
func (b *Bound) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(text, []byte{'"'}) {
		return json.Unmarshal(text, (*string)(b))
	}
	var n json.Number
	err := json.Unmarshal(text, &n)
	*b = Bound(n)
	return err
}

// oneOrMore is a list that a schema may give as one text. A manifest has one text as a text, as manifests always had.
type oneOrMore []string

// MarshalJSON writes one text as a text, and several as a list.
func (texts oneOrMore) MarshalJSON() ([]byte, error) {
	if len(texts) == 1 {
		return json.Marshal(texts[0])
	}
	return json.Marshal([]string(texts))
}

// UnmarshalJSON reads a text or a list of texts.
func (texts *oneOrMore) UnmarshalJSON(from []byte) error {
	var one string
	if json.Unmarshal(from, &one) == nil {
		*texts = oneOrMore{one}
		return nil
	}
	return json.Unmarshal(from, (*[]string)(texts))
}

// A ManifestDialog is the dialog that asks for a value, as it is shown the first time.
type ManifestDialog struct {
	Title    string   `json:"title"`
	Text     []string `json:"text"`
	Problems []string `json:"problems"` // how {problem} can read, in sentences.dialog.again and stale
}

// A ManifestGroup is one group of secrets, or all of them.
type ManifestGroup struct {
	Name      string   `json:"name,omitempty"`
	Secrets   []string `json:"secrets,omitempty"`
	SentAs    string   `json:"sent_as,omitempty"` // with what each member is
	Getter    string   `json:"getter,omitempty"`  // none where a member is not revealed
	Transport string   `json:"transport,omitempty"`
	Question  []string `json:"question,omitempty"`
	Reasons   []string `json:"reasons,omitempty"` // that are given at the getter or the transport
	// Chosen are the alternatives, by one_of, of which the question for all is. Those for the others are at the one_of.
	Chosen map[string]string `json:"chosen,omitempty"`
}

// noReasons is what a manifest says that was made without looking for reasons.
const noReasons = "generated with --no-reasons: the code was not read, and no question shows a reason"

// Manifest returns the manifest of p. It puts the sentences together with the runtime's own functions, and leaves open
// the holes that only a use can fill. found are the reasons that the server's code gives; nil means that nobody looked for them.
func (p *Package) Manifest(found *reason.Found) *Manifest {
	sentences := wording.English()
	m := &Manifest{
		Note: fmt.Sprintf("Generated by mcpsecrets-gen from %s; DO NOT EDIT. Review it: the server shows and tells the sentences below, word for word. "+
			"A word in braces is a hole; holes says what can fill it.", p.Source),
		Server:    p.Server,
		Service:   "com.mcp." + p.Server,
		Secrets:   make([]ManifestSecret, len(p.Secrets)),
		Groups:    make([]ManifestGroup, len(p.Groups)),
		Sentences: sentences,
		Holes:     wording.Holes(),
	}
	for i, s := range p.Secrets {
		m.Secrets[i] = s.manifest(p.Server, sentences)
	}
	for i, g := range p.Groups {
		m.Groups[i] = g.manifest(p.Server, sentences, g.TypeName())
	}
	if revealed := p.revealed(); len(revealed) > 0 {
		together, chosen := p.usedTogether()
		m.All = ManifestGroup{
			Getter:   getterSignature("All", "Values", asksAny(revealed)),
			Question: questionLines(p.Server, sentences, together),
			Chosen:   chosen,
		}
	}
	m.senders(p)
	m.parts(p, sentences)
	if found == nil {
		m.NoReasons = noReasons
		return m
	}
	m.Reasons, m.ReasonsNotReviewed = found.Others, found.LetPass
	for getter, reasons := range m.reasons() {
		*reasons = union(*reasons, found.At[getter])
	}
	for i, s := range p.Secrets {
		m.Secrets[i].Rejections = found.Rejections[s.GoName]
	}
	for i, o := range p.OneOfs {
		m.OneOf[i].Rejections = found.Rejections[o.GoName]
	}
	return m
}

// reasons returns the lists of reasons by the Go names of the methods at which they are given: of what is sent, that of the
// getter, even where there is none, of the transport and of the client.
func (m *Manifest) reasons() map[string]*[]string {
	lists := map[string]*[]string{}
	add := func(signature string, list *[]string) {
		if signature == "" {
			return // a member of something else
		}
		name, _, _ := strings.Cut(signature, "(")
		lists[name] = list
	}
	addSender := func(transport string, list *[]string) {
		if name, _, isSent := strings.Cut(transport, "Transport("); isSent {
			sender := Sender{GoName: name}
			lists[name], lists[sender.TransportName()], lists[sender.ClientName()] = list, list, list
		}
	}
	for i := range m.Secrets {
		add(m.Secrets[i].Getter, &m.Secrets[i].Reasons)
		addSender(m.Secrets[i].Transport, &m.Secrets[i].Reasons)
	}
	for i := range m.Groups {
		add(m.Groups[i].Getter, &m.Groups[i].Reasons)
		addSender(m.Groups[i].Transport, &m.Groups[i].Reasons)
	}
	for i := range m.OneOf {
		add(m.OneOf[i].Getter, &m.OneOf[i].Reasons)
	}
	for i := range m.AllOrNone {
		add(m.AllOrNone[i].Getter, &m.AllOrNone[i].Reasons)
	}
	add(m.All.Getter, &m.All.Reasons)
	return lists
}

// KeepReasons adds the reasons of an older manifest to those of m, which was made of code that does not compile: reasons may be
// there that can't be seen before it does.
func (m *Manifest) KeepReasons(old *Manifest) {
	kept := old.reasons()
	for getter, reasons := range m.reasons() {
		if list := kept[getter]; list != nil {
			*reasons = union(*reasons, *list)
		}
	}
	for i := range m.Secrets {
		for _, s := range old.Secrets {
			if s.Name == m.Secrets[i].Name {
				m.Secrets[i].Rejections = union(m.Secrets[i].Rejections, s.Rejections)
			}
		}
	}
	wasRejected := old.rejected()
	for name, rejections := range m.rejected() {
		if list := wasRejected[name]; list != nil {
			*rejections = union(*rejections, *list)
		}
	}
	m.Reasons = union(m.Reasons, old.Reasons)
	m.ReasonsNotReviewed = union(m.ReasonsNotReviewed, old.ReasonsNotReviewed)
}

func union(a, b []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b))))
}

// dialogLines returns what the dialog for f says. Where the last line is broken depends on what fills its holes.
func dialogLines(server string, sentences wording.Sentences, f field.Field) []string {
	lines := sentences.Ask(server, f, wording.Asking{Code: "{code}", Client: "{client}"})
	lines[len(lines)-1] = layout.Line(lines[len(lines)-1])
	return lines
}

func (s *Secret) manifest(server string, sentences wording.Sentences) ManifestSecret {
	m := ManifestSecret{
		Name: s.Name, Label: s.Label, FieldType: s.Type, Confidential: confidentialOf(s.Field), Required: s.Required, Default: s.Default, HelpText: s.Help,
		Docs: s.Docs, Placeholder: s.Placeholder, Examples: s.Examples, Permission: permissionOf(s.Field), SentTo: s.SentTo,
		SentHosts: s.SentHosts, SentAs: s.SentAs.String(), RejectOn: s.RejectOn, Insecure: s.Insecure,
		RenamedFrom: s.RenamedFrom, Env: s.Env, Deprecated: s.Deprecated, MinLength: s.MinLength, MaxLength: s.MaxLength,
		Pattern: s.Pattern, PatternHelp: s.PatternHelp, Prefix: s.Prefixes, Format: s.Format, Keys: s.Keys, Schemes: s.Schemes, Hosts: s.Hosts,
		UserInfo: s.UserInfo, Choices: s.Choices, ChoiceLabels: s.ChoiceLabels, Open: s.Open,
		List: s.List, MinItems: s.MinItems, MaxItems: s.MaxItems, Unique: s.Unique, Derived: s.Derived,
		RequiredWhen: s.RequiredWhen,
		Masked:       maskedBy(s.Field),
		Question:     questionLines(server, sentences, []*Secret{s}),
	}
	m.Unrevealed = unrevealed(s.Unrevealed)
	if !s.Unrevealed {
		m.Getter = getterSignature(s.GoName, s.resultText(), s.Asks())
	}
	for _, c := range s.Constants {
		m.Constants = append(m.Constants, c.GoName)
	}
	if s.Type == field.URL {
		m.Schemes = s.AcceptedSchemes()
	}
	if s.Remember > 0 {
		m.Remember = wording.ShortDuration(s.Remember)
	}
	if s.Asks() {
		m.Scope, m.Standing = scopeOf(s.Field), standingOf(s.Field)
	}
	low, high := s.Bounds()
	m.Min, m.Max = Bound(low), Bound(high)
	if s.Derived != "" {
		return m
	}
	m.Dialog = &ManifestDialog{Title: sentences.Title(server, s.Field), Text: dialogLines(server, sentences, s.Field)}
	for _, problem := range s.Problems() {
		m.Dialog.Problems = append(m.Dialog.Problems, sentences.Problem(problem))
	}
	return m
}

// manifest is that of a group or an all_or_none, whose getter returns result.
func (g *Group) manifest(server string, sentences wording.Sentences, result string) ManifestGroup {
	m := ManifestGroup{
		Name: g.Name, Secrets: namesOf(g.Members),
		Question: questionLines(server, sentences, g.Members),
		SentAs:   g.sentAsText(),
	}
	if g.hasGetter() {
		m.Getter = getterSignature(g.GoName, result, asksAny(g.Members))
	}
	return m
}

// questionLines is the question for permission to use those of secrets that need it, asked by a tool for a reason. Where one
// has no room for all, it is several, with an empty line between them. What fills the holes takes room too, so there can be
// more of them.
func questionLines(server string, sentences wording.Sentences, secrets []*Secret) []string {
	uses := usesOf(secrets)
	var lines []string
	by := wording.Requester{Tool: "{tool}", Reason: "{reason}"}
	for len(uses) > 0 {
		if len(lines) > 0 {
			lines = append(lines, "")
		}
		n := max(sentences.Room(server, uses, by), 1)
		lines = append(lines, sentences.Permission(server, uses[:n], by)...)
		uses = uses[n:]
	}
	return lines
}

func getterSignature(name, result string, asks bool) string {
	if asks {
		return name + "(ctx, reason) (" + result + ", error)"
	}
	return name + "(ctx) (" + result + ", error)"
}

// maskedBy says whether the guard masks values of f in what leaves the server. It leaves alone what can't be told from
// ordinary text. What follows a declared prefix is all confidential, but a file, and a value without a prefix, may have parts
// that are not, such as a certificate or the host of a URL.
func maskedBy(f field.Field) string {
	values := "values"
	if f.List {
		values = "items"
	}
	switch {
	case !f.Confidential():
		return "no: " + string(f.Type) + " is not confidential"
	case len(f.Prefixes) == 0 || f.Content().Type == field.Multiline:
		return fmt.Sprintf("only %s with %d confidential characters or more", values, guardedLength)
	case f.MinLength-longest(f.Prefixes) >= guardedLength:
		return "yes"
	default:
		return fmt.Sprintf("only where %d characters or more follow the prefix", guardedLength)
	}
}

// longest returns how many characters the longest of texts has.
func longest(texts []string) (length int) {
	for _, text := range texts {
		length = max(length, utf8.RuneCountInString(text))
	}
	return length
}

// guardedLength is how many confidential characters the runtime's guard needs at least.
const guardedLength = 8

// confidentialOf returns what the manifest says of f's secrecy: nothing where it is that of the type.
func confidentialOf(f field.Field) *bool {
	if f.Secrecy == "" {
		return nil
	}
	confidential := f.Confidential()
	return &confidential
}

// Hides reports whether values of s are confidential.
func (s *ManifestSecret) Hides() bool {
	if s.Confidential != nil {
		return *s.Confidential
	}
	return field.Field{Type: s.FieldType}.Confidential()
}

func permissionOf(f field.Field) field.Permission {
	if f.Permission == "" {
		return field.Ask
	}
	return f.Permission
}

func scopeOf(f field.Field) field.Scope {
	if f.Scope == "" {
		return field.ServerScope
	}
	return f.Scope
}

// standingOf returns the standing of f where its permission alone would have another.
func standingOf(f field.Field) field.Standing {
	if (field.Field{Permission: f.Permission}).Stands() == f.Stands() {
		return ""
	}
	return f.Standing
}

// JSON returns the bytes of the manifest's file.
func (m *Manifest) JSON() ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false) // it is read by people
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(m); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// ReadManifest reads what [Manifest.JSON] wrote, and reports false for a text that is something else, such as a schema.
func ReadManifest(text []byte) (*Manifest, bool, error) {
	var probe struct {
		Sentences json.RawMessage `json:"sentences"`
	}
	if json.Unmarshal(text, &probe) != nil || probe.Sentences == nil {
		return nil, false, nil
	}
	m := Manifest{read: true}
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, true, fmt.Errorf("the manifest can't be read: %w", err)
	}
	for _, s := range m.Secrets {
		if s.Remember == "" {
			continue
		}
		if _, err := time.ParseDuration(s.Remember); err != nil {
			return nil, true, fmt.Errorf("the manifest's secret %q: remember: %w", s.Name, err)
		}
	}
	return &m, true, nil
}

// MissingSentences returns the sentences that the manifest now has and old lacks, such as failures.nobody_to_ask, sorted.
// It returns none where old can't be read.
func MissingSentences(old, now []byte) []string {
	var missing []string
	had := readSentences(old)
	for section, sentences := range readSentences(now) {
		for name := range sentences {
			if had != nil && had[section][name] == "" {
				missing = append(missing, section+"."+name)
			}
		}
	}
	slices.Sort(missing)
	return missing
}

// readSentences returns the sentences of a manifest by section and name, or nil for a text that is something else.
func readSentences(manifest []byte) map[string]map[string]string {
	var m struct {
		Sentences map[string]map[string]string `json:"sentences"`
	}
	if json.Unmarshal(manifest, &m) != nil {
		return nil
	}
	return m.Sentences
}
