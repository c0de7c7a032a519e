//go:build linux

package desktop

import (
	"errors"
	"fmt"
	"os"
	"testing"
)

// ForTest starts a desktop for one test and leads the test's process into it:
// DISPLAY, DBUS_SESSION_BUS_ADDRESS, HOME and their like are the desktop's
// until the test ends. The test can't be parallel.
func ForTest(t testing.TB, opts Options) *Desktop {
	t.Helper()
	d, err := Start(opts)
	if err != nil {
		giveUp(t, err)
	}
	t.Cleanup(d.Stop)
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

// giveUp skips a test where programs are missing and nobody insists on them.
func giveUp(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, ErrMissing) && os.Getenv("CI") == "" && os.Getenv("MCPSECRETS_REQUIRE_DESKTOP") == "" {
		t.Skip(err)
	}
	t.Fatal(err)
}
