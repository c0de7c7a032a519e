//go:build unix

package main

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/testdata/chance"
)

// The law of this file: whatever becomes of a run, the files are the old ones or the new ones, whole. Scripts have the
// faults that come one at a time.

// A lossTrial is a folder with a schema that changes.
type lossTrial struct {
	t      *testing.T
	folder string
	chance *rand.Rand
	round  int
}

func newLossTrial(t *testing.T) *lossTrial {
	t.Helper()
	return &lossTrial{t: t, folder: t.TempDir(), chance: chance.Source(t)}
}

func (l *lossTrial) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// change writes another schema, with some more or fewer secrets.
func (l *lossTrial) change() {
	l.t.Helper()
	l.round++
	schema := fmt.Sprintf("version: 1\nserver: pets\nsecrets:\n  first: {label: Round %d}\n", l.round)
	for n := range l.chance.IntN(60) {
		schema += fmt.Sprintf("  key_%d: {label: Key %d}\n", n, n)
	}
	l.must(os.WriteFile(filepath.Join(l.folder, defaultSchema), []byte(schema), 0o666))
}

// command is a run of the command in the folder, after what the shell does before.
func (l *lossTrial) command(before string, args ...string) *exec.Cmd {
	cmd := exec.Command("sh", append([]string{"-c", before + `exec mcpsecrets-gen "$@"`, "sh"}, args...)...)
	cmd.Dir, cmd.Env = l.folder, append(os.Environ(), "GOPACKAGE=pets")
	return cmd
}

// files are the outputs, by name.
func (l *lossTrial) files() map[string]string {
	l.t.Helper()
	entries, err := os.ReadDir(l.folder)
	l.must(err)
	files := map[string]string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(l.folder, entry.Name()))
		l.must(err)
		files[entry.Name()] = string(text)
	}
	delete(files, defaultSchema)
	return files
}

// generate makes what the schema asks for, and returns it.
func (l *lossTrial) generate() map[string]string {
	l.t.Helper()
	if out, err := l.command("").CombinedOutput(); err != nil {
		l.t.Fatalf("%v: %s", err, out)
	}
	return l.files()
}

// isTemporary tells the files of a run that was killed.
func isTemporary(name, _ string) bool { return strings.HasPrefix(name, temporaryPrefix) }

func TestLossWhenKilled(t *testing.T) {
	l := newLossTrial(t)
	l.change()
	old := l.generate()
	kills, between := 0, 0
	for range 20 * chance.Times() {
		l.change()
		cmd := l.command("")
		l.must(cmd.Start())
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		l.waitForWriting(ended)
		time.Sleep(time.Duration(l.chance.Int64N(int64(4 * time.Millisecond))))
		_ = cmd.Process.Kill()
		if err := <-ended; err != nil {
			kills++
		}
		killed := l.files()
		maps.DeleteFunc(killed, isTemporary)
		whole := l.generate() // the next run mends all
		maps.DeleteFunc(whole, isTemporary)
		isNew := 0
		for name, text := range killed {
			if text != old[name] && text != whole[name] {
				t.Fatalf("%s is neither the old one nor the new one:\n%s", name, text)
			}
			if text == whole[name] {
				isNew++
			}
		}
		if len(killed) != len(whole) {
			t.Fatalf("there are %q", slices.Sorted(maps.Keys(killed)))
		}
		if isNew == 1 {
			between++
		}
		old = whole
	}
	t.Logf("%d kills, %d of them between the two files", kills, between)

	// What killed runs left over goes away, some time later.
	long := time.Now().Add(-2 * longDead)
	for name := range l.files() {
		if isTemporary(name, "") {
			l.must(os.Chtimes(filepath.Join(l.folder, name), long, long))
		}
	}
	l.change()
	if files := slices.Sorted(maps.Keys(l.generate())); !slices.Equal(files, []string{"secrets.golden.json", "secrets_gen.go"}) {
		t.Errorf("left: %q", files)
	}
}

