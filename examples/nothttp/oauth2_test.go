package nothttp

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"golang.org/x/oauth2"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// The client of a library is one of x/oauth2, and each request is a use.
func TestGitClient(t *testing.T) {
	h := open(t)
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Get("Authorization") }))
	defer server.Close()
	h.user.Answers(secrets.AllowOnce)
	ctx := context.WithValue(h.call(t), oauth2.HTTPClient, server.Client())
	resp, err := GitClient(ctx, h.Secrets).Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if got != "Bearer "+value {
		t.Errorf("%q", got)
	}
	if _, err := GitClient(t.Context(), h.Secrets).Get(server.URL); err == nil {
		t.Error("it was used outside any call")
	}
}
