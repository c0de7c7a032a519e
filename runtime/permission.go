package secrets

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/dialog"
)

// This file says what a question for permission is about, and in which words it is asked. Whether it is asked, and what
// follows from the answer, is decided in package consent.

// A use is one secret that needs permission.
type use struct {
	def  *definition
	host string // how the question names where the value goes; "" where the schema does not say
	need consent.Use
}

// uses returns what of the first n findings needs permission: the rest are the destinations.
func (m *Manager) uses(found []finding, n int) []use {
	var uses []use
	for _, f := range found[:n] {
		if f.value == nil || !f.def.Asks() {
			continue
		}
		var destination Secret
		u := use{def: f.def}
		for _, to := range found {
			if address, ok := to.value.(*url.URL); ok && to.def.Name == f.def.SentTo {
				destination, u.host = to.text, hostOf(address)
			}
		}
		u.need = consent.Use{Secret: f.def.Name, Value: m.fingerprint(f.text, destination)}
		uses = append(uses, u)
	}
	return uses
}

// fingerprint is the same for the same value and destination, and tells nothing of them: it is keyed by chance.
func (m *Manager) fingerprint(text, destination Secret) [sha256.Size]byte {
	var parts [3 * sha256.Size]byte
	value, place := sha256.Sum256([]byte(text.Reveal())), sha256.Sum256([]byte(destination.Reveal()))
	copy(parts[:], m.salt()[:])
	copy(parts[sha256.Size:], value[:])
	copy(parts[2*sha256.Size:], place[:])
	return sha256.Sum256(parts[:])
}

func needsOf(uses []use) []consent.Use {
	needs := make([]consent.Use, len(uses))
	for i, u := range uses {
		needs[i] = u.need
	}
	return needs
}

// hostOf is how a question names where a value goes: with the scheme, where others can read along. The end of a host says
// whose it is, so what is too much for a dialog goes from its beginning.
func hostOf(address *url.URL) string {
	scheme, host := "", address.Host
	if address.Scheme != "https" {
		scheme = address.Scheme + "://"
	}
	if over := len(scheme) + len(host) - hostColumns; over > 0 {
		host = "…" + host[min(over+1, len(host)):]
	}
	return scheme + host
}

// words returns how to ask for some of the uses.
func (m *Manager) words(t *Turn, reason string, uses []use) func([]consent.Use) consent.Words {
	return func(needed []consent.Use) consent.Words {
		var shown []wording.Use
		onlyDialog := false
		for _, u := range uses {
			if slices.Contains(needed, u.need) {
				shown = append(shown, wording.Use{Field: fitting(u.def.Field), Host: dialog.Clean(u.host, 1, hostColumns)})
				onlyDialog = onlyDialog || u.def.Permission == field.Dialog
			}
		}
		named := t.call().Who.Kind == consent.Named
		scope, remember := wording.Covers(shown, named)
		oneTool := scope == field.ToolScope
		// A caller whom nobody verified gets no grant, and a grant for the tool that asks needs a tool.
		once := t.call().Who.Kind == consent.Local || oneTool && t.call().Tool == consent.Tool{}
		by := fittingRequester(wording.Requester{Tool: t.call().Tool.Name, Reason: reason, Once: once, Named: named})
		question := m.question(strings.Join(m.sentences.Permission(m.server, shown, by), "\n"), once)
		return consent.Words{
			Form:       consent.Form{Message: question.Text, Choices: []string{m.sentences.Question.Allow, m.sentences.Question.AllowSession, m.sentences.Question.Deny}},
			Reason:     reason,
			OnlyDialog: onlyDialog,
			OnlyOnce:   once,
			OneTool:    oneTool,
			Remember:   remember,
			Dialog:     func(ctx context.Context) (consent.Answer, error) { return m.askInDialog(ctx, question) },
		}
	}
}

func (m *Manager) question(text string, once bool) Question {
	q := m.sentences.Question
	question := Question{
		Title:           wording.Fill(q.Title, wording.Values{"server": m.server}),
		Text:            text,
		Allow:           q.Allow,
		AllowForSession: q.AllowSession,
		Deny:            q.Deny,
	}
	if once {
		question.AllowForSession = ""
	}
	return question
}

// askInDialog asks at this computer.
func (m *Manager) askInDialog(ctx context.Context, q Question) (consent.Answer, error) {
	answer, err := m.prompter.Ask(ctx, q)
	if errors.Is(err, context.DeadlineExceeded) {
		err = ErrDismissed // five minutes without a word
	}
	return consent.Answer(answer), m.notePrompter(ctx, err)
}

// A Grant is a use that the person allowed for the session.
type Grant struct {
	Principal string    // whose it is; "" is who started the server
	Secret    string    // the secret's name
	Tool      string    // the only tool it covers; "" covers every tool of the server
	Until     time.Time // zero: until the server ends
}

// Grants returns the live grants, sorted by principal, secret and tool.
func (m *Manager) Grants() []Grant {
	var grants []Grant
	for _, g := range m.desk.Grants() {
		grants = append(grants, Grant{g.Who.Name, g.Secret, g.Tool, g.Until})
	}
	return grants
}

// Revoke ends the grants for key: its next use needs permission again. The error is [ErrUnknownKey] or [ErrClosed].
func (m *Manager) Revoke(key AnyKey) error {
	def := key.definition()
	if err := m.admit(def); err != nil {
		return m.fail(context.Background(), err, def)
	}
	m.desk.Revoke(def.Name)
	return nil
}
