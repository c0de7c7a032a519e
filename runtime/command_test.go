package secrets_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
)

// The keys of programs.
var (
	toolKey    = secrets.Password("tool_key", secrets.Field{Label: "Tool key", Required: true})
	toolFile   = secrets.Multiline("tool_file", secrets.Field{Required: true})
	toolPin    = secrets.Password("tool_pin", secrets.Field{Required: true})
	toolPlace  = secrets.Text("place", secrets.Field{Required: true, Permission: secrets.NoAsking})
	toolUnset  = secrets.Password("unset", secrets.Field{})
	toolUnseen = secrets.Password("unseen", secrets.Field{
		Required: true, SentHosts: []string{"api.example.com"}, SentAs: secrets.SentAs("bearer"), Unrevealed: true,
	})
)

const (
	toolValue = "4eC39HqLyjWDarjtT1zdp7dc"
	pinValue  = "8642"
)

// A running is a schema whose values programs get.
type running struct {
	*secrets.Manager
	store *runtimetest.Store
	user  *runtimetest.User
	log   *bytes.Buffer
}

func openRunning(t *testing.T) *running {
	t.Helper()
	r := &running{store: runtimetest.NewStore(), user: runtimetest.NewUser(t)}
	var option secrets.Option
	option, r.log = logging()
	m, err := openWith("tools", []secrets.AnyKey{toolKey, toolFile, toolPin, toolPlace, toolUnset, toolUnseen},
		secrets.WithStore(r.store), secrets.WithPrompter(r.user), option)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	r.Manager = m
	for name, value := range map[string]string{
		"tool_key": toolValue, "tool_file": strings.Repeat("line of a file 0123456789\n", 6000), "tool_pin": pinValue, "place": "eu", "unseen": toolValue,
	} {
		r.store.Put("tools", name, value)
	}
	return r
}

func (r *running) call(t *testing.T) context.Context {
	ctx, turn := r.Begin(t.Context(), secrets.Call{Kind: "tool", Name: "dump", Principal: secrets.Process()}, "", nil)
	t.Cleanup(func() { turn.End() })
	return ctx
}

// run runs a program that the user allows.
func (r *running) run(t *testing.T, cmd *exec.Cmd, deliveries ...secrets.Delivery) error {
	t.Helper()
	r.user.Answers(secrets.AllowOnce)
	return secrets.RunCommand(r.call(t), r.Manager, "Dump your pets", cmd, deliveries...)
}

// byNumber is by a descriptor, where there are some.
func byNumber(key secrets.AnyKey, placeholder string) (argument string, delivery secrets.Delivery) {
	if runtime.GOOS == "windows" {
		return placeholder, secrets.ByFile(key, placeholder)
	}
	return "number:" + placeholder, secrets.ByDescriptor(key, placeholder)
}

// A program gets the values in each way, all with one question, and nothing of a confidential one can be read
// elsewhere. The Cmd is afterwards what it was.
func TestProgramsGetValues(t *testing.T) {
	r := openRunning(t)
	number, byNumber := byNumber(toolKey, "{key}")
	cmd := selfAs("gets", number, "{file.pem}", "input", "variable:PLACE", "variable:PIN")
	out := new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = out, out
	before := *cmd
	err := r.run(t, cmd, byNumber, secrets.ByFile(toolFile, "{file.pem}"), secrets.ByStdin(toolKey), secrets.ByVariable(toolPlace, "PLACE"),
		secrets.ByVariable(toolPin, "PIN"))
	if err != nil {
		t.Fatal(err, out)
	}
	file, _ := r.store.Value("tools", "tool_file")
	want := ""
	for _, value := range []string{toolValue, file, toolValue, "eu", pinValue} {
		shown := value == "eu" || value == pinValue // as the test says
		want += fmt.Sprintf("%x shown=%t\n", sha256.Sum256([]byte(value)), shown)
	}
	if out.String() != want {
		t.Errorf("got:\n%swant:\n%s", out, want)
	}
	if len(r.user.Shown()) != 1 {
		t.Errorf("%d questions", len(r.user.Shown()))
	}
	if !reflect.DeepEqual(cmd.Args, before.Args) || !reflect.DeepEqual(cmd.Env, before.Env) || cmd.Stdin != nil || cmd.Stdout != out ||
		len(cmd.ExtraFiles) > 0 || cmd.WaitDelay != 0 || !cmd.ProcessState.Success() {
		t.Errorf("the command is another one: %+v", cmd)
	}
	if n := strings.Count(r.log.String(), `outcome="handed out"`); n < 3 {
		t.Errorf("%d audit records:\n%s", n, r.log)
	}
}

