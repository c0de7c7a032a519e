package age

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/private"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/userlock"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// maxFile is the size of the largest file that is read, and so that is written: a server holds all of it in memory.
const maxFile = 64 << 20

// locate returns where the file is, or will be. Links are followed once for each call, so that what it reads, locks and replaces
// is one file, and a link stays a link.
func (s *Store) locate() (path string, err error) {
	path, err = private.Resolve(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		// Without its folder the file is not unset but away, like a disk that is not mounted.
		return "", fmt.Errorf("%w: the folder of %s is not there", store.ErrNoStore, s.file)
	}
	return path, named(err)
}

// open returns what is in the file at path, or nothing if there is no file.
func (s *Store) open(ctx context.Context, path string) (opened, error) {
	sealed, err := readShared(path)
	if errors.Is(err, fs.ErrNotExist) {
		return opened{content: &content{Format: format}}, nil
	}
	if err != nil {
		return opened{}, named(err)
	}
	o, err := s.unseal(ctx, sealed)
	if err != nil {
		return opened{}, fmt.Errorf("%s: %w", path, err)
	}
	return o, nil
}

// readShared reads a file that others may read, but not change.
func readShared(path string) ([]byte, error) {
	f, err := private.OpenShared(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, maxFile)
}

// readAll reads a file of a size that is bounded.
func readAll(f *os.File, limit int64) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%w: %s is larger than %d MB", store.ErrFailed, f.Name(), limit>>20)
	}
	text := make([]byte, info.Size())
	_, err = io.ReadFull(f, text)
	return text, err
}

// inTurn calls do with the path of the file, when no other writer of any process is at work.
func (s *Store) inTurn(ctx context.Context, do func(path string) error) error {
	began := time.Now()
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return gaveUp(ctx)
	}
	defer func() { <-s.turn }()
	// Fifty writers fail together and not one after the other, where the process that has the lock stands still.
	if s.stuck.After(began) {
		return errStuck
	}
	path, err := s.locate()
	if err != nil {
		return err
	}
	unlock, err := s.lock(ctx, path)
	if errors.Is(err, errStuck) {
		s.stuck = time.Now()
	}
	if err != nil {
		return err
	}
	defer unlock()
	return do(path)
}

var errStuck = fmt.Errorf("%w: another process is writing to the file", store.ErrTimeout)

// lock keeps other processes from writing, by a file that stays beside the one at path: what containers share is a folder. It
// waits for as long as others get on.
func (s *Store) lock(ctx context.Context, path string) (unlock func(), err error) {
	if err := checkWritable(path); err != nil {
		return nil, err
	}
	for {
		before, _ := os.Stat(path)
		unlock, err := s.tryLock(ctx, path)
		switch {
		case ctx.Err() != nil && err != nil:
			return nil, gaveUp(ctx)
		case !errors.Is(err, context.DeadlineExceeded):
			return unlock, unwritten(err)
		}
		if after, _ := os.Stat(path); isSameFile(before, after) {
			return nil, errStuck
		}
	}
}

func (s *Store) tryLock(ctx context.Context, path string) (unlock func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	return userlock.Lock(ctx, filepath.Dir(path), filepath.Base(path))
}

// isSameFile reports whether nobody has replaced a file, which may be none.
func isSameFile(before, after fs.FileInfo) bool {
	if before == nil || after == nil {
		return before == after
	}
	return os.SameFile(before, after) && before.ModTime().Equal(after.ModTime())
}

// checkWritable returns why nothing can be stored at path, as far as can be said without trying.
func checkWritable(path string) error {
	folder := filepath.Dir(path)
	info, err := os.Stat(folder)
	if err == nil {
		err = canWrite(folder)
	}
	if err == nil && info.Mode()&fs.ModeSticky != 0 && info.Mode()&0o022 != 0 {
		// Any user could hold the lock, or take the place of a file that is not there yet.
		return fmt.Errorf("%w: others can write to %s: give the file a folder of its own", store.ErrUnsafe, folder)
	}
	return unwritten(err)
}

// replace writes what was opened, in the place of the file at path.
func (s *Store) replace(path string, o opened) error {
	if err := o.checkReplaceable(path); err != nil {
		return err
	}
	if o.lock == nil {
		lock, err := s.keys.make(path, s.log)
		if err != nil {
			return err
		}
		o.lock = lock
	}
	text, err := o.content.encode()
	if err != nil {
		return fmt.Errorf("%w: the values can't be encoded", store.ErrFailed)
	}
	sealed, err := seal(text, o.lock)
	if err != nil {
		return err
	}
	return unwritten(write(path, sealed))
}

// write makes or replaces a file. What a process left that was killed while it wrote is removed by the next one.
func write(path string, text []byte) error {
	part := path + ".new"
	if err := create(part, text); err != nil {
		return err
	}
	if err := rename(part, path); err != nil {
		_ = os.Remove(part)
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// create makes a file that is open to this user alone, and waits until it is on the disk.
func create(path string, text []byte) error {
	_ = os.Remove(path)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(path)
	}
	return err
}

// named returns an error of the file system as one of package store. Its text, which names the file, is for the log.
func named(err error) error {
	if err == nil || errors.Is(err, store.ErrUnsafe) || errors.Is(err, store.ErrFailed) {
		return err
	}
	return fmt.Errorf("%w: %w", store.ErrFailed, err)
}

// unwritten is named of an error of writing.
func unwritten(err error) error {
	switch {
	case err == nil:
		return nil
	case isMountPoint(err):
		return fmt.Errorf("%w: %w: a file that is mounted by itself can't be replaced: mount its folder", store.ErrReadOnly, err)
	case isReadOnly(err):
		return fmt.Errorf("%w: %w", store.ErrReadOnly, err)
	default:
		return named(err)
	}
}
