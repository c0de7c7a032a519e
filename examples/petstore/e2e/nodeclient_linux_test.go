package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

// installClients installs the clients from npm, unless they are there already.
func installClients(t *testing.T) {
	t.Helper()
	desktop.NPM(t, npm)
}

// nodeCommand returns the command that runs a script below testdata/clients: with the Node.js of a locked version, since some
// clients need a newer one than Debian has; or, where npm has none for this machine, with the system's.
func nodeCommand(script string, arguments ...string) []string {
	node := "node"
	if found, _ := filepath.Glob(filepath.Join(npm, "node_modules", "node-linux-*", "bin", "node")); len(found) > 0 {
		node, _ = filepath.Abs(found[0])
	}
	script, _ = filepath.Abs(filepath.Join(npm, script))
	return append([]string{node, script}, arguments...)
}

// A nodeClient is one of the scripts. driver.mjs has the protocol.
type nodeClient struct {
	version string
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	show    ask
	gone    context.Context // ends with the script
	closed  func() error

	mu      sync.Mutex
	orders  int
	results map[int]chan message
}

// A message is one line, to or from a script.
type message struct {
	Ready string `json:"ready,omitempty"`

	ID        int             `json:"id,omitempty"`
	Do        string          `json:"do,omitempty"`
	Tool      string          `json:"tool,omitempty"`
	Arguments map[string]any  `json:"arguments,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     string          `json:"error,omitempty"`

	Form    int    `json:"form,omitempty"`
	Message string `json:"message,omitempty"`
	Schema  any    `json:"schema,omitempty"`
	Answer  any    `json:"answer,omitempty"`
}

func connectNode(p *place, s server, show ask) (client, error) {
	options, err := json.Marshal(map[string]any{
		"mode": p.guest.mode, "forms": p.guest.forms, "bare": p.guest.bare, "command": s.command, "url": s.url, "token": token,
	})
	if err != nil {
		return nil, err
	}
	command := nodeCommand(p.guest.script, string(options))
	if p.guest.bare {
		command = append(p.loggedIn(), command...)
	}
	c := &nodeClient{cmd: exec.Command(command[0], command[1:]...), show: show, results: map[int]chan message{}}
	c.cmd.Env, c.cmd.Stderr, c.cmd.WaitDelay = s.env, &p.log, time.Second
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	gone, leave := context.WithCancel(context.Background())
	c.gone = gone
	ready := make(chan string, 1)
	ended := make(chan error, 1)
	go func() {
		defer leave()
		err := c.listen(stdout, ready)
		ended <- errors.Join(err, c.cmd.Wait())
	}()
	c.closed = sync.OnceValue(func() error {
		_ = c.stdin.Close()
		select {
		case err := <-ended:
			return err
		case <-time.After(patience):
			_ = c.cmd.Process.Kill()
			return errors.Join(errors.New("the client does not end"), <-ended)
		}
	})
	select {
	case c.version = <-ready:
		return c, nil
	case <-gone.Done():
		return nil, errors.Join(errors.New("the client ended"), c.closed())
	case <-time.After(patience):
		return nil, errors.Join(errors.New("the client does not connect"), c.closed())
	}
}

// listen reads what the script says until it ends.
func (c *nodeClient) listen(stdout io.Reader, ready chan<- string) error {
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var m message
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return fmt.Errorf("the client says %q: %w", lines.Text(), err)
		}
		switch {
		case m.Ready != "":
			ready <- m.Ready
		case m.Form != 0:
			go func() {
				answer, err := c.show(c.gone, m.Message, m.Schema)
				if err == nil {
					_ = c.say(message{Form: m.Form, Answer: map[string]any{"action": "accept", "content": map[string]any{"answer": answer}}})
				}
			}()
		default:
			c.mu.Lock()
			result := c.results[m.ID]
			delete(c.results, m.ID)
			c.mu.Unlock()
			if result == nil {
				return fmt.Errorf("the client says %q, which nobody asked", lines.Text())
			}
			result <- m
		}
	}
	return lines.Err()
}

func (c *nodeClient) say(m message) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err = c.stdin.Write(append(text, '\n'))
	return err
}

// do gives the script an order and decodes what comes of it.
func (c *nodeClient) do(ctx context.Context, m message, to any) error {
	result := make(chan message, 1)
	c.mu.Lock()
	c.orders++
	m.ID = c.orders
	c.results[m.ID] = result
	c.mu.Unlock()
	if err := c.say(m); err != nil {
		return err
	}
	select {
	case m := <-result:
		if m.Error != "" {
			return errors.New(m.Error)
		}
		return json.Unmarshal(m.Result, to)
	case <-ctx.Done():
		return ctx.Err()
	case <-c.gone.Done():
		return errors.New("the client ended")
	}
}

func (c *nodeClient) revision() string { return c.version }
func (c *nodeClient) close() error     { return c.closed() }

func (c *nodeClient) tools(ctx context.Context) (names []string, err error) {
	err = c.do(ctx, message{Do: "tools"}, &names)
	return names, err
}

func (c *nodeClient) call(ctx context.Context, tool string, arguments map[string]any) (s said, err error) {
	err = c.do(ctx, message{Do: "call", Tool: tool, Arguments: arguments}, &s)
	return s, err
}
