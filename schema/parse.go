package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// A Rule looks for further mistakes, such as Go names that meet. [Parse] runs it on whatever could be read, even if the
// file has other mistakes, so that all are reported in one run. It sees only secrets and groups with a valid name of
// their own, only members among these secrets, and an empty Type where the author's word is none.
type Rule func(f *File) ErrorList

// Parse reads a schema. The error is an [ErrorList] with every mistake of the file and of the rules, and then the File
// is nil. The name is used in errors only; no file is opened.
func Parse(name string, src []byte, rules ...Rule) (*File, error) {
	return parse(name, src, (*reader).root, rules)
}

// parse reads src with read, which returns false if there is no sense in looking for more mistakes.
func parse(name string, src []byte, read func(*reader, *node) bool, rules []Rule) (*File, error) {
	r := &reader{file: &File{Name: name, secrets: map[string]*Secret{}}, seen: map[string]*draft{}, entryNames: map[string]Pos{}}
	tree, mistakes := parseTree(src)
	for _, m := range mistakes {
		r.errorf(m.pos, "%s", m.text)
	}
	if tree != nil && read(r, tree) {
		for _, rule := range rules {
			r.errs = append(r.errs, rule(r.file)...)
		}
	}
	if len(r.errs) > 0 {
		return nil, r.errs.sorted()
	}
	return r.file, nil
}

// A reader reads the tree into a File: first each key for itself, then what needs the whole secret, then what needs the
// whole file (validate.go).
type reader struct {
	file   *File
	drafts []*draft          // every secret, also those that don't get into the File
	seen   map[string]*draft // the first of each name
	names  []string          // of all secrets, for suggestions
	urls   []string          // of those with field_type url
	oneOf  map[string]*OneOf // of each valid name
	// entryNames are the names under one_of and all_or_none.
	entryNames map[string]Pos
	errs       ErrorList
	about      subject
	speller
}

// A subject is what an error is about: `secret "api_key": `.
type subject struct{ what, name string }

func (s subject) String() string {
	if s.what == "" {
		return ""
	}
	return s.what + " " + quote(s.name) + ": "
}

func (r *reader) errorf(pos Pos, format string, args ...any) {
	r.errs = append(r.errs, r.file.Errorf(pos, "%s%s", r.about, fmt.Sprintf(format, args...)))
}

// aside does something of which the mistakes are about another secret than the one that is read.
func (r *reader) aside(d *draft, do func()) {
	before := r.about
	r.about = subject{"secret", d.Name}
	do()
	r.about = before
}

// wrongType says what a key wants instead of n.
func (r *reader) wrongType(n *node, key, want string) {
	if n.kind != broken {
		r.errorf(n.pos, "%s must be %s, found %s", key, want, n.found())
	}
}

// version is the only version of the format so far.
const version = 1

var rootKeys = []string{"version", "server", "secrets", "groups", "one_of", "all_or_none"}

// root reads the whole file. It returns false if there is no sense in looking for more mistakes.
func (r *reader) root(n *node) bool {
	switch n.kind {
	case null:
		r.errorf(n.pos, `the schema is empty, it needs at least "version: %d", a server and a secret`, version)
		return false
	case mapping:
	default:
		r.wrongType(n, "a schema", "a mapping with the keys version, server and secrets")
		return false
	}
	entries := r.entries(n, rootKeys)
	if !r.version(n, entries) {
		return false
	}
	if server, ok := r.required(n, entries, "server"); ok {
		r.server(server.value)
	}
	if secrets, ok := r.required(n, entries, "secrets"); ok {
		r.secrets(secrets.value)
	}
	r.checkFile()
	if groups, ok := find(entries, "groups"); ok {
		r.groups(groups.value)
	}
	if oneOfs, ok := find(entries, "one_of"); ok {
		r.oneOfs(oneOfs.value)
	}
	if allOrNone, ok := find(entries, "all_or_none"); ok {
		r.allOrNone(allOrNone.value)
	}
	r.checkParts()
	r.checkConditions()
	r.checkSent()
	return true
}

