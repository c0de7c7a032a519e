package usercmd_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/testdata/agefile"
)

// In a terminal, the terminal asks for the passphrase of a file, and no window opens.
func TestCommandAsksForThePassphrase(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secrets.age")
	agefile.Write(t, file, "correct hunter2", "")
	t.Setenv("MCP_SECRETS_STORE", "age:"+file)
	asks := "The program petstore asks for the passphrase of the file " + file

	v := openKeychain(t)
	sitDown(t, v.Manager, "set", "api_key").
		waits("api_key: ").types(goodKey+"\r").
		waits(asks).waits("What you type is not shown.").waits("passphrase: ").types("wrong\r").
		waits("That was not the passphrase. Please try again.").waits("passphrase: ").types("correct hunter2\r").
		leaves(0, "api_key is set.\n")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}

	v = openKeychain(t)
	sitDown(t, v.Manager, "forget", "api_key").waits("passphrase: ").types("\x03").waits("is locked").leaves(1, "")
	if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
		t.Errorf("it was changed, %v", err)
	}
}
