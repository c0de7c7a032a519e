package secrets_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
)

// The tests of programs run this test binary: what it then does is in this variable.
const programVariable = "MCPSECRETS_TEST_PROGRAM"

// programs are what it can do with the arguments.
var programs = map[string]func(arguments []string) error{
	// gets prints what it was given, in a form in which nothing is masked, and whether that can be read elsewhere.
	"gets": func(arguments []string) error {
		for _, argument := range arguments {
			text, err := given(argument)
			if err != nil {
				return err
			}
			fmt.Printf("%x shown=%t\n", sha256.Sum256([]byte(text)), isShown(text))
		}
		return nil
	},
	// modes prints the modes of a file and of its folders, up to the one that is nobody's.
	"modes": func(arguments []string) error {
		for path := arguments[0]; ; path = filepath.Dir(path) {
			info, err := os.Lstat(path)
			if err != nil {
				return err
			}
			fmt.Println(info.Mode())
			if strings.HasPrefix(info.Name(), "mcpsecrets-program-") {
				return nil
			}
		}
	},
	// tells prints what it was given in many ways.
	"tells": func(arguments []string) error {
		text, err := given(arguments[0])
		if err != nil {
			return err
		}
		fmt.Println("plain", text, "base64", base64.StdEncoding.EncodeToString([]byte("user:"+text)), "hex", hex.EncodeToString([]byte(text)))
		fmt.Fprintln(os.Stderr, "error: bad key", text)
		for _, c := range text { // each in a write of its own
			fmt.Fprint(os.Stderr, string(c))
			time.Sleep(time.Millisecond)
		}
		return nil
	},
	// floods prints megabytes, with the value at ever other places.
	"floods": func(arguments []string) error {
		text, err := given(arguments[0])
		for n := range 700 {
			if err == nil {
				_, err = fmt.Printf("%s%s|", strings.Repeat(". ", 4000+7*n%513), text)
			}
		}
		return err
	},
	// echoes prints its variables and its input.
	"echoes": func([]string) error {
		for _, entry := range os.Environ() {
			fmt.Printf("%q\n", entry)
		}
		_, err := io.Copy(os.Stdout, os.Stdin)
		return err
	},
	// waits writes its number and arguments into a file, and goes on until it is killed.
	"waits": func(arguments []string) error {
		if len(arguments) > 0 {
			text := strings.Join(append([]string{strconv.Itoa(os.Getpid())}, arguments[1:]...), "\n")
			if err := errors.Join(os.WriteFile(arguments[0]+".new", []byte(text), 0o600), os.Rename(arguments[0]+".new", arguments[0])); err != nil {
				return err
			}
		}
		time.Sleep(time.Hour)
		return nil
	},
	// serves runs a program that gets a file, as a server does.
	"serves": func(arguments []string) error {
		store := runtimetest.NewStore()
		store.Put("tools", "tool_key", toolValue)
		m, err := openWith("tools", []secrets.AnyKey{toolKey}, secrets.WithStore(store))
		if err != nil {
			return err
		}
		cmd := selfAs("waits", arguments[0], "{key}")
		return secrets.RunCommand(m.Background(context.Background()), m, "Dump your pets", cmd, secrets.ByFile(toolKey, "{key}"))
	},
	// leaves starts another one, which has its output, and ends.
	"leaves": func([]string) error {
		other := selfAs("waits")
		other.Stdout = os.Stdout
		if err := other.Start(); err != nil {
			return err
		}
		fmt.Println(other.Process.Pid)
		return nil
	},
	"fails": func([]string) error { os.Exit(7); return nil },
}

func init() {
	name := os.Getenv(programVariable)
	if name == "" {
		return
	}
	if err := programs[name](os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// selfAs returns the command that does something of [programs].
func selfAs(name string, arguments ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	cmd := exec.Command(self, arguments...)
	cmd.Env = append(os.Environ(), programVariable+"="+name)
	return cmd
}

// given reads what an argument stands for: a path, "number:3", "variable:NAME" or "input".
func given(argument string) (string, error) {
	kind, name, _ := strings.Cut(argument, ":")
	switch kind {
	case "number":
		number, err := strconv.Atoi(name)
		if err != nil {
			return "", err
		}
		text, err := io.ReadAll(os.NewFile(uintptr(number), ""))
		return string(text), err
	case "variable":
		return os.Getenv(name), nil
	case "input":
		text, err := io.ReadAll(os.Stdin)
		return string(text), err
	}
	text, err := os.ReadFile(argument)
	return string(text), err
}

// isShown reports whether other processes can read a text among the arguments or variables of this one.
func isShown(text string) bool {
	told := strings.Join(append(os.Args, os.Environ()...), "\n")
	for _, name := range []string{"cmdline", "environ"} { // on Linux, as others see it
		file, _ := os.ReadFile("/proc/self/" + name)
		told += string(file)
	}
	return strings.Contains(told, text) || strings.Contains(told, base64.StdEncoding.EncodeToString([]byte(text)))
}