// entries returns those of n whose key is known and the first of its name, without those that count as absent.
func (r *reader) entries(n *node, known []string) []entry {
	entries := make([]entry, 0, min(len(n.entries), len(known)))
	for _, e := range n.entries {
		if first, ok := find(entries, e.key); ok {
			r.errorf(e.pos, "%s is already declared at line %d", quote(e.key), first.pos.Line)
		} else if slices.Contains(known, e.key) {
			entries = append(entries, e)
		} else {
			r.errorf(e.pos, "%s", r.unknown("key", e.key, known))
		}
	}
	return slices.DeleteFunc(entries, func(e entry) bool { return e.value.absent() })
}

func find(entries []entry, key string) (entry, bool) {
	for _, e := range entries {
		if e.key == key {
			return e, true
		}
	}
	return entry{}, false
}

func (r *reader) required(n *node, entries []entry, key string) (entry, bool) {
	e, ok := find(entries, key)
	if !ok {
		r.errorf(n.pos, "the key %q is missing", key)
	}
	return e, ok
}

// version returns false for a schema of a later version: what it may hold is not known here.
func (r *reader) version(n *node, entries []entry) bool {
	e, ok := find(entries, "version")
	if !ok {
		r.errorf(n.pos, `the key "version" is missing, write "version: %d"`, version)
		return true
	}
	switch v, ok := e.value.integer(); {
	case !ok:
		r.wrongType(e.value, "version", fmt.Sprintf("the number %d", version))
	case v > version:
		r.errs = nil
		r.errorf(e.value.pos, "version %d is written for a newer mcpsecrets-gen, update it", v)
		return false
	case v < version:
		r.errorf(e.value.pos, "unknown version %d (%d)", v, version)
	}
	return true
}

// maxServerSize is how many bytes a server's name may have: "com.mcp." and the name are a name in a keychain, of 100 at most.
const maxServerSize = 92

// server reads the server's name. It may be any that a person can read: stored values are found under it as it was in the
// older frameworks, which take every name.
func (r *reader) server(n *node) {
	name, ok := r.text(n, "server")
	if !ok || !r.checkText(n, "server", wording.ServerText) {
		return
	}
	switch {
	case layout.Line(name) != name:
		r.errorf(n.pos, "server %s must not begin or end with a space, nor have two in a row: they can't be seen", quote(name))
	case strings.Contains(name, ":"):
		r.errorf(n.pos, `server %s must not have ":" in it, which ends a name in some keychains`, quote(name))
	case len(name) > maxServerSize:
		r.errorf(n.pos, "server %s has %d bytes, a keychain's name has room for %d", quote(name), len(name), maxServerSize)
	default:
		r.file.Server, r.file.ServerPos = name, n.pos
	}
}

func (r *reader) secrets(n *node) {
	if n.kind != mapping {
		r.wrongType(n, "secrets", "a mapping of names to secrets")
		return
	}
	if len(n.entries) == 0 {
		r.errorf(n.pos, "secrets must have at least one secret")
	}
	r.file.Secrets = make([]*Secret, 0, len(n.entries))
	for _, e := range n.entries {
		valid := r.name("secret", e)
		first, repeated := r.seen[e.key]
		if repeated {
			r.errorf(e.pos, "secret %s is already declared at line %d", quote(e.key), first.Pos.Line)
		}
		d := r.secret(e)
		r.drafts = append(r.drafts, d)
		if !repeated {
			r.seen[e.key] = d
		}
		if valid && !repeated {
			r.file.Secrets = append(r.file.Secrets, d.Secret)
			r.file.secrets[d.Name] = d.Secret
		}
	}
}

// secret reads one secret.
func (r *reader) secret(e entry) *draft {
	d := &draft{Secret: &Secret{Pos: e.pos, Field: field.Field{
		Name: e.key, Type: field.Password, Permission: field.Ask, Scope: field.ServerScope,
	}}}
	r.about = subject{"secret", e.key}
	defer func() { r.about = subject{} }()
	switch e.value.kind {
	case null, broken:
	case mapping:
		r.secretEntries(d, r.entries(e.value, secretKeyNames))
		r.checkSecret(d)
	default:
		r.wrongType(e.value, "a secret", "a mapping of keys such as label and field_type")
	}
	r.checkLabelled(d.places, e)
	d.Label = cmp.Or(d.Label, d.Name)
	return d
}

