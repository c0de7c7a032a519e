package files_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/testdata/ratio"
)

// A value read, beside the same file read bare.
func BenchmarkGet(b *testing.B) {
	dir := b.TempDir()
	path := filepath.Join(dir, "api_key")
	write(b, path, "sk_live_0123456789abcdef\n", 0o600)
	s := open(b, dir)
	ratio.Measure(b, 2, func() {
		_, err := os.ReadFile(path)
		must(b, err)
	}, func() {
		_, err := s.Get(b.Context(), in, "api_key")
		must(b, err)
	})
}
