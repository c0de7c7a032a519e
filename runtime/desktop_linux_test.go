package secrets_test

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// The tests of this file use the real keychain and real dialogs, as a server does that sets no option.

const (
	valueTitle    = "petstore: Petstore API key"
	questionTitle = "petstore asks for permission"
	// patience bounds every wait; only a failure uses it up.
	patience = time.Minute
)

// A real is a vault on a desktop of its own.
type real struct {
	*petstore.Secrets
	*desktop.Desktop
	t    *testing.T
	text string // of the dialog that was found last
}

func openReal(t *testing.T, options desktop.Options) *real {
	t.Helper()
	d := desktop.ForTest(t, options)
	vault, err := petstore.OpenSecrets()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	return &real{Secrets: vault, Desktop: d, t: t}
}

// ask calls the getter and returns what it returned, once the dialogs are answered.
func (r *real) ask() func() (string, error) {
	type result struct {
		key string
		err error
	}
	done := make(chan result, 1)
	go func() {
		key, err := r.APIKey(r.Manager.Background(context.Background()), "Read one pet")
		done <- result{key.Reveal(), err}
	}()
	return func() (string, error) {
		r.t.Helper()
		select {
		case got := <-done:
			return got.key, got.err
		case <-time.After(patience):
			r.t.Fatal("the getter does not return")
			return "", nil
		}
	}
}

// window waits for the next window of that title, long enough for a person to have read it.
func (r *real) window(title string) desktop.Window {
	r.t.Helper()
	d, err := r.WaitDialog(title)
	r.must(err)
	r.text = d.Text
	time.Sleep(400 * time.Millisecond) // what is faster than a person does not count
	return d.Window
}

// types types text into the next dialog for a value and presses Return.
func (r *real) types(title, text string) {
	r.t.Helper()
	w := r.window(title)
	r.must(r.Type(w, text))
	r.picture("value")
	r.must(r.Press(w, "Return"))
}

// unlocksAndAllows types the password of the keyring, allows the use that is asked for next, and wants get to return a key.
func (r *real) unlocksAndAllows(get func() (string, error), want string) {
	r.t.Helper()
	r.must(r.AnswerPrompt(r.Desktop.Password))
	r.presses(questionTitle, r.Keys(desktop.Allow)...)
	if key, err := get(); err != nil || key != want {
		r.t.Fatalf("got %q, %v", key, err)
	}
}

// presses presses keys in the next window.
func (r *real) presses(title string, keys ...string) {
	r.t.Helper()
	w := r.window(title)
	r.picture("question")
	r.must(r.Press(w, keys...))
}

// picture keeps what is on the screen in the folder SCREENSHOTS, if that is set.
func (r *real) picture(name string) {
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		r.must(r.Screenshot(filepath.Join(dir, strings.ReplaceAll(r.t.Name(), "/", "-")+"-"+name+".png")))
	}
}

