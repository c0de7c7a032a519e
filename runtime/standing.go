package secrets

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/standing"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/userlock"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// Where nobody can be asked, a person has given their word beforehand, in a terminal: see the command "secrets allow". Here such a
// permission is looked for before anybody is asked. It is never kept in memory: each use reads it again.

// allowedVariable names a file of permissions, for where no store can be written.
const allowedVariable = "MCP_SECRETS_ALLOWED"

// standingPatience bounds how long a question waits for what may make it needless.
const standingPatience = 5 * time.Second

// standings is what a manager knows of permissions that were given beforehand, beside the permissions themselves.
type standings struct {
	refused bool // by the server's author
	clock   standing.Clock

	mu      sync.Mutex
	revoked map[string]time.Time // of each secret, when what had been given until then was revoked
	told    map[string]string    // of each place, which trouble the log has already
}

// revoke has what was given for a secret until now count for nothing, in this process.
func (s *standings) revoke(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.revoked == nil {
		s.revoked = map[string]time.Time{}
	}
	s.revoked[secret] = time.Now()
}

// counts returns why p counts for nothing now, or nil.
func (s *standings) counts(p standing.Permission) error {
	s.mu.Lock()
	revoked, ok := s.revoked[p.Secret]
	s.mu.Unlock()
	if ok && !p.Made.After(revoked) {
		return errors.New("it was revoked")
	}
	return s.clock.Counts(p)
}

// isNews reports whether a trouble with a place is another than the last one.
func (s *standings) isNews(place, trouble string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told == nil {
		s.told = map[string]string{}
	}
	last, wasTold := s.told[place]
	s.told[place] = trouble
	return trouble != "" && !(wasTold && last == trouble)
}

// beforehand returns how a use of the findings that are used was allowed beforehand, for [consent.Desk.Permit].
func (m *Manager) beforehand(call *consent.Call, used, found []finding) func(context.Context, []consent.Use) []string {
	return func(ctx context.Context, needed []consent.Use) []string {
		how := make([]string, len(needed))
		var all []standing.Permission
		for _, f := range used {
			if f.value == nil || !m.stands(f.def) || !mayStand(call.Who) {
				continue
			}
			u := m.use(f, found)
			i := slices.Index(needed, u.need)
			if i < 0 {
				continue
			}
			if all == nil {
				all = append(m.standingHere(ctx), standing.Permission{}) // which covers nothing, and is not nil
			}
			how[i] = m.allowedBy(all, m.standingUse(call, u))
		}
		return how
	}
}

// stands reports whether a use of def can be allowed beforehand: neither the schema nor the server's author forbids it.
func (m *Manager) stands(def *definition) bool { return def.Stands() && !m.standings.refused }

// allStand reports whether a use of each of some secrets can be allowed beforehand.
func (m *Manager) allStand(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return m.names[name] == nil || !m.stands(m.names[name]) })
}

// mayStand reports whether who calls can be somebody for whom a permission was given: who started the server, or whom the server's
// code verified. All others may be anybody.
func mayStand(who consent.Who) bool { return who.Kind == consent.Process || who.Kind == consent.Named }

func (m *Manager) standingUse(call *consent.Call, u use) standing.Use {
	return standing.Use{
		Subject: standing.Subject{
			Server: m.server, Principal: call.Who.Name, Account: u.need.Entry.Account,
			Secret: u.def.Name, Tool: call.Tool.Name, To: u.to(),
		},
		IsTool:  call.Tool.Kind == "tool",
		OneTool: u.def.Scope == field.ToolScope,
	}
}

// to is where a value goes, as the question names it, and whether that may be without encryption. Nothing in a host can't be seen,
// since no value has such characters, so that two hosts never have one name.
func (u use) to() string {
	if u.def.Insecure && len(u.def.SentHosts) > 0 {
		return u.host + " without encryption"
	}
	return u.host
}

// allowedBy says how a use was allowed by one of the permissions that counts, or "".
func (m *Manager) allowedBy(all []standing.Permission, u standing.Use) string {
	for _, p := range all {
		if p.Covers(u) && m.standings.counts(p) == nil {
			return "allowed in a terminal on " + standing.Date(p.Made)
		}
	}
	return ""
}

// standingHere returns the permissions of this server that can be read, wherever they are. What can't be is as if it were not there, so
// that somebody is asked; the log says why.
func (m *Manager) standingHere(ctx context.Context) (all []standing.Permission) {
	ctx, cancel := context.WithTimeout(ctx, standingPatience)
	defer cancel()
	for _, place := range m.standingPlaces(ctx) {
		trouble := ""
		if place.Err != nil {
			trouble = place.Err.Error()
		}
		if m.standings.isNews(place.Place, trouble) {
			m.log.LogAttrs(ctx, slog.LevelWarn, "the permissions that were given beforehand can't be read: none of them counts",
				slog.String("server", m.server), slog.String("where", place.Place), slog.String("cause", m.guard().Text(trouble)))
		}
		all = append(all, place.Permissions...)
	}
	return all
}

// standingPlaces returns what this server has in the file that the environment names, and in the store.
func (m *Manager) standingPlaces(ctx context.Context) (places []inside.Standing) {
	add := func(place string, isFile bool, found []standing.Permission, err error) {
		found = slices.DeleteFunc(found, func(p standing.Permission) bool { return p.Server != m.server })
		places = append(places, inside.Standing{Place: place, IsFile: isFile, Permissions: found, Err: err})
	}
	if path := os.Getenv(allowedVariable); path != "" {
		found, err := standing.ReadFile(path)
		add(path, true, found, err)
	}
	found, err := m.values.standing(ctx)
	add(m.values.store.Place(), false, found, err)
	return places
}

