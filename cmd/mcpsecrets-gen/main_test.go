package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the files that scripts compare with")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"mcpsecrets-gen": main})
}

// TestScripts drives the command as its users do: in a process of its own, by testdata/script.
func TestScripts(t *testing.T) {
	goEnvironment := goEnvironment(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			home := filepath.Join(e.WorkDir, ".home")
			e.Setenv("HOME", home)
			e.Vars = append(e.Vars, goEnvironment...)
			return os.Mkdir(home, 0o777)
		},
		Condition: condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"age":    age,
			"aged":   aged,
			"status": status,
			"module": module,
			"paste":  paste,
			"readme": readme,
		},
	})
}

// goEnvironment is what the go command needs to find what this test was built from, with another HOME.
func goEnvironment(t *testing.T) []string {
	t.Helper()
	module, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	output, err := exec.Command("go", "env", "-json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var settings map[string]string
	if err := json.Unmarshal(output, &settings); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	environment := []string{"MODULE=" + module, "GENERATOR=" + self} // under the command's name, the test is the command
	for _, name := range []string{
		"GOCACHE", "GOFLAGS", "GOINSECURE", "GOMODCACHE", "GONOPROXY", "GONOSUMDB", "GOPATH", "GOPRIVATE", "GOPROXY", "GOSUMDB", "GOTOOLCHAIN",
	} {
		environment = append(environment, name+"="+settings[name])
	}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_DIR", "SSL_CERT_FILE"} {
		if value, ok := os.LookupEnv(name); ok {
			environment = append(environment, name+"="+value)
		}
	}
	return environment
}

// condition knows [root], and [mounts], whether a script can have file systems of its own.
func condition(name string) (bool, error) {
	switch name {
	case "root":
		return os.Geteuid() == 0, nil
	case "mounts":
		return exec.Command("unshare", "-rm", "true").Run() == nil, nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}

// module PATH [DIR] makes a folder, or the working one, a module that requires the tree under test and all that this needs.
func module(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: module PATH [DIR]")
	}
	tree, folder := ts.Getenv("MODULE"), ts.MkAbs(".")
	if len(args) == 2 {
		folder = ts.MkAbs(args[1])
	}
	text := moduleText(args[0], tree, ts.ReadFile(filepath.Join(tree, "go.mod")))
	ts.Check(os.WriteFile(filepath.Join(folder, "go.mod"), []byte(text), 0o666))
	ts.Check(os.WriteFile(filepath.Join(folder, "go.sum"), []byte(ts.ReadFile(filepath.Join(tree, "go.sum"))), 0o666))
}

// moduleText returns the go.mod of a module that requires the tree under test and all that its go.mod requires.
func moduleText(path, tree, goMod string) string {
	const ours = "github.com/mcpsecrets/mcpsecrets"
	_, rest, _ := strings.Cut(goMod, "\n")
	return fmt.Sprintf("module %s\n%s\nrequire %s v0.0.0\n\nreplace %s => %s\n", path, rest, ours, ours, tree)
}

// readme SECTION runs the shell commands that the README shows in a section, each as it stands there. Only "@latest" is left
// out, which would be another version than the one under test.
func readme(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: readme SECTION")
	}
	text := ts.ReadFile(filepath.Join(ts.Getenv("MODULE"), "README.md"))
	_, section, found := strings.Cut(text, "\n## "+args[0]+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	_, block, hasBlock := strings.Cut(section, "\n```sh\n")
	commands, _, _ := strings.Cut(block, "\n```")
	if !found || !hasBlock {
		ts.Fatalf("the README has no shell commands in a section %q", args[0])
	}
	ts.Check(ts.Exec("sh", "-e", "-c", strings.ReplaceAll(commands, "@latest", "")))
}

// documents are what people paste from.
var documents = []string{"README.md", "docs/use.md", "docs/nothttp.md", "docs/terminal.md"}

// paste FILE... puts what documents show into files: the block N of a section, counted from 1, in place of the line
// "DOCUMENT: SECTION N", which may be a comment. A block of Go code that none of the files takes is a failure.
func paste(ts *testscript.TestScript, neg bool, files []string) {
	if neg || len(files) == 0 {
		ts.Fatalf("usage: paste FILE...")
	}
	for _, document := range documents {
		blocks, left := blocksOf(ts.ReadFile(filepath.Join(ts.Getenv("MODULE"), document)))
		for _, name := range files {
			lines := strings.SplitAfter(ts.ReadFile(name), "\n")
			for i, line := range lines {
				_, place, ok := strings.Cut(strings.TrimSpace(line), document+": ")
				if !ok {
					continue
				}
				if blocks[place] == "" {
					ts.Fatalf("%s: %s has no block %q", name, document, place)
				}
				lines[i] = blocks[place]
				delete(left, place)
			}
			ts.Check(os.WriteFile(ts.MkAbs(name), []byte(strings.Join(lines, "")), 0o666))
		}
		if len(left) > 0 {
			ts.Fatalf("no file takes the blocks of Go in %s %q", document, slices.Sorted(maps.Keys(left)))
		}
	}
}

// blocksOf returns what stands between fences in a Markdown file, by section and number, and which of it is Go.
func blocksOf(text string) (blocks map[string]string, isGo map[string]bool) {
	blocks, isGo = map[string]string{}, map[string]bool{}
	section, place, count := "", "", 0
	for line := range strings.Lines(text) {
		language, fence := strings.CutPrefix(line, "```")
		switch title, heading := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); {
		case fence && place == "":
			count++
			place = fmt.Sprintf("%s %d", section, count)
			if language == "go\n" {
				isGo[place] = true
			}
		case fence:
			place = ""
		case place != "":
			blocks[place] += line
		case heading && strings.HasPrefix(line, "#"):
			section, count = strings.TrimSpace(title), 0
		}
	}
	return blocks, isGo
}

// longAgo is a time that no file gets by being written.
var longAgo = time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)

// age FILE... makes files old, so that aged can tell whether they were touched.
func age(ts *testscript.TestScript, neg bool, files []string) {
	if neg || len(files) == 0 {
		ts.Fatalf("usage: age FILE...")
	}
	for _, name := range files {
		ts.Check(os.Chtimes(ts.MkAbs(name), longAgo, longAgo))
	}
}

// aged FILE... checks that files are as old as age made them; ! aged, that none is.
func aged(ts *testscript.TestScript, neg bool, files []string) {
	for _, name := range files {
		info, err := os.Stat(ts.MkAbs(name))
		ts.Check(err)
		if info.ModTime().Equal(longAgo) == neg {
			ts.Fatalf("%s was last changed %s", name, info.ModTime())
		}
	}
}

// status CODE COMMAND ARGS... runs a command that must end with this very exit code, where exec only tells 0 from the rest.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status CODE COMMAND ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s ended with %d, not %d", strings.Join(args[1:], " "), got, want)
	}
}
