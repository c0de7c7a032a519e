package child

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// place makes a new folder the one where folders are made.
func place(t *testing.T) string {
	t.Helper()
	place := t.TempDir()
	if err := os.Chmod(place, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"XDG_RUNTIME_DIR", "TMP", "TEMP"} {
		t.Setenv(name, place)
	}
	return place
}

// What a process has left that was killed is removed by the next that makes a folder, and nothing else is.
func TestFoldersOfDeadProcessesAreRemoved(t *testing.T) {
	place := place(t)
	folders := map[string]*folder{}
	for _, name := range []string{"dead", "alive"} {
		f, err := newFolder()
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Dir(f.path) != place {
			t.Fatalf("%s is not in %s", f.path, place)
		}
		if _, err := f.write("key", "text"); err != nil {
			t.Fatal(err)
		}
		folders[name] = f
	}
	foreign := filepath.Join(place, "mcpsecrets-else")
	if err := os.Mkdir(foreign, 0o700); err != nil {
		t.Fatal(err)
	}
	dead := folders["dead"]
	dead.watch.forget() // as where there is no shell
	if err := dead.lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	fresh, err := newFolder() // one that is just being made may have no lock yet
	if err != nil {
		t.Fatal(err)
	}
	fresh.remove()
	if _, err := os.Stat(dead.path); err != nil {
		t.Error(err)
	}
	for _, f := range folders {
		if err := os.Chtimes(f.path, time.Time{}, time.Now().Add(-2*freshness)); err != nil {
			t.Fatal(err)
		}
	}
	next, err := newFolder()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dead.path); err == nil {
		t.Error("the folder of a dead process is there")
	}
	for _, path := range []string{folders["alive"].path, next.path, foreign} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	folders["alive"].remove()
	next.remove()
	if left, _ := filepath.Glob(filepath.Join(place, beginning+"*")); len(left) > 0 {
		t.Errorf("left: %s", left)
	}
}

// Those who make folders at once take none of each other's.
func TestFoldersAtOnce(t *testing.T) {
	place := place(t)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			f, err := newFolder()
			if err != nil {
				t.Error(err)
				return
			}
			defer f.remove()
			path, err := f.write("key", "text")
			if err != nil {
				t.Error(err)
			}
			if text, err := os.ReadFile(path); string(text) != "text" {
				t.Errorf("%q, %v", text, err)
			}
		})
	}
	group.Wait()
	if left, _ := os.ReadDir(place); len(left) > 0 {
		t.Errorf("left: %s", left)
	}
}
