// Package token hands secrets to libraries that take an OAuth 2.0 token source, such as those of Google, GitHub and Slack. It is a
// package of its own so that no other server links golang.org/x/oauth2.
//
//	gh := github.NewClient(oauth2.NewClient(ctx, token.Source(ctx, v.Manager, vault.KeyGitHubToken(), "Read your issues")))
//
// The library gets the text, and sends it where it likes. Where the schema can say how a secret is sent, its transport is the safer
// way: see [secrets.Transport].
package token

import (
	"context"
	"time"

	"golang.org/x/oauth2"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// Source returns a source whose every token is what [secrets.Get] returns for ctx, key and reason, as a bearer token: the gate is
// walked each time, and its errors are those of the source. As an [oauth2.TokenSource] has no context, a source is for one call to
// a tool, whose context ctx is; for the server's own work, pass [secrets.Manager.Background]. With revealed: false it fails with
// [secrets.ErrSentOnly].
//
// No token can be used later than it was handed out: its Expiry is that moment, so that [oauth2.ReuseTokenSource], and clients of
// [oauth2.NewClient], keep none and ask the source for each request. Nothing refreshes it: an expired one that the user entered is for
// [secrets.Manager.Reject].
func Source(ctx context.Context, m *secrets.Manager, key secrets.Key[secrets.Secret], reason secrets.Reason) oauth2.TokenSource {
	return source(func() (*oauth2.Token, error) {
		text, err := secrets.Get(ctx, m, key, reason)
		if err != nil {
			return nil, err
		}
		return &oauth2.Token{AccessToken: text.Reveal(), TokenType: "Bearer", Expiry: time.Now()}, nil
	})
}

type source func() (*oauth2.Token, error)

// Token implements [oauth2.TokenSource].
func (s source) Token() (*oauth2.Token, error) { return s() }
