// Package store is what the tools, the prompt and the resource of the pet store do, for servers on any SDK: plain methods with
// plain results. A context that comes from a handler is all that a getter needs to know who wants a secret.
package store

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
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
	vault *vault.Secrets
	api   *url.URL // where base_url is not set
}

// New returns the pet store at an address, and at that which the user sets.
func New(v *vault.Secrets, api *url.URL) *Store { return &Store{v, api} }

// Open is New with the address as a text. Without one, it starts a pet store inside this process, which takes a key.
func Open(v *vault.Secrets, address, acceptKey string) (*Store, error) {
	var at *url.URL
	var err error
	if address == "" {
		at, err = api.Start(acceptKey)
	} else {
		at, err = vault.ValidateBaseURL(address)
	}
	return New(v, at), err
}

// A method can call a getter where it needs it ...

// ListPets returns all pets.
func (s *Store) ListPets(ctx context.Context) ([]api.Pet, error) {
	key, err := s.vault.APIKey(ctx, "List the pets of your store")
	if err != nil {
		return nil, err // says what the user can do, and becomes a result that a model can read
	}
	return s.pets(ctx, key)
}

// GetPet returns one pet.
func (s *Store) GetPet(ctx context.Context, id int) (pet api.Pet, err error) {
	key, err := s.vault.APIKey(ctx, "Read one pet of your store")
	if err != nil {
		return pet, err
	}
	err = s.call(ctx, key, http.MethodGet, "pets/"+strconv.Itoa(id), nil, &pet)
	return pet, err
}

// ... or be given the values. The server's getter is then called before it, and it never runs without them.

// CreatePet adds a pet, and returns it as it is in the store.
func (s *Store) CreatePet(ctx context.Context, pet api.Pet, v vault.NewPetSecrets) (api.Pet, error) {
	pet.Contact = v.Contact.Or("") // an optional one
	err := s.call(ctx, v.APIKey, http.MethodPost, "pets", pet, &pet)
	return pet, err
}

// WhoAmI returns whose account it is.
func (s *Store) WhoAmI(ctx context.Context, login vault.LoginSecrets) (account api.Account, err error) {
	request, err := s.request(ctx, http.MethodGet, "account", nil)
	if err != nil {
		return account, err
	}
	request.SetBasicAuth(login.Username, login.Password.Reveal())
	s.vault.Manager.Mask(ctx, request.Header.Get("Authorization")) // made of the password, and as secret
	err = send(request, &account)
	if errors.Is(err, errUnauthorized) {
		_ = s.vault.Manager.Reject(ctx, vault.KeyUsername(), "The pet store does not know this name and password.")
		err = s.vault.Manager.Reject(ctx, vault.KeyPassword(), "The pet store does not know this name and password.")
	}
	return account, err
}

// Care returns a prompt: how to care for the pets.
func (s *Store) Care(ctx context.Context, key secrets.Secret) (string, error) {
	pets, err := s.pets(ctx, key)
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
func (s *Store) Inventory(ctx context.Context, key secrets.Secret) (string, error) {
	pets, err := s.pets(ctx, key)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(pets)
	return string(text), err
}

// Leaks gives the key away, as a tool might by mistake, in the ways in which keys turn up in results. What arrives is masked.
func Leaks(key secrets.Secret) map[string]string {
	text := key.Reveal()
	inJSON, _ := json.Marshal(map[string]string{"key": text}) // always works
	return map[string]string{
		"printed":    "the key is " + text + ".",
		"header":     "Authorization: Bearer " + text,
		"query":      "https://petstore.example/pets?" + url.Values{"key": {text}}.Encode(),
		"json":       string(inJSON),
		"base64":     base64.StdEncoding.EncodeToString([]byte(text)),
		"base64 url": base64.RawURLEncoding.EncodeToString([]byte("keeper:" + text)),
		"hex":        hex.EncodeToString([]byte(text)),
		"HEX":        strings.ToUpper(hex.EncodeToString([]byte(text))),
		"percent":    "%" + strings.Join(strings.Split(fmt.Sprintf("% x", text), " "), "%"),
		"first half": text[:len(text)/2+len("pets-")],
	}
}
