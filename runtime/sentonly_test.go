package secrets_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/reach"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// An option is nothing that code of the server's could write itself: a function of one type parameter can be one of any function type,
// also of an internal type's, whose exported fields package reflect then reads and changes.
func TestOptionsAreOpaque(t *testing.T) {
	for _, option := range []reflect.Type{
		reflect.TypeFor[secrets.TransportOption](), reflect.TypeFor[secrets.Option](), reflect.TypeFor[secrets.Binding](), reflect.TypeFor[secrets.Delivery](),
		reflect.TypeOf(secrets.Transport(nil, bearer, "", nil)), reflect.TypeOf(secrets.PerRPC(nil, sentKey, "", peerHere)),
	} {
		if way := wayIn(option); way != "" {
			t.Errorf("%s: %s is open", option, way)
		}
	}
}

// wayIn names an exported field of t, or of what t is a function of.
func wayIn(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Func:
		for i := range t.NumIn() {
			if way := wayIn(t.In(i)); way != "" {
				return way
			}
		}
	case reflect.Pointer:
		return wayIn(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() {
				return t.String() + "." + f.Name
			}
		}
	}
	return ""
}

// The side door for the packages of this module can be called by any other: what it returns leads to no text.
func TestSideDoorGivesNoText(t *testing.T) {
	s := openSending(t)
	s.store.Put("petstore.work", "api_key", otherValue)
	door, ctx := s.Inside(), t.Context()
	profile, err := door.Profile(ctx, "work")
	if err != nil || len(profile.Values) != 1 {
		t.Fatalf("%v, %d values", err, len(profile.Values))
	}
	setting, _ := door.Setting(ctx, "api_key")
	stored, _ := door.Stored(ctx)
	s.store.Put("petstore", "api_key", otherValue+"\x00")
	invalid := door.Check(ctx, "api_key")
	for name, got := range map[string]any{"Profile": profile, "Setting": setting, "Stored": stored, "Fields": door.Fields(), "Check": invalid} {
		if way := reach.Text(got, func(text string) bool { return strings.Contains(text, otherValue) || strings.Contains(text, sentValue) }); way != "" {
			t.Errorf("%s: %s", name, way)
		}
	}
}

// No other key reads what is stored for one, under its name or a former one.
func TestNoKeyHasTheNameOfAnother(t *testing.T) {
	other := func(former ...string) secrets.AnyKey {
		return secrets.Password("other", secrets.Field{RenamedFrom: former})
	}
	renamed := secrets.Password("renamed", secrets.Field{RenamedFrom: []string{"old"}, SentTo: "base_url", SentAs: bearer, Unrevealed: true})
	for name, keys := range map[string][]secrets.AnyKey{
		"a present name":        {sentURL, sentKey, other("api_key")},
		"in the other order":    {other("x", "api_key"), sentURL, sentKey},
		"a former name":         {sentURL, renamed, other("old")},
		"its own":               {other("other")},
		"the same former twice": {other("old", "old")},
	} {
		if openKeys(keys...) == nil {
			t.Errorf("%s: opens", name)
		}
	}
	if err := openKeys(sentURL, renamed, other("older", "oldest")); err != nil {
		t.Error(errors.Unwrap(err), err)
	}
}
