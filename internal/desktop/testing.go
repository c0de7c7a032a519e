//go:build linux

package desktop

import (
	"errors"
	"fmt"
	"os"
	"testing"
)

// Open starts a desktop for one test, which stays outside with its own
// environment: programs that are to be in it get [Desktop.Env].
func Open(t testing.TB, opts Options) *Desktop {
	t.Helper()
	d, err := Start(opts)
	if err != nil {
		giveUp(t, err)
	}
	t.Cleanup(d.Stop) // ends whatever is left
	return d
}

// ForTest starts a desktop for one test and leads the test's process into it:
// DISPLAY, DBUS_SESSION_BUS_ADDRESS, HOME and their like are the desktop's
// until the test ends. The test can't be parallel.
func ForTest(t testing.TB, opts Options) *Desktop {
	t.Helper()
	d := Open(t, opts)
	for _, name := range foreign {
		if old, ok := os.LookupEnv(name); ok {
			t.Setenv(name, old) // so that it is put back
			os.Unsetenv(name)
		}
	}
	for name, value := range d.env {
		t.Setenv(name, value)
	}
	return d
}

var (
	shared    *Desktop
	errShared = errors.New("desktop.Shared needs desktop.Main in TestMain")
)

// Main runs a package's tests with one desktop for all of them:
//
//	func TestMain(m *testing.M) { os.Exit(desktop.Main(m, desktop.Options{})) }
//
// Tests get it by [Shared].
func Main(m *testing.M, opts Options) (exitCode int) {
	shared, errShared = Start(opts)
	if errShared == nil {
		defer shared.Stop()
		for _, name := range foreign {
			os.Unsetenv(name)
		}
		for name, value := range shared.env {
			if err := os.Setenv(name, value); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
		}
	}
	return m.Run()
}

// Shared is the desktop that [Main] started.
func Shared(t testing.TB) *Desktop {
	t.Helper()
	if errShared != nil {
		giveUp(t, errShared)
	}
	return shared
}

// Need ends a test that needs programs of which some are missing, as [GiveUp]
// does, with the Debian packages to install.
func Need(t testing.TB, programs ...string) {
	t.Helper()
	if err := lookFor(programs); err != nil {
		GiveUp(t, err)
	}
}

// GiveUp ends a test for which something is missing: it is skipped, or fails
// where the environment variable CI or MCPSECRETS_REQUIRE_DESKTOP is set.
func GiveUp(t testing.TB, missing error) {
	t.Helper()
	if os.Getenv("CI") == "" && os.Getenv("MCPSECRETS_REQUIRE_DESKTOP") == "" {
		t.Skip(missing)
	}
	t.Fatal(missing)
}

// giveUp fails the test, but gives it up where programs are missing.
func giveUp(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, ErrMissing) {
		GiveUp(t, err)
	}
	t.Fatal(err)
}
