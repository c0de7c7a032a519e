//go:build unix

package files_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// What others can read, or could replace, is not used. The error names the path and the way out, and no content.
func TestWhatOthersReachIsNotUsed(t *testing.T) {
	const canary = "sk_live_canary"
	for name, row := range map[string]struct {
		spoil func(t *testing.T, dir string)
		texts []string
	}{
		"group reads":         {chmod("api_key", 0o640), []string{"api_key", "chmod 600"}},
		"others read":         {chmod("api_key", 0o604), []string{"api_key", "chmod 600"}},
		"others write":        {chmod("api_key", 0o602), []string{"api_key", "chmod 600"}},
		"group executes":      {chmod("api_key", 0o610), []string{"api_key", "chmod 600"}},
		"group writes folder": {chmod(".", 0o770), []string{"folder", "chmod go-w"}},
		"all write folder":    {chmod(".", 0o777), []string{"folder", "chmod go-w"}},
		"all write above":     {chmod("..", 0o777), nil},
		"another's file":      {chown("api_key"), []string{"api_key", "chown"}},
		"another's folder":    {chown("."), []string{"chown"}},
		"another's in sticky": {func(t *testing.T, dir string) { chmod(".", 0o777|os.ModeSticky)(t, dir); chown("api_key")(t, dir) }, []string{"chown"}},
		"another's link":      {func(t *testing.T, dir string) { relink("base_url")(t, dir); chown("api_key")(t, dir) }, []string{"chown"}},
		"link out":            {relink("../outside"), []string{"leads out"}},
		"absolute link":       {relink("/etc/hostname"), []string{"leads out"}},
		"link out and back":   {relink("../folder/base_url"), []string{"leads out"}},
		"links without end":   {relink("api_key"), []string{"link"}},
		"link to what others read": {func(t *testing.T, dir string) {
			relink("base_url")(t, dir)
			chmod("base_url", 0o644)(t, dir)
		}, []string{"chmod 600"}},
		"folder behind a link": {func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "..data", "api_key"), canary, 0o600)
			chmod("..data", 0o777)(t, dir)
			relink("..data/api_key")(t, dir)
		}, []string{"..data", "chmod go-w"}},
		"pipe": {func(t *testing.T, dir string) {
			must(t, os.Remove(filepath.Join(dir, "api_key")))
			must(t, syscall.Mkfifo(filepath.Join(dir, "api_key"), 0o600))
		}, []string{"no plain file"}},
		"folder": {func(t *testing.T, dir string) {
			must(t, os.Remove(filepath.Join(dir, "api_key")))
			must(t, os.Mkdir(filepath.Join(dir, "api_key"), 0o700))
		}, []string{"no plain file"}},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			dir := filepath.Join(parent, "folder")
			write(t, filepath.Join(parent, "outside"), canary, 0o600)
			write(t, filepath.Join(dir, "api_key"), canary, 0o600)
			write(t, filepath.Join(dir, "base_url"), "other "+canary, 0o600)
			s := open(t, dir)
			want(t, s, in, "api_key", canary)
			s.Close()
			s = open(t, dir) // what is above is looked at when it is opened
			row.spoil(t, dir)
			wantError(t, s, in, "api_key", store.ErrUnsafe, row.texts...)
			_, err := s.Get(t.Context(), in, "api_key")
			_, examined := s.Examine(t.Context(), in)
			if text := errors.Join(err, examined).Error(); strings.Contains(text, canary) {
				t.Errorf("the error has the value: %s", text)
			}
			if name != "folder" && !errors.Is(examined, store.ErrUnsafe) {
				t.Errorf("examined: %v", examined)
			}
			must(t, errors.Join(os.Chmod(dir, 0o700), os.Chmod(parent, 0o700))) // for their removal
		})
	}
}

func chmod(name string, mode os.FileMode) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) { must(t, os.Chmod(filepath.Join(dir, name), mode)) }
}

// chown gives a name in the folder to another user.
func chown(name string) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) {
		if os.Geteuid() != 0 {
			t.Skip("only root gives files away")
		}
		must(t, os.Lchown(filepath.Join(dir, name), 65534, 65534))
	}
}

