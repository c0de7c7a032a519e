// Package store is what the tools, the prompt and the resource of the pet store do, for servers on any SDK: plain methods with
// plain results. A context that comes from a handler is all that a client or a getter needs to know who wants a secret.
package store

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/api"
	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/vault"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// A Store is a pet store, as its servers see it.
type Store struct {
	vault     *vault.Secrets
	withKey   *http.Client // sends the user's API key
	withLogin *http.Client // sends the user's name and password
}

// New returns the pet store that the user has set. Its requests go by base; nil is as the runtime has it.
func New(v *vault.Secrets, base *http.Transport) *Store {
	return &Store{
		vault:     v,
		withKey:   v.APIKeyClient("Look after the pets of your store", secrets.WithBase(base)),
		withLogin: v.LoginClient("Say who you are", secrets.WithBase(base)),
	}
}

// Open is New, with a pet store inside this process that takes a key. It is the one that is asked until the user sets another. Without
// a key, none is started, as in a server for a pet store of others.
func Open(v *vault.Secrets, acceptKey string) (*Store, error) {
	if acceptKey == "" {
		return New(v, nil), nil
	}
	base, err := api.Start(acceptKey)
	if err != nil {
		return nil, err
	}
	return New(v, base), nil
}

// CheckKey asks for the pets. It is for [secrets.Manager.Verify], and need not look at the status: the client does.
func (s *Store) CheckKey(ctx context.Context) error {
	_, err := s.ListPets(ctx)
	return err
}

// ListPets returns all pets, in the order that the user has set. The first request asks the user for the key, if it is missing, and for
// permission. An error says what the user can do, and becomes a result that a model can read.
func (s *Store) ListPets(ctx context.Context) (pets []api.Pet, err error) {
	order, err := s.vault.Order(ctx)
	if err != nil {
		return nil, err
	}
	err = call(ctx, s.withKey, http.MethodGet, "pets?order="+string(order), nil, &pets)
	return pets, err
}

// GetPet returns one pet.
func (s *Store) GetPet(ctx context.Context, id int) (pet api.Pet, err error) {
	err = call(ctx, s.withKey, http.MethodGet, "pets/"+strconv.Itoa(id), nil, &pet)
	return pet, err
}

// CreatePet adds a pet, and returns it as it is in the store. What it needs itself it gets by a getter, before it acts.
func (s *Store) CreatePet(ctx context.Context, pet api.Pet) (api.Pet, error) {
	contact, err := s.vault.Contact(ctx, "Say in your store whom to ask about the pet")
	if err != nil {
		return pet, err
	}
	pet.Contact = contact.Or("") // an optional one
	err = call(ctx, s.withKey, http.MethodPost, "pets", pet, &pet)
	return pet, err
}

// WhoAmI returns whose account it is. It is given the login: a server calls the getter before it, and it never runs without.
func (s *Store) WhoAmI(ctx context.Context, login vault.LoginSecrets) (account api.Account, err error) {
	err = call(ctx, s.withLogin, http.MethodGet, "accounts/"+url.PathEscape(login.Username), nil, &account)
	return account, err
}

// Care returns a prompt: how to care for the pets.
func (s *Store) Care(ctx context.Context) (string, error) {
	pets, err := s.ListPets(ctx)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	text.WriteString("Say in a few words how to care for each of these pets:\n")
	for _, p := range pets {
		fmt.Fprintf(&text, "- %s (%s, %d years old)\n", p.Name, p.Species, p.Age)
	}
	return text.String(), nil
}

// Inventory returns all pets as JSON.
func (s *Store) Inventory(ctx context.Context) (string, error) {
	pets, err := s.ListPets(ctx)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(pets)
	return string(text), err
}
