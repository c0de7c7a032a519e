// Package agefile makes files that are encrypted to a passphrase, as "age --passphrase" does, for tests.
package agefile

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"filippo.io/age"
)

// work is so little that to open a file takes no time, where age by itself has it take a second.
const work = 10

// Write makes a file that has a text, which may be empty.
func Write(t testing.TB, path, passphrase, text string) {
	t.Helper()
	to, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	to.SetWorkFactor(work)
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write([]byte(text))
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, sealed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
