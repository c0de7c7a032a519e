package secrets

import (
	"context"
	"slices"
	"testing"
)

// What decides is asked for first, then where a value goes, then the value: all in one go, also where the url is missing only
// because of what was chosen.
func TestConditionalDestinationIsAskedForFirst(t *testing.T) {
	site := URL("site", Field{Permission: NoAsking, RequiredWhen: map[string][]string{"auth": {"basic"}}})
	token, password := Password("token", Field{Required: true}), Password("password", Field{Required: true, SentTo: "site"})
	auth := Choice[string]("auth", Field{Required: true, Permission: NoAsking, Choices: []string{"token", "basic"}, Members: map[string][]string{
		"token": {"token"}, "basic": {"password"},
	}})
	var asked []string
	m, store := victim(t, answers{enter: func(_ context.Context, e Entry) (string, error) {
		typed := map[string]string{"x: auth": "basic", "x: site": "https://site.example", "x: password": "hunter22"}
		asked = append(asked, e.Title)
		return typed[e.Title], nil
	}, ask: func(context.Context, Question) (Answer, error) { return AllowOnce, nil }}, site, token, password, auth)
	store.Map.Clear()
	var chosen string
	var value Secret
	err := GetGroup(m.Background(t.Context()), m, "", Together(func(bool) {}, auth.Into(&chosen), token.Into(new(Secret)), password.Into(&value)))
	if err != nil || chosen != "basic" || value.Reveal() != "hunter22" {
		t.Fatal(chosen, err)
	}
	if want := []string{"x: auth", "x: site", "x: password"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
}

// Keys that were written by hand can't say what a schema can't.
func TestDependenciesOfHandWrittenKeys(t *testing.T) {
	member := Password("member", Field{Required: true})
	oneOf := func(name string, members map[string][]string) AnyKey {
		return Choice[string](name, Field{Choices: []string{"a", "b"}, Members: members})
	}
	for what, keys := range map[string][]AnyKey{
		"a member that is no key":         {oneOf("o", map[string][]string{"a": {"nothing"}})},
		"a member that may be unset":      {oneOf("o", map[string][]string{"a": {"x"}}), Password("x", Field{})},
		"a member of two":                 {member, oneOf("o", map[string][]string{"a": {"member"}}), oneOf("p", map[string][]string{"b": {"member"}})},
		"a member twice":                  {member, oneOf("o", map[string][]string{"a": {"member"}, "b": {"member"}})},
		"members of no choice":            {member, oneOf("o", map[string][]string{"c": {"member"}})},
		"a setting that is no key":        {Password("x", Field{RequiredWhen: map[string][]string{"nothing": {"a"}}})},
		"together with what is no key":    {Password("x", Field{With: []string{"nothing"}})},
		"a one_of that is its own member": {oneOf("o", map[string][]string{"a": {"o"}})},
	} {
		if _, err := define(keys); err == nil {
			t.Errorf("%s is accepted", what)
		}
	}
}

// Keys in a circle end, and require nothing.
func TestCircleOfHandWrittenKeys(t *testing.T) {
	a := Boolean("a", Field{Permission: NoAsking, RequiredWhen: map[string][]string{"b": {"true"}}})
	b := Boolean("b", Field{Permission: NoAsking, RequiredWhen: map[string][]string{"a": {"true"}}})
	m, store := victim(t, answers{}, a, b)
	store.Map.Clear()
	if got, err := GetOptional(m.Background(t.Context()), m, a, ""); err != nil || got.IsSet() {
		t.Fatal(got, err)
	}
}