// relink has api_key be a link.
func relink(target string) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) {
		must(t, os.Remove(filepath.Join(dir, "api_key")))
		must(t, os.Symlink(target, filepath.Join(dir, "api_key")))
	}
}

// A link that leads to nothing is nothing, as one of Kubernetes' is for a moment when a key was removed.
func TestLinkToNothing(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Symlink("..data/api_key", filepath.Join(dir, "api_key")))
	wantError(t, open(t, dir), in, "api_key", store.ErrNotSet)
	write(t, filepath.Join(dir, "..data", "base_url"), "x", 0o600)
	wantError(t, open(t, dir), in, "api_key", store.ErrNotSet)
}

// Docker has /run/secrets of root with files of root, mounted one by one: all may look into the folder.
func TestDockersShape(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run", "secrets")
	write(t, filepath.Join(dir, "api_key"), "of docker", 0o400)
	must(t, os.Chmod(dir, 0o755))
	want(t, open(t, dir), in, "api_key", "of docker")
}

// systemd has a folder and files that nobody can write, for the service's user.
func TestSystemdsShape(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "credentials", "petstore.service")
	write(t, filepath.Join(dir, "api_key"), "of systemd", 0o400)
	must(t, os.Chmod(dir, 0o500))
	t.Cleanup(func() { must(t, os.Chmod(dir, 0o700)) })
	want(t, open(t, dir), in, "api_key", "of systemd")
}

// A volume is a folder as Kubernetes writes it: kubelet's AtomicWriter. Each generation has all values in a folder of its own, to
// which ..data leads.
type volume struct {
	dir        string
	generation int
}

func (v *volume) publish(t testing.TB, values map[string]string) {
	t.Helper()
	v.generation++
	now := "..2026_11_27_" + strconv.Itoa(v.generation)
	for name, value := range values {
		write(t, filepath.Join(v.dir, now, name), value, 0o600)
	}
	before, _ := os.Readlink(filepath.Join(v.dir, "..data"))
	must(t, os.Symlink(now, filepath.Join(v.dir, "..data_tmp")))
	must(t, os.Rename(filepath.Join(v.dir, "..data_tmp"), filepath.Join(v.dir, "..data")))
	for name := range values {
		first, _, _ := strings.Cut(name, "/")
		if err := os.Symlink("..data/"+first, filepath.Join(v.dir, first)); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
	}
	if before != "" {
		must(t, os.RemoveAll(filepath.Join(v.dir, before)))
	}
}

// While Kubernetes replaces the values each read is of the time before or after, and whole.
func TestKubernetesReplacesValues(t *testing.T) {
	v := &volume{dir: t.TempDir()}
	must(t, os.Chmod(v.dir, 0o777|os.ModeSticky|os.ModeSetgid))
	generation := func(n int) string { return strconv.Itoa(n) + strings.Repeat("x", 5000) }
	publish := func(n int) { v.publish(t, map[string]string{"api_key": generation(n), "work/api_key": generation(n)}) }
	publish(0)
	s := open(t, v.dir)
	var published, current atomic.Int64
	const readers, reads = 8, 1250
	var group sync.WaitGroup
	for i := range readers {
		scope := store.Scope{Server: "petstore", Account: []string{"", "work"}[i%2]}
		group.Go(func() {
			for range reads {
				oldest := current.Load()
				value, err := s.Get(t.Context(), scope, "api_key")
				newest := published.Load()
				text, _, _ := strings.Cut(value, "x")
				n, _ := strconv.Atoi(text)
				if err != nil || value != generation(n) || int64(n) < oldest || int64(n) > newest {
					t.Errorf("a value of %d bytes, of generation %q, %v; it is one of %d to %d", len(value), text, err, oldest, newest)
					return
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { group.Wait(); close(done) }()
	for n := 1; ; n++ {
		select {
		case <-done:
			t.Logf("%d reads saw %d generations", readers*reads, n)
			want(t, s, in, "api_key", generation(n-1))
			return
		default:
		}
		published.Store(int64(n))
		publish(n)
		current.Store(int64(n))
	}
}
