package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// Here is what says how a value is sent, and where it may go: sent_to, sent_as and what belongs to them, of a secret and of a
// group. What can't be safe is refused, since a transport would send it.

// readSentTo reads the name of a secret, or a list of fixed hosts.
func readSentTo(r *reader, d *draft, n *node) {
	switch n.kind {
	case list:
	case mapping:
		r.wrongType(n, "sent_to", "the name of a url or a list of hosts such as [api.example.com]")
		return
	default:
		d.SentTo, _ = r.text(n, "sent_to")
		return
	}
	d.SentHosts = r.texts(n, "sent_to", "a list of hosts such as [api.example.com]", func(n *node) {
		if err := field.CheckSentHost(n.text); err != nil {
			r.errorf(n.pos, "host %s %s", quote(n.text), err)
		}
	})
	if len(d.SentHosts) > field.MaxSentHosts {
		r.errorf(n.pos, "sent_to has %d hosts, a question that names them all has room for %d", len(d.SentHosts), field.MaxSentHosts)
	}
}

func readInsecure(r *reader, d *draft, n *node) { d.Insecure = r.boolean(n, "insecure") }

func readRevealed(r *reader, d *draft, n *node) {
	d.Unrevealed = !r.boolean(n, "revealed") && n.kind == boolean
}

// readRejectOn reads the statuses that reject a value; an empty list is none.
func readRejectOn(r *reader, d *draft, n *node) {
	if n.kind != list {
		r.wrongType(n, "reject_on", "a list of statuses such as [401], or [] for none")
		return
	}
	for _, item := range n.items {
		status, ok := item.integer()
		switch {
		case !ok:
			r.wrongType(item, "reject_on", "a list of statuses such as [401]")
		case status < 400 || status > 499:
			r.errorf(item.pos, "reject_on %d must be from 400 to 499: others do not say that the value is wrong", status)
		case slices.Contains(d.RejectOn, int(status)):
			r.errorf(item.pos, "reject_on has %d already", status)
		default:
			d.RejectOn = append(d.RejectOn, int(status))
		}
	}
}

// secretForms are how one value can be sent, and groupForms how several can.
var (
	secretForms = words([]field.Form{field.Bearer, field.Header, field.Query})
	groupForms  = words([]field.Form{field.Basic, field.SigV4})
)

// sentAsKeys are those of a sent_as that is a mapping.
var sentAsKeys = []string{"header", "format", "query"}

// readSentAs reads bearer, {header: NAME, format: FORMAT} or {query: NAME}.
func readSentAs(r *reader, d *draft, n *node) {
	const want = "bearer, {header: X-API-Key} or {query: key}"
	switch n.kind {
	case text:
		r.sentAsWord(d, n)
	case mapping:
		before := len(r.errs)
		entries := r.entries(n, append(slices.Clone(sentAsKeys), groupForms...))
		if len(r.errs) > before {
			return
		}
		if slices.ContainsFunc(entries, func(e entry) bool { return slices.Contains(groupForms, e.key) }) {
			r.errorf(n.pos, "sent_as must be %s: %s is for a group", want, strings.Join(groupForms, " or "))
			return
		}
		r.sentAsMapping(d, n, entries, want)
	default:
		r.wrongType(n, "sent_as", want)
	}
}

// sentAsWord reads a sent_as that is one word.
func (r *reader) sentAsWord(d *draft, n *node) {
	switch form := field.Form(n.text); {
	case form == field.Bearer:
		d.SentAs.Form = form
	case form == field.Header || form == field.Query:
		r.errorf(n.pos, "sent_as %s needs a name: {header: X-API-Key} or {query: key}", n.text)
	case slices.Contains(groupForms, n.text):
		r.errorf(n.pos, "sent_as %s is for a group: write it there, as login: {secrets: [username, password], sent_as: basic}", n.text)
	default:
		r.errorf(n.pos, "%s", r.unknown("sent_as", n.text, secretForms))
	}
}

func (r *reader) sentAsMapping(d *draft, n *node, entries []entry, want string) {
	header, isHeader := find(entries, "header")
	query, isQuery := find(entries, "query")
	format, hasFormat := find(entries, "format")
	switch {
	case isHeader == isQuery:
		r.errorf(n.pos, "sent_as must be %s", want)
	case isQuery:
		if hasFormat {
			r.errorf(format.pos, "format is for a header: a parameter of the query is the value alone")
		}
		d.SentAs = field.SentAs{Form: field.Query, Name: r.checked(query.value, "query", field.CheckParameter)}
	default:
		d.SentAs = field.SentAs{Form: field.Header, Name: r.checked(header.value, "header", field.CheckHeader), Format: field.Hole}
		if hasFormat {
			d.SentAs.Format = r.checked(format.value, "format", field.CheckFormat)
		}
	}
}

// checked reads a text that check says nothing against.
func (r *reader) checked(n *node, key string, check func(string) error) string {
	text, ok := r.text(n, key)
	if !ok {
		return ""
	}
	if err := check(text); err != nil {
		r.errorf(n.pos, "%s %s %s", key, quote(text), err)
	}
	return text
}

