package age

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// opened is what a file has, and how it was encrypted.
type opened struct {
	content *content
	lock    age.Recipient // encrypts it again; nil if there is no file yet
	others  bool          // it is encrypted to others as well
}

// checkReplaceable refuses to write a file anew that others can read too: of a recipient a file does not say who it is, so that
// they would be left out.
func (o opened) checkReplaceable(path string) error {
	if o.others {
		return fmt.Errorf("%w: %s is encrypted to more than one recipient, and would be for the first key alone: encrypt it to that", store.ErrReadOnly, path)
	}
	return nil
}

// unseal decrypts a file.
func (s *Store) unseal(ctx context.Context, sealed []byte) (opened, error) {
	by := opener{ctx: ctx, store: s}
	text, err := decrypt(sealed, &by)
	switch {
	case by.err != nil:
		return opened{}, by.err
	case err != nil: // whose text may be anything that is in the file
		return opened{}, errDamaged
	}
	by.content, err = parse(text)
	return by.opened, err
}

var errDamaged = fmt.Errorf("%w: it is damaged, or no file of age", store.ErrFailed)

func decrypt(sealed []byte, by age.Identity) ([]byte, error) {
	r, err := age.Decrypt(reader(sealed), by)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// reader reads a file of age, be it text or binary.
func reader(sealed []byte) io.Reader {
	if bytes.HasPrefix(bytes.TrimLeft(sealed, " \t\r\n"), []byte(armor.Header)) {
		return armor.NewReader(bytes.NewReader(sealed))
	}
	return bytes.NewReader(sealed)
}

// An opener is the [age.Identity] for one file: the key or the passphrase, as the file says.
type opener struct {
	opened
	ctx   context.Context
	store *Store
	err   error // why it does not open the file
}

// Unwrap implements [age.Identity].
func (o *opener) Unwrap(stanzas []*age.Stanza) (fileKey []byte, err error) {
	o.others = count(stanzas) > 1
	if stanzas[0].Type == "scrypt" { // which is the only one, or the file is damaged
		fileKey, o.lock, o.err = o.store.unlock(o.ctx, stanzas)
	} else {
		fileKey, o.lock, o.err = o.store.keys.unwrap(stanzas)
	}
	return fileKey, o.err
}

// count returns how many recipients there are. Some programs add one that is nobody, with a name like this.
func count(stanzas []*age.Stanza) (n int) {
	for _, s := range stanzas {
		if !strings.HasSuffix(s.Type, "-grease") {
			n++
		}
	}
	return n
}

// unwrap is [age.Identity.Unwrap] with the errors that age has for others.
func unwrap(by age.Identity, stanzas []*age.Stanza) ([]byte, error) {
	fileKey, err := by.Unwrap(stanzas)
	if err != nil && !errors.Is(err, age.ErrIncorrectIdentity) {
		return nil, errDamaged
	}
	return fileKey, err
}

// seal encrypts what a file is to have. It becomes text, which gets well through whatever people keep such files in; "age
// --decrypt" reads that as well.
func seal(text []byte, to age.Recipient) ([]byte, error) {
	var sealed bytes.Buffer
	armored := armor.NewWriter(&sealed)
	w, err := age.Encrypt(armored, to)
	if err != nil {
		return nil, fmt.Errorf("%w: age can't encrypt: %w", store.ErrFailed, err)
	}
	_, err = w.Write(text)
	if err = errors.Join(err, w.Close(), armored.Close()); err != nil {
		return nil, fmt.Errorf("%w: age can't encrypt: %w", store.ErrFailed, err)
	}
	if sealed.Len() > maxFile {
		return nil, fmt.Errorf("%w: the file would be larger than %d MB", store.ErrTooBig, maxFile>>20)
	}
	return sealed.Bytes(), nil
}

// A memo has the key of the file that was opened last. To get that from the head of a file is what takes long. What the file has
// is decrypted at each use, and not kept.
type memo struct {
	mu      sync.Mutex
	stanzas []*age.Stanza
	fileKey []byte
}

// find returns the key of a file with this head, nil if it is not known.
func (m *memo) find(stanzas []*age.Stanza) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fileKey == nil || !slices.EqualFunc(m.stanzas, stanzas, isSame) {
		return nil
	}
	return m.fileKey
}

func isSame(a, b *age.Stanza) bool {
	return a.Type == b.Type && slices.Equal(a.Args, b.Args) && bytes.Equal(a.Body, b.Body)
}

func (m *memo) keep(stanzas []*age.Stanza, fileKey []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stanzas, m.fileKey = stanzas, bytes.Clone(fileKey)
}

func (m *memo) forget() { m.keep(nil, nil) }
