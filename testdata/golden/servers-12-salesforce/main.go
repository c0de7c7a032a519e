// Package main shows how a server uses this vault: each way to sign in asks the login server for an access token by a form of
// its own.
package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	vault "github.com/mcpsecrets/mcpsecrets/testdata/golden/servers-12-salesforce/want"
)

func main() {
	v, err := vault.OpenSecrets()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// A tool of the server is called with the context of its call, and this stands for one.
	if _, err := logIn(context.Background(), v); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// logIn posts the form of the way that the user has chosen.
func logIn(ctx context.Context, v *vault.Secrets) (*http.Response, error) {
	server, err := v.LoginURL(ctx)
	if err != nil {
		return nil, err
	}
	user, err := v.Username(ctx)
	if err != nil {
		return nil, err
	}
	flow, err := v.Flow(ctx, "Sign in to Salesforce")
	if err != nil {
		return nil, err
	}
	form, err := formOf(flow, user, server.String())
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.JoinPath("services", "oauth2", "token").String(), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return http.DefaultClient.Do(req)
}

func formOf(flow vault.Flow, user, audience string) (url.Values, error) {
	switch flow := flow.(type) {
	case vault.FlowPassword:
		return url.Values{"grant_type": {"password"}, "username": {user}, "password": {flow.PasswordAndToken.Reveal()}}, nil
	case vault.FlowJWT:
		assertion, err := assert(flow.ConsumerKey, user, audience, flow.PrivateKey)
		return url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}}, err
	}
	return nil, errors.New("no way to sign in")
}

// assert returns a token by which the connected app says who signs in (RFC 7523, section 2.1).
func assert(app, user, audience string, key secrets.Confidential[secrets.PEM]) (string, error) {
	blocks := key.Reveal().Blocks
	parsed, err := x509.ParsePKCS8PrivateKey(blocks[0].Bytes)
	if err != nil {
		return "", err
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return "", errors.New("the key must be an RSA key")
	}
	claims, err := json.Marshal(map[string]any{"iss": app, "sub": user, "aud": audience, "exp": time.Now().Add(3 * time.Minute).Unix()})
	if err != nil {
		return "", err
	}
	said := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
	sum := sha256.Sum256([]byte(said))
	signature, err := rsa.SignPKCS1v15(rand.Reader, private, crypto.SHA256, sum[:])
	return said + "." + base64.RawURLEncoding.EncodeToString(signature), err
}
