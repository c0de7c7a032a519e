package secrets

import (
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
	in := store.Scope{Server: i.server + "." + name}
	p := inside.Profile{Name: name, Service: keychain.Service(in.Server), Servers: namesakes(i.server, name)}
	for _, def := range i.kept() {
		for _, stored := range append([]string{def.Name}, def.RenamedFrom...) {
			text, err := i.values.read(ctx, in, stored)
			if errors.Is(err, ErrNotSet) {
				continue
			}
			if err != nil {
				return p, err
			}
			value, err := i.profileValue(ctx, def, stored, text)
			if err != nil {
				return p, err
			}
			p.Values = append(p.Values, value)
			break
		}
	}
	return p, nil
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
	in := store.Scope{Server: i.server + "." + p.Name}
	for _, value := range p.Values {
		same, err := i.isTakenOver(ctx, in, value)
		if err == nil && same {
			err = i.values.use(ctx, func(ctx context.Context) error { return i.values.store.Delete(ctx, in, value.Stored) })
		}
		switch {
		case errors.Is(err, ErrNotSet):
		case err != nil:
			return removed, i.values.noteFailure(ctx, value.Name, err)
		case same:
			removed = append(removed, value.Stored)
		}
	}
	return removed, nil
}

// isTakenOver reports whether a value is still in both places: somebody may have changed either meanwhile.
func (i insider) isTakenOver(ctx context.Context, in store.Scope, value inside.ProfileValue) (bool, error) {
	def, taken := i.names[value.Name], inside.Opened(value.Text)
	there, err := i.values.read(ctx, in, value.Stored)
	if err != nil || def.Clean(there) != taken {
		return false, err
	}
	here, err := i.values.lookup(ctx, def)
	return err == nil && here == taken, err
}
