package keychain

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/darwin"
)

// The tests of the store of macOS, security_darwin_test.go among them, over go-keyring's own code for macOS and a double of
// /usr/bin/security. What macOS itself does is not tried.
func TestAsOnDarwin(t *testing.T) {
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", dir, "./testdata/security")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	darwin.Test(t, darwin.Build{
		Modules: []string{"github.com/zalando/go-keyring"},
		Replace: map[string]string{"/usr/bin/security": filepath.Join(dir, "security")},
		Env:     []string{securityDouble + "=" + dir, "XDG_RUNTIME_DIR=" + t.TempDir()},
		Run:     "^(TestSecurity|TestStatusOfSecurity|TestNamesThatAreRefused)",
	})
}

const securityDouble = "MCPSECRETS_TEST_SECURITY" // as in security_darwin_test.go
