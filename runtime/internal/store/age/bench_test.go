package age

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/mcpsecrets/mcpsecrets/testdata/ratio"
)

// BenchmarkGet reads a value of a file with a key. Its floor is a bare decryption of that file, by a key that was read before.
func BenchmarkGet(b *testing.B) {
	for _, kind := range []string{"X25519", "hybrid"} {
		b.Run(kind, func(b *testing.B) {
			identity := age.Identity(newKey(b))
			text := identity.(*age.X25519Identity).String()
			if kind == "hybrid" {
				hybrid, err := age.GenerateHybridIdentity()
				must(b, err)
				identity, text = hybrid, hybrid.String()
			}
			key := filepath.Join(b.TempDir(), "key")
			mustWrite(b, key, []byte(text))
			s := opens(b, Options{Key: key})
			for _, name := range []string{"api_key", "base_url", "username", "password"} {
				must(b, s.Set(b.Context(), pets, name, canary))
			}
			ratio.Measure(b, 1.2, func() { must(b, bare(s.file, identity)) }, func() {
				_, err := s.Get(b.Context(), pets, "api_key")
				must(b, err)
			})
		})
	}
}

// bare is the least that reading takes.
func bare(file string, identity age.Identity) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := age.Decrypt(armor.NewReader(f), identity)
	if err != nil {
		return err
	}
	_, err = io.ReadAll(r)
	return err
}
