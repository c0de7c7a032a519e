package keychain

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
)

// A splitStore is a [store] over entries that are small, can't be searched and
// know nothing but their name: macOS and Windows.
//
// A value that fits is its own entry. A longer one is cut into parts, and its
// own entry becomes a head that says which parts and with what digest:
//
//	("svc", "key")            "mcpsecrets:split:1 a 3 <sha256>"
//	("svc", "__part__.a.0.key") first part
//	("svc", "__part__.a.1.key") ...
//
// Parts belong to generation a or b. A write fills the generation that the head
// does not point to, reads it back, and only then switches the head, which is one
// entry and so changes at once: a kill before leaves the old value, a kill after
// the new one. What a kill leaves over is found again without a list of it, since
// there are two generations only, which are written upwards and deleted
// downwards: from 0 up to the first gap is all there is.
//
// Processes take turns to write, or the one that clears up after its own write
// could remove the parts of another's. Readers don't wait: the digest in the head
// tells them the parts of one value from a mix.
type splitStore struct {
	entries entries
	limit   int // longest value of one entry
	log     *slog.Logger
	lock    func(ctx context.Context, service string) (unlock func(), err error) // see [locks.lock]; nil where nobody else writes
}

// entries are what the system offers: values up to a limit, by name. Each set
// is whole or not at all; get and delete return [ErrNotSet].
type entries interface {
	get(ctx context.Context, service, account string) (string, error)
	set(ctx context.Context, service, account, value string) error
	delete(ctx context.Context, service, account string) error
	clear(ctx context.Context, service string) error
}

const (
	partPrefix = "__part__."
	headMark   = "mcpsecrets:split:1 "
	attempts   = 4 // how often a value is tried that somebody else changes at the same time
)

var (
	errBroken  = fmt.Errorf("%w: parts of the value are missing", ErrStore)
	errChanged = fmt.Errorf("%w: what was read back is not what was written", ErrStore)
)

func (s *splitStore) asking() bool { return false }
func (s *splitStore) close()       {}

// alone waits until no other process writes under service, and keeps them from it.
func (s *splitStore) alone(ctx context.Context, service string) (unlock func(), err error) {
	if s.lock == nil {
		return func() {}, nil
	}
	return s.lock(ctx, service)
}

func (s *splitStore) get(ctx context.Context, service, account string) (string, error) {
	var value string
	err := errBroken
	// A head may switch while its parts are read; then the new head's are there.
	for try := 0; try < attempts && errors.Is(err, errBroken); try++ {
		var entry string
		if entry, err = s.entries.get(ctx, service, account); err != nil {
			return "", err
		}
		if !strings.HasPrefix(entry, headMark) {
			return entry, nil
		}
		value, err = s.join(ctx, service, account, entry)
	}
	return value, err
}

func (s *splitStore) set(ctx context.Context, service, account, value string) error {
	unlock, err := s.alone(ctx, service)
	if err != nil {
		return err
	}
	defer unlock()
	err = errChanged
	for try := 0; try < attempts && errors.Is(err, errChanged); try++ {
		err = s.write(ctx, service, account, value)
	}
	if err != nil {
		return err
	}
	s.note(ctx, service, func(names []string) []string { return append(names, account) })
	return nil
}

// write stores a value once, without the index.
func (s *splitStore) write(ctx context.Context, service, account, value string) error {
	old, err := s.entries.get(ctx, service, account)
	if err != nil && !errors.Is(err, ErrNotSet) {
		return err
	}
	entry := value
	var head head // of the parts that are to stay; none where the value is its own entry
	// A short value that looks like a head has to be split too, or it would be read as one.
	if len(value) > s.limit || strings.HasPrefix(value, headMark) {
		head.generation, head.sum = "a", digest(value)
		if now, _ := parseHead(old); now.generation == "a" {
			head.generation = "b"
		}
		for rest := value; rest != ""; head.parts++ {
			part := rest[:min(s.limit, len(rest))]
			rest = rest[len(part):]
			if err := s.entries.set(ctx, service, partAccount(head.generation, head.parts, account), part); err != nil {
				return err
			}
		}
		entry = head.String()
		if back, err := s.join(ctx, service, account, entry); errors.Is(err, errBroken) || err == nil && back != value {
			return errChanged
		} else if err != nil {
			return err
		}
	}

	if err := s.entries.set(ctx, service, account, entry); err != nil {
		return err
	}
	back, err := s.entries.get(ctx, service, account)
	if errors.Is(err, ErrNotSet) || err == nil && back != entry {
		return errChanged
	}
	if err != nil {
		return err
	}

	// The parts of the old value are no longer needed, nor are those of writers that were killed.
	for _, generation := range []string{"a", "b"} {
		first := 0
		if generation == head.generation {
			first = head.parts
		}
		if err := s.dropParts(ctx, service, account, generation, first); err != nil {
			return err
		}
	}
	return nil
}

