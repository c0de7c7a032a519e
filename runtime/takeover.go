package secrets

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/chosen"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// This file takes values over from another store than the one in which they are kept. Begin at [insider.Source]. Whoever has a
// manager can call it: a value leaves it sealed.

// A source is a store from which values are taken over.
type source struct {
	store.Store
	in store.Scope // whose values it has
}

// openSource opens a source, which the caller closes.
func (i insider) openSource(ctx context.Context, from string) (source, error) {
	s, err := i.sources.OpenOne(from)
	if err != nil {
		return source{}, &inside.SourceError{Text: err.Error()}
	}
	for _, own := range chosen.All(i.values.store) {
		if own.Place() == s.Place() {
			return source{}, errors.Join(&inside.SourceError{Text: "this server's secrets are in " + s.Place() + " already"}, closeStore(s))
		}
	}
	in := i.values.scope(ctx)
	if from == string(Env) {
		in.Account = "" // it has no other
	}
	return source{s, in}, nil
}

func closeStore(s store.Store) error {
	if closer, ok := s.(store.Closer); ok {
		return closer.Close()
	}
	return nil
}

// Source implements [inside.Manager].
func (i insider) Source(ctx context.Context, from string) (inside.Source, error) {
	s, err := i.openSource(ctx, from)
	if err != nil {
		return inside.Source{}, err
	}
	defer closeStore(s.Store)
	found := inside.Source{From: from, Place: s.Place()}
	for _, def := range i.kept() {
		value, err := i.sourceValue(ctx, s, def)
		switch {
		case errors.Is(err, ErrNotSet):
		case err != nil:
			return found, err
		default:
			value.Where = s.where(from, value)
			found.Values = append(found.Values, value)
		}
	}
	return found, nil
}

// where says where a person finds a value.
func (s source) where(from string, value inside.ProfileValue) string {
	if environment, ok := s.Store.(interface{ Variables(name string) []string }); ok {
		return strings.Join(environment.Variables(value.Stored), ", ")
	}
	if dir, ok := strings.CutPrefix(from, string(Files)+":"); ok {
		return filepath.Join(dir, s.in.Account, value.Stored)
	}
	return value.Stored
}

// sourceValue reads a value under its name or a former one, and compares it with what the server has. One that can't be read says
// nothing of the others.
func (i insider) sourceValue(ctx context.Context, s source, def *definition) (inside.ProfileValue, error) {
	for _, stored := range def.Names() {
		text, err := i.readSource(ctx, s, stored)
		switch {
		case errors.Is(err, ErrNotSet):
			continue
		case err != nil && isOfOneValue(err):
			return inside.ProfileValue{Name: def.Name, Stored: stored, Err: err}, nil
		case err != nil:
			return inside.ProfileValue{}, err
		}
		return i.profileValue(ctx, def, stored, text)
	}
	return inside.ProfileValue{}, ErrNotSet
}

func (i insider) readSource(ctx context.Context, s source, name string) (string, error) {
	text, err := i.values.readFrom(ctx, s.Store, s.in, name)
	return text, s.at(err)
}

// at says which store an error is of.
func (s source) at(err error) error {
	if err == nil || errors.Is(err, ErrNotSet) {
		return err
	}
	return &chosen.Error{At: s.Store, Err: err}
}

// TakeOver implements [inside.Manager].
func (i insider) TakeOver(ctx context.Context, values []inside.ProfileValue) (failed string, err error) {
	var names []string
	texts := map[string]string{}
	for _, value := range values {
		text := inside.Opened(value.Text)
		now, err := i.values.own(ctx, i.names[value.Name])
		switch {
		case err != nil && !errors.Is(err, ErrNotSet):
			return value.Name, err
		case err == nil && now != text && !value.IsOther:
			return value.Name, inside.ErrTaken
		}
		names, texts[value.Name] = append(names, value.Name), text
	}
	return i.PutAll(ctx, names, texts)
}

// RemoveFromSource implements [inside.Manager].
func (i insider) RemoveFromSource(ctx context.Context, from inside.Source) (removed []string, err error) {
	s, err := i.openSource(ctx, from.From)
	if err != nil {
		return nil, err
	}
	defer closeStore(s.Store)
	return i.removeAll(ctx, s, from.Values)
}

// removeAll removes from a source those of its values that are here, and returns under which names.
func (i insider) removeAll(ctx context.Context, s source, values []inside.ProfileValue) (removed []string, err error) {
	for _, value := range values {
		err := i.removeFromSource(ctx, s, value)
		switch {
		case err == nil:
			removed = append(removed, value.Stored)
		case !errors.Is(err, ErrNotSet):
			return removed, err
		}
	}
	return removed, nil
}

// removeFromSource removes a value that is still the same in both places, or returns an ErrNotSet. Two names can be one store's, as
// by a link: what is then gone here is put back.
func (i insider) removeFromSource(ctx context.Context, s source, value inside.ProfileValue) error {
	def, taken := i.names[value.Name], inside.Opened(value.Text)
	there, err := i.readSource(ctx, s, value.Stored)
	if err != nil {
		return err
	}
	if here, err := i.values.lookup(ctx, def); err != nil || here != taken || def.Clean(there) != taken {
		return cmp.Or(err, ErrNotSet)
	}
	err = i.values.use(ctx, func(ctx context.Context) error { return s.Delete(ctx, s.in, value.Stored) })
	if err != nil {
		return s.at(i.values.noteFailure(ctx, value.Name, err))
	}
	if _, err := i.values.lookup(ctx, def); errors.Is(err, ErrNotSet) {
		return errors.Join(&inside.SourceError{Text: s.Place() + " is where this server's secrets are"}, i.values.put(ctx, def, taken))
	}
	return nil
}

// Failing implements [inside.Manager].
func (i insider) Failing(ctx context.Context, cause error, names ...string) (place, guide string) {
	at := i.failing(cause).At
	return at.Place(), i.values.guide(at, i.values.entries(ctx, i.named(names)))
}
