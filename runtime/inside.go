package secrets

import (
	"context"
	"log/slog"
	"slices"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/content"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
)

// Inside is the side door for the other packages of this module: the adapters and the terminal command. Its type is
// internal, and may change in any version.
func (m *Manager) Inside() inside.Manager { return insider{m} }

// insider is the [inside.Manager] of a manager.
type insider struct{ *Manager }

func (i insider) Guard() *guard.Guard          { return i.guard() }
func (i insider) Install()                     { i.installed.Store(true) }
func (i insider) Serving()                     { i.serving.Do(i.clearAtStart) }
func (i insider) Tools() []inside.Tool         { return i.tools() }
func (i insider) Server() string               { return i.server }
func (i insider) Program() string              { return i.command }
func (i insider) HasTerminal()                 { i.hasTerminal.Store(true) }
func (i insider) Sentences() wording.Sentences { return i.sentences }

// Runs implements [inside.Manager].
func (i insider) Runs(ctx context.Context) bool {
	t := i.found(ctx)
	return t != nil && !t.background
}

// Warn implements [inside.Manager].
func (i insider) Warn(ctx context.Context, text string) {
	i.log.LogAttrs(ctx, slog.LevelWarn, text, slog.String("server", i.server))
}

// Place implements [inside.Manager].
func (i insider) Place() string { return i.values.store.Place() }

// PlaceInFull implements [inside.Manager].
func (i insider) PlaceInFull() string {
	place := i.values.store.Place()
	if _, ok := i.values.store.(keychain.Store); ok {
		place += " (" + keychain.Service(i.server) + ")"
	}
	return place
}

// Fields returns the fields of the schema, with texts that fit a line of a terminal as they fit a dialog.
func (i insider) Fields() []field.Field {
	fields := make([]field.Field, len(i.ordered))
	for n, def := range i.ordered {
		fields[n] = visible(def.Field)
	}
	return fields
}

func (i insider) Check(ctx context.Context, name string) error {
	text, err := i.values.lookup(ctx, i.names[name])
	if err != nil {
		return err
	}
	return content.Check(i.names[name].Field, text)
}

func (i insider) IsAsked(ctx context.Context, name string, entered map[string]string) bool {
	glance, ctx := i.glance(ctx)
	glance.entered = entered
	return glance.isAsked(ctx, i.names[name])
}

func (i insider) IsUnused(ctx context.Context, name string) bool {
	glance, ctx := i.glance(ctx)
	return glance.isUnused(ctx, i.names[name])
}

func (i insider) MemberOf(name string) string {
	member, ok := i.members[i.names[name]]
	if !ok {
		return ""
	}
	return member.oneOf.Name + ": " + member.oneOf.Named(member.alternative)
}

func (i insider) Setting(ctx context.Context, name string) (string, error) {
	if i.names[name].Unrevealed {
		return "", nil // any package can ask here
	}
	return i.values.setting(ctx, i.names[name])
}

func (i insider) Put(ctx context.Context, name, text string) error {
	return i.values.put(ctx, i.names[name], text)
}

// PutAll implements [inside.Manager].
func (i insider) PutAll(ctx context.Context, names []string, values map[string]string) (failed string, err error) {
	var steps []func(context.Context)
	for _, name := range slices.Backward(names) {
		step, err := collected(i).replace(ctx, i.names[name], values[name])
		if step != nil {
			steps = append(steps, step)
		}
		if err != nil {
			for _, step := range slices.Backward(steps) {
				step(context.WithoutCancel(ctx))
			}
			return name, err
		}
	}
	return "", nil
}

func (i insider) Remove(ctx context.Context, name string) error {
	return i.values.remove(ctx, i.names[name])
}

func (i insider) Stored(ctx context.Context) ([]string, error) {
	return i.values.stored(ctx, i.kept())
}
func (i insider) Clear(ctx context.Context) error        { return i.clear(ctx) }
func (i insider) ClearAccount(ctx context.Context) error { return i.values.clearAccount(ctx) }

// In implements [inside.Manager].
func (i insider) In(ctx context.Context, account string) context.Context {
	return i.values.in(ctx, account)
}

// AccountOf implements [inside.Manager].
func (i insider) AccountOf(ctx context.Context) string { return i.values.account(ctx) }

// Accounts implements [inside.Manager].
func (i insider) Accounts(ctx context.Context) ([]string, error) {
	if err := i.admitAccount(ctx, ""); err != nil {
		return nil, err
	}
	return i.values.accounts(ctx)
}

func (i insider) Fail(cause error, names ...string) error {
	defs := make([]*definition, len(names))
	for n, name := range names {
		defs[n] = i.names[name]
	}
	return i.fail(context.Background(), cause, defs...)
}

func (i insider) KeepOnStart() (clears bool) {
	i.values.clearing <- struct{}{}
	i.values.kept = true
	<-i.values.clearing
	return isOn(clearVariable)
}