func (r *real) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *real) output(name string, args ...string) string {
	r.t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		r.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestRealDialogToRealKeychain(t *testing.T) {
	r := openReal(t, desktop.Options{})
	get := r.ask()
	r.types(valueTitle, "pets-2short") // is asked for again
	r.types(valueTitle, goodKey)
	r.presses(questionTitle, r.Keys(desktop.AllowAll)...)
	if key, err := get(); err != nil || key != goodKey {
		t.Fatalf("got %q, %v", key, err)
	}
	r.must(r.WaitNoWindow())
	if got := r.output("secret-tool", "lookup", "service", "com.mcp.petstore", "username", "api_key"); got != goodKey {
		t.Errorf("secret-tool finds %q", got)
	}
	const python = "import keyring; print(keyring.get_password('com.mcp.petstore', 'api_key'))"
	if got := r.output("/usr/bin/python3", "-c", python); got != goodKey {
		t.Errorf("Python's keyring finds %q", got)
	}
	// The second use needs neither dialog nor question.
	if key, err := r.ask()(); err != nil || key != goodKey {
		t.Fatalf("got %q, %v", key, err)
	}
	// A value that Python changes ends the grant.
	r.output("/usr/bin/python3", "-c", "import keyring; keyring.set_password('com.mcp.petstore', 'api_key', '"+otherKey+"')")
	get = r.ask()
	r.presses(questionTitle, r.Keys(desktop.Allow)...)
	if key, err := get(); err != nil || key != otherKey {
		t.Fatalf("got %q, %v", key, err)
	}
}

// Whatever comes along with a copied key is taken off, or said by name where it may be meant.
func TestRealDialogTakesWhatIsPasted(t *testing.T) {
	desktop.Need(t, "xclip")
	r := openReal(t, desktop.Options{})
	for _, pasted := range []string{
		goodKey + "\n", "\r\n" + goodKey + "\r\n", "\ufeff" + goodKey, " \u200b" + goodKey + "\u00a0 ", "\x1b[200~" + goodKey + "\n\x1b[201~",
	} {
		get := r.ask()
		r.pastes(valueTitle, goodKey[:5]+"\u200b"+goodKey[5:])
		r.pastes(valueTitle, pasted)
		if !strings.Contains(strings.Join(strings.Fields(r.text), " "), "the value must not have a zero-width space (U+200B) after the 5th character") {
			t.Errorf("the dialog says %q", r.text)
		}
		r.presses(questionTitle, r.Keys(desktop.Allow)...)
		if key, err := get(); err != nil || key != goodKey {
			t.Errorf("pasted %+q: got %q, %v", pasted, key, err)
		}
		r.must(r.Manager.Forget(t.Context(), petstore.KeyAPIKey()))
	}
}

// pastes pastes text into the next dialog for a value and presses Return.
func (r *real) pastes(title, text string) {
	r.t.Helper()
	r.must(r.Copy(text))
	r.must(r.Press(r.window(title), "ctrl+v", "Return"))
}

func TestRealDialogKeepsTheSecretFromOtherProcesses(t *testing.T) {
	key := "pets-" + rand.Text() // which no other process of this machine has by chance
	r := openReal(t, desktop.Options{})
	get := r.ask()
	w := r.window(valueTitle)
	r.must(r.Type(w, key))
	r.wantNowhere(key)
	r.must(r.Press(w, "Return"))
	w = r.window(questionTitle)
	r.wantNowhere(key)
	r.must(r.Press(w, r.Keys(desktop.Allow)...))
	if got, err := get(); err != nil || got != key {
		t.Fatalf("got %q, %v", got, err)
	}
	r.wantNowhere(key)
}

// wantNowhere fails if a value is in the arguments or the environment of any process. The typist's own arguments have it
// only while it types.
func (r *real) wantNowhere(value string) {
	r.t.Helper()
	for _, pattern := range []string{"/proc/[0-9]*/cmdline", "/proc/[0-9]*/environ"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			r.t.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			if text, err := os.ReadFile(file); err == nil && strings.Contains(string(text), value) {
				r.t.Errorf("%s has the value", file)
			}
		}
	}
}

func TestRealDialogCancelled(t *testing.T) {
	for name, row := range map[string]struct {
		answer func(*real)
		want   error
		stored bool
	}{
		"value":    {func(r *real) { r.presses(valueTitle, "Escape") }, secrets.ErrDismissed, false},
		"again":    {func(r *real) { r.types(valueTitle, "short"); r.presses(valueTitle, "Escape") }, secrets.ErrDismissed, false},
		"question": {func(r *real) { r.types(valueTitle, goodKey); r.presses(questionTitle, r.Keys(desktop.Deny)...) }, secrets.ErrDenied, true},
		"closed":   {func(r *real) { r.types(valueTitle, goodKey); r.presses(questionTitle, "Escape") }, secrets.ErrDenied, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := openReal(t, desktop.Options{})
			get := r.ask()
			row.answer(r)
			if key, err := get(); !errors.Is(err, row.want) || key != "" {
				t.Errorf("got %q, %v, want %v", key, err, row.want)
			}
			if stored, err := r.Manager.Stored(t.Context(), petstore.KeyAPIKey()); err != nil || stored != row.stored {
				t.Errorf("stored %t, %v", stored, err)
			}
			if key, err := r.ask()(); !errors.Is(err, row.want) || key != "" { // the server lives, and does not nag
				t.Errorf("got %q, %v, want %v", key, err, row.want)
			}
			r.must(r.WaitNoWindow())
		})
	}
}

