package secrets

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/dialog"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/session"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/standing"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/chosen"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// examinePatience bounds each thing that is looked at.
const examinePatience = 10 * time.Second

// Examine says what works here, and the way out of what does not, for the command doctor. It changes nothing, but that it
// makes the file of a lock; opens no window, not even the keychain's own; and always ends.
func (i insider) Examine(ctx context.Context) []inside.Symptom {
	dialogs, canShow := i.examineDialogs(ctx)
	return slices.Concat(i.examineStore(ctx, canShow), dialogs, i.examineStanding(ctx), i.examineEnvironment())
}

// ClientNeeds implements [inside.Manager].
func (i insider) ClientNeeds() (variables []string, ok bool) {
	_, hasKeychain := i.values.store.(keychain.Store)
	_, hasDialogs := i.prompter.(native)
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" || !hasKeychain && !hasDialogs {
		return nil, false
	}
	return session.Here().Missing(hasKeychain, hasDialogs), true
}

// startWayOut says what to do where no keychain answers.
func (i insider) startWayOut(canShow bool) string {
	switch {
	case runtime.GOOS == "windows":
		return "log in on this computer's screen"
	case runtime.GOOS == "darwin":
		return "log in on this computer's screen, or run: security unlock-keychain"
	case canShow:
		return "start a Secret Service such as gnome-keyring in this session"
	}
	keyring := "start gnome-keyring in a session with a bus, such as dbus-run-session gives: " + inside.UnlockCommand
	if i.elsewhere == "" {
		return keyring
	}
	return "start the server with MCP_SECRETS_STORE, which says where its secrets are: " + i.elsewhere + "; or " + keyring
}

// examineStore says whether values can be kept, and those read that are.
func (i insider) examineStore(ctx context.Context, canShow bool) []inside.Symptom {
	var symptoms []inside.Symptom
	for _, s := range chosen.All(i.values.store) {
		symptoms = append(symptoms, i.examineOne(ctx, s, canShow)...)
	}
	return symptoms
}

func (i insider) examineOne(ctx context.Context, s store.Store, canShow bool) []inside.Symptom {
	ctx, cancel := context.WithTimeout(ctx, examinePatience)
	defer cancel()
	system, ok := s.(keychain.Store)
	if !ok {
		return []inside.Symptom{i.symptomOfStore(ctx, s)}
	}
	state, err := system.Look(ctx, keychain.Service(i.server))
	symptoms := []inside.Symptom{i.symptomOf(state, err, canShow)}
	if err == nil && state == keychain.Unlocked {
		symptoms = append(symptoms, i.examineValues(ctx)...)
	}
	return symptoms
}

// symptomOfStore says what a store that is no keychain says of itself.
func (i insider) symptomOfStore(ctx context.Context, s store.Store) inside.Symptom {
	examiner, ok := s.(store.Examiner)
	if !ok {
		return inside.Symptom{Part: "store", Verdict: inside.Fine, Text: "the server brings its own, which is not looked at"}
	}
	state, err := examiner.Examine(ctx, store.Scope{Server: i.server})
	if err != nil {
		return inside.Symptom{Part: "store", Verdict: inside.Failing, Text: i.guard().Text(s.Place() + ": " + err.Error())}
	}
	return inside.Symptom{Part: "store", Verdict: inside.Fine, Text: s.Place() + ": " + state}
}

// symptomOf says what the keychain's state means. What only needs its own window is no failure where windows can be shown.
func (i insider) symptomOf(state keychain.State, err error, canShow bool) inside.Symptom {
	found := func(verdict, text, wayOut string) inside.Symptom {
		return inside.Symptom{Part: "keychain", Verdict: verdict, Text: text, WayOut: wayOut}
	}
	var noBus *session.Fault
	switch {
	case errors.Is(err, ErrStoreTimeout):
		return found(inside.Failing, "does not answer in time", "look for a window of its own that is open, or restart it")
	case errors.As(err, &noBus) && noBus.Value != "":
		return found(inside.Failing, err.Error(), fmt.Sprintf("your bus is %s: set %s to that, also in the MCP client's configuration of the server: %s",
			noBus.Value, noBus.Variable, noBus.Config()))
	case err != nil: // the texts of package keychain are its own
		return found(inside.Failing, err.Error(), i.startWayOut(canShow))
	case state == keychain.Locked && canShow:
		return found(inside.Warning, "answers, is locked", "unlock it; or its window asks for the password at the next use")
	case state == keychain.Locked:
		return found(inside.Failing, "answers, is locked, and has no screen to ask for its password", "unlock it on the desktop; or gnome-keyring, without a screen: "+inside.UnlockCommand)
	case state == keychain.Fresh && canShow:
		return found(inside.Warning, "answers, has no keyring yet", "its window asks for the password of a new one at the first use")
	case state == keychain.Fresh:
		return found(inside.Failing, "answers, has no keyring yet, and no screen to ask for the password of one", "gnome-keyring takes one without a screen: "+inside.UnlockCommand)
	case state == keychain.Unlocked:
		return found(inside.Fine, "answers, is not locked", "")
	default:
		return found(inside.Fine, "answers", "")
	}
}

// examineValues says of all accounts which values can't be used, or not be read though the keychain is not locked.
func (i insider) examineValues(ctx context.Context) (symptoms []inside.Symptom) {
	accounts, _ := i.values.accounts(keychain.Quietly(ctx)) // the next use says why not
	for _, account := range append([]string{""}, accounts...) {
		symptoms = append(symptoms, i.examineAccount(i.values.in(ctx, account))...)
	}
	return symptoms
}

