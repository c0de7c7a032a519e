package secrets

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
)

// This file says what a question for permission is about, and in which words it is asked: nobody is asked for what a question
// does not show. Whether it is asked, and what
// follows from the answer, is decided in package consent.

// A use is one secret that needs permission.
type use struct {
	def  *definition
	host string // how the question names where the value goes; "" where the schema does not say
	need consent.Use
}

// needs appends what of the findings that are used needs permission: among found are their destinations too.
func (m *Manager) needs(needs []consent.Use, used, found []finding) []consent.Use {
	for _, f := range used {
		if f.value != nil && f.def.Asks() {
			needs = append(needs, m.use(f, found).need)
		}
	}
	return needs
}

// use returns the use of a finding, whose destination is among all that was found.
func (m *Manager) use(f finding, found []finding) use {
	u := use{def: f.def}
	var destination Secret
	u.host = f.def.FixedHosts()
	if f.def.GoesToItself() {
		u.host = hostOf(f)
	}
	if f.via != "" { // in a url, which goes there
		u.host = f.via
		u.need = consent.Use{Entry: f.entry(), Value: m.fingerprint(f.text, NewSecret(f.via))}
		return u
	}
	for _, to := range found {
		if to.def.Name == f.def.SentTo && to.value != nil {
			destination, u.host = to.text, hostOf(to)
		}
	}
	u.need = consent.Use{Entry: f.entry(), Value: m.fingerprint(f.granted(), destination)}
	return u
}

// granted is what a grant is for: the value, or a file, whatever it has when it is read next.
func (f finding) granted() Secret {
	if f.def.Type == field.File {
		return f.path
	}
	return f.text
}

// fingerprint is the same for the same value and destination, and tells nothing of them: it is keyed by chance.
func (m *Manager) fingerprint(text, destination Secret) [sha256.Size]byte {
	value := text.Reveal()
	keyed := append(make([]byte, 0, 256), m.salt()[:]...)
	keyed = binary.BigEndian.AppendUint64(keyed, uint64(len(value))) // where the value ends
	return sha256.Sum256(append(append(keyed, value...), destination.Reveal()...))
}

func needsOf(uses []use) []consent.Use {
	needs := make([]consent.Use, len(uses))
	for i, u := range uses {
		needs[i] = u.need
	}
	return needs
}

// hostOf is how a question names where a value goes, by what says so.
func hostOf(to finding) string { return layout.Line(to.def.Destination(to.text.Reveal(), to.value)) }

// words returns how to ask for some uses of the findings that are used. One question asks for as many of them as it can show whole.
func (m *Manager) words(call *consent.Call, reason Reason, used, found []finding) func([]consent.Use) consent.Words {
	return func(needed []consent.Use) consent.Words {
		by := wording.Requester{
			Tool: call.Tool.Name, Reason: string(reason), Unreviewed: !m.reviewed.isReviewed(reason),
			By: m.askedBy(call.Who), Named: call.Who.Kind == consent.Named,
		}
		if by.Unreviewed {
			by.Reason = m.sentences.Question.Unreviewed // so that all of them are one question, and another than that without a reason
		}
		by.Account = needed[0].Entry.Account // all are of one
		var asked []use
		for _, f := range used {
			if u := m.use(f, found); slices.Contains(needed, u.need) {
				asked = append(asked, u)
			}
		}
		return m.wordsFor(call, by, asked[:m.sentences.Room(m.server, shownOf(asked), by)])
	}
}

func (m *Manager) wordsFor(call *consent.Call, by wording.Requester, asked []use) consent.Words {
	scope, remember := wording.Covers(shownOf(asked), by.Named)
	oneTool := scope == field.ToolScope
	// A grant for the tool that asks needs a tool, and one that the question names whole.
	nameless := oneTool && (by.Tool == "" || wording.ShownTool(by.Tool) != by.Tool)
	// A caller whom nobody verified gets no grant.
	once := call.Who.Kind == consent.Local || nameless
	// Nor does a verified one by a dialog: who is at this computer lets others use its secrets one use at a time.
	inDialog := m.permission(asked, by, once || call.Who.Kind != consent.Process)
	return consent.Words{
		Uses: needsOf(asked),
		Form: consent.Form{
			Message: m.permission(asked, by, once).Text,
			Choices: []string{m.sentences.Question.Allow, m.sentences.Question.AllowSession, m.sentences.Question.Deny},
		},
		Reason:     by.Reason,
		OnlyDialog: nameless || slices.ContainsFunc(asked, func(u use) bool { return u.def.Permission == field.Dialog }),
		OnlyOnce:   once,
		OneTool:    oneTool,
		Remember:   remember,
		Dialog:     func(ctx context.Context) (consent.Answer, error) { return m.askInDialog(ctx, inDialog) },
	}
}

