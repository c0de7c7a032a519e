package nothttp

import (
	"context"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/mcpsecrets/mcpsecrets/examples/nothttp/internal/vault"
	"github.com/mcpsecrets/mcpsecrets/runtime/token"
)

// GitClient returns the client of one call to a tool, for a library that takes an authenticated one.
func GitClient(ctx context.Context, v *vault.Secrets) *http.Client {
	return oauth2.NewClient(ctx, token.Source(ctx, v.Manager, vault.KeyGitToken(), "Read your issues"))
}
