package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// bearersOf lets through requests that bear the token, and says whose they are: "owner". Grants and answers of one principal
// are not those of another, so a server with several users gives each a token, and a name, of their own.
func bearersOf(token string) func(http.Handler) http.Handler {
	want := sha256.Sum256([]byte("Bearer " + token))
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got := sha256.Sum256([]byte(r.Header.Get("Authorization"))) // the same length, and so the same time, for each
			if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
				w.Header().Set("WWW-Authenticate", "Bearer")
				http.Error(w, "the token is missing or wrong", http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r.WithContext(secrets.WithPrincipal(r.Context(), "owner")))
		})
	}
}

// readToken reads the token from a file that nobody else can read. On Windows that is for the folder's permissions to say.
func readToken(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if open := info.Mode().Perm() & 0o077; open != 0 && runtime.GOOS != "windows" {
		return "", fmt.Errorf("others than you can read or write %s: chmod 600 %[1]s", name)
	}
	text, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(text))
	if len(token) < 32 {
		return "", errors.New("the token has less than 32 characters: openssl rand -hex 32 makes a good one")
	}
	return token, nil
}
