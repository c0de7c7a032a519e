//go:build linux

package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

// A user answers dialogs on the screen and forms of the MCP client.
type user interface {
	// begin says what the user does during a step. The function that is returned waits until all of it is done.
	begin(context.Context, step) (finish func() error)
	// answer returns the user's choice in a form of the client.
	answer(ctx context.Context, message string, choices []string) (string, error)
}

// A person is whoever runs the demo.
type person struct {
	lines chan string // of the terminal; nil until the first form
}

func (p *person) begin(_ context.Context, step step) func() error {
	for _, d := range step.dialogs {
		if d.button != "" {
			say("TO DO", "a window asks for permission: %s", d.button)
		} else {
			say("TO DO", "a window asks for a value: if it shows the same code as the client, type %s", d.text)
		}
	}
	if step.answer != "" {
		say("TO DO", "the client asks for permission: %s", step.answer)
	}
	return func() error { return nil }
}

func (p *person) answer(ctx context.Context, message string, choices []string) (string, error) {
	if p.lines == nil {
		p.lines = make(chan string)
		go func() { // nothing else can leave a terminal that is being read
			defer close(p.lines)
			for input := bufio.NewScanner(os.Stdin); input.Scan(); {
				p.lines <- strings.TrimSpace(input.Text())
			}
		}()
	}
	say("client", "shows: %s", message)
	for i, choice := range choices {
		say("", "[%d] %s", i+1, choice)
	}
	for {
		fmt.Print("           Your choice: ")
		select {
		case line, ok := <-p.lines:
			if !ok {
				return "", errors.New("the terminal has gone")
			}
			for i, choice := range choices {
				if line == fmt.Sprint(i+1) || strings.EqualFold(line, choice) {
					return choice, nil
				}
			}
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// A robot does what the steps say, and keeps pictures of it.
type robot struct {
	desktop  *desktop.Desktop
	pictures string
	taken    int

	reply    string        // to the question for permission in this step
	asked    bool          // it was asked
	codes    chan string   // of the first dialog of a collection
	compared chan struct{} // the code was compared
}

func newRobot(d *desktop.Desktop, pictures string) (r *robot, err error) {
	if pictures == "" {
		pictures, err = os.MkdirTemp("", "petstore-pictures-")
	} else {
		err = os.MkdirAll(pictures, 0o755)
	}
	return &robot{desktop: d, pictures: pictures}, err
}

// reading is how long the robot looks at something: what is faster than a person does not count as an answer.
const reading = 600 * time.Millisecond

func (r *robot) begin(ctx context.Context, step step) func() error {
	r.reply, r.asked = step.answer, false
	r.codes, r.compared = make(chan string, 1), make(chan struct{})
	answered := make(chan error, 1)
	go func() {
		for i, d := range step.dialogs {
			if err := r.do(ctx, d, i == 0); err != nil {
				answered <- err
				return
			}
		}
		answered <- nil
	}()
	return func() error {
		if err := <-answered; err != nil {
			return err
		}
		if r.reply != "" && !r.asked {
			return errors.New("the client did not ask for permission")
		}
		return r.desktop.WaitNoWindow()
	}
}

var codePattern = regexp.MustCompile(`\b[2-9A-Z]{4}-[2-9A-Z]{4}\b`)

// do answers one dialog. In the first one that asks for a value, the code is compared with the client's before.
func (r *robot) do(ctx context.Context, d dialog, first bool) error {
	open, err := r.desktop.WaitDialog(d.title)
	if err != nil {
		return err
	}
	if first {
		shown := codePattern.FindString(open.Text)
		if shown == "" {
			return errors.New("the dialog shows no code")
		}
		say("window", "%q opens and shows the code %s", d.title, shown)
		r.codes <- shown
		select {
		case <-r.compared:
		case <-ctx.Done():
			return ctx.Err()
		}
	} else {
		say("window", "%q opens", d.title)
	}
	time.Sleep(reading)
	if d.button == "" {
		err = r.desktop.Type(open.Window, d.text)
	}
	if err := errors.Join(err, r.picture(d.title)); err != nil {
		return err
	}
	say("user", "%s", cmp.Or(d.button, "types "+d.text))
	return r.desktop.Press(open.Window, "Return") // a fresh question's focus is on Deny
}

func (r *robot) answer(ctx context.Context, message string, choices []string) (string, error) {
	say("client", "shows: %s", message)
	reply := r.reply
	if shown := codePattern.FindString(message); shown != "" {
		select {
		case inDialog := <-r.codes:
			if shown != inDialog {
				return "", fmt.Errorf("the client shows the code %s, the dialog %s", shown, inDialog)
			}
		case <-ctx.Done():
			return "", ctx.Err()
		}
		defer close(r.compared)
		reply = choices[0]
	} else {
		r.asked = true
	}
	if !slices.Contains(choices, reply) {
		return "", fmt.Errorf("the client should not ask now: %q", choices)
	}
	time.Sleep(reading)
	say("user", "%s", reply)
	return reply, nil
}

// picture keeps what is on the screen.
func (r *robot) picture(title string) error {
	r.taken++
	name := fmt.Sprintf("%d-%s.png", r.taken, strings.ReplaceAll(strings.TrimPrefix(title, "petstore: "), " ", "-"))
	say("", "(picture %s)", name)
	return r.desktop.Screenshot(filepath.Join(r.pictures, name))
}