// waitForWriting waits until a run has begun to write or has ended, most times.
func (l *lossTrial) waitForWriting(ended chan error) {
	if l.chance.IntN(5) == 0 {
		time.Sleep(time.Duration(l.chance.Int64N(int64(50 * time.Millisecond))))
		return
	}
	before := len(l.names())
	for len(ended) == 0 && len(l.names()) == before {
	}
}

func (l *lossTrial) names() []string {
	names, _ := filepath.Glob(filepath.Join(l.folder, temporaryPrefix+"*")) // the pattern is well-formed
	return names
}

// A limit on the size of files ends a write in the middle, as a full disk does, and anybody may set it.
func TestLossWhenFilesCannotGrow(t *testing.T) {
	l := newLossTrial(t)
	for _, isNew := range []bool{false, true} {
		old := map[string]string{}
		if !isNew {
			l.change()
			old = l.generate()
		}
		l.change()
		refused := 0
		for blocks := 0; ; blocks += 1 + l.chance.IntN(12) {
			var stderr bytes.Buffer
			cmd := l.command(fmt.Sprintf("trap '' XFSZ; ulimit -f %d; ", blocks))
			cmd.Stderr = &stderr
			err := cmd.Run()
			if err == nil {
				break
			}
			refused++
			if code := cmd.ProcessState.ExitCode(); code != exitMistakes {
				t.Fatalf("%d blocks: exit code %d: %s", blocks, code, &stderr)
			}
			if said := stderr.String(); !strings.HasPrefix(said, "mcpsecrets-gen: secrets") || !strings.HasSuffix(said, " can't be written: file too large\n") {
				t.Fatalf("%d blocks: it says %q", blocks, said)
			}
			if files := l.files(); !maps.Equal(files, old) {
				t.Fatalf("%d blocks: there are %q, or they have changed", blocks, slices.Sorted(maps.Keys(files)))
			}
		}
		if refused < 2 || len(l.files()) != 2 {
			t.Errorf("refused %d times, then there are %d files", refused, len(l.files()))
		}
		for name := range l.files() {
			l.must(os.Remove(filepath.Join(l.folder, name)))
		}
	}
}

// A schema that init has written is whole, or not there, and so is the JSON Schema for editors beside it.
func TestLossOfInit(t *testing.T) {
	l := newLossTrial(t)
	schema := filepath.Join(l.folder, defaultSchema)
	beside := filepath.Join(l.folder, "secrets.schema.json")
	l.must(l.command("", "init", "--server", "pets").Run())
	whole, err := os.ReadFile(schema)
	l.must(err)
	l.must(os.Remove(schema))
	larger, err := os.ReadFile(beside)
	l.must(err)
	l.must(os.Remove(beside))
	for blocks := range len(larger)/1024 + 1 { // of 512 bytes, or of 1024
		out, err := l.command(fmt.Sprintf("trap '' XFSZ; ulimit -f %d; ", blocks), "init", "--server", "pets").CombinedOutput()
		said := strings.Replace(string(out), "schema.json", "yaml", 1)
		if err == nil || said != "mcpsecrets-gen: secrets.yaml can't be written: file too large\n" || blocks < len(whole)/1024 && said != string(out) {
			t.Fatalf("%d blocks: %v: %s", blocks, err, out)
		}
		if files, err := os.ReadDir(l.folder); err != nil || len(files) > 0 {
			t.Fatalf("%d blocks: left: %v, %v", blocks, files, err)
		}
	}
	for range 5 * chance.Times() {
		cmd := l.command("", "init", "--server", "pets")
		l.must(cmd.Start())
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		l.waitForWriting(ended)
		time.Sleep(time.Duration(l.chance.Int64N(int64(2 * time.Millisecond))))
		_ = cmd.Process.Kill()
		<-ended
		text, err := os.ReadFile(schema)
		if err == nil && !bytes.Equal(text, whole) {
			t.Fatalf("half a schema: %q", text)
		}
		if text, err := os.ReadFile(beside); err == nil && !bytes.Equal(text, larger) {
			t.Fatalf("half a JSON Schema: %q", text)
		}
		_ = os.Remove(schema)
		_ = os.Remove(beside)
	}
}
