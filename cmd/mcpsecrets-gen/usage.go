package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mcpsecrets/mcpsecrets/internal/spell"
)

// A usageError is a wrong command line.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// misused is a mistake in the arguments or flags of cmd.
func misused(cmd *cobra.Command, err error) error {
	return &usageError{&hintedError{err, "usage: " + cmd.UseLine()}}
}

// strictUsage makes whatever is wrong in a command line a usageError, also for the commands that cobra adds: those
// would print a help text and succeed.
func strictUsage(root *cobra.Command) {
	root.SetFlagErrorFunc(misused)
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "completion":
			// Cobra checks the arguments only of a command that does something.
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		case "help":
			cmd.Args = func(_ *cobra.Command, topic []string) error {
				if _, rest, err := root.Find(topic); err != nil || len(rest) > 0 {
					return fmt.Errorf("there is no command %q%s", strings.Join(topic, " "), suggestion(root, topic[0]))
				}
				return nil
			}
		}
	}
	strictArgs(root)
}

func strictArgs(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return misused(cmd, err)
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		strictArgs(sub)
	}
}

// commandOrSchemas refuses a first argument that looks like a command and is no file: it is a mistyped command.
func commandOrSchemas(root *cobra.Command, args []string) error {
	if len(args) == 0 || strings.ContainsAny(args[0], `./\`) {
		return nil
	}
	if _, err := os.Lstat(args[0]); err == nil {
		return nil
	}
	return fmt.Errorf("%q is neither a command nor a file%s", args[0], suggestion(root, args[0]))
}

// suggestion returns `, did you mean "check"?` for the command that is nearest to word, or "" if none is near.
func suggestion(root *cobra.Command, word string) string {
	var names []string
	for _, cmd := range root.Commands() {
		if cmd.IsAvailableCommand() {
			names = append(names, cmd.Name())
		}
	}
	nearest := spell.Nearest(word, names, 2)
	if nearest == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", nearest)
}
