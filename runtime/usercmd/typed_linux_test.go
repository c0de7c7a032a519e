package usercmd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	confidential "github.com/mcpsecrets/mcpsecrets/testdata/golden/confidential/want"
	files "github.com/mcpsecrets/mcpsecrets/testdata/golden/files/want"
)

// A value of any type that is confidential is hidden while it is typed, and status does not say what it is.
func TestCommandHidesTypedValues(t *testing.T) {
	store := runtimetest.NewStore()
	vault, err := confidential.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(runtimetest.NewUser(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	for name, text := range map[string]string{"pin": "10123456789", "webhook": "https://a:hunter2@a.example", "recovery": "0123456789ab", "mailbox": "hunter2@a.example", "phase": "10123456789ns"} {
		sitDown(t, vault.Manager, "set", name).
			waits("What you type is not shown.\r\n"+name+": ").types("\x01\r").waits("Please try again").waits(name+": ").types(text+"\r").
			leaves(0, name+" is set.\n")
		if got, _ := store.Value("confidential", name); got != text {
			t.Errorf("%s: stored is %q", name, got)
		}
	}
	r := run(t, vault.Manager, "", "status")
	r.want(t, 0, "webhook       Web hook             set\n", "")
	if strings.Contains(r.out, "hunter2") || strings.Contains(r.out, "0123456789") {
		t.Errorf("status shows a value:\n%s", r.out)
	}
}

// Of a file, the path is typed and shown, and neither the terminal nor status says what is in it.
func TestCommandTakesThePathOfAFile(t *testing.T) {
	t.Setenv("HOME", t.TempDir()) // without the file that is a default
	store := runtimetest.NewStore()
	vault, err := files.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(runtimetest.NewUser(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("hunter2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	y := sitDown(t, vault.Manager, "set", "key_file").
		waits("stays where it is and is read at each use. Type its path.\r\nkey_file: ").types(path + "\n").
		waits("a file of yours that nobody else can read: chmod 600 makes it one.")
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	y.waits("key_file: ").types(path+"\n").leaves(0, "key_file is set.\n")
	if got, _ := store.Value("files", "key_file"); got != path {
		t.Errorf("stored is %q", got)
	}
	run(t, vault.Manager, "", "status").want(t, 0, "set: "+path+"\n", "")
	run(t, vault.Manager, "", "status").want(t, 0, "not set, and the default can't be used: it must be the path of a file that is there", "")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	run(t, vault.Manager, "", "status").want(t, 0, "invalid: it must be the path of a file that is there", "")
	run(t, vault.Manager, "/no/such/file\n", "set", "key_file").want(t, 1, "", "is there and that can be read")
}
