package dialog

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/darwin"
)

// The tests of the dialogs of macOS, osascript_darwin_test.go among them, over the library's own code for macOS and a double
// of osascript that runs its scripts. What macOS itself does is not tried.
func TestAsOnDarwin(t *testing.T) {
	desktop.Need(t, "node")
	node, err := exec.LookPath("node")
	check(t, err)
	double, err := filepath.Abs(filepath.Join("testdata", "osascript.js"))
	check(t, err)
	dir := t.TempDir()
	program := filepath.Join(dir, "osascript")
	check(t, os.WriteFile(program, fmt.Appendf(nil, "#!/bin/sh\nexec '%s' '%s' '%s' \"$@\"\n", node, double, dir), 0o700))
	darwin.Test(t, darwin.Build{
		Modules: []string{"github.com/ncruces/zenity"},
		Replace: map[string]string{"/usr/bin/osascript": program},
		Env:     []string{osascriptDouble + "=" + dir, "PATH=" + dir + ":" + os.Getenv("PATH")},
		Run:     "^TestOsascript",
	})
}

const osascriptDouble = "MCPSECRETS_TEST_OSASCRIPT" // as in osascript_darwin_test.go
