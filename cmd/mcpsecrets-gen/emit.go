package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mcpsecrets/mcpsecrets/internal/emit"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

func newEmit() *cobra.Command {
	var job emission
	var out, merge string
	var again bool
	names, files := emit.Formats()
	cmd := &cobra.Command{
		Use:   "emit [flags] FORMAT [SCHEMA]",
		Short: "Write what the schema says in another format, such as a server.json",
		Long: `emit writes what SCHEMA (default secrets.yaml) says in another FORMAT:

` + formatList(names, files) + `
It prints it, writes it to the file --out, or with --merge changes only its own entries in a file that is there: it knows them by the
last line of their text. Entries of the same names that somebody else wrote are replaced only with --adopt. What a schema does not
say, such as a package's identifier, is in that file or given by flags; without it, what is written is a fragment.

With this module a value need not be in the configuration of a client: no secret is required there, each says that it may stay
empty, and none has a default. The server reads environment variables only by MCP_SECRETS_STORE=env. What hands a value over as one is left out,
or is a comment, unless --env says that the server reads them.

The file is noted in secrets.emitted.json beside the schema: check compares what is noted there, and emit --again writes it again.`,
		ValidArgs:         names,
		Args:              cobra.MaximumNArgs(2),
		ValidArgsFunction: completeFormats,
		RunE: func(cmd *cobra.Command, args []string) error {
			schema, args, err := emitArguments(args, again)
			if err != nil {
				return err
			}
			switch {
			case again:
				return emitAgain(schema)
			case job.Adopt && merge == "":
				return usagef("--adopt is for --merge: without it, no entry of somebody else is in the file")
			case out != "" && merge != "":
				return usagef("give --out or --merge, not both: --merge changes the file that it names")
			}
			job.Format, job.Merge = args[0], merge != ""
			return job.run(schema, out+merge, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&out, "out", "o", "", "the file to write (default: print it)")
	flags.StringVar(&merge, "merge", "", "the file in which to change the server's own entries")
	flags.BoolVar(&job.Adopt, "adopt", false, "with --merge, replace entries of the same names that somebody else wrote")
	flags.BoolVar(&again, "again", false, "write again what was emitted to files")
	o := &job.Options
	flags.BoolVar(&o.Env, "env", false, "the server reads its environment: hand values over")
	flags.StringVar(&o.Name, "name", "", "the server's name in the format (default the schema's, but for server-json)")
	flags.StringVar(&o.Title, "title", "", "what people call the server")
	flags.StringVar(&o.Version, "server-version", "", "the server's version")
	flags.StringVar(&o.Description, "description", "", "what the server does, in a sentence")
	flags.StringVar(&o.Author, "author", "", "the author's name, for mcpb")
	flags.StringVar(&o.Command, "command", "", "what starts the server; for mcpb, the file in the bundle")
	flags.StringVar(&o.RegistryType, "registry-type", "", "where the package is, such as oci, for server-json")
	flags.StringVar(&o.Identifier, "identifier", "", "the package's or image's identifier, for server-json and docker")
	flags.StringVar(&o.Transport, "transport", "", "stdio (default), sse or streamable-http, for server-json")
	flags.StringVar(&o.URL, "url", "", "where the server listens, for the other transports")
	flags.StringVar(&o.Repository, "repository", "", "the URL of the source, for docker")
	flags.StringVar(&o.Commit, "commit", "", "the commit of the source, for docker")
	return cmd
}

func formatList(names, files []string) string {
	var text strings.Builder
	for i, name := range names {
		fmt.Fprintf(&text, "  %-12s%s\n", name, files[i])
	}
	return text.String()
}

// completeFormats offers the formats first, then schemas.
func completeFormats(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return completeSchemas(cmd, args, typed)
	}
	names, _ := emit.Formats()
	return names, cobra.ShellCompDirectiveNoFileComp
}

// emitArguments returns the schema and the format, of which --again has none.
func emitArguments(args []string, again bool) (schema string, rest []string, err error) {
	most := 2
	if again {
		most = 1
	} else if len(args) == 0 {
		names, _ := emit.Formats()
		return "", nil, usagef("name a format (%s)", strings.Join(names, ", "))
	} else if names, _ := emit.Formats(); !slices.Contains(names, args[0]) {
		return "", nil, usagef("there is no format %q (%s)", args[0], strings.Join(names, ", "))
	}
	if len(args) > most {
		return "", nil, usagef("--again takes only a schema: it knows the formats")
	}
	if len(args) == most {
		return args[most-1], args, nil
	}
	return defaultSchema, args, nil
}

// An emission is what was emitted to one file.
type emission struct {
	Format string `json:"format"`
	File   string `json:"file"` // from the schema's folder, with slashes
	Merge  bool   `json:"merge,omitempty"`
	emit.Options
}

// run emits to a file, and notes it, or to stdout where there is no file.
func (e emission) run(schema, path string, stdout, stderr io.Writer) error {
	file, err := parsedSchema(schema)
	if err != nil {
		return err
	}
	if path == "" {
		text, missing, err := emit.Write(e.Format, file.File, e.Options)
		if err != nil {
			return usagef("%w", err)
		}
		sayFragment(stderr, missing)
		_, err = stdout.Write(text)
		return err
	}
	record, err := readRecord(schema)
	if err != nil {
		return err
	}
	if e.File, err = fromFolder(schema, path); err != nil {
		return err
	}
	o, missing, err := e.output(schema, file)
	if err != nil {
		return err
	}
	if !e.Merge && o.old != nil && !record.has(e.File) {
		return &hintedError{fmt.Errorf("%s is already there, and was not emitted from %s", path, schema),
			"--merge changes only the server's own entries in it"}
	}
	if err := isForOthers(o, schema); err != nil {
		return err
	}
	note, err := record.with(e).output(schema)
	if err != nil {
		return err
	}
	if err := write([]output{o, note}); err != nil {
		return err
	}
	if !e.Merge {
		sayFragment(stderr, missing)
	}
	return nil
}

// fromFolder returns a path from the folder of a schema on, with slashes.
func fromFolder(schema, path string) (string, error) {
	folder, err := filepath.Abs(filepath.Dir(schema))
	if err != nil {
		return "", err
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	below, err := filepath.Rel(folder, whole)
	if err != nil {
		return "", fmt.Errorf("%s and %s are in no common folder: %w", schema, path, err)
	}
	return filepath.ToSlash(below), nil
}

// isForOthers refuses a file that is this program's own, or that its owner keeps from being changed.
func isForOthers(o output, schema string) error {
	info, absent := os.Stat(o.path)
	source, err := os.Stat(schema)
	switch {
	case filepath.Clean(o.path) == filepath.Clean(recordPath(schema)), ours.Match(o.old):
		return fmt.Errorf("%s is a file of mcpsecrets-gen itself: name another", o.path)
	case absent != nil, bytes.Equal(o.old, o.text):
		return nil
	case err == nil && os.SameFile(info, source):
		return fmt.Errorf("%s is the schema: name another file", o.path)
	case info.Mode().Perm()&0o222 == 0:
		return fmt.Errorf("%s is read-only", o.path)
	}
	return nil
}

func sayFragment(stderr io.Writer, missing []string) {
	if len(missing) > 0 {
		const text = "mcpsecrets-gen: this is a fragment: merge it into a file with --merge, or give --%s for a whole one\n"
		fmt.Fprintf(stderr, text, strings.Join(missing, ", --"))
	}
}

func parsedSchema(name string) (*templates.Schema, error) {
	source, err := readSchema(name)
	if err != nil {
		return nil, err
	}
	return templates.Parse(name, source)
}

// output returns the file as it should be, and the options without which it is a fragment.
func (e emission) output(schema string, file *templates.Schema) (output, []string, error) {
	o, err := current(output{path: filepath.Join(filepath.Dir(schema), filepath.FromSlash(e.File))})
	if err != nil {
		return o, nil, err
	}
	if !e.Merge {
		var missing []string
		if o.text, missing, err = emit.Write(e.Format, file.File, e.Options); err != nil {
			return o, nil, usagef("%w", err)
		}
		return o, missing, nil
	}
	if o.old == nil {
		return o, nil, &hintedError{fmt.Errorf("there is no file %s", o.path), "--out writes a new one"}
	}
	var taken *emit.TakenError
	o.text, err = emit.Merge(e.Format, file.File, e.Options, o.old)
	if err != nil {
		err = fmt.Errorf("%s can't take what the schema says: %w", o.path, err)
	}
	if errors.As(err, &taken) {
		err = &hintedError{err, "rename or remove them, or have them replaced: emit " + e.Format + " --merge " + o.path + " --adopt"}
	}
	return o, nil, err
}

// A record is what was emitted from a schema to files.
type record struct {
	Note    string     `json:"note"`
	Emitted []emission `json:"emitted"`
}

// recordPath is where the record of a schema is: secrets.emitted.json for secrets.yaml.
func recordPath(schema string) string {
	return strings.TrimSuffix(schema, filepath.Ext(schema)) + ".emitted.json"
}

func readRecord(schema string) (record, error) {
	o, err := current(output{path: recordPath(schema)})
	if err != nil || o.old == nil {
		return record{}, err
	}
	var r record
	if err := json.Unmarshal(o.old, &r); err != nil {
		return record{}, fmt.Errorf("%s is no record of what was emitted: %w", o.path, err)
	}
	return r, nil
}

func (r record) has(file string) bool {
	return slices.ContainsFunc(r.Emitted, func(e emission) bool { return e.File == file })
}

// with returns the record with an emission, in place of an earlier one to the same file.
func (r record) with(e emission) record {
	emitted := slices.DeleteFunc(slices.Clone(r.Emitted), func(old emission) bool { return old.File == e.File })
	return record{Emitted: append(emitted, e)}
}

func (r record) output(schema string) (output, error) {
	o, err := current(output{path: recordPath(schema)})
	if err != nil {
		return o, err
	}
	r.Note = "Generated by mcpsecrets-gen emit from " + filepath.Base(schema) + ": what was emitted, for check and for emit --again."
	text, err := json.MarshalIndent(r, "", "  ")
	o.text = append(text, '\n')
	return o, err
}

// emittedOutputs returns the files that were emitted from a schema, as they should be.
func emittedOutputs(schema string) (outputs []output, err error) {
	r, err := readRecord(schema)
	if err != nil || len(r.Emitted) == 0 {
		return nil, err
	}
	file, err := parsedSchema(schema)
	if err != nil {
		return nil, err
	}
	var failed failures
	for _, e := range r.Emitted {
		o, _, err := e.output(schema, file)
		if usage := (*usageError)(nil); errors.As(err, &usage) { // the options are not those of this command line
			err = fmt.Errorf("%s says how %s was emitted: %w", recordPath(schema), e.File, usage.error)
		}
		if err != nil {
			failed = append(failed, err)
			continue
		}
		outputs = append(outputs, o)
	}
	if len(failed) > 0 {
		return nil, failed
	}
	return outputs, nil
}

// emitAgain writes all that was emitted from a schema to files.
func emitAgain(schema string) error {
	if _, err := os.Stat(recordPath(schema)); errors.Is(err, os.ErrNotExist) {
		return &hintedError{fmt.Errorf("nothing was emitted from %s: there is no %s", schema, recordPath(schema)),
			"name a format, and --out or --merge"}
	}
	outputs, err := emittedOutputs(schema)
	if err != nil {
		return err
	}
	for _, o := range outputs {
		if err := isForOthers(o, schema); err != nil {
			return err
		}
	}
	return write(outputs)
}
