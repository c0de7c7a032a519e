package secrets_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// A program takes its key from a file, and says in its output what it likes.
func ExampleRunCommand() {
	vault, err := petstore.OpenSecrets()
	if err != nil {
		fmt.Println(err)
		return
	}
	list := func(ctx context.Context) (string, error) { // ctx is the request's
		var out bytes.Buffer
		cmd := exec.Command("petctl", "list", "--key-file={key}")
		cmd.Env = append(os.Environ(), "NO_COLOR=1")
		cmd.Stdout, cmd.Stderr = &out, &out
		err := secrets.RunCommand(ctx, vault.Manager, "List your pets", cmd, secrets.ByFile(petstore.KeyAPIKey(), "{key}"))
		if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
			return "", fmt.Errorf("petctl: %w: %s", err, out.String())
		}
		return out.String(), err
	}
	_ = list
}
