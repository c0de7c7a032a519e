//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

// A stage is what the demo runs on: the server's program, a throw-away keychain, and a display.
type stage struct {
	source  string // the package of the server, from the example's folder
	folder  string // for the program and its log; "" until there is one
	desktop *desktop.Desktop
	env     []string // the server's
	session *mcp.ClientSession
}

// lookForPrograms fails with one line that says what to install.
func lookForPrograms(auto bool) error {
	packages := []struct{ program, debian string }{
		{"dbus-daemon", "dbus"}, {"gnome-keyring-daemon", "gnome-keyring"}, {"zenity", "zenity"},
		{"Xvfb", "xvfb"}, {"xdotool", "xdotool"}, {"import", "imagemagick"},
	}
	if !auto {
		packages = packages[:3]
	}
	var missing []string
	for _, p := range packages {
		if _, err := exec.LookPath(p.program); err != nil {
			missing = append(missing, p.debian)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("install these Debian packages first: apt-get install --no-install-recommends %s", strings.Join(missing, " "))
	}
	return nil
}

// build generates the code, builds the server, and starts a desktop for it: in automatic mode a throw-away one, else the
// person's with a throw-away keychain.
func (s *stage) build(ctx context.Context, auto bool) (err error) {
	gomod, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return err
	}
	example := filepath.Join(filepath.Dir(strings.TrimSpace(string(gomod))), "examples", "petstore")
	if s.folder, err = os.MkdirTemp("", "petstore-demo-"); err != nil {
		return err
	}
	fmt.Println("Generates typed getters from internal/vault/secrets.yaml: go generate ./...")
	if err := goTool(ctx, example, "generate", "./..."); err != nil {
		return err
	}
	fmt.Println("Builds the server: go build", s.source)
	if err := goTool(ctx, example, "build", "-o", s.program(), s.source); err != nil {
		return err
	}
	fmt.Println("Starts a throw-away keychain: your own is not touched")
	if s.desktop, err = desktop.Start(desktop.Options{NoDisplay: !auto, Screen: "640x360"}); err != nil {
		return err
	}
	s.env = s.desktop.Env()
	if !auto {
		s.env = append(s.env, display()...)
	}
	return nil
}

func goTool(ctx context.Context, folder string, arguments ...string) error {
	cmd := exec.CommandContext(ctx, "go", arguments...)
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", arguments[0], err, out)
	}
	return nil
}

// display returns the variables that lead to the person's display. The throw-away desktop has other folders, so paths
// that are found by those are spelt out.
func display() (env []string) {
	if x := os.Getenv("DISPLAY"); x != "" {
		authority := os.Getenv("XAUTHORITY")
		if authority == "" {
			authority = filepath.Join(os.Getenv("HOME"), ".Xauthority")
		}
		env = append(env, "DISPLAY="+x, "XAUTHORITY="+authority)
	}
	if wayland := os.Getenv("WAYLAND_DISPLAY"); wayland != "" {
		if !filepath.IsAbs(wayland) {
			wayland = filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), wayland)
		}
		env = append(env, "WAYLAND_DISPLAY="+wayland)
	}
	return env
}

func (s *stage) program() string { return filepath.Join(s.folder, "petstore") }
func (s *stage) logFile() string { return filepath.Join(s.folder, "server.log") }

// connect starts the server and connects the official Go client, which shows forms to the user.
func (s *stage) connect(ctx context.Context, u user) (*mcp.ClientSession, error) {
	log, err := os.Create(s.logFile())
	if err != nil {
		return nil, err
	}
	defer log.Close() // the server has its own
	server := exec.Command(s.program())
	server.Env, server.Stderr = s.env, log
	client := mcp.NewClient(&mcp.Implementation{Name: "demo", Version: "1.0.0"}, &mcp.ClientOptions{
		ElicitationHandler: func(ctx context.Context, request *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			answer, err := u.answer(ctx, request.Params.Message, choices(request.Params.RequestedSchema))
			if err != nil {
				return nil, err
			}
			return &mcp.ElicitResult{Action: "accept", Content: map[string]any{"answer": answer}}, nil
		},
	})
	s.session, err = client.Connect(ctx, &mcp.CommandTransport{Command: server}, nil)
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, s.log())
	}
	tools, err := s.session.ListTools(ctx, nil)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, tool := range tools.Tools {
		names = append(names, tool.Name)
	}
	fmt.Printf("Connects a client to the server, MCP %s, tools: %s\n", s.session.InitializeResult().ProtocolVersion, strings.Join(names, ", "))
	return s.session, nil
}

// choices returns what a form offers.
func choices(schema any) (offered []string) {
	form, _ := schema.(map[string]any)
	properties, _ := form["properties"].(map[string]any)
	answer, _ := properties["answer"].(map[string]any)
	enum, _ := answer["enum"].([]any)
	for _, choice := range enum {
		offered = append(offered, fmt.Sprint(choice))
	}
	return offered
}

// log returns what the server has logged so far.
func (s *stage) log() []byte {
	text, _ := os.ReadFile(s.logFile()) // none is none
	return text
}

// showStatus shows what the server's program says of its secrets.
func (s *stage) showStatus(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, s.program(), "secrets", "status")
	cmd.Env = s.env
	out, err := cmd.CombinedOutput()
	fmt.Printf("   %s\n", strings.ReplaceAll(strings.TrimSpace(string(out)), "\n", "\n   "))
	return err
}

// showLog shows the server's log of accesses, in which there is no value.
func (s *stage) showLog() error {
	fmt.Println("\nThe server's log of all this, without a value:")
	log := s.log()
	for line := range strings.Lines(string(log)) {
		if _, access, ok := strings.Cut(line, `msg="secret access" server=petstore `); ok {
			fmt.Print("   ", access)
		}
	}
	for _, value := range []string{key, password} {
		if bytes.Contains(log, []byte(value)) {
			return errors.New("a value is in the server's log")
		}
	}
	return nil
}

// strike ends the server, the throw-away desktop, and removes the folder.
func (s *stage) strike() {
	if s.session != nil {
		_ = s.session.Close()
	}
	if s.desktop != nil {
		s.desktop.Stop() // with every dialog on it
	}
	if s.folder != "" {
		_ = os.RemoveAll(s.folder)
	}
}
