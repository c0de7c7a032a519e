package secrets_test

import (
	"errors"
	"os"
	"os/exec"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

// TestValueOfAnOlderFrameworkIsFound: what a server on the Python framework has stored, under a server's name with spaces and a
// secret's name in capitals, is found by the schema that its own dictionary becomes.
func TestValueOfAnOlderFrameworkIsFound(t *testing.T) {
	const interpreter = "/usr/bin/python3" // the system's, which has Debian's packages
	desktop.ForTest(t, desktop.Options{})
	if exec.Command(interpreter, "-c", "import keyring").Run() != nil {
		desktop.GiveUp(t, errors.New("Python's keyring is missing; on Debian: apt-get install --no-install-recommends python3-keyring"))
	}
	store := exec.Command(interpreter, "-c", `import keyring; keyring.set_password("com.mcp.MCP Secrets Example", "API_KEY", "k3y-0123456789abcdef")`)
	store.Env = append(os.Environ(), "PYTHON_KEYRING_BACKEND=keyring.backends.SecretService.Keyring")
	if out, err := store.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	file, err := templates.ParseInfo("info.json", "MCP Secrets Example", []byte(`{"API_KEY": {"label": "API Key"}, "OTHER": {}}`))
	if err != nil {
		t.Fatal(err)
	}
	model := templates.New(file, templates.Options{})
	manifest, err := model.Manifest(nil).JSON()
	if err != nil {
		t.Fatal(err)
	}
	key := secrets.Password("api_key", secrets.Field{Label: "API Key", RenamedFrom: file.Secrets[0].RenamedFrom})
	other := secrets.Password("other", secrets.Field{Label: "other", RenamedFrom: file.Secrets[1].RenamedFrom})
	m, err := secrets.Open(secrets.Schema{Server: file.Server, Manifest: string(manifest), Keys: []secrets.AnyKey{key, other}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	for i, k := range []secrets.AnyKey{key, other} {
		if got, err := m.Stored(t.Context(), k); got != (i == 0) || err != nil {
			t.Errorf("%s: %t, %v", file.Secrets[i].Name, got, err)
		}
	}
}
