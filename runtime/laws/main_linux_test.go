package laws

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

const (
	// patience bounds every wait; only a failure uses it up.
	patience = 60 * time.Second
	// reading is how long a person looks at something, at least: what is faster does not count as an answer.
	reading = 400 * time.Millisecond

	service = "com.mcp.subject" // of the subject, in the keychain
)

// revisions are those of MCP that the subject is tried with: input requests, and asked in place.
var revisions = []string{"2026-07-28", "2025-11-25"}

// folder is for what all tests share.
var folder string

// programs are the subjects by their SDK, each built once.
var programs = map[string]func() (string, error){"mcpgo": built("mcpgo"), "gosdk": built("gosdk")}

func built(sdk string) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		file := filepath.Join(folder, sdk, "subject")
		out, err := exec.Command("go", "build", "-o", file, "./subject/"+sdk).CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("go build: %w\n%s", err, out)
		}
		return file, nil
	})
}

func TestMain(m *testing.M) {
	run := func() int {
		var err error
		if folder, err = os.MkdirTemp("", "laws-"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(folder)
		return m.Run()
	}
	os.Exit(run())
}

// A stage is a desktop with a keychain, for the subject on an SDK and its user.
type stage struct {
	*desktop.Desktop
	t   *testing.T
	sdk string
}

func openStage(t *testing.T, sdk string) *stage {
	t.Helper()
	return &stage{desktop.Open(t, desktop.Options{Screen: "640x480", Programs: []string{"zenity", "secret-tool"}}), t, sdk}
}

// program is the subject's file.
func (s *stage) program() (string, error) { return programs[s.sdk]() }

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// eventually waits until done is true.
func (s *stage) eventually(what string, done func() bool) {
	s.t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("%s: not in time", what)
		}
	}
}

// store puts a value into the keychain as another program does.
func (s *stage) store(name, value string) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), "secret-tool", "store", "--label", name,
		"service", service, "username", name, "application", "Python keyring library")
	cmd.Env, cmd.Stdin = s.Env(), bytes.NewReader([]byte(value))
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("secret-tool: %v: %s", err, out)
	}
}

// A session is a process of the subject and a client, which is the official Go SDK's, with all that passes between them.
type session struct {
	*process
	*mcp.ClientSession
	stays bool      // when its client leaves, as it does over HTTP
	raw   io.Writer // to standard input, for what the client can't say; nil over HTTP
	out   log       // what the subject wrote to standard output
	in    log       // what it read from standard input
}

// A form is what the client shows to its user.
type form struct {
	message string
	choices []string
}

func (f form) isPermission() bool { return slices.Contains(f.choices, "Allow") }

// An answer is what the user says to a form: one of its choices, or an error, which is the client's own.
type answer func(context.Context, form) (choice string, err error)

// says is the user who answers all forms for permission with one word, and finds that codes match.
func says(permission string) answer {
	return func(ctx context.Context, f form) (string, error) {
		select {
		case <-time.After(reading):
		case <-ctx.Done():
			return "", ctx.Err()
		}
		if f.isPermission() {
			return permission, nil
		}
		return "The codes match", nil
	}
}

// visit starts a process of the subject with further environment variables, and connects a client of the revision. Without
// an answer, the client can show no forms.
func (s *stage) visit(revision string, say answer, env ...string) *session {
	s.t.Helper()
	v := &session{process: s.newProcess(nil, env)}
	stdin, err := v.cmd.StdinPipe()
	s.must(err)
	stdout, err := v.cmd.StdoutPipe()
	s.must(err)
	read := make(chan struct{}) // closed at the end of the subject's output
	v.start(read)

	v.raw = io.MultiWriter(stdin, &v.in)
	transport := &mcp.IOTransport{
		Reader: &tee{stdout, &v.out, sync.OnceFunc(func() { close(read) })}, Writer: writer{v.raw, stdin},
	}
	v.connect(transport, revision, say)
	return v
}

// connect connects a client of the revision.
func (v *session) connect(transport mcp.Transport, revision string, say answer) {
	v.t.Helper()
	c := mcp.NewClient(&mcp.Implementation{Name: "go-sdk", Version: "1.0.0"}, clientOptions(say))
	ctx, cancel := context.WithTimeout(v.t.Context(), patience)
	defer cancel()
	var err error
	v.ClientSession, err = c.Connect(ctx, transport, &mcp.ClientSessionOptions{ProtocolVersion: revision})
	v.must(err)
}

// clientOptions are those of a client whose user answers its forms; nil: it can show none.
func clientOptions(say answer) *mcp.ClientOptions {
	options := &mcp.ClientOptions{}
	if say != nil {
		options.ElicitationHandler = func(ctx context.Context, r *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			choice, err := say(ctx, formOf(r.Params))
			if err != nil {
				return nil, err
			}
			return &mcp.ElicitResult{Action: "accept", Content: map[string]any{"answer": choice}}, nil
		}
		//lint:ignore SA1019 older clients can be asked for samples, which must be masked
		options.CreateMessageHandler = func(context.Context, *mcp.CreateMessageRequest) (*mcp.CreateMessageResult, error) {
			//lint:ignore SA1019 older clients can be asked for samples, which must be masked
			return &mcp.CreateMessageResult{Model: "none", Role: "assistant", Content: &mcp.TextContent{Text: "No."}}, nil
		}
	}
	return options
}

// end ends the client and, in the way of its transport, the process, and fails the test unless it ends well.
func (v *session) end() {
	v.t.Helper()
	_ = v.Close()
	if v.stays {
		v.must(v.cmd.Process.Signal(os.Interrupt))
	}
	v.ends()
}

// leave ends the session, and fails the test unless it leaves no window.
func (v *session) leave() {
	v.t.Helper()
	v.end()
	v.must(v.WaitNoWindow())
}

// call calls a tool and returns its text.
func (v *session) call(tool string, arguments map[string]any) (text string, isError bool, err error) {
	ctx, cancel := context.WithTimeout(v.t.Context(), 3*patience)
	defer cancel()
	result, err := v.CallTool(ctx, &mcp.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil {
		return "", true, err
	}
	for _, part := range result.Content {
		if part, ok := part.(*mcp.TextContent); ok {
			text += part.Text
		}
	}
	return text, result.IsError, nil
}

func formOf(p *mcp.ElicitParams) form {
	schema, _ := p.RequestedSchema.(map[string]any)
	properties, _ := schema["properties"].(map[string]any)
	field, _ := properties["answer"].(map[string]any)
	enum, _ := field["enum"].([]any)
	f := form{message: p.Message}
	for _, choice := range enum {
		text, _ := choice.(string)
		f.choices = append(f.choices, text)
	}
	return f
}

// A tee keeps what is read, and says when nothing more is.
type tee struct {
	io.ReadCloser
	log *log
	end func()
}

func (r *tee) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	_, _ = r.log.Write(p[:n])
	if err != nil {
		r.end()
	}
	return n, err
}

func (r *tee) Close() error {
	r.end()
	return r.ReadCloser.Close()
}

type writer struct {
	io.Writer
	io.Closer
}

// A log is written to and read at the same time.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