// A descriptor is a path too, and those that the Cmd has before stay what they are.
func TestDescriptorsArePaths(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("programs inherit no descriptors")
	}
	r := openRunning(t)
	own, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	cmd := selfAs("gets", "/dev/fd/{a}", "number:3", "number:{b}")
	out := new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = out, out, []*os.File{own}
	if err := r.run(t, cmd, secrets.ByDescriptor(toolKey, "{a}"), secrets.ByDescriptor(toolFile, "{b}")); err != nil {
		t.Fatal(err, out)
	}
	file, _ := r.store.Value("tools", "tool_file")
	for n, value := range []string{toolValue, "", file} {
		if line := strings.Split(out.String(), "\n")[n]; !strings.HasPrefix(line, fmt.Sprintf("%x ", sha256.Sum256([]byte(value)))) {
			t.Errorf("%d bytes: got %s", len(value), line)
		}
	}
	if len(cmd.ExtraFiles) != 1 {
		t.Errorf("the command has %d files", len(cmd.ExtraFiles))
	}
}

// A placeholder can be in a variable, and a path in both places; the value of another variable is no place
// for one.
func TestPlaceholdersInVariables(t *testing.T) {
	r := openRunning(t)
	r.store.Put("tools", "place", "{key}")
	cmd := selfAs("gets", "{key}", "variable:PLACE")
	cmd.Env = append(cmd.Env, "CONFIG=at {key}")
	out := new(bytes.Buffer)
	cmd.Stdout = out
	if err := r.run(t, cmd, secrets.ByVariable(toolPlace, "PLACE"), secrets.ByFile(toolKey, "{key}")); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%x", sha256.Sum256([]byte("{key}"))); !strings.Contains(out.String(), want) {
		t.Errorf("the value of a variable was changed: %s", out)
	}
	show := selfAs("echoes")
	show.Env = append(show.Env, "CONFIG=at {key}")
	out = new(bytes.Buffer)
	show.Stdout = out
	if err := r.run(t, show, secrets.ByFile(toolKey, "{key}")); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `"CONFIG=at `) || strings.Contains(out.String(), "{key}") {
		t.Errorf("no path in the variable: %s", out)
	}
}

// Files are in a closed folder, and gone with it once the program has ended, whatever it did.
func TestFilesOfProgramsArePrivate(t *testing.T) {
	place := runtimeFolder(t)
	r := openRunning(t)
	cmd := selfAs("modes", "{key}")
	out := new(bytes.Buffer)
	cmd.Stdout = out
	if err := r.run(t, cmd, secrets.ByFile(toolKey, "{key}")); err != nil {
		t.Fatal(err)
	}
	if want := "-rw-------\ndrwx------\ndrwx------\n"; runtime.GOOS != "windows" && out.String() != want {
		t.Errorf("got %q, want %q", out, want)
	}
	wantEmpty(t, place)
	var failed *exec.ExitError
	if err := r.run(t, selfAs("fails", "{key}"), secrets.ByFile(toolKey, "{key}")); !errors.As(err, &failed) || failed.ExitCode() != 7 {
		t.Errorf("%v, want the program's own error", err)
	}
	wantEmpty(t, place)
	gone := selfAs("fails", "{key}")
	gone.Path = filepath.Join(place, "gone")
	if err := r.run(t, gone, secrets.ByFile(toolKey, "{key}")); !errors.Is(err, os.ErrNotExist) && !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("%v, want that there is no program", err)
	}
	wantEmpty(t, place)
}

// runtimeFolder makes a folder the user's runtime folder, and returns it.
func runtimeFolder(t *testing.T) string {
	place := t.TempDir()
	if err := os.Chmod(place, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"XDG_RUNTIME_DIR", "TMP", "TEMP"} {
		t.Setenv(name, place)
	}
	return place
}

func wantEmpty(t *testing.T, folder string) {
	t.Helper()
	if entries, err := os.ReadDir(folder); err != nil || len(entries) > 0 {
		t.Errorf("left: %v, %v", entries, err)
	}
}

// What a program writes is masked before the server's code has it, however it is split, and the rest stays as
// it is.
func TestOutputOfProgramsIsMasked(t *testing.T) {
	r := openRunning(t)
	cmd := selfAs("tells", "{key}")
	stdout, stderr := new(bytes.Buffer), new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if err := r.run(t, cmd, secrets.ByFile(toolKey, "{key}")); err != nil {
		t.Fatal(err)
	}
	wantNothingOf(t, stdout.String()+stderr.String())
	if want := "plain [redacted] base64 [redacted] hex [redacted]\n"; stdout.String() != want {
		t.Errorf("got %q, want %q", stdout, want)
	}
	if want := "error: bad key [redacted]\n[redacted]"; stderr.String() != want {
		t.Errorf("got %q, want %q", stderr, want)
	}

	both := selfAs("floods", "{key}")
	out := new(bytes.Buffer)
	both.Stdout, both.Stderr = out, out
	if err := r.run(t, both, secrets.ByFile(toolKey, "{key}")); err != nil {
		t.Fatal(err)
	}
	wantNothingOf(t, out.String())
	if n := strings.Count(out.String(), "|"); n != 700 || out.Len() < 5<<20 {
		t.Errorf("%d parts in %d bytes", n, out.Len())
	}

	file, err := os.Create(filepath.Join(t.TempDir(), "out")) // no writer of ours otherwise
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	toFile := selfAs("tells", "{key}")
	toFile.Stdout, toFile.Stderr = file, file
	if err := r.run(t, toFile, secrets.ByFile(toolKey, "{key}")); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(file.Name())
	wantNothingOf(t, string(text))
	if !strings.Contains(string(text), "[redacted]") {
		t.Errorf("the file has %q", text)
	}
}

