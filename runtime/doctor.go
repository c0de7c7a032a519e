package secrets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/dialog"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
)

// A symptom is one line of what doctor says.
type symptom struct {
	part    string // what was looked at
	verdict string
	text    string
	wayOut  string // "" where there is nothing to do
}

// The verdicts of a symptom.
const (
	fine    = "ok"
	warning = "warning" // something does not work, and there is a way around it
	failing = "failed"  // no secret can be kept
)

// doctorPatience bounds each thing that is looked at.
const doctorPatience = 10 * time.Second

// doctor says what works here, and the way out of what does not. It changes nothing, opens no window, not even the
// keychain's own, and always ends. The error means that no secret can be kept.
func (c *command) doctor(ctx context.Context) error {
	dialogs, canShow := c.examineDialogs(ctx)
	symptoms := append([]symptom{c.examineStore(ctx, canShow)}, dialogs...)
	symptoms = append(symptoms, c.examineEnvironment()...)

	failed := 0
	fmt.Fprintf(c.stdout, "%s keeps its secrets under %s\n", c.server, c.place())
	table := newTable(c.stdout)
	for _, s := range symptoms {
		fmt.Fprintf(table, "%s\t%s\t%s\n", s.part, s.verdict, s.text)
		if s.wayOut != "" {
			fmt.Fprintf(table, "\t\t%s\n", s.wayOut)
		}
		if s.verdict == failing {
			failed++
		}
	}
	_ = table.Flush()
	if failed > 0 {
		return errors.New("no secret can be kept here")
	}
	return nil
}

// unlockCommand is for bash and zsh: it asks for the keyring's password without showing it, and makes a keyring where
// there is none.
const unlockCommand = `read -rs P && printf %s "$P" | gnome-keyring-daemon --replace --unlock; unset P`

// startWayOut says what to do where no keychain answers.
func startWayOut(canShow bool) string {
	switch {
	case runtime.GOOS == "windows":
		return "log in on this computer's screen"
	case runtime.GOOS == "darwin":
		return "log in on this computer's screen, or run: security unlock-keychain"
	case canShow:
		return "start a Secret Service such as gnome-keyring in this session"
	default:
		return "start gnome-keyring in a session with a bus, such as dbus-run-session gives: " + unlockCommand
	}
}

// examineStore says whether values can be kept. What only needs the keychain's own window is no failure where windows
// can be shown.
func (c *command) examineStore(ctx context.Context, canShow bool) symptom {
	system, ok := c.store.(*keychain.System)
	if !ok {
		return symptom{"store", fine, "the server brings its own, which is not looked at", ""}
	}
	ctx, cancel := context.WithTimeout(ctx, doctorPatience)
	defer cancel()
	state, err := system.Look(ctx, c.service)
	switch {
	case errors.Is(err, ErrStoreTimeout):
		return symptom{"keychain", failing, "does not answer in time", "look for a window of its own that is open, or restart it"}
	case err != nil: // the texts of package keychain are its own
		return symptom{"keychain", failing, err.Error(), startWayOut(canShow)}
	case state == keychain.Locked && canShow:
		return symptom{"keychain", warning, "answers, is locked", "unlock it; or its window asks for the password at the next use"}
	case state == keychain.Locked:
		return symptom{"keychain", failing, "answers, is locked, and has no screen to ask for its password", "unlock it on the desktop; or gnome-keyring, without a screen: " + unlockCommand}
	case state == keychain.Fresh && canShow:
		return symptom{"keychain", warning, "answers, has no keyring yet", "its window asks for the password of a new one at the first use"}
	case state == keychain.Fresh:
		return symptom{"keychain", failing, "answers, has no keyring yet, and no screen to ask for the password of one", "gnome-keyring takes one without a screen: " + unlockCommand}
	case state == keychain.Unlocked:
		return symptom{"keychain", fine, "answers, is not locked", ""}
	default:
		return symptom{"keychain", fine, "answers", ""}
	}
}

// examineDialogs says whether values and permission can be asked for in dialogs.
func (c *command) examineDialogs(ctx context.Context) (symptoms []symptom, canShow bool) {
	if _, ok := c.asker.(*dialog.Native); !ok {
		return []symptom{{"dialogs", fine, "the server brings its own, which are not looked at", ""}}, true
	}
	ctx, cancel := context.WithTimeout(ctx, doctorPatience)
	defer cancel()
	// Which program shows the dialogs is told to a logger.
	var program string
	log := slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == "program" {
			program = a.Value.String()
		}
		return a
	}}))
	err := dialog.New(dialog.Options{Logger: log}).Available(ctx)
	byHand := fmt.Sprintf("\"%s secrets set NAME\" works without it; permission can then be asked for by the MCP client alone", c.command)
	switch {
	case err == nil:
		return []symptom{{"display", fine, "answers", ""}, {"dialogs", fine, "shown by " + program, ""}}, true
	case errors.Is(err, ErrNoDialog):
		return []symptom{{"display", fine, "answers", ""}, {"dialogs", warning, err.Error(), byHand}}, true
	default:
		return []symptom{{"display", warning, err.Error(), byHand}}, false
	}
}

// examineEnvironment warns of variables that change what the server does.
func (c *command) examineEnvironment() (symptoms []symptom) {
	if os.Getenv(bypassVariable) == "true" {
		text, wayOut := "is set: the server uses secrets without asking", "unset it"
		if c.bypass.refused {
			text, wayOut = "is set, which this server ignores", ""
		}
		symptoms = append(symptoms, symptom{bypassVariable, warning, text, wayOut})
	}
	if clearsAtStart() {
		symptoms = append(symptoms, symptom{clearVariable, warning, "is set: a server that starts with it removes what is stored", "unset it"})
	}
	return symptoms
}