func TestRealDialogGroupIsStoredOrNot(t *testing.T) {
	r := openReal(t, desktop.Options{})
	done := make(chan error, 1)
	go func() {
		_, err := r.Login(r.Manager.Background(context.Background()), "Say who you are")
		done <- err
	}()
	r.types("petstore: User name", "ann")
	r.presses("petstore: Password", "Escape")
	if err := <-done; !errors.Is(err, secrets.ErrDismissed) {
		t.Fatal(err)
	}
	if stored, err := r.Manager.Stored(t.Context(), petstore.KeyUsername()); err != nil || stored {
		t.Errorf("the user name is stored without its password: %t, %v", stored, err)
	}
}

func TestRealDialogForFiftyCalls(t *testing.T) {
	r := openReal(t, desktop.Options{})
	before := runtime.NumGoroutine()
	var calls sync.WaitGroup
	for range 50 {
		calls.Go(func() {
			if key, err := r.APIKey(r.Manager.Background(context.Background()), "Read one pet"); err != nil || key.Reveal() != goodKey {
				t.Errorf("got %v, %v", key, err)
			}
		})
	}
	r.types(valueTitle, goodKey)
	r.presses(questionTitle, r.Keys(desktop.AllowAll)...)
	calls.Wait()
	r.must(r.WaitNoWindow())
	for end := time.Now().Add(patience); runtime.NumGoroutine() > before+5; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines are left, there were %d", runtime.NumGoroutine(), before)
		}
	}
}

func TestRealFaults(t *testing.T) {
	for name, row := range map[string]struct {
		options desktop.Options
		fault   func(*real) // before the call
		during  func(*real) // while the dialog is open
		want    error
	}{
		"no display":  {options: desktop.Options{NoDisplay: true}, want: secrets.ErrNoDisplay},
		"no bus":      {options: desktop.Options{NoBus: true, Keyring: desktop.KeyringNone}, want: secrets.ErrNoStore},
		"no keychain": {options: desktop.Options{Keyring: desktop.KeyringNone}, want: secrets.ErrNoStore},
		"no zenity": {
			fault: func(r *real) { r.t.Setenv("PATH", r.t.TempDir()) },
			want:  secrets.ErrNoDialog,
		},
		"keychain killed": {fault: func(r *real) { r.must(r.KillKeyring()) }, want: secrets.ErrNoStore},
		"display dies": {
			during: func(r *real) { r.window(valueTitle); r.must(r.KillDisplay()) },
			want:   secrets.ErrNoDisplay,
		},
		"keychain dies while a value is typed": {
			during: func(r *real) {
				w := r.window(valueTitle)
				r.must(r.KillKeyring())
				r.must(r.Type(w, goodKey))
				r.must(r.Press(w, "Return"))
			},
			want: secrets.ErrNoStore,
		},
		"keychain locked, prompt dismissed": {
			fault:  func(r *real) { r.must(r.Lock()) },
			during: func(r *real) { r.must(r.DismissPrompt()) },
			want:   secrets.ErrStoreLocked,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := openReal(t, row.options)
			if row.fault != nil {
				row.fault(r)
			}
			get := r.ask()
			if row.during != nil {
				row.during(r)
			}
			key, err := get()
			if !errors.Is(err, row.want) || key != "" {
				t.Fatalf("got %q, %v, want %v", key, err, row.want)
			}
			if strings.Contains(err.Error(), goodKey) {
				t.Errorf("the error holds the value: %v", err)
			}
			r.must(r.Secrets.Manager.Close())
		})
	}
}

func TestRealKeychainIsUnlockedByItsPrompt(t *testing.T) {
	r := openReal(t, desktop.Options{})
	r.must(r.Manager.Set(t.Context(), petstore.KeyAPIKey(), goodKey))
	r.must(r.Lock())
	get := r.ask()
	r.unlocksAndAllows(get, goodKey)
}

