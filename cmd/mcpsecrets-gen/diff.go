package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mcpsecrets/mcpsecrets/internal/reason"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

func newDiff() *cobra.Command {
	var failOnBreaking bool
	cmd := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Say what changes for the users of the server between two schemas or manifests",
		Long: `diff compares two schemas or manifests, and prints a line for each change that the users of the server meet, marked
compatible or breaking: a value that is lost, something new that they are asked for, a rule that refuses what it used to
accept, or a use that they are asked about less than before.`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: completeSchemas,
		RunE: func(cmd *cobra.Command, args []string) error {
			var manifests []*templates.Manifest
			var failed failures
			for _, name := range args {
				manifest, err := readManifest(name)
				if err != nil {
					failed = append(failed, err)
				}
				manifests = append(manifests, manifest)
			}
			if len(failed) > 0 {
				return failed
			}
			breaking := false
			for _, change := range templates.Compare(manifests[0], manifests[1]) {
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), change); err != nil {
					return err
				}
				breaking = breaking || change.Breaking
			}
			if breaking && failOnBreaking {
				return errSilent
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&failOnBreaking, "exit-code", false, "exit with 1 if a change is breaking")
	return cmd
}

// readManifest reads a manifest, or makes the one of a schema.
func readManifest(name string) (*templates.Manifest, error) {
	text, err := readSchema(name)
	if err != nil {
		return nil, err
	}
	if manifest, ok, err := templates.ReadManifest(text); ok || err != nil {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return manifest, nil
	}
	file, err := templates.Parse(name, text)
	if err != nil {
		return nil, err
	}
	return templates.New(file, templates.Options{}).Manifest(&reason.Found{}), nil
}