// standing returns the permissions that the store has. To look for them is no reason to ask the user for a password.
func (v *values) standing(ctx context.Context) ([]standing.Permission, error) {
	var text string
	in := store.Scope{Server: v.server}
	err := v.use(keychain.Quietly(ctx), func(ctx context.Context) (err error) {
		text, err = v.store.Get(ctx, in, standing.Entry.Name)
		return err
	})
	if errors.Is(err, ErrNotSet) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return standing.Decode(text)
}

// changeStanding replaces the permissions that the store has by what change makes of them.
func (v *values) changeStanding(ctx context.Context, change func([]standing.Permission) []standing.Permission) error {
	all, err := v.standing(ctx)
	if err != nil && !errors.Is(err, standing.ErrBroken) {
		return v.noteFailure(ctx, standing.Entry.Name, err)
	}
	in := store.Scope{Server: v.server}
	all = change(all)
	text, err := standing.Encode(all)
	if err != nil {
		return err
	}
	err = v.use(ctx, func(ctx context.Context) error {
		if len(all) == 0 {
			return v.store.Delete(ctx, in, standing.Entry.Name)
		}
		return v.store.Set(ctx, in, standing.Entry.Name, text)
	})
	switch {
	case errors.Is(err, ErrNotSet):
		return nil
	case errors.Is(err, store.ErrReadOnly):
		return store.ErrReadOnly
	}
	return v.noteFailure(ctx, standing.Entry.Name, err)
}

// destinations returns where a value of def can go, as the settings are now: by itself, and in each url that is made of it. The
// error is [ErrNotSet] of what says so and is not set.
func (m *Manager) destinations(ctx context.Context, def *definition) (to []string, err error) {
	for _, whole := range m.ordered {
		if whole != def && !(whole.isDerived() && slices.Contains(m.leaves([]*definition{whole}), def)) {
			continue
		}
		where, err := m.destinationsIn(ctx, def, whole)
		if err != nil {
			return nil, err
		}
		to = append(to, where...)
	}
	slices.Sort(to)
	return slices.Compact(to), nil
}

// destinationsIn returns where a value of def goes as a part of whole, which may be itself.
func (m *Manager) destinationsIn(ctx context.Context, def, whole *definition) (to []string, err error) {
	all := m.withNeeded(m.withParts([]*definition{whole}))
	found, err := m.read(ctx, all, nil)
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		if f.value == nil && f.def.Name == def.SentTo {
			return nil, about(ErrNotSet, m.values.entry(ctx, f.def))
		}
	}
	if whole == def && !def.GoesToItself() {
		found[0].value = "" // where it goes does not depend on it
	}
	if found[0].value == nil && !found[0].elsewhere && (whole == def || whole.Type == field.URL) {
		return nil, about(ErrNotSet, m.values.entry(ctx, whole))
	}
	for _, f := range used(found, 1) {
		if f.def == def {
			to = append(to, m.use(f, found).to())
		}
	}
	return to, nil
}

// standingGrants is [Manager.Grants] of a permission that counts.
func (m *Manager) standingGrants() (grants []Grant) {
	if m.standings.refused || m.desk.Closed() != nil {
		return nil
	}
	for _, p := range m.standingHere(context.Background()) {
		def := m.names[p.Secret]
		if def == nil || !def.Stands() || m.standings.counts(p) != nil {
			continue
		}
		grants = append(grants, Grant{Principal: p.Principal, Account: p.Account, Secret: p.Secret, Tool: p.Tool, Until: p.Until, Standing: true})
	}
	return grants
}

// cannotStand returns why a use of a secret can't be allowed beforehand, in words that continue its name, or "".
func (m *Manager) cannotStand(def *definition) string {
	switch {
	case !def.Asks():
		return "needs no permission"
	case m.standings.refused:
		return "is only used after a question: the server's author has its use allowed at no other time"
	case !def.Stands() && def.Standing == "":
		return "is only used after a question in a dialog: the schema wants no other word"
	case !def.Stands():
		return "is only used after a question: the schema has standing: false"
	}
	return ""
}

// Destinations implements [inside.Manager].
func (i insider) Destinations(ctx context.Context, of store.Entry) ([]string, error) {
	return i.destinations(i.values.in(ctx, of.Account), i.names[of.Name])
}

// CannotStand implements [inside.Manager].
func (i insider) CannotStand(name string) string { return i.cannotStand(i.names[name]) }

// StandingCounts implements [inside.Manager].
func (i insider) StandingCounts(p standing.Permission) error { return i.standings.counts(p) }

// Standing implements [inside.Manager].
func (i insider) Standing(ctx context.Context) []inside.Standing { return i.standingPlaces(ctx) }

// ChangeStanding implements [inside.Manager].
func (i insider) ChangeStanding(ctx context.Context, file string, change func([]standing.Permission) []standing.Permission) error {
	waiting, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	unlock, err := userlock.Lock(waiting, "", "allowed")
	if err != nil {
		return err
	}
	defer unlock()
	if file != "" {
		return standing.ChangeFile(file, change)
	}
	return i.values.changeStanding(ctx, change)
}

// lockPatience is how long another command may take that changes the permissions.
const lockPatience = 10 * time.Second
