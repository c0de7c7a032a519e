// Command mcpsecrets-gen turns a reviewed secrets.yaml into typed, permission-gated accessors for an MCP server in Go.
//
//	//go:generate go tool mcpsecrets-gen
//
// writes secrets_gen.go and its manifest secrets.golden.json beside the schema. See mcpsecrets-gen --help for the other
// commands. Everything that is not asked for goes to stderr; the exit code is 0 when all is well, 1 for mistakes in files
// and stale output, and 2 for wrong usage.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/mcpsecrets/mcpsecrets/schema"
)

func main() {
	// It ends soon: garbage that is collected only when there is much of it takes a third off its time.
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(256 << 20)
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// The exit codes.
const (
	exitOK       = 0
	exitMistakes = 1
	exitUsage    = 2
)

// run is the command without its process.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.Execute()
	if err == nil {
		return exitOK
	}
	report(stderr, err)
	if usage := (*usageError)(nil); errors.As(err, &usage) {
		return exitUsage
	}
	return exitMistakes
}

// report writes an error as lines that say where, what and the way out.
func report(stderr io.Writer, err error) {
	var several failures
	var mistakes schema.ErrorList
	switch {
	case errors.Is(err, errSilent):
		return
	case errors.As(err, &several):
		for _, failure := range several {
			report(stderr, failure)
		}
		return
	case errors.As(err, &mistakes):
		fmt.Fprintln(stderr, mistakes)
	default:
		fmt.Fprintf(stderr, "mcpsecrets-gen: %v\n", err)
	}
	if hinted := (*hintedError)(nil); errors.As(err, &hinted) {
		fmt.Fprintf(stderr, "mcpsecrets-gen: hint: %s\n", hinted.hint)
	}
}

// errSilent ends the command with exit code 1 when everything has been said.
var errSilent = errors.New("stale or breaking")

// failures are what went wrong with several schemas: all of it is reported in one run.
type failures []error

func (f failures) Error() string   { return errors.Join(f...).Error() }
func (f failures) Unwrap() []error { return f }

// A hintedError knows a way out.
type hintedError struct {
	error
	hint string
}

func (e *hintedError) Unwrap() error { return e.error }

func newRoot() *cobra.Command {
	var target target
	root := &cobra.Command{
		Use:   "mcpsecrets-gen [flags] [SCHEMA...]",
		Short: "Generate typed, permission-gated accessors for an MCP server's secrets",
		Long: `mcpsecrets-gen reads each SCHEMA (default secrets.yaml) and writes secrets_gen.go and its manifest
secrets.golden.json beside it. Nothing is written if anything fails, and an unchanged file is left alone. Likely mistakes are
warnings, as vet has them; with --strict they fail.

The exit code is 0 if all is well, 1 for mistakes in files and stale output, and 2 for wrong usage.`,
		Args:              commandOrSchemas,
		ValidArgsFunction: completeCommandOrSchemas,
		RunE:              func(cmd *cobra.Command, args []string) error { return generate(args, target, cmd.ErrOrStderr()) },
		// Errors are reported once, by run.
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	target.flags(root)
	root.AddCommand(newCheck(), newDiff(), newEmit(), newInit(), newSchema(), newVersion(), newVet())
	strictUsage(root)
	return root
}
