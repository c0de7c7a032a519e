package settings

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const token = "0123456789abcdef0123456789abcdef"

func TestTokenFile(t *testing.T) {
	for name, row := range map[string]struct {
		text string
		mode os.FileMode
		want string // what the error says
	}{
		"good":             {token + "\n", 0o600, ""},
		"read-only":        {token, 0o400, ""},
		"others can read":  {token, 0o644, "chmod 600"},
		"group can read":   {token, 0o640, "chmod 600"},
		"others can write": {token, 0o602, "chmod 600"},
		"short":            {"secret", 0o600, "32 characters"},
		"empty":            {"", 0o600, "32 characters"},
	} {
		t.Run(name, func(t *testing.T) {
			if row.want == "chmod 600" && runtime.GOOS == "windows" {
				t.Skip("Windows has no such modes")
			}
			file := filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(file, []byte(row.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(file, row.mode); err != nil {
				t.Fatal(err)
			}
			got, err := readToken(file)
			switch {
			case row.want == "" && (err != nil || got != token):
				t.Errorf("got %q, %v", got, err)
			case row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)):
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}
