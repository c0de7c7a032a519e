package age

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/userlock"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

const canary = "Ab3dE6gH1jKlMn0pQrStUvWxYz2b4d6f"

var pets = store.Scope{Server: "petstore"}

// opens returns a store of a file in a folder of its own.
func opens(t testing.TB, options Options) *Store {
	t.Helper()
	if options.File == "" {
		options.File = filepath.Join(t.TempDir(), "secrets.age")
	}
	s, err := New(options)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	return text
}

func mustWrite(t testing.TB, path string, text []byte) {
	t.Helper()
	must(t, os.WriteFile(path, text, 0o600))
}

func wantValue(t testing.TB, s *Store, in store.Scope, name, want string) {
	t.Helper()
	if got, err := s.Get(t.Context(), in, name); err != nil || got != want {
		t.Errorf("%s of %v: %.80q, %v, want %.80q", name, in, got, err, want)
	}
}

func wantError(t testing.TB, err, want error, words ...string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%v does not say %q", err, word)
		}
	}
	if strings.Contains(err.Error(), canary) {
		t.Errorf("the error has a value: %v", err)
	}
}

// encrypted makes a file as the command of age does.
func encrypted(t testing.TB, text string, to ...age.Recipient) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to...)
	must(t, err)
	_, err = w.Write([]byte(text))
	must(t, errors.Join(err, w.Close()))
	return b.Bytes()
}

func newKey(t testing.TB) *age.X25519Identity {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	must(t, err)
	return key
}

// Nothing is shared by two scopes that differ, and all servers can share a file.
func TestScopes(t *testing.T) {
	s := opens(t, Options{})
	scopes := []store.Scope{
		pets, {Server: "petstore", Account: "work"}, {Server: "petstore", Principal: "ann"}, {Server: "petstore", Account: "work", Principal: "ann"},
		{Server: "petstore", Principal: "work"}, {Server: "other"}, {Server: "petstore@work"}, {Server: "Petstore"}, {Server: "petstore", Account: "a@b"},
	}
	for i, in := range scopes {
		_, err := s.Get(t.Context(), in, "api_key")
		wantError(t, err, store.ErrNotSet)
		must(t, s.Set(t.Context(), in, "api_key", fmt.Sprint(i)))
	}
	for i, in := range scopes {
		wantValue(t, s, in, "api_key", fmt.Sprint(i))
	}
	entries, err := s.List(t.Context(), pets)
	must(t, err)
	if want := []store.Entry{{Name: "api_key"}, {Account: "a@b", Name: "api_key"}, {Account: "work", Name: "api_key"}}; !slices.Equal(entries, want) {
		t.Errorf("%v, want %v", entries, want)
	}
	must(t, s.Clear(t.Context(), pets))
	must(t, s.Clear(t.Context(), pets))
	for i, in := range scopes {
		if in.Server == "petstore" && in.Principal == "" {
			_, err := s.Get(t.Context(), in, "api_key")
			wantError(t, err, store.ErrNotSet)
			continue
		}
		wantValue(t, s, in, "api_key", fmt.Sprint(i))
	}
}

func TestValues(t *testing.T) {
	s := opens(t, Options{})
	for _, value := range []string{"", canary, "a\nb\x00\u2028<&\ufeff", strings.Repeat("ä", keychain.MaxValue/2)} {
		must(t, s.Set(t.Context(), pets, "api_key", value))
		wantValue(t, s, pets, "api_key", value)
	}
	wantError(t, s.Set(t.Context(), pets, "api_key", strings.Repeat(canary, keychain.MaxValue/len(canary)+1)), store.ErrTooBig)
	wantError(t, s.Set(t.Context(), pets, "api_key", canary+"\xff"), store.ErrFailed)
	must(t, s.Delete(t.Context(), pets, "api_key"))
	wantError(t, s.Delete(t.Context(), pets, "api_key"), store.ErrNotSet)
	if text := mustDecrypt(t, s); strings.Contains(text, "petstore") {
		t.Errorf("something stays of what has no value: %s", text)
	}
}

