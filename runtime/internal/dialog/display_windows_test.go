package dialog

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/ncruces/zenity"
	"golang.org/x/sys/windows"
)

// Windows itself always has a display, or a window station that says of itself that nobody sees it. Wine runs without.
func TestWithoutDisplay(t *testing.T) {
	if windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() != nil || os.Getenv("DISPLAY") != "" {
		t.Skip("only for Wine without a display")
	}
	// What makes the check necessary. If this fails, the rest proves nothing.
	if err := zenity.Question("Nobody sees this", zenity.DefaultCancel()); err != nil {
		t.Errorf("the library says %v, and used to say that it was allowed", err)
	}
	n := New(Options{Fast: 1, Timeout: time.Second}) // takes an answer however fast it comes
	wantErr(t, n.Ready(context.Background()), ErrNoDisplay)
	given, err := n.Ask(context.Background(), question)
	wantErr(t, err, ErrNoDisplay)
	if given != Deny {
		t.Errorf("answer %d", given)
	}
	for _, kind := range []Kind{Line, Hidden, Choice, Choices, YesNo, File} {
		value, err := n.Enter(context.Background(), Entry{Title: "x", Text: "x", Kind: kind, Choices: []string{"a"}, Prefill: "a"})
		wantErr(t, err, ErrNoDisplay)
		if value != "" {
			t.Errorf("kind %d: value %q", kind, value)
		}
	}
}
