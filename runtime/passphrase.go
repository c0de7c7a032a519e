package secrets

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/dialog"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/age"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// passphrasePatience is how long a window for a passphrase stays open. The next use opens another.
const passphrasePatience = 2 * time.Minute

// ageFile opens a file that is encrypted by age.
func (o *options) ageFile(file, server string, sentences wording.Dialog) (store.Store, error) {
	window := passphraseWindow{o.prompter, sentences, wording.Values{"server": server}}
	s, err := age.New(age.Options{File: file, Key: os.Getenv(age.KeyVariable), Passphrase: window.enter, Logger: o.log})
	if err != nil {
		return nil, err
	}
	window.words["place"] = layout.Line(s.Place())
	return s, nil
}

// A passphraseWindow asks for the passphrase of a store. It is asked for in a terminal instead where a command runs in one.
type passphraseWindow struct {
	prompter  Prompter
	sentences wording.Dialog
	words     wording.Values
}

// enter is a Passphrase of [age.Options].
func (w passphraseWindow) enter(ctx context.Context, again bool) (string, error) {
	text := wording.Fill(w.sentences.Unlock, w.words)
	if again {
		text = strings.Join([]string{w.sentences.UnlockAgain, text}, "\n")
	}
	ask := w.show
	if terminal := inside.TerminalOf(ctx); terminal != nil {
		ask = terminal
	}
	passphrase, err := ask(ctx, text)
	if errors.Is(err, ErrDismissed) {
		return "", fmt.Errorf("%w: %w", store.ErrDismissed, err)
	}
	return passphrase, err
}

// show opens the window when no other server of this user has one open.
func (w passphraseWindow) show(ctx context.Context, text string) (string, error) {
	if !layout.Fits(text) {
		return "", dialog.ErrUnshown
	}
	ctx, cancel := context.WithTimeout(ctx, passphrasePatience)
	defer cancel()
	unlock, err := w.prompter.Lock(ctx)
	if err != nil {
		return "", err
	}
	defer unlock()
	title := wording.Fill(w.sentences.UnlockTitle, w.words)
	return w.prompter.Enter(ctx, Entry{Title: title, Text: text, Kind: "hidden"})
}