// permission is the question whether asked may be used.
func (m *Manager) permission(asked []use, by wording.Requester, once bool) Question {
	by.Once = once
	return m.question(m.sentences.Permission(m.server, shownOf(asked), by), once)
}

// shownOf is what a question says of uses.
func shownOf(uses []use) []wording.Use {
	shown := make([]wording.Use, len(uses))
	for i, u := range uses {
		shown[i] = wording.Use{Field: visible(u.def.Field), Host: u.host}
	}
	return shown
}

// askedBy is the line by which a dialog or question says for whom it asks.
func (m *Manager) askedBy(who consent.Who) string {
	return m.sentences.AskedBy(who.Name, who.Kind == consent.Local)
}

func (m *Manager) question(lines []string, once bool) Question {
	q := m.sentences.Question
	question := Question{
		Title:           wording.Fill(q.Title, wording.Values{"server": m.server}),
		Text:            strings.Join(lines, "\n"),
		Allow:           q.Allow,
		AllowForSession: q.AllowSession,
		Deny:            q.Deny,
	}
	if once {
		question.AllowForSession = ""
	}
	return question
}

// askInDialog asks at this computer. A question that no window shows whole is not asked: the error is [consent.ErrUnshown].
func (m *Manager) askInDialog(ctx context.Context, q Question) (consent.Answer, error) {
	if !layout.Fits(q.Text) {
		return consent.Deny, consent.ErrUnshown
	}
	answer, err := m.prompter.Ask(ctx, q)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return consent.Deny, ErrDismissed // five minutes without a word
	case answer == AllowSession && q.AllowForSession == "":
		return consent.Deny, err // it was not offered
	}
	return consent.Answer(answer), m.notePrompter(ctx, err)
}

// A Grant is a use that a person allowed for the session, or beforehand.
type Grant struct {
	Principal string    // whose it is; "" is who started the server
	Account   string    // the account that has the secret; "" is the one without a name
	Secret    string    // the secret's name
	Tool      string    // the only tool it covers; "" covers every tool of the server
	Until     time.Time // zero: until the server ends
	Standing  bool      // it was given beforehand, by the command "secrets allow", for as long as its destination stays what it was
}

// Grants returns the live grants, sorted by principal, account, secret and tool. Those that were given beforehand are read from the
// store, and from the file that MCP_SECRETS_ALLOWED names, for which nobody is asked; what can't be read there counts for nothing, and
// is missing here.
func (m *Manager) Grants() []Grant {
	var grants []Grant
	for _, g := range m.desk.Grants() {
		grants = append(grants, Grant{Principal: g.Who.Name, Account: g.Entry.Account, Secret: g.Entry.Name, Tool: g.Tool, Until: g.Until})
	}
	grants = append(grants, m.standingGrants()...)
	slices.SortStableFunc(grants, func(a, b Grant) int {
		return cmp.Or(strings.Compare(a.Principal, b.Principal), strings.Compare(a.Account, b.Account), strings.Compare(a.Secret, b.Secret), strings.Compare(a.Tool, b.Tool))
	})
	return grants
}

// Revoke ends the grants for key in all accounts: its next use needs permission again. Permissions that were given beforehand until
// now count no more in this process; only "secrets disallow" removes them. The error is [ErrUnknownKey] or [ErrClosed].
func (m *Manager) Revoke(key AnyKey) error {
	def := key.definition()
	if err := m.admit(def); err != nil {
		return m.fail(context.Background(), err, def)
	}
	for _, def := range m.leaves([]*definition{def}) {
		m.standings.revoke(def.Name)
		m.desk.Revoke(def.Name)
	}
	return nil
}
