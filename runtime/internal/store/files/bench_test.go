package files_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/files"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// A value read, beside the same file read bare.
func BenchmarkGet(b *testing.B) {
	dir := b.TempDir()
	path := filepath.Join(dir, "api_key")
	if err := os.WriteFile(path, []byte("sk_live_0123456789abcdef\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	s, err := files.New(dir, []string{"api_key"})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("ours", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Get(b.Context(), store.Scope{Server: "petstore"}, "api_key"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			if _, err := os.ReadFile(path); err != nil {
				b.Fatal(err)
			}
		}
	})
}
