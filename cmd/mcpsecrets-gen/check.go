package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/mcpsecrets/mcpsecrets/templates"
)

func newCheck() *cobra.Command {
	var target target
	cmd := &cobra.Command{
		Use:   "check [flags] [SCHEMA...]",
		Short: "Fail if the generated files are stale",
		Long: `check makes what mcpsecrets-gen would write for each SCHEMA (default secrets.yaml) and compares it with the files that
are there. It prints the difference and exits with 1 if there is one. It names the sentences that an older manifest lacks, for which
the server shows the runtime's own. Likely mistakes are warnings, as vet has them; with --strict they fail. It also fails where the
code that uses the getters does not compile, since reasons may be missing then. It writes no file.`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: completeSchemas,
		RunE: func(cmd *cobra.Command, args []string) error {
			made, err := renderAll(args, target, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			stale := false
			for _, o := range made.outputs {
				stale = reportStale(o, cmd.OutOrStdout(), cmd.ErrOrStderr()) || stale
			}
			if stale {
				fmt.Fprintln(cmd.ErrOrStderr(), `mcpsecrets-gen: hint: run "go generate ./..." and commit what it writes`)
				return errSilent
			}
			if len(made.broken) > 0 {
				reportBroken(cmd.ErrOrStderr(), made.broken)
				return errSilent
			}
			return nil
		},
	}
	target.flags(cmd)
	return cmd
}

// reportStale says how the file of an output differs from what it should be, and reports whether it does.
func reportStale(o output, stdout, stderr io.Writer) bool {
	if o.old == nil {
		fmt.Fprintf(stderr, "mcpsecrets-gen: %s is missing\n", o.path)
		return true
	}
	// Git may have checked the file out with the line ends of Windows.
	old := bytes.ReplaceAll(o.old, []byte("\r\n"), []byte("\n"))
	difference := diff.Diff(o.path, old, o.path+" (generated now)", o.text)
	if len(difference) == 0 {
		return false
	}
	fmt.Fprintf(stdout, "%s", difference)
	fmt.Fprintf(stderr, "mcpsecrets-gen: %s is stale\n", o.path)
	if missing := templates.MissingSentences(old, o.text); len(missing) > 0 {
		fmt.Fprintf(stderr, "mcpsecrets-gen: %s lacks sentences, for which the server shows the runtime's own: %s\n", o.path, strings.Join(missing, ", "))
	}
	return true
}
