package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/mcpsecrets/mcpsecrets/internal/changes"
	"github.com/mcpsecrets/mcpsecrets/internal/reason"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

func newDiff() *cobra.Command {
	var failOnBreaking, asJSON bool
	cmd := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Say what changes between two schemas or manifests, for users, reviewers and callers",
		Long: `diff compares two schemas or manifests ("-" is standard input), and prints a line for each change, marked

  breaking    a value is lost, goes elsewhere or is less protected, users are asked for something new, a rule refuses what it
              used to accept, or users are asked about a use less than before
  code        Go code that calls the getters may no longer compile
  words       people read other words; reasons are compared between two manifests
  compatible  any other change

The exit code is 0. With --exit-code it is 1 if a change is breaking: what is marked code, the compiler finds.`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: completeSchemas,
		RunE: func(cmd *cobra.Command, args []string) error {
			found, err := differences(args[0], args[1], cmd.InOrStdin())
			if err != nil {
				return err
			}
			write := writeLines
			if asJSON {
				write = writeJSON
			}
			if err := write(cmd.OutOrStdout(), found); err != nil {
				return err
			}
			if failOnBreaking && slices.ContainsFunc(found, func(c changes.Change) bool { return c.Mark == changes.Breaking }) {
				return errSilent
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&failOnBreaking, "exit-code", false, "exit with 1 if a change is breaking")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array of objects with mark, secret or group, and text")
	return cmd
}

// differences compares two files, of which one may be standard input.
func differences(old, now string, stdin io.Reader) ([]changes.Change, error) {
	if old == standardInput && now == standardInput {
		return nil, usagef("only one of OLD and NEW can be standard input")
	}
	var failed failures
	before, err := readManifest(old, stdin)
	if err != nil {
		failed = append(failed, err)
	}
	after, err := readManifest(now, stdin)
	if err != nil {
		failed = append(failed, err)
	}
	if len(failed) > 0 {
		return nil, failed
	}
	return changes.Between(before, after), nil
}

func writeLines(w io.Writer, found []changes.Change) error {
	for _, change := range found {
		if _, err := fmt.Fprintln(w, change); err != nil {
			return err
		}
	}
	return nil
}

func writeJSON(w io.Writer, found []changes.Change) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // it is read by people too
	encoder.SetIndent("", "  ")
	return encoder.Encode(append([]changes.Change{}, found...)) // no change is [], not null
}

// readManifest reads a manifest, or makes the one of a schema.
func readManifest(name string, stdin io.Reader) (*templates.Manifest, error) {
	text, err := readSchemaOr(name, stdin)
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
