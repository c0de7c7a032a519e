package usercmd

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/content"
)

// This file reads a value for the subcommand set: from a file or pipe, or typed on a terminal.

// piped takes a value from standard input, up to its end.
func (c *command) piped(f field.Field) (string, error) {
	data, err := io.ReadAll(io.LimitReader(c.stdin, field.MaxEntry+1))
	if err != nil {
		return "", fmt.Errorf("%s: standard input can't be read", f.Name)
	}
	text := f.Entered(string(data))
	if problem := content.Check(f, text); problem != nil {
		return "", fmt.Errorf("%s: the value %s", f.Name, c.Sentences().Problem(problem))
	}
	return text, nil
}

// asked asks for a value in the terminal until it keeps the rules. It offers what was typed before, else what is stored of a
// setting, else the default. What is stored in a locked keyring need not be known for storing another value.
func (c *command) asked(ctx context.Context, f field.Field, before string) (string, error) {
	var stored string
	err := c.patiently(func() (err error) { stored, err = c.Setting(ctx, f.Name); return err })
	if err != nil && !errors.Is(err, secrets.ErrStoreLocked) {
		return "", c.storeError(err, f.Name)
	}
	offered := cmp.Or(stored, f.Default)
	if f.Shows() {
		offered = cmp.Or(before, offered)
	}
	how, prompt := shown, f.Name+": "
	fmt.Fprintln(c.stderr, f.Label)
	c.tellAccount(c.stderr)
	if f.Help != "" {
		fmt.Fprintln(c.stderr, f.Help)
	}
	if f.Docs != "" {
		fmt.Fprintln(c.stderr, wording.Fill(c.Sentences().Dialog.Docs, wording.Values{"docs": f.Docs}))
	}
	if f.Placeholder != "" {
		fmt.Fprintln(c.stderr, wording.Fill(c.Sentences().Dialog.Example, wording.Values{"placeholder": f.Placeholder}))
	}
	if rules := c.Sentences().Rules(f); rules != "" {
		fmt.Fprintln(c.stderr, rules)
	}
	if offered != "" {
		prompt = fmt.Sprintf("%s [%s]: ", f.Name, shortened(f.Named(offered)))
	}
	switch {
	case f.Type == field.Choice:
		fmt.Fprintln(c.stderr, offer(f))
	case f.Type == field.Boolean:
		fmt.Fprintln(c.stderr, "One of: true, false")
	case f.Type == field.Multiline:
		how = hiddenLines
		fmt.Fprintf(c.stderr, "What you type is not shown. End it with Ctrl-D; or stop with Ctrl-C and take a file: %s secrets set %s%s < FILE\n",
			c.Program(), f.Name, c.option())
	case f.Type == field.File:
		fmt.Fprintln(c.stderr, c.Sentences().Dialog.Path+" Type its path.")
	case f.Confidential():
		how = hidden
		fmt.Fprintln(c.stderr, "What you type is not shown.")
	}
	for {
		text, err := c.typed(prompt, how)
		if err != nil {
			return "", fmt.Errorf("%s: %w", f.Name, err)
		}
		text = cmp.Or(f.Entered(text), offered)
		if how == shown && len(text) > maxLine {
			return "", fmt.Errorf("%s: the terminal may have cut so long a line: run \"%s secrets set %s%s < FILE\"", f.Name, c.Program(), f.Name, c.option())
		}
		problem := content.Check(f, text)
		if problem == nil {
			return text, nil
		}
		for _, problem := range field.All(problem) {
			fmt.Fprintln(c.stderr, wording.Fill(c.Sentences().Dialog.Again, wording.Values{"problem": c.Sentences().Problem(problem)}))
		}
	}
}

// offer says what a person can choose from.
func offer(f field.Field) string {
	if f.List {
		return "Any of: " + f.Named(field.JoinList(f.Choices))
	}
	named := make([]string, len(f.Choices))
	for i, choice := range f.Choices {
		named[i] = f.Named(choice)
	}
	line := "One of: " + strings.Join(named, ", ")
	if f.Open {
		line += "; or another value"
	}
	return line
}

// shortened returns a value as one line of a terminal has room for it.
func shortened(value string) string {
	const room = 100
	value = strings.ReplaceAll(strings.TrimSpace(value), "\n", " ")
	if runes := []rune(value); len(runes) > room {
		return string(runes[:room-1]) + "…"
	}
	return value
}

// How what is typed is read.
type manner int

const (
	shown       manner = iota // one line
	hidden                    // one line
	hiddenLines               // up to Ctrl-D
)

// maxLine is how many bytes of a line every system's terminal passes on while it shows them; macOS cuts off what is more.
const maxLine = 1023

var errInterrupted = errors.New("interrupted, nothing was changed")