// groupSentAs reads how the members of a group are sent: basic, or {sigv4: {id: NAME, ...}}.
func (r *reader) groupSentAs(g *Group, n *node) {
	const want = "basic or {sigv4: {id: access_key_id, secret: secret_access_key, region: region, service: s3}}"
	switch {
	case n.kind == text && n.text == string(field.Basic):
		g.SentAs.Form = field.Basic
		r.basic(g, n)
	case n.kind == text && n.text == string(field.SigV4):
		r.errorf(n.pos, "sent_as sigv4 must say which member is what: %s", want)
	case n.kind == text && slices.Contains(secretForms, n.text):
		r.errorf(n.pos, "sent_as %s is for a secret, and this is a group (%s)", n.text, strings.Join(groupForms, ", "))
	case n.kind == text:
		r.errorf(n.pos, "%s", r.unknown("sent_as", n.text, groupForms))
	case n.kind == mapping:
		entries := r.entries(n, []string{string(field.SigV4)})
		if roles, ok := r.required(n, entries, string(field.SigV4)); ok {
			g.SentAs.Form = field.SigV4
			r.sigV4(g, roles.value)
		}
	default:
		r.wrongType(n, "sent_as", want)
	}
}

func (r *reader) basic(g *Group, n *node) {
	if g.written != 2 {
		r.errorf(n.pos, "sent_as basic is for two members, the user name and then the password, found %d", g.written)
	}
	if len(g.Members) == 2 { // else one is none
		g.Sent = g.Members
	}
}

// sigV4 reads which member is what, and the service.
func (r *reader) sigV4(g *Group, n *node) {
	if n.kind != mapping {
		r.wrongType(n, "sigv4", "a mapping with the keys id, secret, region and service")
		return
	}
	roles, before := field.SigV4.Roles(), len(r.errs)
	entries := r.entries(n, append(slices.Clone(roles), "service"))
	if service, ok := r.required(n, entries, "service"); ok {
		g.SentAs.Service = r.checked(service.value, "service", field.CheckService)
	}
	for _, role := range roles {
		e, ok := find(entries, role)
		if !ok && role != "token" {
			r.errorf(n.pos, "the key %q is missing", role)
		}
		if ok {
			r.role(g, role, e.value)
		}
	}
	for i, member := range g.Members {
		if !slices.Contains(g.Sent, member) && len(r.errs) == before {
			r.errorf(g.members[i], "secret %s has no part in sigv4 (%s): take it out of this group", quote(member), strings.Join(roles, ", "))
		}
	}
}

// role gives a part in sigv4 to a member.
func (r *reader) role(g *Group, role string, n *node) {
	name, ok := r.text(n, role)
	switch {
	case !ok:
	case !slices.Contains(g.Members, name):
		r.errorf(n.pos, "%s: %s is no member of the group%s", role, quote(name), r.suggestion(name, g.Members))
	case slices.Contains(g.Sent, name):
		r.errorf(n.pos, "%s: %s has another part in sigv4 already", role, quote(name))
	default:
		g.Sent = append(g.Sent, name)
	}
}

// checkSent checks how values are sent, once it is known which of them groups send.
func (r *reader) checkSent() {
	for _, g := range r.file.Groups {
		r.about = subject{"group", g.Name}
		r.checkSentGroup(g)
	}
	for _, d := range r.drafts {
		r.about = subject{"secret", d.Name}
		r.checkSentAs(d)
		r.checkPlain(d)
		r.checkRevealed(d)
		if d.isSent() && !d.places.has("reject_on") && d.Type != field.Choice { // a region says nothing of whether a key is right
			d.RejectOn = []int{401}
		}
	}
	r.about = subject{}
}

// isSent reports whether a transport sends values of d.
func (d *draft) isSent() bool { return d.places.has("sent_as") || d.sentBy != nil }

// checkSentGroup checks the members of a group, which go to the same hosts.
func (r *reader) checkSentGroup(g *Group) {
	if !g.places.has("sent_as") {
		for i, member := range g.Members {
			if r.seen[member].Unrevealed {
				r.errorf(g.members[i], "secret %s is not revealed: the group needs sent_as, and sends it", quote(member))
			}
		}
		return
	}
	for _, member := range g.Members {
		r.seen[member].sentBy = g
	}
	var first *draft
	for i, name := range g.Sent {
		d, role := r.seen[name], g.SentAs.Form.Roles()[i]
		at := g.members[slices.Index(g.Members, name)]
		canBe := d.CanBeSent() || role == "region" && d.Type == field.Choice && !d.List
		switch {
		case d.Type != "" && !canBe:
			r.errorf(at, "secret %s can't be the %s of %s: that is one line (text, password, email), and this is %s", quote(name), role, g.SentAs.Form, d.manyOf())
		case !d.IsSent() && d.Confidential():
			r.errorf(at, "secret %s needs sent_to, which says to which hosts it may go: the name of a url, or a list such as [api.example.com]", quote(name))
		case d.IsSent() && first == nil:
			first = d
		case d.IsSent() && !goesAlike(d, first):
			r.errorf(at, "secret %s must have the sent_to and insecure of secret %s, with which it is sent", quote(name), quote(first.Name))
		}
	}
	if first == nil && len(g.Sent) > 0 && !slices.ContainsFunc(g.Sent, func(name string) bool { return r.seen[name].Confidential() }) {
		r.errorf(g.At("sent_as"), "sent_as needs a member with sent_to, which says to which hosts it may go")
	}
}

