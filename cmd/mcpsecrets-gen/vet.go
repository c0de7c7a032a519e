package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mcpsecrets/mcpsecrets/internal/vet"
	"github.com/mcpsecrets/mcpsecrets/schema"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

// defaultRules is the file of a team's rules beside a schema.
const defaultRules = "secrets.rules.yaml"

func newVet() *cobra.Command {
	var rules string
	var strict bool
	cmd := &cobra.Command{
		Use:   "vet [SCHEMA...]",
		Short: "Look for what a team's rules do not allow, and for likely mistakes",
		Long: `vet looks at each SCHEMA (default secrets.yaml) for what the rules of a team do not allow, which are in a file, and warns of what
is no mistake in a schema but may be one of its author. Generating and check print the same, as warnings.

The rules are in secrets.rules.yaml beside the schema, or in --rules:

	version: 1
	off: [settings-ask]                 # built-in rules that are not wanted
	rules:
	  keys-go-somewhere:                # a name
	    for: [password, multiline]      # field types; all, if left out
	    needs: [sent_to, remember]      # keys that must be written
	    forbids: [renamed_from]         # keys that must not
	    permission: [dialog]            # what a permission may be; scope likewise
	    remember_at_most: 8h            # and no longer, also by being left out
	    standing: false                 # nobody may allow a use beforehand
	    why: see the security handbook  # shown too

Built in: ` + strings.Join(vet.BuiltIn(), ", ") + `.

The exit code is 1 if a team's rule is broken, and with --strict also if a built-in one is.`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: completeSchemas,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{defaultSchema}
			}
			var found []vet.Finding
			var failed failures
			for _, name := range args {
				findings, err := vetSchema(name, rules)
				if err != nil {
					failed = append(failed, err)
				}
				found = append(found, findings...)
			}
			printFindings(cmd.OutOrStdout(), found)
			if len(failed) > 0 {
				return failed
			}
			if len(found) > 0 && strict || slices.ContainsFunc(found, func(f vet.Finding) bool { return f.Team }) {
				return errSilent
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&rules, "rules", "", "the file of the team's rules (default secrets.rules.yaml beside the schema, if it is there)")
	cmd.Flags().BoolVar(&strict, "strict", false, "exit with 1 also for warnings")
	_ = cmd.MarkFlagFilename("rules", "yaml", "yml", "json") // it fails for a flag that is not there
	return cmd
}

func vetSchema(name, rules string) ([]vet.Finding, error) {
	source, err := readSchema(name)
	if err != nil {
		return nil, err
	}
	file, err := templates.Parse(name, source)
	if err != nil {
		return nil, err
	}
	return findings(file, rules)
}

// findings returns what the rules say of a schema. rules is a file of a team's; "" is the one beside the schema, if it is there.
func findings(file *templates.Schema, rules string) ([]vet.Finding, error) {
	name := rules
	if name == "" {
		name = filepath.Join(filepath.Dir(file.Name), defaultRules)
		if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
			return vet.Check(file.File, nil), nil
		}
	}
	source, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%s can't be read: %w", name, cause(err))
	}
	team, err := schema.ParseRules(name, source, vet.BuiltIn())
	if err != nil {
		return nil, err
	}
	return vet.Check(file.File, team), nil
}

func printFindings(w io.Writer, found []vet.Finding) {
	for _, f := range found {
		fmt.Fprintln(w, f)
	}
}

// warn prints what the rules say of a schema. It fails for that only where strict says so.
func warn(file *templates.Schema, strict bool, stderr io.Writer) error {
	found, err := findings(file, "")
	if err != nil {
		return err
	}
	printFindings(stderr, found)
	if strict && len(found) > 0 {
		return errSilent
	}
	return nil
}
