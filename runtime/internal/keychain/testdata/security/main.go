// Command security is a double of the program of macOS, for its three commands that go-keyring uses. It has the same
// options, the same way to take a line of its input apart, and the same exit statuses. The items are in a file beside it,
// and it writes down how it was called. Files beside it make it fail: "status" with that exit status, "deaf" by doing
// nothing and saying that it did.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"unicode"
)

const (
	usage    = 2
	notFound = 44
	maxLine  = 4096
)

// A Call is one line of the log.
type Call struct {
	Args, Environ []string
	Stdin         string
}

// A key names an item, as JSON text since it is one in the file.
func key(service, account string) string {
	text, _ := json.Marshal([2]string{service, account})
	return string(text)
}

var dir string

func main() {
	self, err := os.Executable()
	check(err)
	dir = filepath.Dir(self)
	lock, err := os.OpenFile(beside("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	check(err)
	check(syscall.Flock(int(lock.Fd()), syscall.LOCK_EX)) // until the end

	call := Call{Args: os.Args[1:], Environ: os.Environ()}
	interactive := len(os.Args) == 2 && os.Args[1] == "-i"
	if interactive {
		input, err := io.ReadAll(os.Stdin)
		check(err)
		call.Stdin = string(input)
	}
	note(call)
	status := 0
	if !interactive {
		status = execute(os.Args[1:])
	} else {
		for lines := bufio.NewReaderSize(strings.NewReader(call.Stdin), maxLine); ; {
			line, _, err := lines.ReadLine() // a longer line is several
			if err != nil {
				break
			}
			if args := split(string(line)); len(args) > 0 {
				status = execute(args)
			}
		}
	}
	os.Exit(status)
}

// split takes a line apart. Unlike in a shell, a closing quote ends the argument, and a backslash means the next
// character in every place.
func split(line string) (args []string) {
	rest := []rune(line)
	for {
		for len(rest) > 0 && unicode.IsSpace(rest[0]) {
			rest = rest[1:]
		}
		if len(rest) == 0 {
			return args
		}
		ends := unicode.IsSpace
		if quote := rest[0]; quote == '\'' || quote == '"' {
			ends = func(r rune) bool { return r == quote }
			rest = rest[1:]
		}
		var arg []rune
		for len(rest) > 0 && !ends(rest[0]) {
			if rest[0] == '\\' && len(rest) > 1 {
				rest = rest[1:]
			}
			arg, rest = append(arg, rest[0]), rest[1:]
		}
		if len(rest) > 0 {
			rest = rest[1:]
		}
		args = append(args, string(arg))
	}
}

func execute(args []string) int {
	if text, err := os.ReadFile(beside("status")); err == nil {
		status, err := strconv.Atoi(string(text))
		check(err)
		if status == notFound {
			return missing()
		}
		return status
	}
	if _, err := os.Stat(beside("deaf")); err == nil {
		return 0
	}
	items := map[string]string{}
	if text, err := os.ReadFile(beside("items")); err == nil {
		check(json.Unmarshal(text, &items))
	}
	defer func() {
		text, err := json.Marshal(items)
		check(err)
		check(os.WriteFile(beside("items"), text, 0o600))
	}()

	options := flag.NewFlagSet(args[0], flag.ContinueOnError)
	options.SetOutput(io.Discard)
	service, account := options.String("s", "", ""), options.String("a", "", "")
	switch args[0] {
	case "add-generic-password":
		update, value := options.Bool("U", false, ""), options.String("w", "", "")
		if options.Parse(args[1:]) != nil || options.NArg() > 0 || !*update {
			return usage
		}
		items[key(*service, *account)] = *value
		return 0
	case "find-generic-password":
		whose := options.String("wa", "", "") // -w, and -a with its argument
		if options.Parse(args[1:]) != nil || options.NArg() > 0 {
			return usage
		}
		value, ok := items[key(*service, *whose)]
		if !ok {
			return missing()
		}
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
			value = hex.EncodeToString([]byte(value))
		}
		fmt.Println(value)
		return 0
	case "delete-generic-password":
		if options.Parse(args[1:]) != nil || options.NArg() > 0 {
			return usage
		}
		for name := range items {
			var item [2]string
			check(json.Unmarshal([]byte(name), &item))
			if item[0] == *service && (*account == "" || item[1] == *account) {
				delete(items, name)
				return 0
			}
		}
		return missing()
	default:
		return usage
	}
}

func missing() int {
	fmt.Fprintln(os.Stderr, "security: SecKeychainSearchCopyNext: The specified item could not be found in the keychain.")
	return notFound
}

func note(call Call) {
	text, err := json.Marshal(call)
	check(err)
	log, err := os.OpenFile(beside("calls"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	check(err)
	_, err = log.Write(append(text, '\n'))
	check(errors.Join(err, log.Close()))
}

func beside(name string) string { return filepath.Join(dir, name) }

func check(err error) {
	if err != nil {
		panic(err)
	}
}
