package main

import (
	"fmt"
	"go/build"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

const defaultOut = "secrets_gen.go"

// A target says where the output goes and to which package it belongs.
type target struct {
	out       string // --out
	pkg       string // --package
	strict    bool   // --strict
	noReasons bool   // --no-reasons
}

func (t *target) flags(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&t.out, "out", "o", "", "the Go file to write (default secrets_gen.go beside the schema); the manifest has its name with .golden.json")
	cmd.Flags().StringVarP(&t.pkg, "package", "p", "", "the package of the Go file (default $GOPACKAGE, then the package in its folder, then the folder's name)")
	cmd.Flags().BoolVar(&t.noReasons, "no-reasons", false, "do not look for the reasons in the code; no question will then show a reason")
	cmd.Flags().BoolVar(&t.strict, "strict", false, "fail for warnings too")
	_ = cmd.MarkFlagFilename("out", "go") // it fails for a flag that is not there
	_ = cmd.RegisterFlagCompletionFunc("package", cobra.NoFileCompletions)
}

// goFileName are the names that the go command neither passes over nor, in an embed directive, takes for a pattern.
var goFileName = regexp.MustCompile(`^[\pL\pN][\pL\pN_.-]*\.go$`)

// file returns the Go file for a schema.
func (t target) file(schema string) (string, error) {
	if t.out == "" {
		return filepath.Join(filepath.Dir(schema), defaultOut), nil
	}
	if !goFileName.MatchString(filepath.Base(t.out)) {
		return "", usagef(`--out %q must be a file whose name has letters, digits, "_", "-" and ".", and ends in .go`, t.out)
	}
	if !built(filepath.Base(t.out)) {
		return "", usagef("--out %q names a file that the go command builds only for tests, or only for one system: choose another end", t.out)
	}
	if info, err := os.Stat(filepath.Dir(t.out)); err != nil || !info.IsDir() {
		return "", fmt.Errorf("--out %s: there is no folder %s", t.out, filepath.Dir(t.out))
	}
	return filepath.Clean(t.out), nil
}

// built reports whether the go command builds a Go file of that name everywhere: not x_test.go, x_windows.go or x_arm64.go.
func built(name string) bool {
	nowhere := build.Context{GOOS: "none", GOARCH: "none", Compiler: "gc", OpenFile: func(string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("package p\n")), nil
	}}
	match, err := nowhere.MatchFile(".", name)
	return match && err == nil && !strings.HasSuffix(name, "_test.go")
}

// manifestPath is where the manifest of a Go file is: secrets.golden.json for secrets_gen.go.
func manifestPath(out string) string {
	base := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(out), ".go"), "_gen")
	return filepath.Join(filepath.Dir(out), base+".golden.json")
}

// packageName returns the package clause: the flag, $GOPACKAGE, the package that is already in the folder, or the
// folder's name.
func (t target) packageName(out string) (string, error) {
	name, from := t.pkg, "--package"
	if name == "" && sameFolder(filepath.Dir(out), ".") {
		// go generate runs in the folder of the file that it names: GOPACKAGE says nothing of another folder.
		name, from = strings.TrimSuffix(os.Getenv("GOPACKAGE"), "_test"), "$GOPACKAGE"
	}
	if name == "" {
		name, from = packageIn(out), "the package in the folder"
	}
	if name == "" {
		folder, err := filepath.Abs(filepath.Dir(out))
		if err != nil {
			return "", err
		}
		name, from = packageFor(filepath.Base(folder)), "the folder's name"
	}
	// The go command passes over files of a package called documentation.
	if !token.IsIdentifier(name) || name == "_" || name == "documentation" {
		return "", usagef("%s %q is no package name, choose another with --package", from, name)
	}
	if other, file := otherPackage(out, name); other != "" {
		return "", &hintedError{fmt.Errorf("%s %q is another package than %q, which %s has: they can't be in one folder", from, name, other, file),
			"leave out --package, or name a file in another folder with --out"}
	}
	return name, nil
}

// packageFor makes a package's name of a folder's, as Go programmers would: go-petstore becomes petstore.
func packageFor(folder string) string {
	folder = strings.TrimPrefix(strings.ToLower(folder), "go-")
	return strings.Map(func(r rune) rune {
		if r == '_' || 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, folder)
}

// sameFolder reports whether two paths name one folder.
func sameFolder(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}