func goesAlike(a, b *draft) bool {
	return a.SentTo == b.SentTo && a.Insecure == b.Insecure && slices.Equal(slices.Sorted(slices.Values(a.SentHosts)), slices.Sorted(slices.Values(b.SentHosts)))
}

// manyOf says what kind of text d is, and whether there are several.
func (d *draft) manyOf() string {
	switch {
	case d.List:
		return "a list"
	case d.Derived != "":
		return "derived"
	}
	return d.whatItIs()
}

// checkSentAs checks what the keys say together that say how d is sent.
func (r *reader) checkSentAs(d *draft) {
	if d.places.has("sent_as") {
		switch {
		case d.part != nil:
			r.errorf(d.At("sent_as"), "sent_as is not for a member of %s at line %d, which has the getter for it", d.part.of, d.part.pos.Line)
		case d.Type != "" && !d.CanBeSent():
			r.errorf(d.At("sent_as"), "sent_as is for one line (text, password, email), and this is %s", d.manyOf())
		case !d.places.has("sent_to"):
			r.errorf(d.At("sent_as"), "sent_as needs sent_to, which says to which hosts it may go: the name of a url, or a list such as [api.example.com]")
		}
		return
	}
	for key, isSaid := range map[string]bool{"revealed": d.Unrevealed, "reject_on": d.places.has("reject_on"), "insecure": d.Insecure} {
		if isSaid && d.sentBy == nil {
			r.errorf(d.At(key), "%s is only for what is sent by sent_as, of the secret or of its group", key)
		}
	}
}

// checkPlain checks that nobody on the way can read what is sent, unless the author says so.
func (r *reader) checkPlain(d *draft) {
	to := r.seen[d.SentTo]
	switch {
	case !d.isSent():
	case len(d.SentHosts) > 0:
		if d.Insecure && allLoopback(d.SentHosts) {
			r.errorf(d.At("insecure"), "insecure makes no sense with sent_to this computer, which plain http does not leave")
		}
	case d.Insecure && d.SentTo == "" && !d.places.has("sent_as"):
		r.errorf(d.At("insecure"), "insecure needs sent_to, which says to which hosts it may go")
	case to != nil && to.Type == field.URL && (to.Derived == "" || len(to.Schemes) > 0):
		r.checkPlainURL(d, to)
	}
}

// checkPlainURL checks the schemes of the url that d is sent to.
func (r *reader) checkPlainURL(d, to *draft) {
	schemes := to.AcceptedSchemes()
	for _, scheme := range schemes {
		if scheme != "https" && scheme != "http" {
			r.errorf(d.At("sent_to"), "sent_to %s accepts the scheme %s, and sent_as is for requests by https", quote(to.Name), scheme)
			return
		}
	}
	leaves := slices.Contains(schemes, "http") && !allLoopback(to.Hosts)
	switch {
	case leaves && !d.Insecure:
		r.errorf(d.At("sent_to"), `sent_to %s accepts plain http, which others on the way can read: write "schemes: [https]" there, or "insecure: true" here, which questions then say`, quote(to.Name))
	case !leaves && d.Insecure:
		r.errorf(d.At("insecure"), "insecure makes no sense with sent_to %s, which accepts no plain http that leaves this computer", quote(to.Name))
	}
}

// allLoopback reports whether there are hosts, and all are this computer.
func allLoopback(hosts []string) bool {
	return len(hosts) > 0 && !slices.ContainsFunc(hosts, func(host string) bool { return !field.IsLoopback(strings.ToLower(host)) })
}

// checkRevealed checks that nothing else gives out what is not revealed. Members of a one_of and the like are not sent.
func (r *reader) checkRevealed(d *draft) {
	if !d.Unrevealed || !d.isSent() {
		return
	}
	if !d.Confidential() && d.Type != "" {
		r.errorf(d.At("revealed"), "revealed false is for what is confidential: this is %s, which may be shown", d.whatItIs())
	}
	for _, other := range r.drafts {
		if slices.Contains(other.Parts(), d.Name) {
			r.errorf(d.At("revealed"), "revealed false: secret %s at line %d is derived of it, and gives it out", quote(other.Name), other.Pos.Line)
		}
	}
}

// sentHint is what is missing in a sent_to that is no name but may be a host.
func sentHint(name string) string {
	if field.CheckSentHost(name) == nil && strings.ContainsAny(name, ".:") {
		return fmt.Sprintf(", write a fixed host in a list: [%s]", name)
	}
	return ""
}