// typed reads what a person types in the terminal. Whatever happens, even a signal, leaves the terminal as it was.
func (c *command) typed(prompt string, how manner) (string, error) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)

	read := func() (string, error) { return readShown(c.lines) }
	if how != shown {
		// Not term.ReadPassword: after Ctrl-C it leaves a terminal that shows nothing, it lets the system cut lines of 4,096
		// bytes, and between two lines it shows what is pasted.
		state, err := term.MakeRaw(int(c.stdin.Fd()))
		if err != nil {
			return "", errors.New("the terminal can't be kept from showing what is typed")
		}
		defer func() {
			_ = term.Restore(int(c.stdin.Fd()), state)
			fmt.Fprintln(c.stderr)
		}()
		read = func() (string, error) { return readHidden(c.stdin, how == hiddenLines) }
	}
	fmt.Fprint(c.stderr, prompt)

	type result struct {
		text string
		err  error
	}
	done := make(chan result, 1)
	go func() { // which a signal leaves behind, until the program ends
		text, err := read()
		done <- result{text, err}
	}()
	select {
	case r := <-done:
		if r.err == nil || r.text != "" {
			return r.text, nil
		}
	case <-signals:
	}
	if how == shown {
		fmt.Fprintln(c.stderr)
	}
	return "", errInterrupted
}

// readShown reads a line from a terminal. A line end between the marks of a paste does not end it: what follows would be
// left for the shell.
func readShown(lines *bufio.Reader) (string, error) {
	text := ""
	for {
		line, err := lines.ReadString('\n')
		text += line
		isPasting := strings.LastIndex(text, field.PasteStart) > strings.LastIndex(text, field.PasteEnd)
		if err != nil || !isPasting || len(text) > field.MaxEntry {
			return strings.TrimRight(text, "\r\n"), err
		}
	}
}

// readHidden reads from a terminal in raw mode, up to Return, or to Ctrl-D if several lines are wanted. A Return between the
// marks of a paste, or in the midst of what was pasted at once, is part of it: where one line is wanted, the rules then
// refuse it, and the other lines are not left for the shell. A Return that comes alone is the person's.
func readHidden(in io.Reader, several bool) (string, error) {
	const ctrlC, ctrlD, ctrlU, backspace, del = 3, 4, 21, '\b', 0x7f
	var text []byte
	pasting := false
	for buf := make([]byte, 4096); len(text) <= field.MaxEntry; {
		n, err := in.Read(buf)
		if err != nil {
			return "", err
		}
		for i, b := range buf[:n] {
			switch b {
			case ctrlC:
				return "", errInterrupted
			case ctrlD:
				if len(text) == 0 {
					return "", io.EOF
				}
				return string(text), nil
			case '\r', '\n':
				if !several && (n == 1 || !pasting && i == n-1) {
					return string(text), nil
				}
				text = append(text, b)
			case ctrlU:
				text = text[:0]
			case backspace, del:
				_, size := utf8.DecodeLastRune(text)
				text = text[:len(text)-size]
			default:
				text = append(text, b)
			}
			text, pasting = withoutMark(text, pasting)
		}
	}
	return string(text), nil // which is refused, being too long
}

// withoutMark takes off the mark of a paste that text ends with, so that backspace does not meet it, and returns whether a
// paste is going on.
func withoutMark(text []byte, pasting bool) ([]byte, bool) {
	if typed, ok := bytes.CutSuffix(text, []byte(field.PasteStart)); ok {
		return typed, true
	}
	if typed, ok := bytes.CutSuffix(text, []byte(field.PasteEnd)); ok {
		return typed, false
	}
	return text, pasting
}

// patiently runs what may wait for the store's own window, and says so when it takes long.
func (c *command) patiently(do func() error) error {
	return c.slowly(fmt.Sprintf("waiting for %s, which may have opened a window", c.Place()), do)
}

// slowly runs what may take long, and then says what it is, unless the terminal asks for something.
func (c *command) slowly(what string, do func() error) error {
	defer time.AfterFunc(2*time.Second, func() {
		if !c.asking.Load() {
			fmt.Fprintf(c.stderr, "%s: %s\n", c.Program(), what)
		}
	}).Stop()
	return do()
}

// passphrase asks for the passphrase of the store, for [inside.WithTerminal].
func (c *command) passphrase(_ context.Context, text string) (string, error) {
	c.asking.Store(true)
	defer c.asking.Store(false)
	fmt.Fprintln(c.stderr, text)
	fmt.Fprintln(c.stderr, "What you type is not shown.")
	passphrase, err := c.typed("passphrase: ", hidden)
	if errors.Is(err, errInterrupted) {
		err = fmt.Errorf("%w: %w", secrets.ErrDismissed, err)
	}
	return passphrase, err
}
