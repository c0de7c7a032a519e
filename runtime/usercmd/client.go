package usercmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/client"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/age"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/chosen"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/userlock"
)

// storeVariables say where values are kept: a server that a client starts must have them too. None has a value of a secret.
var storeVariables = []string{chosen.Variable, age.KeyVariable}

// A clientOrder is what the command client was told.
type clientOrder struct {
	client                client.Client
	server                client.Server
	file                  string // "" for the client's own
	project, write, force bool
}

// client prints what an MCP client's file must have to start this server, or writes it there. Standard output has nothing else,
// so that it can be redirected.
func (c *command) client(ctx context.Context, args []string) error {
	o, err := c.clientOrder(args)
	if err != nil {
		return err
	}
	path, err := o.path()
	if o.write {
		if err != nil {
			return err
		}
		return c.writeClient(ctx, o, path)
	}
	snippet, wrong := o.client.Snippet(o.server)
	if wrong != nil {
		return wrong
	}
	if err == nil {
		fmt.Fprintf(c.stderr, "For %s, in %s (with --write this command puts it there):\n", o.client.Title, path)
	} else {
		fmt.Fprintf(c.stderr, "For %s: %v\n", o.client.Title, err)
	}
	fmt.Fprint(c.stdout, snippet)
	c.adviseClient(o)
	return nil
}

// clientOrder reads the arguments. Those behind "--" are the server's own.
func (c *command) clientOrder(args []string) (o clientOrder, err error) {
	args, own, _ := cutDashes(args)
	names := strings.Join(client.Names(), ", ")
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return o, misused("say the name of the client first (%s)", names)
	}
	var ok bool
	if o.client, ok = client.Find(args[0]); !ok {
		return o, misused("there is no such client%s (%s)", didYouMean(args[0], client.Names()), names)
	}
	o.server = client.Server{Name: nameFor(c.Server()), Args: own, Env: c.clientEnvironment()}
	for args = args[1:]; len(args) > 0; args = args[1:] {
		flag, value, inline := strings.Cut(args[0], "=")
		if !inline && len(args) > 1 && (flag == "--name" || flag == "--file") {
			args = args[1:]
			value = args[0]
		}
		switch {
		case flag == "--name" && client.IsName(value):
			o.server.Name = value
		case flag == "--name":
			return o, misused("--name NAME is made of letters of ASCII, digits, \"_\" and \"-\"")
		case flag == "--file" && value != "":
			o.file = value
		case flag == "--file":
			return o, misused("--file FILE is the client's file, where that is another than usual")
		case inline:
			return o, misused("only --name and --file have a value; what the server itself is started with stands behind \"--\"")
		case flag == "--write":
			o.write = true
		case flag == "--force":
			o.force = true
		case flag == "--project":
			o.project = true
		default:
			return o, misused("client takes --write, --force, --project, --name NAME and --file FILE; what the server itself is started with stands behind \"--\"")
		}
	}
	switch {
	case o.server.Name == "":
		return o, misused("the server's name has nothing that clients take as one: say --name NAME")
	case o.file != "" && o.project:
		return o, misused("--file and --project name two files: say one of them")
	case o.force && !o.write:
		return o, misused("--force is for --write")
	}
	o.server.Command, err = c.programPath()
	return o, err
}

// cutDashes cuts arguments at "--".
func cutDashes(args []string) (before, behind []string, found bool) {
	at := slices.Index(args, "--")
	if at < 0 {
		return args, nil, false
	}
	return args[:at], args[at+1:], true
}

var noName = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// nameFor makes a server's name one that all clients take, "" if nothing of it is left.
func nameFor(server string) string { return strings.Trim(noName.ReplaceAllString(server, "-"), "-") }

// clientEnvironment returns the variables that a client must hand to the server, since it may pass on little else.
func (c *command) clientEnvironment() map[string]string {
	env := map[string]string{}
	if needs, ok := c.ClientNeeds(); ok {
		for pair := range slices.Chunk(needs, 2) {
			env[pair[0]] = pair[1]
		}
	}
	for _, name := range storeVariables {
		if value := os.Getenv(name); value != "" {
			env[name] = value
		}
	}
	return env
}

