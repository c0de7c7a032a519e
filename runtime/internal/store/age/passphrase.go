package age

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"filippo.io/age"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

const (
	// tries is how often a person may enter a passphrase.
	tries = 3
	// maxWork is the base 2 logarithm of the work that a file may ask for: a gigabyte of memory, and four seconds. age itself makes
	// files of a quarter of that.
	maxWork = 20
)

// unlocked is what is known of a file with a passphrase. To derive a key from that takes a second and much memory, on purpose.
type unlocked struct {
	ask    func(ctx context.Context, again bool) (string, error)
	closed context.Context
	last   memo

	mu         sync.Mutex
	passphrase string
	work       *work // under way
}

// work is one derivation at a time, and the asking for what it takes. Calls share it.
type work struct {
	done chan struct{}
	err  error
}

// unlock returns the key of a file with a passphrase, and what encrypts the next one. A person is asked if the passphrase is not
// known yet, unless ctx is one of [keychain.Quietly].
func (s *Store) unlock(ctx context.Context, stanzas []*age.Stanza) (fileKey []byte, next age.Recipient, err error) {
	if _, err := s.keys.read(); err == nil {
		// Somebody may have put the file there, for a person to type what opens others of theirs.
		return nil, nil, fmt.Errorf("%w: it is encrypted to a passphrase, and has a key too: remove %s if that is no longer meant", store.ErrUnsafe, s.keys.path)
	}
	u := &s.unlocked
	for {
		passphrase := u.known()
		fileKey := u.last.find(stanzas)
		switch {
		case passphrase != "" && fileKey != nil:
			next, err := u.recipient(passphrase, stanzas[0])
			return fileKey, next, err
		case passphrase == "" && u.ask == nil:
			return nil, nil, fmt.Errorf("%w: nobody can be asked for its passphrase here", store.ErrLocked)
		case passphrase == "" && keychain.IsQuiet(ctx):
			return nil, nil, keychain.ErrUnasked
		}
		if err := u.share(ctx, stanzas, passphrase); err != nil {
			return nil, nil, err
		}
	}
}

// known returns the passphrase that was entered, "" if none was.
func (u *unlocked) known() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.passphrase
}

// share waits for the work that is under way, or for its own. It goes on without the call: a window must not vanish under the
// hands of who types, and the next call has the answer.
func (u *unlocked) share(ctx context.Context, stanzas []*age.Stanza, passphrase string) error {
	u.mu.Lock()
	w := u.work
	if w == nil {
		w = &work{done: make(chan struct{})}
		u.work = w
		go u.do(context.WithoutCancel(ctx), w, stanzas, passphrase)
	}
	u.mu.Unlock()
	select {
	case <-w.done:
		return w.err
	case <-ctx.Done():
		return gaveUp(ctx)
	}
}

func (u *unlocked) do(ctx context.Context, w *work, stanzas []*age.Stanza, passphrase string) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(u.closed, cancel)()
	if passphrase != "" {
		w.err = u.retry(stanzas, passphrase)
	} else {
		w.err = u.prompt(ctx, stanzas)
	}
	u.mu.Lock()
	u.work = nil
	u.mu.Unlock()
	close(w.done)
}

// retry opens a file that has changed. One with another passphrase has a person asked, by who may do so.
func (u *unlocked) retry(stanzas []*age.Stanza, passphrase string) error {
	err := u.try(stanzas, passphrase)
	if errors.Is(err, age.ErrIncorrectIdentity) {
		u.forget()
		return nil
	}
	return err
}

// prompt asks a person, and again for as long as what they enter is wrong.
func (u *unlocked) prompt(ctx context.Context, stanzas []*age.Stanza) error {
	for n := range tries {
		passphrase, err := u.ask(ctx, n > 0)
		switch {
		case u.closed.Err() != nil:
			return errClosed
		case errors.Is(err, store.ErrDismissed):
			return err
		case err != nil:
			return fmt.Errorf("%w: its passphrase was not entered: %v", store.ErrLocked, err)
		}
		err = u.try(stanzas, passphrase)
		if !errors.Is(err, age.ErrIncorrectIdentity) {
			return err
		}
	}
	return fmt.Errorf("%w: a wrong passphrase was entered %d times", store.ErrLocked, tries)
}

func (u *unlocked) try(stanzas []*age.Stanza, passphrase string) error {
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return age.ErrIncorrectIdentity // it is empty
	}
	identity.SetMaxWorkFactor(maxWork)
	fileKey, err := unwrap(identity, stanzas)
	if err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed.Err() != nil {
		return errClosed
	}
	u.passphrase = passphrase
	u.last.keep(stanzas, fileKey)
	return nil
}

func (u *unlocked) forget() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.passphrase = ""
	u.last.forget()
}

// recipient encrypts to the passphrase, by as much work as the file takes that has this stanza.
func (u *unlocked) recipient(passphrase string, stanza *age.Stanza) (age.Recipient, error) {
	scrypt, err := age.NewScryptRecipient(passphrase)
	if err != nil || len(stanza.Args) != 2 {
		return nil, errDamaged
	}
	work, err := strconv.Atoi(stanza.Args[1])
	if err != nil || work < 1 || work > maxWork {
		return nil, errDamaged
	}
	scrypt.SetWorkFactor(work)
	return &keeping{scrypt, &u.last}, nil
}

// keeping notes the key of the file that is made, so that no second derivation is needed to read that.
type keeping struct {
	*age.ScryptRecipient
	last *memo
}

// WrapWithLabels implements [age.RecipientWithLabels].
func (k *keeping) WrapWithLabels(fileKey []byte) (stanzas []*age.Stanza, labels []string, err error) {
	stanzas, labels, err = k.ScryptRecipient.WrapWithLabels(fileKey)
	if err == nil {
		k.last.keep(stanzas, fileKey)
	}
	return stanzas, labels, err
}