func wantNothingOf(t *testing.T, text string) {
	t.Helper()
	for n := 0; n+6 <= len(toolValue); n++ {
		if part := toolValue[n : n+6]; strings.Contains(text, part) {
			t.Fatalf("%q is in the output", part)
		}
	}
}

// What would show a value to others, or give it to nobody, is refused before anybody is asked.
func TestProgramsThatAreRefused(t *testing.T) {
	withInput := selfAs("gets", "input")
	withInput.Stdin = strings.NewReader("")
	inVariable := selfAs("gets", "{key}")
	inVariable.Env = append(inVariable.Env, "TOKEN="+toolValue)
	ran := selfAs("gets")
	if err := ran.Run(); err != nil {
		t.Fatal(err)
	}
	file := secrets.ByFile(toolKey, "{key}")
	for name, c := range map[string]struct {
		cmd        *exec.Cmd
		deliveries []secrets.Delivery
	}{
		"value in an argument":           {selfAs("gets", "{key}", toolValue), []secrets.Delivery{file}},
		"value in an option":             {selfAs("gets", "{key}", "--key="+toolValue), []secrets.Delivery{file}},
		"value of another in base64":     {selfAs("gets", "{key}", "dXNlcjo0ZUMzOUhxTHlqV0Rhcmp0VDF6ZHA3ZGM="), []secrets.Delivery{file}},
		"short value in an option":       {selfAs("gets", "--pin="+pinValue), []secrets.Delivery{secrets.ByStdin(toolPin)}},
		"short value as an argument":     {selfAs("gets", pinValue), []secrets.Delivery{secrets.ByStdin(toolPin)}},
		"value in a variable":            {inVariable, []secrets.Delivery{file}},
		"placeholder that is nowhere":    {selfAs("gets", "key"), []secrets.Delivery{file}},
		"placeholder in the name":        {&exec.Cmd{Path: selfAs("gets").Path, Args: []string{"{key}"}}, []secrets.Delivery{file}},
		"placeholder without braces":     {selfAs("gets", "key"), []secrets.Delivery{secrets.ByFile(toolKey, "key")}},
		"empty placeholder":              {selfAs("gets", "key"), []secrets.Delivery{secrets.ByDescriptor(toolKey, "")}},
		"one placeholder for two":        {selfAs("gets", "{key}"), []secrets.Delivery{file, secrets.ByFile(toolPin, "{key}")}},
		"two inputs":                     {selfAs("gets", "input"), []secrets.Delivery{secrets.ByStdin(toolKey), secrets.ByStdin(toolPin)}},
		"input beside another":           {withInput, []secrets.Delivery{secrets.ByStdin(toolKey)}},
		"variable without a name":        {selfAs("gets"), []secrets.Delivery{secrets.ByVariable(toolKey, "")}},
		"variable with a value":          {selfAs("gets"), []secrets.Delivery{secrets.ByVariable(toolKey, "A=B")}},
		"variable of two":                {selfAs("gets"), []secrets.Delivery{secrets.ByVariable(toolKey, "A"), secrets.ByVariable(toolPin, "A")}},
		"program that has run":           {ran, []secrets.Delivery{secrets.ByStdin(toolKey)}},
		"no program":                     {nil, []secrets.Delivery{secrets.ByStdin(toolKey)}},
		"descriptor that does not exist": {selfAs("gets", "{key}"), []secrets.Delivery{secrets.ByDescriptor(toolKey, "{key}")}},
	} {
		if name == "descriptor that does not exist" && runtime.GOOS != "windows" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			r := openRunning(t)
			err := secrets.RunCommand(r.call(t), r.Manager, "Dump your pets", c.cmd, c.deliveries...)
			var failure *secrets.Error
			if !errors.Is(err, secrets.ErrNotRun) || !errors.As(err, &failure) || failure.Failure != "not_run" || failure.Secrets[0] == "" {
				t.Fatalf("%v, want %v", err, secrets.ErrNotRun)
			}
			if strings.Contains(err.Error()+r.log.String(), toolValue) {
				t.Error("the error or the log has the value")
			}
			if len(r.user.Shown()) > 0 || !strings.Contains(r.log.String(), "how=not_run") {
				t.Errorf("%d questions, log:\n%s", len(r.user.Shown()), r.log)
			}
			if c.cmd != nil && c.cmd != ran && c.cmd.Process != nil {
				t.Error("the program was started")
			}
		})
	}
}