// programPath returns the full path by which this program was started: it may be a link that stays when a newer version comes.
func (c *command) programPath() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("the path of this program is not known: %w", err)
	}
	if strings.Contains(filepath.ToSlash(self), "/go-build") {
		fmt.Fprintf(c.stderr, "%s: warning: this program is a build of \"go run\" or \"go test\", and soon gone: build it first\n", c.Program())
	}
	if started, err := exec.LookPath(os.Args[0]); err == nil {
		if started, err = filepath.Abs(started); err == nil && isSameFile(started, self) {
			return started, nil
		}
	}
	return self, nil
}

func isSameFile(a, b string) bool {
	one, err := os.Stat(a)
	other, wrong := os.Stat(b)
	return err == nil && wrong == nil && os.SameFile(one, other)
}

// path returns the path of the file that is meant.
func (o clientOrder) path() (string, error) {
	switch {
	case o.file != "":
		return filepath.Abs(o.file)
	case o.project:
		folder, err := os.Getwd()
		if err != nil {
			return "", fmt.Errorf("this folder has no path: %w", err)
		}
		path, ok := o.client.ProjectFile(folder)
		if !ok {
			return "", misused("%s has no files for projects", o.client.Title)
		}
		return path, nil
	}
	home, _ := os.UserHomeDir() // what is wrong with it matters only where it is needed
	return o.client.File(client.Place{System: runtime.GOOS, Home: home, Getenv: os.Getenv})
}

// lockPatience bounds how long another command may write a client's file.
const lockPatience = 30 * time.Second

// writeClient puts the server into a file, or leaves that as it is. One such command at a time does: where no lock can be had, a
// look at whether the file has changed meanwhile has to do.
func (c *command) writeClient(ctx context.Context, o clientOrder, path string) error {
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	if unlock, err := userlock.Lock(ctx, "", "client"); err == nil {
		defer unlock()
	}
	file, err := client.Read(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	text, err := o.client.Add(file.Text, o.server, o.force)
	var taken *client.TakenError
	var mistake *client.MistakeError
	switch {
	case errors.Is(err, client.ErrThere):
		fmt.Fprintf(c.stdout, "%s is already there: %s\n", o.server.Name, path)
		return nil
	case errors.As(err, &taken):
		return errors.New(c.describeTaken(o, path, taken))
	case errors.As(err, &mistake) && mistake.Line > 0:
		return fmt.Errorf("%s:%d:%d: %w; nothing was changed", path, mistake.Line, mistake.Column, mistake)
	case err != nil:
		return fmt.Errorf("%s: %w; nothing was changed", path, err)
	}
	backup, err := file.Write(text, o.project)
	if err != nil {
		return fmt.Errorf("%s: %w; nothing was changed", path, err)
	}
	was := "a new file"
	if backup != "" {
		was = "as it was: " + backup
	}
	fmt.Fprintf(c.stdout, "%s is in %s (%s)\n", o.server.Name, path, was)
	c.adviseClient(o)
	return nil
}

// describeTaken says what is in the place of the server, as far as it may be shown.
func (c *command) describeTaken(o clientOrder, path string, taken *client.TakenError) string {
	text := fmt.Sprintf("%s has another %s: %s; --force replaces it", path, o.server.Name, strings.Join(taken.Differs, ", "))
	if len(taken.Has) > 0 {
		text += ", with its " + strings.Join(taken.Has, ", ")
	}
	return text + "; --name NAME takes another name"
}

// adviseClient says what else the user has to know of the client, or of what was written.
func (c *command) adviseClient(o clientOrder) {
	var advice []string
	if needs, _ := c.ClientNeeds(); len(needs) > 0 {
		advice = append(advice, "The variables are those of this login: after another one, see whether they are the same.")
	}
	if names := c.valuesInEnvironment(); names != "" {
		advice = append(advice, "No value is written: the client must hand these variables to the server from elsewhere: "+names+".")
	}
	if o.project {
		advice = append(advice, "The file names a place on this computer: keep that in mind when you share it.", o.client.ProjectNote)
	}
	for _, line := range append(advice, o.client.Note) {
		if line != "" {
			fmt.Fprintln(c.stderr, line)
		}
	}
}

// valuesInEnvironment names the variables that have the values of secrets, where the environment was chosen as their store.
func (c *command) valuesInEnvironment() string {
	stores := strings.Split(strings.ReplaceAll(os.Getenv(chosen.Variable), " ", ""), ",")
	if !slices.Contains(stores, "env") {
		return ""
	}
	var names []string
	for _, f := range c.Fields() {
		names = append(names, f.Env...)
	}
	return strings.Join(names, ", ")
}
