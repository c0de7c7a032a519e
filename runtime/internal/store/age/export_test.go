package age

import (
	"testing"

	"filippo.io/age"
)

// EmptyFile makes what "age --passphrase" makes of an empty file, by less work.
func EmptyFile(t testing.TB, path, passphrase string) {
	t.Helper()
	to, err := age.NewScryptRecipient(passphrase)
	must(t, err)
	to.SetWorkFactor(testWork)
	mustWrite(t, path, encrypted(t, "", to))
}
