package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// shellBlocks returns the shell commands of a page, in its order.
func shellBlocks(t *testing.T, page string) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../../docs", page))
	if err != nil {
		t.Fatal(err)
	}
	for _, after := range strings.Split(string(text), "\n```sh\n")[1:] {
		block, _, _ := strings.Cut(after, "\n```")
		blocks = append(blocks, block)
	}
	return blocks
}

// The commands of docs/stores.md work when they are pasted one after the other, where there is neither a keychain nor a screen. The
// one for a passphrase needs a terminal: TestCommandAgeWithPassphrase has it.
func TestPageOfStores(t *testing.T) {
	if _, err := exec.LookPath("age"); err != nil {
		t.Skip("age is not installed")
	}
	program, err := sdks[0].program()
	if err != nil {
		t.Fatal(err)
	}
	var commands []string
	for _, block := range shellBlocks(t, "stores.md") {
		if !strings.Contains(block, "--passphrase") {
			commands = append(commands, block)
		}
	}
	const key = "pets-0123456789abcdef"
	cmd := exec.CommandContext(t.Context(), "sh", "-e", "-c", strings.Join(commands, "\n"))
	cmd.Env = []string{"HOME=" + t.TempDir(), "PATH=" + filepath.Dir(program) + ":" + os.Getenv("PATH")}
	cmd.Stdin = strings.NewReader(key)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "api_key is set.") || !strings.Contains(string(out), `"api_key": "`+key) {
		t.Fatalf("%v\n%s", err, out)
	}
}
