// Command figures runs the benchmarks that measure this module against its floors, and prints one table of all. The exit code
// is 1 if a ratio is over its bound or a figure is missing, also because it was skipped. Run it on a machine that does nothing
// else; "make figures" does.
//
//	go run ./cmd/internal/figures                          prints the table
//	go run ./cmd/internal/figures -write docs/figures.md   also puts it between the marks of that file
//
// A benchmark reports its figure by package testdata/ratio, and has its line in figures.go.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
)

func main() {
	write := flag.String("write", "", "the `FILE` in which the table is renewed")
	benchtime := flag.String("benchtime", "5s", "how long each benchmark runs, as for go test")
	flag.Parse()
	if err := run(*benchtime, *write); err != nil {
		fmt.Fprintln(os.Stderr, "figures:", err)
		os.Exit(1)
	}
}

func run(benchtime, file string) error {
	args := []string{"test", "-run", "^$", "-bench", ".", "-benchtime", benchtime}
	for _, f := range figures {
		if path := module + "/" + f.folder; !slices.Contains(args, path) {
			args = append(args, path)
		}
	}
	var output bytes.Buffer
	cmd := exec.Command("go", args...)
	cmd.Stdout = io.MultiWriter(&output, os.Stderr) // it takes minutes
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go test: %w", err)
	}
	results, machine := parse(output.String())
	table, err := render(figures, results, machine)
	if table == "" {
		return err
	}
	fmt.Print(table)
	if file != "" {
		err = errors.Join(err, renew(file, table))
	}
	return err
}

// renew puts the table between the marks of a file.
func renew(file, table string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	renewed, err := between(text, table)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, renewed, 0o644)
}
