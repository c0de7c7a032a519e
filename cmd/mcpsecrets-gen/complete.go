package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// completeSchemas offers the files that may be schemas.
func completeSchemas(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"yaml", "yml", "json"}, cobra.ShellCompDirectiveFilterFileExt
}

// completeCommandOrSchemas offers files only where no command begins with what is typed: cobra can't offer both at once.
func completeCommandOrSchemas(root *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	begins := func(cmd *cobra.Command) bool { return strings.HasPrefix(cmd.Name(), typed) }
	if len(args) == 0 && slices.ContainsFunc(root.Commands(), begins) {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return completeSchemas(root, args, typed)
}
