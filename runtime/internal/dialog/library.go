//go:build windows || darwin

package dialog

import (
	"context"
	"errors"
	"os/exec"
	"strings"

	"github.com/ncruces/zenity"
)

// draw has the library show a window: with osascript on macOS, in this process on Windows.
func draw(ctx context.Context, _ string, w window) (string, error) {
	value, err := drawn(w, options(ctx, w))
	return value, meaning(err)
}

func drawn(w window, options []zenity.Option) (string, error) {
	switch w.shape {
	case questionShape:
		return "", zenity.Question(w.text, options...)
	case entryShape:
		return zenity.Entry(w.text, options...)
	case listShape:
		// A plain list: the one with round buttons can't be used by keyboard.
		return zenity.List(w.text, w.choices, options...)
	case checklistShape:
		chosen, err := zenity.ListMultiple(w.text, w.choices, options...)
		return strings.Join(chosen, "\n"), err
	default:
		return zenity.SelectFile(options...)
	}
}

func options(ctx context.Context, w window) []zenity.Option {
	options := []zenity.Option{zenity.Context(ctx), zenity.Title(w.title)}
	if w.shape != fileShape {
		options = append(options, zenity.OKLabel(w.ok), zenity.CancelLabel(w.cancel))
	}
	switch w.shape {
	case questionShape:
		options = append(options, zenity.NoWrap()) // cleanText has broken the lines
		if w.refuses {
			options = append(options, zenity.DefaultCancel())
		}
		if w.extra != "" {
			options = append(options, zenity.ExtraButton(w.extra))
		}
	case entryShape:
		if w.hidden {
			options = append(options, zenity.HideText())
		} else {
			options = append(options, zenity.EntryText(w.prefill))
		}
	case listShape:
		if w.marked != "" {
			options = append(options, zenity.DefaultItems(w.marked))
		}
	case checklistShape:
		options = append(options, zenity.DefaultItems(w.ticked...))
	}
	return options
}

// meaning translates an error of the library. Texts of the library are left behind, since they hold
// whatever the program wrote to its standard error.
func meaning(err error) error {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case err == zenity.ErrExtraButton:
		return errExtra
	case err == zenity.ErrCanceled:
		return ErrDismissed
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, exec.ErrDot):
		return ErrNoDialog
	case errors.As(err, &exit):
		return failed("its program ended with %v", exit.ProcessState) // "exit status 255", "signal: killed"
	default:
		return failed("the system has not said why")
	}
}
