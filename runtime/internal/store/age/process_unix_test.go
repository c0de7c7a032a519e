//go:build unix

package age

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// role is the variable by which the test's binary knows that it is a process of these tests, and which one.
const role = "MCPSECRETS_TEST_AGE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "":
		os.Exit(m.Run())
	case "many":
		writeMany(os.Args[1], os.Args[2])
	case "forever":
		writeForever(os.Args[1])
	}
}

// process is another process of the test's binary.
func process(t *testing.T, which string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), role+"="+which)
	cmd.Stderr = os.Stderr
	return cmd
}

// of opens the store of a file, in a process of its own.
func of(file string) *Store {
	s, err := New(Options{File: file})
	if err != nil {
		panic(err)
	}
	return s
}

const (
	processes = 8
	writers   = 125 // in each
)

func writeMany(file, number string) {
	s := of(file)
	var group sync.WaitGroup
	for n := range writers {
		group.Go(func() {
			if err := s.Set(context.Background(), pets, fmt.Sprintf("key_%s_%d", number, n), number+canary); err != nil {
				fmt.Fprintln(os.Stderr, number, n, err)
				os.Exit(1)
			}
		})
	}
	group.Wait()
}

// A thousand writers in several processes lose nothing, also not the key that each of them may be the first to make.
func TestThousandWriters(t *testing.T) {
	s := opens(t, Options{})
	var group sync.WaitGroup
	for n := range processes {
		cmd := process(t, "many", s.file, strconv.Itoa(n))
		group.Go(func() {
			if err := cmd.Run(); err != nil {
				t.Errorf("process %d: %v", n, err)
			}
		})
	}
	group.Wait()
	entries, err := s.List(t.Context(), pets)
	must(t, err)
	if len(entries) != processes*writers {
		t.Errorf("%d values of %d", len(entries), processes*writers)
	}
	for _, e := range entries {
		wantValue(t, s, pets, e.Name, strings.Split(e.Name, "_")[1]+canary)
	}
	wantFiles(t, s, "secrets.age", "secrets.age.key", "secrets.age.lock")
}

// big is a value whose writing takes a while.
func big(n int) string { return strings.Repeat(strconv.Itoa(n)+",", 20_000) }

// writeForever stores a number after the other, and says which are stored.
func writeForever(file string) {
	s := of(file)
	for n := 1; ; n++ {
		if err := s.Set(context.Background(), pets, "api_key", big(n)); err != nil {
			fmt.Fprintln(os.Stderr, n, err)
			os.Exit(1)
		}
		fmt.Println(n)
	}
}

// A process that is killed leaves the old value or the new one, and whatever else it left is gone after the next writing.
func TestKilledWriter(t *testing.T) {
	s := opens(t, Options{})
	for range 30 {
		cmd := process(t, "forever", s.file)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		lines := bufio.NewScanner(out)
		said := 0
		for said < 1+rand.IntN(3) && lines.Scan() { // which it has come to write in
			said, err = strconv.Atoi(lines.Text())
			must(t, err)
		}
		time.Sleep(rand.N(5 * time.Millisecond))
		must(t, cmd.Process.Kill())
		for lines.Scan() {
			said, _ = strconv.Atoi(lines.Text())
		}
		_ = cmd.Wait()
		got, err := s.Get(t.Context(), pets, "api_key")
		if err != nil || got != big(said) && got != big(said+1) {
			t.Fatalf("after %d: %.20q, %v", said, got, err)
		}
	}
	must(t, s.Set(t.Context(), pets, "api_key", "last"))
	wantFiles(t, s, "secrets.age", "secrets.age.key", "secrets.age.lock")
}

// A process that is killed while it makes the key leaves a whole one or none.
func TestKilledBeforeTheFirstValue(t *testing.T) {
	for range 30 {
		s := opens(t, Options{})
		cmd := process(t, "forever", s.file)
		must(t, cmd.Start())
		for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
			if files, _ := os.ReadDir(filepath.Dir(s.file)); len(files) > 0 {
				break
			}
		}
		time.Sleep(rand.N(3 * time.Millisecond))
		must(t, cmd.Process.Kill())
		_ = cmd.Wait()
		must(t, s.Set(t.Context(), pets, "api_key", canary))
		wantValue(t, s, pets, "api_key", canary)
	}
}

// A value is never read in parts while it is replaced.
func TestReadWhileItIsWritten(t *testing.T) {
	s := opens(t, Options{})
	must(t, s.Set(t.Context(), pets, "api_key", big(1)))
	cmd := process(t, "forever", s.file)
	must(t, cmd.Start())
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	for changes, last := 0, ""; changes < 10; {
		now := mustGetWhole(t, s)
		if now != last {
			changes++
		}
		last = now
	}
}

// mustGetWhole returns the number of a value that is whole.
func mustGetWhole(t *testing.T, s *Store) string {
	t.Helper()
	got, err := s.Get(t.Context(), pets, "api_key")
	must(t, err)
	first, _, _ := strings.Cut(got, ",")
	n, err := strconv.Atoi(first)
	must(t, err)
	if got != big(n) {
		t.Fatalf("a part: %.20q", got)
	}
	return first
}

// What others can read or change is not used.
func TestWhatOthersCanReadOrChange(t *testing.T) {
	for name, row := range map[string]struct {
		path func(*Store) string
		mode os.FileMode
		want error
	}{
		"the file, readable": {func(s *Store) string { return s.file }, 0o644, nil},
		"the file":           {func(s *Store) string { return s.file }, 0o622, store.ErrUnsafe},
		"the key, readable":  {func(s *Store) string { return s.keys.path }, 0o640, store.ErrUnsafe},
		"the key":            {func(s *Store) string { return s.keys.path }, 0o602, store.ErrUnsafe},
		"the folder":         {func(s *Store) string { return filepath.Dir(s.file) }, 0o777, store.ErrUnsafe},
	} {
		s := opens(t, Options{})
		must(t, s.Set(t.Context(), pets, "api_key", "old"))
		must(t, os.Chmod(row.path(s), row.mode))
		_, get := s.Get(t.Context(), pets, "api_key")
		set := s.Set(t.Context(), pets, "api_key", "new")
		for _, err := range []error{get, set} {
			if !errors.Is(err, row.want) {
				t.Errorf("%s: %v, want %v", name, err, row.want)
			}
		}
		must(t, os.Chmod(row.path(s), 0o700))
	}
	// In a folder such as /tmp, any user could be before us with a file.
	s := opens(t, Options{})
	must(t, os.Chmod(filepath.Dir(s.file), 0o777|os.ModeSticky))
	wantError(t, s.Set(t.Context(), pets, "api_key", canary), store.ErrUnsafe, "folder of its own")
}

// All that is written is open to its user alone, whatever the mask of new files says.
func TestModes(t *testing.T) {
	s := opens(t, Options{})
	defer syscall.Umask(syscall.Umask(0))
	for range 2 {
		must(t, s.Set(t.Context(), pets, "api_key", canary))
		for _, path := range []string{s.file, s.keys.path} {
			info, err := os.Stat(path)
			must(t, err)
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v", path, info.Mode())
			}
		}
		must(t, os.Chmod(s.file, 0o644))
	}
}
