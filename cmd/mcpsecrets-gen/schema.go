package main

import (
	"github.com/spf13/cobra"

	"github.com/mcpsecrets/mcpsecrets/schema"
)

func newSchema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of secrets.yaml, for editors",
		Long: `schema prints the JSON Schema of secrets.yaml. Editors with the YAML language server use it if the first line of
secrets.yaml is

	# yaml-language-server: $schema=./secrets.schema.json

An editor then finds most mistakes. What takes a comparison of one place with another, such as a default with its own rules, only
generating finds.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(schema.JSONSchema)
			return err
		},
	}
}