// mustDecrypt returns what is in the file of a store, as the command of age does.
func mustDecrypt(t testing.TB, s *Store) string {
	t.Helper()
	identities, err := age.ParseIdentities(bytes.NewReader(mustRead(t, s.keys.path)))
	must(t, err)
	text, err := decrypt(mustRead(t, s.file), identities[0])
	must(t, err)
	return string(text)
}

// A name that JSON, or "@", makes another of would be somebody else's.
func TestNamesThatAreRefused(t *testing.T) {
	s := opens(t, Options{})
	for name, in := range map[string]store.Scope{
		"a\xff": pets, "": pets, "api_key@work": pets, "a": {}, "b": {Server: "\xff"}, "c": {Server: "s", Account: "\xff"}, "d": {Server: "s", Principal: "\xff"},
	} {
		_, err := s.Get(t.Context(), in, name)
		wantError(t, err, store.ErrFailed)
		wantError(t, s.Set(t.Context(), in, name, canary), store.ErrFailed)
		wantError(t, s.Delete(t.Context(), in, name), store.ErrFailed)
	}
	_, err := s.List(t.Context(), store.Scope{})
	wantError(t, err, store.ErrFailed)
	wantError(t, s.Clear(t.Context(), store.Scope{}), store.ErrFailed)
	for _, options := range []Options{{File: "secrets.age"}, {File: "/secrets.age", Key: "key"}, {}} {
		if _, err := New(options); err == nil {
			t.Errorf("%+v has a relative path", options)
		}
	}
}

// The format is a promise: a later version reads what this one wrote.
func TestFormat(t *testing.T) {
	s := opens(t, Options{})
	for _, in := range []store.Scope{pets, {Server: "petstore", Account: "work"}, {Server: "petstore", Principal: "ann"}} {
		must(t, s.Set(t.Context(), in, "api_key", "v"))
	}
	const want = `{
  "format": 1,
  "servers": {
    "petstore": {
      "values": {
        "api_key": "v",
        "api_key@work": "v"
      },
      "principals": {
        "ann": {
          "api_key": "v"
        }
      }
    }
  }
}`
	if got := mustDecrypt(t, s); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if text := mustRead(t, s.file); !bytes.HasPrefix(text, []byte("-----BEGIN AGE ENCRYPTED FILE-----\n")) {
		t.Errorf("no text: %.80q", text)
	}
}