// The gate is that of getters.
func TestProgramsPassTheGate(t *testing.T) {
	r := openRunning(t)
	file := filepath.Join(t.TempDir(), "ran")
	run := func(ctx context.Context, deliveries ...secrets.Delivery) error {
		return secrets.RunCommand(ctx, r.Manager, "Dump your pets", selfAs("waits", file), deliveries...)
	}
	stranger := secrets.Password("stranger", secrets.Field{})
	for name, c := range map[string]struct {
		ctx      context.Context
		delivery secrets.Delivery
		want     error
	}{
		"only sent":    {r.call(t), secrets.ByStdin(toolUnseen), secrets.ErrSentOnly},
		"unset":        {r.call(t), secrets.ByStdin(toolUnset), secrets.ErrNotSet},
		"no key":       {r.call(t), secrets.ByStdin(stranger), secrets.ErrUnknownKey},
		"zero key":     {r.call(t), secrets.ByStdin(secrets.Key[string]{}), secrets.ErrUnknownKey},
		"zero":         {r.call(t), secrets.Delivery{}, secrets.ErrUnknownKey},
		"outside call": {t.Context(), secrets.ByStdin(toolKey), secrets.ErrOutsideCall},
	} {
		if err := run(c.ctx, c.delivery); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if err := run(r.call(t)); !errors.Is(err, secrets.ErrUnknownKey) {
		t.Errorf("nothing: %v", err)
	}
	r.user.Answers(secrets.Deny)
	if err := run(r.call(t), secrets.ByStdin(toolKey)); !errors.Is(err, secrets.ErrDenied) {
		t.Errorf("denied: %v", err)
	}
	missing := exec.Command("no-such-program-anywhere")
	if err := secrets.RunCommand(r.call(t), r.Manager, "Dump your pets", missing, secrets.ByStdin(toolPin)); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("missing: %v", err)
	}
	if _, err := os.Stat(file); err == nil || len(r.user.Shown()) != 1 {
		t.Errorf("a program was run, or %d questions were asked", len(r.user.Shown()))
	}
}

// A program ends with its context, and reads of what it is given what it likes.
func TestProgramEndsWithItsContext(t *testing.T) {
	place := runtimeFolder(t)
	r := openRunning(t)
	number, byNumber := byNumber(toolFile, "{number}")
	ran := filepath.Join(t.TempDir(), "ran")
	for _, withContext := range []bool{false, true} {
		ctx, cancel := context.WithCancel(r.call(t))
		cmd := selfAs("waits", ran, number, "{key}")
		if withContext {
			env := cmd.Env
			cmd = exec.CommandContext(ctx, cmd.Path, cmd.Args[1:]...)
			cmd.Env = env
		}
		go func() {
			for range int(patienceOfPrograms / time.Millisecond) {
				if _, err := os.Stat(ran); err == nil {
					break
				}
				time.Sleep(time.Millisecond)
			}
			cancel()
		}()
		r.user.Answers(secrets.AllowOnce)
		err := secrets.RunCommand(ctx, r.Manager, "Dump your pets", cmd, secrets.ByStdin(toolFile), byNumber, secrets.ByFile(toolKey, "{key}"))
		if !errors.Is(err, context.Canceled) || cmd.ProcessState == nil || cmd.ProcessState.Success() {
			t.Errorf("with a context %t: %v, %v", withContext, err, cmd.ProcessState)
		}
		wantEmpty(t, place)
		if err := os.Remove(ran); err != nil {
			t.Error(err)
		}
	}
}

// patienceOfPrograms bounds every wait; only a failure uses it up.
const patienceOfPrograms = time.Minute

// What a program has started may live on with its output: nobody waits for that, but for some seconds.
func TestOutputThatIsHeldOpen(t *testing.T) {
	place := runtimeFolder(t)
	r := openRunning(t)
	cmd := selfAs("leaves", "{key}")
	out := new(bytes.Buffer)
	cmd.Stdout = out
	if err := r.run(t, cmd, secrets.ByFile(toolKey, "{key}")); !errors.Is(err, exec.ErrWaitDelay) {
		t.Errorf("%v, want %v", err, exec.ErrWaitDelay)
	}
	wantEmpty(t, place)
	number, _, _ := strings.Cut(out.String(), "\n")
	pid, err := strconv.Atoi(number)
	if err != nil {
		t.Fatalf("%v: %q", err, out)
	}
	other, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Kill(); err != nil {
		t.Errorf("what it started is gone: %v", err)
	}
}
