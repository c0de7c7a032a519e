package settings

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
)

// Owner is whose requests bear the [Token]. Grants and answers of one principal are not those of another, so a server with
// several users gives each a token, and a name, of their own.
const Owner = "owner"

// A Token is what HTTP clients must send.
type Token string

// Is reports whether a client has sent the token.
func (t Token) Is(sent string) bool {
	want, got := sha256.Sum256([]byte(t)), sha256.Sum256([]byte(sent)) // the same length, and so the same time, for each
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

// readToken reads the token from a file that nobody else can read. On Windows that is for the folder's permissions to say.
func readToken(name string) (Token, error) {
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
	return Token(token), nil
}
