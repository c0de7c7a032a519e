package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// address stands for the base_url that the user has set.
const address = "https://base_url.invalid/"

// call asks the store and decodes its answer. The client adds what the store knows the user by, which it first asks the user for:
// nothing of that is here.
func call(ctx context.Context, client *http.Client, method, path string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, address+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return reason(err)
	}
	defer func() { _ = response.Body.Close() }()
	return decode(response, answer)
}

// reason returns why there is no answer, without the address, which tells nobody anything. Of a secret, it says what the user can do.
func reason(err error) error {
	if failure := (*url.Error)(nil); errors.As(err, &failure) {
		return failure.Err
	}
	return err
}

// Only the first of these is a rejection: the user is asked for another value when it is next needed. With 403 the store knows who asks:
// asking for another value would lose a good one, which may do other things. With 429 it knows too, and wants nothing but time.
var (
	errUnauthorized = errors.New("the pet store does not know this key, or this name and password; call again, and the user is asked for others")
	errForbidden    = errors.New("the pet store knows you, and does not let you do this; a user who has another key or password for it " +
		"stores that one with `petstore secrets set`")
	errTooOften = errors.New("the pet store was asked too often; wait before you call again")
)

// decode reads what the store answers.
func decode(response *http.Response, answer any) error {
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
