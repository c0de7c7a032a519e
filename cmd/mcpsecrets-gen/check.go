package main

import (
	"bytes"
	"fmt"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"
)

func newCheck() *cobra.Command {
	var target target
	cmd := &cobra.Command{
		Use:   "check [flags] [SCHEMA...]",
		Short: "Fail if the generated files are stale",
		Long: `check makes what mcpsecrets-gen would write for each SCHEMA (default secrets.yaml) and compares it with the files that
are there. It prints the difference and exits with 1 if there is one. It writes no file.`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: completeSchemas,
		RunE: func(cmd *cobra.Command, args []string) error {
			outputs, err := renderAll(args, target)
			if err != nil {
				return err
			}
			stale := false
			for _, o := range outputs {
				if o.old == nil {
					fmt.Fprintf(cmd.ErrOrStderr(), "mcpsecrets-gen: %s is missing\n", o.path)
					stale = true
					continue
				}
				// Git may have checked the file out with the line ends of Windows.
				old := bytes.ReplaceAll(o.old, []byte("\r\n"), []byte("\n"))
				if difference := diff.Diff(o.path, old, o.path+" (generated now)", o.text); len(difference) > 0 {
					fmt.Fprintf(cmd.OutOrStdout(), "%s", difference)
					fmt.Fprintf(cmd.ErrOrStderr(), "mcpsecrets-gen: %s is stale\n", o.path)
					stale = true
				}
			}
			if stale {
				fmt.Fprintln(cmd.ErrOrStderr(), `mcpsecrets-gen: hint: run "go generate ./..." and commit what it writes`)
				return errSilent
			}
			return nil
		},
	}
	target.flags(cmd)
	return cmd
}
