package secrets

import (
	"cmp"
	"context"
	"errors"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/content"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// This file reads what earlier versions kept for a profile: a second set of values of one server, under a service name of its
// own, which another server could have as well. Nothing is stored there any more.

// Profile implements [inside.Manager].
func (i insider) Profile(ctx context.Context, name string) (inside.Profile, error) {
	s := i.profile(name)
	p := inside.Profile{Name: name, Service: keychain.Service(s.in.Server), Servers: namesakes(i.server, name)}
	for _, def := range i.kept() {
		value, err := i.sourceValue(ctx, s, def)
		switch err = cmp.Or(err, value.Err); {
		case errors.Is(err, ErrNotSet):
		case err != nil:
			return p, err
		default:
			p.Values = append(p.Values, value)
		}
	}
	return p, nil
}

// profile is what an earlier version kept for a profile, as a source: in the same store, as if it were another server's.
func (i insider) profile(name string) source {
	return source{i.values.store, store.Scope{Server: i.server + "." + name}}
}

// profileValue compares a value of a profile with what the server has.
func (i insider) profileValue(ctx context.Context, def *definition, stored, text string) (inside.ProfileValue, error) {
	text = def.Clean(text)
	now, err := i.values.lookup(ctx, def)
	isSet := err == nil
	if errors.Is(err, ErrNotSet) {
		err = nil
	}
	return inside.ProfileValue{
		Name: def.Name, Stored: stored, Text: inside.Sealed(text), Problem: content.Check(def.Field, text),
		IsHere: isSet && now == text, IsOther: isSet && now != text,
	}, err
}

// namesakes are the servers that could store under the same name as the profile of a server.
func namesakes(server, profile string) (servers []string) {
	all := server + "." + profile
	for at, r := range all {
		if r == '.' && all[:at] != server && at > 0 {
			servers = append(servers, all[:at])
		}
	}
	return append(servers, all)
}

// PutNew implements [inside.Manager].
func (i insider) PutNew(ctx context.Context, name, text string) error {
	switch _, err := i.values.lookup(ctx, i.names[name]); {
	case errors.Is(err, ErrNotSet):
		return i.values.put(ctx, i.names[name], text)
	case err != nil:
		return err
	}
	return inside.ErrTaken
}

// TakeBack implements [inside.Manager].
func (i insider) TakeBack(ctx context.Context, name, text string) error {
	now, err := i.values.get(ctx, name)
	switch {
	case errors.Is(err, ErrNotSet), err == nil && now != text:
		return nil
	case err != nil:
		return err
	}
	i.values.renew(i.values.entry(ctx, i.names[name]))
	return i.values.delete(ctx, name)
}

// RemoveFromProfile implements [inside.Manager].
func (i insider) RemoveFromProfile(ctx context.Context, p inside.Profile) (removed []string, err error) {
	return i.removeAll(ctx, i.profile(p.Name), p.Values)
}