func (s *splitStore) delete(ctx context.Context, service, account string) error {
	unlock, err := s.alone(ctx, service)
	if err != nil {
		return err
	}
	defer unlock()
	// The head goes first: a kill then leaves parts that nobody reads.
	found := s.entries.delete(ctx, service, account)
	if found != nil && !errors.Is(found, ErrNotSet) {
		return found
	}
	for _, generation := range []string{"a", "b"} {
		if err := s.dropParts(ctx, service, account, generation, 0); err != nil {
			return err
		}
	}
	if found != nil {
		return found
	}
	s.note(ctx, service, func(names []string) []string {
		return slices.DeleteFunc(names, func(name string) bool { return name == account })
	})
	return nil
}

func (s *splitStore) names(ctx context.Context, service string) ([]string, error) {
	text, err := s.get(ctx, service, indexAccount)
	if errors.Is(err, ErrNotSet) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(decodeIndex(text), isOurs), nil
}

func (s *splitStore) clear(ctx context.Context, service string) error {
	unlock, err := s.alone(ctx, service)
	if err != nil {
		return err
	}
	defer unlock()
	return s.entries.clear(ctx, service)
}

// note changes the index, if the change changes it. The value is safely stored
// by then and does not need the index, so trouble with it is no error of the call.
func (s *splitStore) note(ctx context.Context, service string, change func([]string) []string) {
	names, err := s.names(ctx, service)
	if err == nil || errors.Is(err, errBroken) { // a broken one is begun anew
		changed := change(slices.Clone(names))
		slices.Sort(changed)
		if changed = slices.Compact(changed); slices.Equal(changed, names) {
			return
		}
		err = s.write(ctx, service, indexAccount, encodeIndex(changed))
	}
	if err != nil {
		s.log.WarnContext(ctx, "keychain: index not updated", "service", service, "error", err)
	}
}

// join reads the parts that a head names.
func (s *splitStore) join(ctx context.Context, service, account, entry string) (string, error) {
	head, ok := parseHead(entry)
	if !ok {
		return "", errBroken
	}
	var value strings.Builder
	for n := range head.parts {
		part, err := s.entries.get(ctx, service, partAccount(head.generation, n, account))
		if errors.Is(err, ErrNotSet) {
			return "", errBroken
		}
		if err != nil {
			return "", err
		}
		value.WriteString(part)
	}
	if digest(value.String()) != head.sum {
		return "", errBroken
	}
	return value.String(), nil
}

// dropParts deletes a generation from its part first on, the last one first. It looks no further than the longest value
// goes, lest a keychain that answers to every name keep it for ever.
func (s *splitStore) dropParts(ctx context.Context, service, account, generation string, first int) error {
	parts := first
	for ; parts <= MaxValue/s.limit; parts++ {
		_, err := s.entries.get(ctx, service, partAccount(generation, parts, account))
		if errors.Is(err, ErrNotSet) {
			break
		}
		if err != nil {
			return err
		}
	}
	for n := parts - 1; n >= first; n-- {
		err := s.entries.delete(ctx, service, partAccount(generation, n, account))
		if err != nil && !errors.Is(err, ErrNotSet) {
			return err
		}
	}
	return nil
}

type head struct {
	generation string
	parts      int
	sum        string
}

func (h head) String() string {
	return headMark + h.generation + " " + strconv.Itoa(h.parts) + " " + h.sum
}

// parseHead reads a head that [head.String] wrote. Others write entries too, and no name that is looked up may come from them.
func parseHead(entry string) (head, bool) {
	text, ok := strings.CutPrefix(entry, headMark)
	fields := strings.Split(text, " ")
	if !ok || len(fields) != 3 {
		return head{}, false
	}
	parts, err := strconv.Atoi(fields[1])
	h := head{generation: fields[0], parts: parts, sum: fields[2]}
	if err != nil || h.generation != "a" && h.generation != "b" || parts < 1 || parts > MaxValue ||
		len(h.sum) != hex.EncodedLen(sha256.Size) || h.String() != entry {
		return head{}, false
	}
	return h, true
}

func partAccount(generation string, n int, account string) string {
	return partPrefix + generation + "." + strconv.Itoa(n) + "." + account
}

func digest(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}

// isOurs tells the entries that are no secrets of a server.
func isOurs(account string) bool {
	return account == "" || account == indexAccount || strings.HasPrefix(account, partPrefix)
}
