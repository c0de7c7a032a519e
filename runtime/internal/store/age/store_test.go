package age_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/age"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
	"github.com/mcpsecrets/mcpsecrets/testdata/agefile"
)

func TestStore(t *testing.T) {
	runtimetest.TestStore(t, func(t testing.TB) store.Store {
		return opens(t, age.Options{File: filepath.Join(t.TempDir(), "secrets.age")})
	})
}

// An empty file that "age --passphrase" has encrypted is a store too.
func TestStoreWithPassphrase(t *testing.T) {
	runtimetest.TestStore(t, func(t testing.TB) store.Store {
		file := filepath.Join(t.TempDir(), "secrets.age")
		agefile.Write(t, file, "correct horse", "")
		return opens(t, age.Options{File: file, Passphrase: func(context.Context, bool) (string, error) { return "correct horse", nil }})
	})
}

func opens(t testing.TB, options age.Options) store.Store {
	t.Helper()
	s, err := age.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