// checkLabelled checks that what has no label is called by a name that a dialog has room for.
func (r *reader) checkLabelled(places places, e entry) {
	if !places.has("label") && field.ValidName(e.key) && len(e.key) > field.LabelColumns {
		r.errorf(e.pos, `the key "label" is missing: it is the name, which has %d characters, and a dialog has room for %d`, len(e.key), field.LabelColumns)
	}
}

func (r *reader) secretEntries(d *draft, entries []entry) {
	// The type goes first: it decides which other keys there may be.
	if e, ok := find(entries, "field_type"); ok {
		d.Type = ""
		readType(r, d, e.value)
	}
	_, isDerived := find(entries, "derived")
	if isDerived && d.Type == field.Password {
		if _, written := find(entries, "field_type"); !written {
			d.Type = field.Text
		}
	}
	d.places = make(places, 0, len(entries))
	for _, e := range entries {
		if isDerived && !r.isDerivedKey(e) {
			continue
		}
		row := &secretKeys[slices.Index(secretKeyNames, e.key)]
		d.places.note(e)
		if d.Type != "" && row.types != nil && !slices.Contains(row.types, d.Type) {
			r.errorf(e.pos, "%s is not for field_type %s, only for %s", e.key, d.Type, andList(row.types))
			continue
		}
		before := len(r.errs)
		if row.read != nil {
			row.read(r, d, e.value)
		}
		d.badRules = d.badRules || e.value.kind == broken || row.types != nil && len(r.errs) > before
	}
}

// groups reads the groups, after the secrets.
func (r *reader) groups(n *node) {
	if n.kind != mapping {
		r.wrongType(n, "groups", "a mapping of names to lists of secrets")
		return
	}
	seen := make(map[string]Pos, len(n.entries))
	for _, e := range n.entries {
		valid := r.name("group", e)
		first, repeated := seen[e.key]
		if repeated {
			r.errorf(e.pos, "group %s is already declared at line %d", quote(e.key), first.Line)
		} else {
			seen[e.key] = e.pos
		}
		g := r.group("group", e)
		if valid && !repeated {
			r.file.Groups = append(r.file.Groups, g)
		}
	}
}

// groupKeys are those of a group, and partKeys those of an all_or_none.
var (
	groupKeys = []string{"secrets", "sent_as", "go_name"}
	partKeys  = []string{"secrets", "go_name"}
)

const memberList = "a list of secrets, such as [username, password]"

// group reads one group: a list of its members, or a mapping that has the list, how they are sent and a Go name.
func (r *reader) group(what string, e entry) *Group {
	g := &Group{Name: e.key, Pos: e.pos}
	r.about = subject{what, e.key}
	a, keys := "a group", groupKeys
	if what == "all_or_none" {
		a, keys = "an all_or_none", partKeys
	}
	defer func() { r.about = subject{} }()
	switch e.value.kind {
	case broken:
	case list:
		r.members(g, e.value, a)
	case mapping:
		entries := r.groupEntries(g, e.value, a, keys)
		if sentAs, ok := find(entries, "sent_as"); ok {
			r.groupSentAs(g, sentAs.value)
		}
	default:
		r.wrongType(e.value, a, memberList)
	}
	return g
}

// groupEntries reads what a group, or the like, says in a mapping, and returns the entries.
func (r *reader) groupEntries(g *Group, n *node, what string, keys []string) []entry {
	entries := r.entries(n, keys)
	for _, e := range entries {
		g.places.note(e)
	}
	if secrets, ok := r.required(n, entries, "secrets"); ok {
		r.members(g, secrets.value, what)
	}
	if name, ok := find(entries, "go_name"); ok {
		g.GoName, _ = r.text(name.value, "go_name")
	}
	return entries
}