// The first value makes the key, and says so. Nothing that is there is replaced.
func TestFirstValueMakesTheKey(t *testing.T) {
	var log bytes.Buffer
	s := opens(t, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	_, err := s.Get(t.Context(), pets, "api_key")
	wantError(t, err, store.ErrNotSet)
	must(t, s.Prepare(t.Context(), pets))
	if files, _ := os.ReadDir(filepath.Dir(s.file)); len(files) != 0 {
		t.Errorf("a look made %v", files)
	}
	must(t, s.Set(t.Context(), pets, "api_key", canary))
	key := mustRead(t, s.file+".key")
	if !bytes.HasPrefix(key, []byte("# created: ")) || !bytes.Contains(key, []byte("\n# public key: age1")) || !bytes.Contains(key, []byte("\nAGE-SECRET-KEY-1")) {
		t.Error("the key is not as age-keygen makes it")
	}
	if !strings.Contains(log.String(), s.file+".key") || strings.Contains(log.String(), "AGE-SECRET") {
		t.Errorf("the log: %s", log.String())
	}
	must(t, os.Remove(s.file))
	must(t, s.Set(t.Context(), pets, "api_key", canary))
	if !bytes.Equal(mustRead(t, s.file+".key"), key) {
		t.Error("the key was replaced")
	}
	wantValue(t, opens(t, Options{File: s.file}), pets, "api_key", canary)
	wantFiles(t, s, "secrets.age", "secrets.age.key", "secrets.age.lock")
}

func wantFiles(t testing.TB, s *Store, want ...string) {
	t.Helper()
	files, err := os.ReadDir(filepath.Dir(s.file))
	must(t, err)
	var got []string
	for _, f := range files {
		got = append(got, f.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// Without its key, a file is closed, and no other key is made for it.
func TestKeyThatIsMissing(t *testing.T) {
	s := opens(t, Options{})
	must(t, s.Set(t.Context(), pets, "api_key", canary))
	before := mustRead(t, s.file)
	must(t, os.Rename(s.file+".key", s.file+".away"))
	_, err := s.Get(t.Context(), pets, "api_key")
	wantError(t, err, store.ErrLocked, s.file+".key", "MCP_SECRETS_AGE_KEY")
	wantError(t, s.Set(t.Context(), pets, "api_key", "new"), store.ErrLocked)
	wantError(t, s.Prepare(t.Context(), pets), store.ErrLocked)
	wantError(t, s.Clear(t.Context(), pets), store.ErrLocked)

	mustWrite(t, s.file+".key", []byte(newKey(t).String()))
	_, err = s.Get(t.Context(), pets, "api_key")
	wantError(t, err, store.ErrLocked, "another key")
	wantError(t, s.Set(t.Context(), pets, "api_key", "new"), store.ErrLocked)
	if !bytes.Equal(mustRead(t, s.file), before) {
		t.Error("the file was replaced")
	}
	wantValue(t, opens(t, Options{File: s.file, Key: s.file + ".away"}), pets, "api_key", canary)
}

// A key is named, and may be one that quantum computers do not find.
func TestKeys(t *testing.T) {
	hybrid, err := age.GenerateHybridIdentity()
	must(t, err)
	first, second := newKey(t), newKey(t)
	for name, text := range map[string]string{
		"X25519": first.String(), "hybrid": hybrid.String(), "two": first.String() + "\n\n# old\n" + second.String() + "\n", "two kinds": hybrid.String() + "\n" + first.String(),
		"line ends": "# key\r\n" + first.String() + "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			key := filepath.Join(t.TempDir(), "key")
			mustWrite(t, key, []byte(text))
			s := opens(t, Options{Key: key})
			must(t, s.Set(t.Context(), pets, "api_key", canary))
			wantValue(t, s, pets, "api_key", canary)
			if string(mustRead(t, key)) != text {
				t.Error("the key was replaced")
			}
			wantFiles(t, s, "secrets.age", "secrets.age.lock")
		})
	}
}

// A key is replaced by another one before it.
func TestKeyIsReplaced(t *testing.T) {
	s := opens(t, Options{})
	must(t, s.Set(t.Context(), pets, "a", canary))
	old, another := mustRead(t, s.keys.path), newKey(t)
	mustWrite(t, s.keys.path, []byte(another.String()+"\n"+string(old)))
	wantValue(t, s, pets, "a", canary)
	must(t, s.Set(t.Context(), pets, "b", canary))
	mustWrite(t, s.keys.path, []byte(another.String()))
	wantValue(t, s, pets, "a", canary)
	mustWrite(t, s.keys.path, old)
	_, err := s.Get(t.Context(), pets, "a")
	wantError(t, err, store.ErrLocked)
}

func TestFilesThatAreNoKey(t *testing.T) {
	s := opens(t, Options{})
	for _, text := range []string{"", "# nothing", "AGE-SECRET-KEY-1" + canary, canary, "AGE-PLUGIN-YUBIKEY-1Q", "\xff", "-----BEGIN OPENSSH PRIVATE KEY-----\n"} {
		mustWrite(t, s.keys.path, []byte(text))
		wantError(t, s.Set(t.Context(), pets, "api_key", "v"), store.ErrFailed, s.keys.path)
		if string(mustRead(t, s.keys.path)) != text {
			t.Errorf("%q was replaced", text)
		}
	}
	mustWrite(t, s.keys.path, bytes.Repeat([]byte("#\n"), maxKeyFile))
	wantError(t, s.Set(t.Context(), pets, "api_key", "v"), store.ErrFailed)
}

// What is not ours, or was damaged, is an error and stays as it is.
func TestForeignFiles(t *testing.T) {
	key := newKey(t)
	of := func(text string) string { return string(encrypted(t, text, key.Recipient())) }
	whole := of(`{"format": 1, "servers": {"petstore": {"values": {"api_key": "` + canary + `"}}}}`)
	flipped := []byte(whole)
	flipped[len(flipped)-1] ^= 1
	for name, text := range map[string]string{
		"empty": "", "no age": "api_key: " + canary, "truncated": whole[:len(whole)-1], "header alone": whole[:100], "flipped": string(flipped), "more behind": whole + "x",
		"armor that ends": "-----BEGIN AGE ENCRYPTED FILE-----\n", "no JSON": of(canary), "JSON": of(`["` + canary + `"]`), "of another shape": of(`{"format": 1, "servers": {"petstore": "` + canary + `"}}`),
		"unknown key": of(`{"format": 1, "` + canary + `": 1}`), "later": of(`{"format": 2}`), "no format": of(`{"format": 0, "servers": {}}`), "two": of(`{"format": 1} {"format": 1}`),
		"no UTF-8": of("{\"format\": 1, \"servers\": {\"\xff\": {}}}"), "number": of(`{"format": 1, "servers": {"petstore": {"values": {"api_key": 12345678}}}}`),
		"no version": "age-encryption.org/v2\n", "too much work": "age-encryption.org/v1\n-> scrypt bBjlhJVYZeE4aqUdmtRHfw 30\nZV/AhotwSGqaPCU43cepl4WYUouAa17a3xpu4G2yi5k\n--- fgMiVLJHMlg9fW7CVG/hPS5EAU4Zeg19LyCP7SoH5nA\n" + strings.Repeat("x", 40),
	} {
		t.Run(name, func(t *testing.T) {
			s := opens(t, Options{Passphrase: func(context.Context, bool) (string, error) { return "password", nil }})
			mustWrite(t, s.file, []byte(text))
			if name != "too much work" {
				mustWrite(t, s.keys.path, []byte(key.String()))
			}
			_, err := s.Get(t.Context(), pets, "api_key")
			wantError(t, err, store.ErrFailed, s.file)
			for _, err := range []error{s.Set(t.Context(), pets, "api_key", "v"), s.Delete(t.Context(), pets, "api_key"), s.Clear(t.Context(), pets), s.Prepare(t.Context(), pets)} {
				wantError(t, err, store.ErrFailed)
			}
			if string(mustRead(t, s.file)) != text {
				t.Error("the file was replaced")
			}
		})
	}
	s := opens(t, Options{})
	must(t, os.Truncate(create0(t, s.file), maxFile+1))
	_, err := s.Get(t.Context(), pets, "api_key")
	wantError(t, err, store.ErrFailed, "larger than")
}

func create0(t *testing.T, path string) string {
	mustWrite(t, path, nil)
	return path
}

// A file that a person made by hand, in either form, is read, and kept.
func TestFilesMadeByHand(t *testing.T) {
	s := opens(t, Options{})
	key := newKey(t)
	mustWrite(t, s.keys.path, []byte(key.String()))
	for _, text := range []string{"", "\n", `{"format": 1}`, `{"format": 1, "servers": null}`, `{"format": 1, "servers": {"petstore": null}}`, `{"format": 1, "servers": {"petstore": {}, "other": {"values": {"a": "b"}}}}`} {
		mustWrite(t, s.file, encrypted(t, text, key.Recipient()))
		_, err := s.Get(t.Context(), pets, "api_key")
		wantError(t, err, store.ErrNotSet)
		must(t, s.Clear(t.Context(), pets))
		must(t, s.Set(t.Context(), pets, "api_key", canary))
		wantValue(t, s, pets, "api_key", canary)
	}
	wantValue(t, s, store.Scope{Server: "other"}, "a", "b")
}

// A file that others can open too is read, and not written for one of them alone.
func TestSeveralRecipients(t *testing.T) {
	s := opens(t, Options{})
	key := newKey(t)
	mustWrite(t, s.keys.path, []byte(key.String()))
	before := encrypted(t, `{"format": 1, "servers": {"petstore": {"values": {"api_key": "v"}}}}`, newKey(t).Recipient(), key.Recipient())
	mustWrite(t, s.file, before)
	wantValue(t, s, pets, "api_key", "v")
	wantError(t, s.Prepare(t.Context(), pets), store.ErrReadOnly, "more than one recipient")
	wantError(t, s.Set(t.Context(), pets, "api_key", canary), store.ErrReadOnly)
	wantError(t, s.Delete(t.Context(), pets, "api_key"), store.ErrReadOnly)
	if !bytes.Equal(mustRead(t, s.file), before) {
		t.Error("the file was replaced")
	}
	mustWrite(t, s.file, encrypted(t, "", key.Recipient(), grease{}))
	must(t, s.Set(t.Context(), pets, "api_key", canary))
}

// age does not tell whether a file is the newest one, nor who made it: see SECURITY.md.
func TestWhatAgeDoesNotTell(t *testing.T) {
	s := opens(t, Options{})
	must(t, s.Set(t.Context(), pets, "api_key", "old"))
	old := mustRead(t, s.file)
	must(t, s.Set(t.Context(), pets, "api_key", "new"))
	mustWrite(t, s.file, old)
	wantValue(t, s, pets, "api_key", "old")
	identities, err := s.keys.read()
	must(t, err)
	mustWrite(t, s.file, encrypted(t, `{"format": 1, "servers": {"petstore": {"values": {"api_key": "forged"}}}}`, recipient(identities)))
	wantValue(t, s, pets, "api_key", "forged")
	must(t, os.Remove(s.file))
	_, err = s.Get(t.Context(), pets, "api_key")
	wantError(t, err, store.ErrNotSet)
}

// What is in the file is in no other one, and in no error, log or name of one.
func TestNothingIsOutsideOfTheFile(t *testing.T) {
	var log bytes.Buffer
	s := opens(t, Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	in := store.Scope{Server: "petstore", Account: "canary_account", Principal: "canary principal"}
	must(t, s.Set(t.Context(), in, "canary_name", canary))
	files, err := os.ReadDir(filepath.Dir(s.file))
	must(t, err)
	all := log.String()
	for _, f := range files {
		all += f.Name() + string(mustRead(t, filepath.Join(filepath.Dir(s.file), f.Name())))
	}
	for _, word := range []string{canary, "canary_name", "canary_account", "canary principal", "petstore"} {
		if strings.Contains(all, word) {
			t.Errorf("%q is on the disk, or in the log", word)
		}
	}
}

// grease is what rage adds to a file: a recipient that is nobody.
type grease struct{}

func (grease) Wrap([]byte) ([]*age.Stanza, error) {
	return []*age.Stanza{{Type: "tWHi-grease", Args: []string{"9"}, Body: []byte("x")}}, nil
}

// Without its folder a file is away, and not unset: a value that is typed then would be another one.
func TestFolderThatIsAway(t *testing.T) {
	s := opens(t, Options{File: filepath.Join(t.TempDir(), "away", "secrets.age")})
	_, err := s.Get(t.Context(), pets, "api_key")
	wantError(t, err, store.ErrNoStore, s.file)
	wantError(t, s.Set(t.Context(), pets, "api_key", canary), store.ErrNoStore)
	wantError(t, s.Prepare(t.Context(), pets), store.ErrNoStore)
	wantError(t, s.Clear(t.Context(), pets), store.ErrNoStore)
}

// A link stays one: what it leads to is replaced.
func TestLinks(t *testing.T) {
	folder := t.TempDir()
	link := filepath.Join(folder, "link")
	target := filepath.Join(folder, "data", "real.age")
	must(t, os.Mkdir(filepath.Dir(target), 0o700))
	must(t, os.Symlink(filepath.Join("data", "real.age"), link))
	s := opens(t, Options{File: link})
	for range 2 {
		must(t, s.Set(t.Context(), pets, "api_key", canary))
		wantValue(t, opens(t, Options{File: target, Key: link + ".key"}), pets, "api_key", canary)
	}
	if to, err := os.Readlink(link); err != nil || to != filepath.Join("data", "real.age") {
		t.Errorf("%s, %v", to, err)
	}
}

// Who waits for another process waits no longer than its context, or than that may take.
func TestAnotherProcessIsWriting(t *testing.T) {
	s := opens(t, Options{})
	must(t, s.Set(t.Context(), pets, "api_key", "old"))
	unlock, err := userlock.Lock(t.Context(), filepath.Dir(s.file), filepath.Base(s.file))
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	wantError(t, s.Set(ctx, pets, "api_key", "new"), store.ErrTimeout)
	wantValue(t, s, pets, "api_key", "old")
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	wantError(t, s.Set(ctx, pets, "api_key", "new"), context.Canceled)
	_, err = s.Get(ctx, pets, "api_key")
	wantError(t, err, context.Canceled)
	unlock()
	must(t, s.Set(t.Context(), pets, "api_key", "new"))
	wantValue(t, s, pets, "api_key", "new")
}

// Many who wait for a process that stands still fail together, and not one after the other.
func TestWritersWhoWaitInVain(t *testing.T) {
	s := opens(t, Options{})
	s.patience = time.Second
	unlock, err := userlock.Lock(t.Context(), filepath.Dir(s.file), filepath.Base(s.file))
	must(t, err)
	defer unlock()
	began := time.Now()
	var group sync.WaitGroup
	for range 60 {
		group.Go(func() { wantError(t, s.Set(t.Context(), pets, "api_key", canary), store.ErrTimeout, "another process") })
	}
	group.Wait()
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}

// Who waits for processes that get on, one after the other, is not in vain.
func TestWritersWhoWaitForMany(t *testing.T) {
	s := opens(t, Options{})
	s.patience = time.Second
	other := opens(t, Options{File: s.file})
	unlock, err := userlock.Lock(t.Context(), filepath.Dir(s.file), filepath.Base(s.file))
	must(t, err)
	written := make(chan error)
	go func() { written <- s.Set(t.Context(), pets, "api_key", canary) }()
	must(t, other.replace(other.file, opened{content: &content{Format: format}}))
	for end := time.Now().Add(5 * s.patience / 2); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		o, err := other.open(t.Context(), other.file)
		must(t, err)
		must(t, other.replace(other.file, o))
	}
	unlock()
	must(t, <-written)
	wantValue(t, s, pets, "api_key", canary)
}

func TestClose(t *testing.T) {
	s := opens(t, Options{})
	must(t, s.Set(t.Context(), pets, "api_key", canary))
	unlock, err := userlock.Lock(t.Context(), filepath.Dir(s.file), filepath.Base(s.file))
	must(t, err)
	defer unlock()
	waiting := make(chan error, 1)
	go func() { waiting <- s.Set(t.Context(), pets, "api_key", "new") }()
	must(t, s.Close())
	wantError(t, <-waiting, store.ErrNoStore)
	_, err = s.Get(t.Context(), pets, "api_key")
	wantError(t, err, store.ErrNoStore)
	wantError(t, s.Set(t.Context(), pets, "api_key", "new"), store.ErrNoStore)
	if s.keys.parsed != nil {
		t.Error("the key is kept")
	}
}

func TestExamine(t *testing.T) {
	s := opens(t, Options{})
	for n := range 2 {
		state, err := s.Examine(t.Context(), pets)
		if want := fmt.Sprintf("%d values", n); err != nil || !strings.Contains(state, want) {
			t.Errorf("%s, %v, want %s", state, err, want)
		}
		must(t, s.Set(t.Context(), pets, "api_key", canary))
	}
	mustWrite(t, s.file, []byte(canary))
	_, err := s.Examine(t.Context(), pets)
	wantError(t, err, store.ErrFailed)
}