// Who says that the codes differ, once a value is stored, must be shown no prompt for the login password, and the end of the
// server waits five seconds for the keychain at most. It took minutes while it was frozen, or locked.
func TestRealKeychainDoesNotHoldUpTheEnd(t *testing.T) {
	const most = time.Minute // for five seconds, on a machine that is busy
	for name, fault := range map[string]func(*real) error{
		"frozen": func(r *real) error { return r.Freeze() },
		"locked": func(r *real) error { return r.Lock() },
	} {
		t.Run(name, func(t *testing.T) {
			option, log := logging()
			r := openReal(t, desktop.Options{})
			vault, err := petstore.OpenSecrets(option)
			r.must(err)
			vault.Manager.Inside().HasTerminal()
			differ, told := make(chan bool), make(chan bool)
			ctx, turn := vault.Manager.Begin(t.Context(), secrets.Call{
				Kind: "tool", Name: "get_pet", Principal: secrets.Process(), Shows: secrets.Shows{Forms: true},
				Ask: func(ctx context.Context, form secrets.Form) secrets.Reply {
					if form.Choices[0] == "Allow" {
						time.Sleep(400 * time.Millisecond)
						return secrets.Reply{Action: "accept", Answer: "Allow"}
					}
					<-differ
					defer close(told)
					return secrets.Reply{Action: "accept", Answer: "They differ"}
				},
			}, "", nil)
			got := make(chan error, 1)
			go func() {
				_, err := vault.APIKey(ctx, "Read one pet")
				turn.End()
				got <- err
			}()
			r.types(valueTitle, goodKey)
			r.must(<-got)
			r.must(fault(r))
			close(differ)
			<-told
			time.Sleep(time.Second) // in which a prompt would open, or the keychain is waited for
			if windows, err := r.Windows(); err != nil || len(windows) != 0 {
				t.Errorf("windows %v, %v", windows, err)
			}
			begun := time.Now()
			r.must(vault.Manager.Close())
			if took := time.Since(begun); took > most {
				t.Errorf("Close took %v", took)
			}
			if windows, err := r.Windows(); err != nil || len(windows) != 0 {
				t.Errorf("windows %v, %v", windows, err)
			}
			if said := log.String(); !strings.Contains(said, "how=codes_differ") || !strings.Contains(said, `secrets forget api_key"`) {
				t.Errorf("the log is\n%s", said)
			}
			if name == "frozen" {
				r.must(r.Thaw())
			}
		})
	}
}

// ownerProcess is the environment variable that makes the test's binary a server which waits for a value.
const ownerProcess = "MCPSECRETS_TEST_OWNER"

func TestMain(m *testing.M) {
	if os.Getenv(ownerProcess) != "" {
		os.Exit(own())
	}
	os.Exit(m.Run())
}

// own is a server that ends on SIGTERM as servers do: it closes its secrets.
func own() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	vault, err := petstore.OpenSecrets()
	if err != nil {
		return 1
	}
	go func() { _, _ = vault.APIKey(vault.Manager.Background(context.Background()), "Read one pet") }()
	<-ctx.Done()
	if err := vault.Manager.Close(); err != nil {
		return 1
	}
	return 0
}

// startOwner starts another process of this server, which opens a dialog.
func (r *real) startOwner() *exec.Cmd {
	r.t.Helper()
	self, err := os.Executable()
	r.must(err)
	owner := exec.Command(self)
	owner.Env = append(os.Environ(), ownerProcess+"=1")
	r.must(owner.Start())
	return owner
}

func TestRealDialogGoesWithItsOwner(t *testing.T) {
	r := openReal(t, desktop.Options{})
	owner := r.startOwner()
	r.window(valueTitle)
	r.must(owner.Process.Signal(syscall.SIGTERM))
	if err := owner.Wait(); err != nil {
		t.Errorf("the owner ended with %v", err)
	}
	r.must(r.WaitNoWindow())
	// Nobody holds the lock: the next server's dialog opens.
	get := r.ask()
	r.presses(valueTitle, "Escape")
	if _, err := get(); !errors.Is(err, secrets.ErrDismissed) {
		t.Error(err)
	}
}

// A server that is stopped holds up nobody, unless its window can still be answered.
func TestRealDialogAfterAStoppedServer(t *testing.T) {
	r := openReal(t, desktop.Options{})
	owner := r.startOwner()
	defer func() { _ = owner.Process.Kill(); _ = owner.Wait() }()
	theirs := r.window(valueTitle)
	r.must(owner.Process.Signal(syscall.SIGSTOP))
	get := r.ask()
	time.Sleep(6 * time.Second) // longer than somebody without a window is waited for
	if windows, err := exec.Command("xdotool", "search", "--onlyvisible", "--name", valueTitle).Output(); err != nil || strings.Count(string(windows), "\n") != 1 {
		t.Errorf("beside a window that can be answered, there are: %s%v", windows, err)
	}
	r.must(r.Press(theirs, "Escape"))
	r.presses(valueTitle, "Escape") // opens, though its owner still has the lock
	if _, err := get(); !errors.Is(err, secrets.ErrDismissed) {
		t.Error(err)
	}
}
