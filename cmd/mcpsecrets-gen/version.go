package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of mcpsecrets-gen",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var version string
			if info, ok := debug.ReadBuildInfo(); ok {
				version = moduleVersion(info)
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "mcpsecrets-gen %s %s\n", cmp.Or(version, "(devel)"), runtime.Version())
			return err
		},
	}
}

// moduleVersion is the version of this module in a build, the main module's or a dependency's under "go tool"; "" if it
// was built from a folder.
func moduleVersion(info *debug.BuildInfo) string {
	const path = "github.com/mcpsecrets/mcpsecrets"
	for _, module := range append(info.Deps, &info.Main) {
		if module.Path != path {
			continue
		}
		if module.Replace != nil {
			return module.Replace.Version
		}
		return module.Version
	}
	return ""
}
