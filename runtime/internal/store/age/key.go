package age

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"filippo.io/age"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/private"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// KeyVariable has the path of the file of the key, where that is not beside the encrypted file.
const KeyVariable = "MCP_SECRETS_AGE_KEY"

// maxKeyFile is the size of the largest file of keys; one key has 75 bytes, or 100.
const maxKeyFile = 1 << 20

// keys are the identities in the file at path. The first one encrypts, and each opens: so a key is replaced by putting another
// before it.
type keys struct {
	path string

	mu     sync.Mutex
	text   []byte // what was parsed, which takes longer than to read it
	parsed []age.Identity
	last   memo // opened by one of these
}

// unwrap returns the key of a file, and what encrypts the next one.
func (k *keys) unwrap(stanzas []*age.Stanza) (fileKey []byte, next age.Recipient, err error) {
	identities, err := k.read()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("%w: its key %s is not there: put it back, or say by %s where it is", store.ErrLocked, k.path, KeyVariable)
	}
	if err != nil {
		return nil, nil, err
	}
	next = recipient(identities)
	if fileKey = k.last.find(stanzas); fileKey != nil {
		return fileKey, next, nil
	}
	for _, identity := range identities {
		fileKey, err = unwrap(identity, stanzas)
		if err == nil {
			k.last.keep(stanzas, fileKey)
			return fileKey, next, nil
		}
		if !errors.Is(err, age.ErrIncorrectIdentity) {
			return nil, nil, err
		}
	}
	return nil, nil, fmt.Errorf("%w: it is encrypted to another key than the one in %s", store.ErrLocked, k.path)
}

// read returns the identities, of which there is at least one.
func (k *keys) read() ([]age.Identity, error) {
	path, err := private.Resolve(k.path)
	if err != nil {
		return nil, notMissing(err)
	}
	f, err := private.Open(path)
	if err != nil {
		return nil, notMissing(err)
	}
	defer f.Close()
	text, err := readAll(f, maxKeyFile)
	if err != nil {
		return nil, named(err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.parsed != nil && bytes.Equal(k.text, text) {
		return k.parsed, nil
	}
	parsed, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil { // which may have a part of a key
		return nil, fmt.Errorf("%w: %s is no key as age-keygen makes it", store.ErrFailed, k.path)
	}
	k.text, k.parsed = text, parsed
	k.last.forget()
	return parsed, nil
}

// notMissing is named for all but a file that is not there.
func notMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return named(err)
}

func (k *keys) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.text, k.parsed = nil, nil
	k.last.forget()
}

// make returns what encrypts the first file at path: to the key that is there, or a new one. Who makes it has the lock of path.
func (k *keys) make(path string, log *slog.Logger) (age.Recipient, error) {
	identities, err := k.read()
	if errors.Is(err, fs.ErrNotExist) {
		if err := k.generate(path); err != nil {
			return nil, err
		}
		log.Warn("a new key was made: without it nobody can read what is stored, so keep a copy", "key", k.path, "file", path)
		identities, err = k.read()
	}
	if err != nil {
		return nil, named(err)
	}
	return recipient(identities), nil
}

// generate makes a file of a new key as age-keygen does, and leaves one that is there by now. The key is one that all versions
// of age know.
func (k *keys) generate(path string) error {
	key, err := private.Resolve(k.path)
	if err != nil {
		return named(err)
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return fmt.Errorf("%w: age makes no key: %w", store.ErrFailed, err)
	}
	text := fmt.Sprintf("# created: %s\n# public key: %s\n%s\n", time.Now().Format(time.RFC3339), identity.Recipient(), identity)
	// Two files may be about to have one key, under a lock each.
	part := fmt.Sprintf("%s.%x.new", key, sha256.Sum256([]byte(path)))
	if err := create(part, []byte(text)); err != nil {
		return unwritten(err)
	}
	defer os.Remove(part)
	// Other than a renaming this replaces nothing.
	if err := os.Link(part, key); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: no key can be made here, where a file has one name: %w: age-keygen makes one", store.ErrFailed, err)
	}
	return unwritten(syncFolder(filepath.Dir(key)))
}

// recipient returns what encrypts to the first of the identities, which is of one of the kinds that age parses.
func recipient(identities []age.Identity) age.Recipient {
	switch identity := identities[0].(type) {
	case *age.HybridIdentity:
		return identity.Recipient()
	default:
		return identity.(*age.X25519Identity).Recipient()
	}
}