func (i insider) examineAccount(ctx context.Context) (symptoms []inside.Symptom) {
	account := i.values.account(ctx)
	part, option := "values", wording.AccountOption(account)
	if account != "" {
		part += " of " + account
	}
	views, err := i.values.lookAtAll(ctx, i.kept())
	if err != nil && !isOfOneValue(err) {
		return nil // which the next use says
	}
	namesOfThose := func(is func(view) bool) string {
		var names []string
		for _, v := range views {
			if is(v) {
				names = append(names, v.def.Name)
			}
		}
		return strings.Join(names, ", ")
	}
	namesWith := func(failure error) string {
		return namesOfThose(func(v view) bool { return errors.Is(v.err, failure) })
	}
	warn := func(text, wayOut string) {
		symptoms = append(symptoms, inside.Symptom{Part: part, Verdict: inside.Warning, Text: text, WayOut: wayOut})
	}
	if names := namesWith(ErrStoreLocked); names != "" {
		warn("in a keyring that is locked: "+names,
			fmt.Sprintf("unlock that keyring; or \"%s secrets set NAME%s\" stores another value in the one that is not locked", i.command, option))
	}
	if names := namesWith(ErrStore); names != "" {
		warn("can't be read: "+names, fmt.Sprintf("\"%s secrets set NAME%s\" stores another value", i.command, option))
	}
	if names := namesOfThose(func(v view) bool { return v.problem != nil }); names != "" {
		warn("can't be used: "+names, fmt.Sprintf("\"%[1]s secrets status%[2]s\" says why; \"%[1]s secrets set NAME%[2]s\" stores another value", i.command, option))
	}
	return symptoms
}

// filesOfServer is how many files a server has open at a time, roughly, with a dialog.
const filesOfServer = 40

// examineDialogs says whether values and permission can be asked for in dialogs. It tries what a dialog needs: the display,
// the program, open files, and the lock.
func (i insider) examineDialogs(ctx context.Context) (symptoms []inside.Symptom, canShow bool) {
	if _, ok := i.prompter.(native); !ok {
		return []inside.Symptom{{Part: "dialogs", Verdict: inside.Fine, Text: "the server brings its own, which are not looked at"}}, true
	}
	ctx, cancel := context.WithTimeout(ctx, examinePatience)
	defer cancel()
	byHand := fmt.Sprintf("\"%s secrets set NAME\" works without it; permission can then be asked for by the MCP client alone", i.command)
	warn := func(part string, err error) {
		symptoms = append(symptoms, inside.Symptom{Part: part, Verdict: inside.Warning, Text: err.Error(), WayOut: byHand})
	}
	display := inside.Symptom{Part: "display", Verdict: inside.Fine, Text: "answers"}
	dialogs := dialog.New(dialog.Options{})
	if err := dialog.CheckFiles(filesOfServer); err != nil {
		warn("files", err)
		return symptoms, true // nothing else can be told then
	}
	switch program, err := dialogs.Try(ctx); {
	case err == nil:
		symptoms = append(symptoms, display, inside.Symptom{Part: "dialogs", Verdict: inside.Fine, Text: "shown by " + program})
	case errors.Is(err, ErrNoDialog), errors.Is(err, dialog.ErrFailed):
		symptoms = append(symptoms, display)
		warn("dialogs", err)
	default:
		warn("display", err)
		return symptoms, false
	}
	if err := dialogs.CheckLock(); err != nil {
		warn("lock", err)
	}
	return symptoms, true
}

// examineStanding says what is allowed beforehand, and what of that can't be read.
func (i insider) examineStanding(ctx context.Context) (symptoms []inside.Symptom) {
	ctx, cancel := context.WithTimeout(ctx, examinePatience)
	defer cancel()
	for _, s := range i.Standing(keychain.Quietly(ctx)) {
		if s.Err != nil && (s.IsFile || errors.Is(s.Err, standing.ErrBroken)) { // another failure of the store is said already
			symptoms = append(symptoms, inside.Symptom{
				Part: "allowed", Verdict: inside.Warning, Text: "what " + s.Place + " has counts for nothing: " + i.guard().Text(s.Err.Error()),
				WayOut: fmt.Sprintf("put that right, or \"%s secrets allow\" anew", i.command),
			})
		}
	}
	if i.standings.refused && os.Getenv(allowedVariable) != "" {
		return append(symptoms, inside.Symptom{Part: allowedVariable, Verdict: inside.Warning, Text: "is set, which this server ignores"})
	}
	for _, g := range i.standingGrants() {
		text := fmt.Sprintf("%s, %s, until %s", g.Secret, cmp.Or(layout.Clean(g.Tool, 1, layout.Columns), "every tool"), standing.Date(g.Until))
		symptoms = append(symptoms, inside.Symptom{Part: "allowed", Verdict: inside.Fine, Text: text})
	}
	return symptoms
}

// examineEnvironment warns of variables that change what the server does.
func (i insider) examineEnvironment() (symptoms []inside.Symptom) {
	if isOn(bypassVariable) {
		text, wayOut := "is set: the server uses secrets without asking", "unset it"
		if i.bypass.refused {
			text, wayOut = "is set, which this server ignores", ""
		}
		symptoms = append(symptoms, inside.Symptom{Part: bypassVariable, Verdict: inside.Warning, Text: text, WayOut: wayOut})
	}
	if isOn(clearVariable) {
		symptoms = append(symptoms, inside.Symptom{
			Part: clearVariable, Verdict: inside.Warning, Text: "is set: a server that starts with it removes what is stored", WayOut: "unset it",
		})
	}
	return symptoms
}
