package age

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
	"github.com/mcpsecrets/mcpsecrets/testdata/agefile"
)

// A person answers what a store asks.
type person struct {
	mu      sync.Mutex
	answers []string // "" dismisses
	asked   []bool   // what each question said of the one before
}

func (p *person) enter(_ context.Context, again bool) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, again)
	if len(p.answers) == 0 {
		return "", errors.New("nobody is there")
	}
	answer := p.answers[0]
	p.answers = p.answers[1:]
	if answer == "" {
		return "", store.ErrDismissed
	}
	return answer, nil
}

// passphraseFile makes a file with a passphrase and a value.
func passphraseFile(t testing.TB, path, passphrase string) {
	t.Helper()
	agefile.Write(t, path, passphrase, `{"format": 1, "servers": {"petstore": {"values": {"api_key": "`+canary+`"}}}}`)
}

func withPassphrase(t testing.TB, p *person) *Store {
	t.Helper()
	s := opens(t, Options{Passphrase: p.enter})
	passphraseFile(t, s.file, "correct horse")
	return s
}

func (p *person) want(t testing.TB, asked ...bool) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if fmt.Sprint(p.asked) != fmt.Sprint(asked) {
		t.Errorf("asked %v, want %v", p.asked, asked)
	}
}

// The passphrase is asked for once, whoever needs it, and keeps its work.
func TestPassphraseIsAskedForOnce(t *testing.T) {
	p := &person{answers: []string{"correct horse"}}
	s := withPassphrase(t, p)
	var before, after recorder
	_, _ = decrypt(mustRead(t, s.file), &before)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() { wantValue(t, s, pets, "api_key", canary) })
	}
	group.Wait()
	must(t, s.Set(t.Context(), pets, "other", "v"))
	wantValue(t, s, pets, "other", "v")
	must(t, s.Prepare(t.Context(), pets))
	p.want(t, false)

	another := opens(t, Options{File: s.file, Passphrase: (&person{answers: []string{"correct horse"}}).enter})
	must(t, another.Set(t.Context(), pets, "api_key", "new"))
	wantValue(t, s, pets, "api_key", "new")
	p.want(t, false)
	wantFiles(t, s, "secrets.age", "secrets.age.lock")

	_, _ = decrypt(mustRead(t, s.file), &after)
	if len(after) != 1 || after[0].Args[1] != before[0].Args[1] {
		t.Errorf("the work has changed from %v to %v", before[0].Args, after)
	}
}

// A recorder is an identity that opens nothing, and keeps what it was to open.
type recorder []*age.Stanza

func (r *recorder) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	*r = stanzas
	return nil, age.ErrIncorrectIdentity
}

// What this store has written it reads without another derivation, which takes a second at the work that age has by default.
func TestPassphraseIsDerivedOnce(t *testing.T) {
	p := &person{answers: []string{"correct horse"}}
	s := opens(t, Options{Passphrase: p.enter})
	passphraseFile(t, s.file, "correct horse")
	wantValue(t, s, pets, "api_key", canary)
	must(t, s.Set(t.Context(), pets, "api_key", "new"))
	for range 3 {
		s.unlocked.mu.Lock()
		s.unlocked.passphrase = "another" // which would not open it
		s.unlocked.mu.Unlock()
		wantValue(t, s, pets, "api_key", "new")
	}
}

func TestWrongPassphrase(t *testing.T) {
	p := &person{answers: []string{"wrong", "wrong again", "correct horse"}}
	wantValue(t, withPassphrase(t, p), pets, "api_key", canary)
	p.want(t, false, true, true)

	p = &person{answers: []string{"a", "b", "c", "correct horse"}}
	s := withPassphrase(t, p)
	_, err := s.Get(t.Context(), pets, "api_key")
	wantError(t, err, store.ErrLocked, "3 times")
	p.want(t, false, true, true)
	wantValue(t, s, pets, "api_key", canary)
	p.want(t, false, true, true, false)
}

// Who does not answer has not unlocked it. Nobody is asked who need not be.
func TestPassphraseThatIsNotEntered(t *testing.T) {
	p := &person{answers: []string{""}}
	s := withPassphrase(t, p)
	quiet := keychain.Quietly(t.Context())
	_, err := s.Get(quiet, pets, "api_key")
	wantError(t, err, keychain.ErrUnasked)
	state, err := s.Examine(t.Context(), pets)
	if err != nil || state == "" {
		t.Errorf("%q, %v", state, err)
	}
	wantError(t, s.Set(quiet, pets, "api_key", "v"), keychain.ErrUnasked)
	p.want(t)
	_, err = s.Get(t.Context(), pets, "api_key")
	wantError(t, err, store.ErrDismissed)
	wantError(t, s.Prepare(t.Context(), pets), store.ErrLocked, "nobody is there")
	p.want(t, false, false)

	s = opens(t, Options{File: s.file})
	_, err = s.Get(t.Context(), pets, "api_key")
	wantError(t, err, store.ErrLocked, "nobody can be asked")
}

// A window stays open when the call ends that opened it, and what is entered counts for the next one.
func TestPassphraseOfACallThatEnded(t *testing.T) {
	entered, asked := make(chan string), make(chan struct{})
	s := opens(t, Options{Passphrase: func(ctx context.Context, _ bool) (string, error) {
		close(asked)
		select {
		case text := <-entered:
			return text, nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}})
	passphraseFile(t, s.file, "correct horse")
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	_, err := s.Get(ctx, pets, "api_key")
	wantError(t, err, context.Canceled)
	_, err = s.Get(keychain.Quietly(t.Context()), pets, "api_key")
	wantError(t, err, keychain.ErrUnasked)
	entered <- "correct horse"
	wantValue(t, s, pets, "api_key", canary)
}

// The end of the store is the end of its window.
func TestCloseWhileThePassphraseIsAskedFor(t *testing.T) {
	asked, closed := make(chan struct{}), make(chan struct{})
	s := opens(t, Options{Passphrase: func(ctx context.Context, _ bool) (string, error) {
		close(asked)
		<-ctx.Done()
		close(closed)
		return "", ctx.Err()
	}})
	passphraseFile(t, s.file, "correct horse")
	go func() { <-asked; _ = s.Close() }()
	_, err := s.Get(t.Context(), pets, "api_key")
	wantError(t, err, store.ErrNoStore)
	select {
	case <-closed:
	case <-time.After(time.Minute):
		t.Error("the window stays open")
	}
}

// Another passphrase, which somebody else has given the file, is asked for.
func TestPassphraseThatChanges(t *testing.T) {
	p := &person{answers: []string{"correct horse", "battery staple"}}
	s := withPassphrase(t, p)
	wantValue(t, s, pets, "api_key", canary)
	passphraseFile(t, s.file, "battery staple")
	_, err := s.Get(keychain.Quietly(t.Context()), pets, "api_key")
	wantError(t, err, keychain.ErrUnasked)
	wantValue(t, s, pets, "api_key", canary)
	p.want(t, false, false)
}

// What has a key has no passphrase: a file that was put in the place of one with a key asks nobody.
func TestPassphraseBesideAKey(t *testing.T) {
	p := &person{answers: []string{"correct horse"}}
	s := opens(t, Options{Passphrase: p.enter, Key: filepath.Join(t.TempDir(), "key")})
	must(t, s.Set(t.Context(), pets, "api_key", canary))
	passphraseFile(t, s.file, "correct horse")
	_, err := s.Get(t.Context(), pets, "api_key")
	wantError(t, err, store.ErrUnsafe, s.keys.path)
	p.want(t)
}
