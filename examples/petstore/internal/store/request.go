package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/api"
	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/vault"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// pets asks the store for all pets, in the order that the user has set.
func (s *Store) pets(ctx context.Context, key secrets.Secret) (pets []api.Pet, err error) {
	order, err := s.vault.Order(ctx)
	if err != nil {
		return nil, err
	}
	err = s.call(ctx, key, http.MethodGet, "pets?order="+string(order), nil, &pets)
	return pets, err
}

// call asks the store, with the key, and decodes its answer. If the store does not take the key, the next getter asks the
// user for another one, and says why.
func (s *Store) call(ctx context.Context, key secrets.Secret, method, path string, body, answer any) error {
	request, err := s.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+key.Reveal())
	err = send(request, answer)
	if errors.Is(err, errUnauthorized) {
		return s.vault.Manager.Reject(ctx, vault.KeyAPIKey(), "The pet store does not know this key.")
	}
	return err
}

// request makes a request to the store: the one that the user has set, else the one that the server was started with.
func (s *Store) request(ctx context.Context, method, path string, body any) (*http.Request, error) {
	baseURL, err := s.vault.BaseURL(ctx)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	base := strings.TrimSuffix(baseURL.Or(s.api).String(), "/")
	return http.NewRequestWithContext(ctx, method, base+"/"+path, bytes.NewReader(text))
}

// httpClient follows no redirect: the user was told where the key goes.
var httpClient = &http.Client{
	Timeout:       10 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// Only the first of these is a rejection. With 403 the store knows who asks: asking the user for another value would lose a good
// one, which may do other things. With 429 it knows too, and wants nothing but time.
var (
	errUnauthorized = errors.New("the pet store does not know you")
	errForbidden    = errors.New("the pet store knows you, and does not let you do this; a user who has another key or password for it " +
		"stores that one with `petstore secrets set`")
	errTooOften = errors.New("the pet store was asked too often; wait before you call again")
)

// send sends the request and decodes the answer.
func send(request *http.Request, answer any) error {
	response, err := httpClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	switch {
	case err != nil:
		return err
	case response.StatusCode == http.StatusUnauthorized:
		return errUnauthorized
	case response.StatusCode == http.StatusForbidden:
		return errForbidden
	case response.StatusCode == http.StatusTooManyRequests:
		return errTooOften
	case response.StatusCode >= 300:
		return fmt.Errorf("the pet store says: %s: %s", response.Status, bytes.TrimSpace(text))
	}
	return json.Unmarshal(text, answer)
}
