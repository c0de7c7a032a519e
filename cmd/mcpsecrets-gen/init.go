package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mcpsecrets/mcpsecrets/internal/emit"
	"github.com/mcpsecrets/mcpsecrets/schema"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

//go:embed starter.yaml
var starter string

func newInit() *cobra.Command {
	var from, server string
	cmd := &cobra.Command{
		Use:   "init [flags] [SCHEMA]",
		Short: "Write a commented schema to start from",
		Long: `init writes a commented SCHEMA (default secrets.yaml) to start from. With --from it writes one with the secrets of a
SECRETS_INFO dictionary of the Python or JavaScript frameworks, saved as JSON. Names in capitals
or with spaces become names of a schema, and renamed_from keeps the old ones, under which values are stored. The JSON Schema that
the first line refers to, for editors, is written beside it. init never overwrites a file.

--from also reads the formats that emit writes (a server.json, an mcp.json, an .env.example and others), by their keys. It says
what it guesses, such as the type of a name that ends in URL, and warns of a name like that of a credential that the file does not
mark as a secret. A value that looks like one is never taken over.`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeSchemas,
		RunE: func(cmd *cobra.Command, args []string) error {
			name := defaultSchema
			if len(args) == 1 {
				name = args[0]
			}
			chosen, err := chooseServer(server, name)
			if err != nil {
				return err
			}
			made := conversion{text: forServer(starter, chosen), server: chosen}
			if from != "" {
				if made, err = convert(from, server, chosen); err != nil {
					return err
				}
			}
			if _, err := templates.Parse(name, []byte(made.text)); err != nil {
				return fmt.Errorf("init made a schema with mistakes, please report this: %w", err)
			}
			if err := writeNew(name, made.text); err != nil {
				return err
			}
			beside, err := writeJSONSchema(name)
			if err != nil {
				_ = os.Remove(name) // both or none
				return err
			}
			for _, note := range made.notes {
				fmt.Fprintf(cmd.ErrOrStderr(), "mcpsecrets-gen: %s\n", note)
			}
			for _, written := range append([]string{name}, beside...) {
				fmt.Fprintf(cmd.ErrOrStderr(), "mcpsecrets-gen: wrote %s\n", written)
			}
			if from != "" && server == "" {
				after := "after the folder"
				if made.server != chosen {
					after = "as the file calls it"
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "mcpsecrets-gen: hint: the server is %q, %s: stored values are looked for under com.mcp.%s, and --server names another\n", made.server, after, made.server)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "a JSON file with a SECRETS_INFO dictionary, or a file of a format that emit writes")
	cmd.Flags().StringVar(&server, "server", "", "the server's name (default the folder's name)")
	_ = cmd.MarkFlagFilename("from", "json", "yaml", "example", "md") // it fails for a flag that is not there
	_ = cmd.RegisterFlagCompletionFunc("server", cobra.NoFileCompletions)
	return cmd
}

// writeJSONSchema writes what the first line of a schema refers to, and returns its name. It writes nothing where it is there.
func writeJSONSchema(name string) ([]string, error) {
	beside := filepath.Join(filepath.Dir(name), "secrets.schema.json")
	if _, err := os.Lstat(beside); err == nil {
		return nil, nil
	}
	return []string{beside}, writeNew(beside, string(schema.JSONSchema))
}

// forServer fills the server's name into the starter, or into a part of it.
func forServer(text, server string) string {
	return strings.NewReplacer("server: {server}", "server: "+emit.YAML(server), "{server}", server).Replace(text)
}

// chooseServer returns the server's name: the flag, or the name of the schema's folder.
func chooseServer(flag, name string) (string, error) {
	if flag == "" {
		folder, err := filepath.Abs(filepath.Dir(name))
		return serverName(filepath.Base(folder)), err
	}
	// What a name may be is for the schema language to say.
	_, err := schema.Parse("--server", fmt.Appendf(nil, "version: 1\nserver: %s\nsecrets: {any: }\n", emit.YAML(flag)))
	var mistakes schema.ErrorList
	if errors.As(err, &mistakes) {
		return "", usagef("--%s", mistakes[0].Text)
	}
	return flag, nil
}

// serverName makes a server's name of a folder's.
func serverName(folder string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r == '-' || r == '_' || r == '.' || 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, folder)
	name = strings.TrimLeft(name, "-_.")
	name = strings.TrimRight(name[:min(len(name), 64)], "-_.") // 64 is what the schema language takes
	if name == "" {
		return "server"
	}
	return name
}

// writeNew writes a file that must not be there yet, whole or not at all.
func writeNew(name, text string) error {
	temporary, err := "", error(fs.ErrExist)
	if _, absent := os.Lstat(name); absent != nil {
		temporary, err = stage(name, []byte(text))
	}
	if err == nil {
		defer os.Remove(temporary)
		err = giveName(temporary, name)
	}
	if errors.Is(err, fs.ErrExist) {
		return &hintedError{fmt.Errorf("%s is already there", name), "name another file, or remove it first"}
	}
	if err != nil {
		return fmt.Errorf("%s can't be written: %w", name, cause(err))
	}
	return nil
}

// giveName gives a file another name that must not be there yet.
func giveName(file, name string) error {
	err := os.Link(file, name) // which, unlike a rename, replaces nothing
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	// Not all file systems have links: there the name is taken first.
	taken, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	if err = errors.Join(taken.Close(), os.Rename(file, name)); err != nil {
		_ = os.Remove(name)
	}
	return err
}
