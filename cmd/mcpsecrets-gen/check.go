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
are there. It prints the difference and exits with 1 if there is one. Give it the flags that go:generate gives. It writes no file.

So are the files that emit has written, which secrets.emitted.json beside the schema names.

It names the sentences that an older manifest lacks, for which the server shows the runtime's own. Likely mistakes are warnings, as
vet has them; with --strict they fail. It also fails where the code that uses the getters does not compile, since reasons may be
missing then.`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: completeSchemas,
		RunE: func(cmd *cobra.Command, args []string) error {
			made, err := renderAll(args, target, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			stale, hint := false, `run "go generate ./..." and commit what it writes`
			for _, o := range made.outputs {
				stale = reportStale(o, cmd.OutOrStdout(), cmd.ErrOrStderr()) || stale
				if !target.noReasons && madeWithoutReasons(o.old) {
					hint = "the manifest was generated with --no-reasons: give that to check too, or generate without it"
				}
			}
			if stale {
				fmt.Fprintf(cmd.ErrOrStderr(), "mcpsecrets-gen: hint: %s\n", hint)
			}
			staleEmitted, err := checkEmitted(args, cmd.OutOrStdout(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			if stale || staleEmitted {
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

// checkEmitted compares what was emitted from each schema with what is there, and reports whether something is stale.
func checkEmitted(schemas []string, stdout, stderr io.Writer) (stale bool, err error) {
	if len(schemas) == 0 {
		schemas = []string{defaultSchema}
	}
	for _, schema := range schemas {
		outputs, err := emittedOutputs(schema)
		if err != nil {
			return false, err
		}
		for _, o := range outputs {
			if reportStale(o, stdout, stderr) {
				stale = true
				fmt.Fprintf(stderr, "mcpsecrets-gen: hint: run \"mcpsecrets-gen emit --again %s\" and commit what it writes\n", schema)
			}
		}
	}
	return stale, nil
}

// madeWithoutReasons reports whether a file is a manifest for which nobody looked for reasons.
func madeWithoutReasons(text []byte) bool {
	manifest, ok, err := templates.ReadManifest(text)
	return ok && err == nil && manifest.NoReasons != ""
}

// reportStale says how the file of an output differs from what it should be, and reports whether it does.
func reportStale(o output, stdout, stderr io.Writer) bool {
	if o.old == nil {
		fmt.Fprintf(stderr, "mcpsecrets-gen: %s is missing\n", o.path)
		return true
	}
	// Git may have checked the file out with the line ends of Windows.
	old, text := withoutCR(o.old), withoutCR(o.text)
	difference := diff.Diff(o.path, old, o.path+" (generated now)", text)
	if len(difference) == 0 {
		return false
	}
	fmt.Fprintf(stdout, "%s", difference)
	fmt.Fprintf(stderr, "mcpsecrets-gen: %s is stale\n", o.path)
	if missing := templates.MissingSentences(old, text); len(missing) > 0 {
		fmt.Fprintf(stderr, "mcpsecrets-gen: %s lacks sentences, for which the server shows the runtime's own: %s\n", o.path, strings.Join(missing, ", "))
	}
	return true
}

func withoutCR(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) }
