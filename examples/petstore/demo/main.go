//go:build linux

// Command demo shows the pet store at work, from the schema to answered tool calls: it generates, builds, starts the server,
// connects a client, and walks through what a user of the server meets. The keychain is always a throw-away one.
//
// On a desktop, in a terminal, you answer the dialogs. Elsewhere, and with -auto, the demo runs on a throw-away display,
// answers by itself, and keeps pictures of the screen.
//
// The server is the one on mcp-go; with -official, the one on the official SDK.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"golang.org/x/term"
)

const (
	key      = "pets-0123456789abcdef" // what the embedded pet store takes
	name     = "keeper"
	password = "feed-the-axolotl"
)

// A step is one call of the model, and what the user does meanwhile.
type step struct {
	title     string
	tool      string
	arguments map[string]any
	dialogs   []dialog // on the screen
	answer    string   // to the client's question for permission; "" if there is none
	refused   bool     // the result is an error
	want      string   // what the result says
}

// A dialog is a window, and what the user does in it: type a text or press a button.
type dialog struct {
	title, text, button string
}

var steps = []step{{
	title:   "A tool needs a key that nobody has stored",
	tool:    "list_pets",
	dialogs: []dialog{{title: "petstore: Petstore API key", text: key}},
	answer:  "Allow",
	want:    `"Rex"`,
}, {
	title: `"Allow" was for one call: the next one asks again`,
	tool:  "get_pet", arguments: map[string]any{"id": 2},
	answer: "Allow for session",
	want:   `"Momo"`,
}, {
	title: "From now on nobody is asked",
	tool:  "create_pet", arguments: map[string]any{"name": "Pip", "species": "hamster", "age": 1},
	want: `"Pip"`,
}, {
	title: "A tool that gives the key away, in ten ways: the result is masked",
	tool:  "leak_check",
	want:  "[redacted]",
}, {
	title: "A password whose use the client can't allow: the question is a window, and the answer is no",
	tool:  "whoami",
	dialogs: []dialog{
		{title: "petstore: User name", text: name},
		{title: "petstore: Password", text: password},
		{title: "petstore asks for permission", button: "Deny"},
	},
	refused: true,
	want:    "did not allow",
}, {
	title:   "The model tries again: nobody is asked",
	tool:    "whoami",
	refused: true,
	want:    "did not allow",
}}

func main() {
	auto := flag.Bool("auto", false, "answer by itself, on a throw-away display")
	pictures := flag.String("pictures", "", "the `FOLDER` for pictures of the screen; without it, a new one")
	official := flag.Bool("official", false, "show the server on the official SDK")
	flag.Parse()
	// With SIGPIPE: who reads only the beginning must not leave the stage standing.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	s := &stage{source: "."}
	if *official {
		s.source = "./gosdk"
	}
	err := run(ctx, s, *auto || !onDesktop(), *pictures)
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// onDesktop reports whether a person is there to answer, in windows and in a terminal.
func onDesktop() bool {
	return (os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "") &&
		term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd()))
}

func run(ctx context.Context, s *stage, auto bool, pictures string) error {
	if err := lookForPrograms(auto); err != nil {
		return err
	}
	if auto {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
		defer cancel()
	}
	defer s.strike()
	if err := s.build(ctx, auto); err != nil {
		return err
	}
	var u user = &person{}
	if auto {
		robot, err := newRobot(s.desktop, pictures)
		if err != nil {
			return err
		}
		u = robot
		defer func() { fmt.Printf("\nPictures of the screen are in %s\n", robot.pictures) }()
	} else {
		fmt.Printf("\nFor this demo the key is %s, the user name %s, the password %s.\n", key, name, password)
	}
	session, err := s.connect(ctx, u)
	if err != nil {
		return err
	}
	for i, step := range steps {
		fmt.Printf("\n%d. %s\n", i+1, step.title)
		if err := show(ctx, session, u, step); err != nil {
			return fmt.Errorf("step %d: %w\n%s", i+1, err, s.log())
		}
	}
	fmt.Printf("\n%d. The user's side, in a terminal: petstore secrets status\n", len(steps)+1)
	if err := s.showStatus(ctx); err != nil {
		return err
	}
	return s.showLog()
}

// show walks through one step.
func show(ctx context.Context, session *mcp.ClientSession, u user, step step) error {
	arguments, err := json.Marshal(step.arguments)
	if err != nil {
		return err
	}
	say("model", "calls %s %s", step.tool, strings.TrimPrefix(string(arguments), "null"))
	finish := u.begin(ctx, step)
	result, err := session.CallTool(ctx, &mcp.CallToolParams{Name: step.tool, Arguments: step.arguments})
	if err != nil {
		return err
	}
	content, ok := result.Content[0].(*mcp.TextContent)
	if !ok {
		return fmt.Errorf("the result is a %T", result.Content[0])
	}
	say("model", "reads %s", content.Text)
	if result.IsError != step.refused || !strings.Contains(content.Text, step.want) {
		return fmt.Errorf("that is not what this step should show: %s", step.want)
	}
	if strings.Contains(content.Text, key) {
		return errors.New("the key is in the result")
	}
	return finish()
}

var saying sync.Mutex

// say tells what somebody does.
func say(who, format string, a ...any) {
	saying.Lock()
	defer saying.Unlock()
	for line := range strings.Lines(fmt.Sprintf(format, a...)) {
		fmt.Println(strings.TrimRight(fmt.Sprintf("   %-7s %s", who, line), " \n"))
		who = ""
	}
}
