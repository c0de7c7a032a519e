package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// standardInput is the name by which a command is told to read that.
const standardInput = "-"

// readSchemaOr reads a file, or standard input where it is named.
func readSchemaOr(name string, stdin io.Reader) ([]byte, error) {
	if name != standardInput {
		return readSchema(name)
	}
	source, err := io.ReadAll(stdin)
	if err != nil {
		return nil, fmt.Errorf("standard input can't be read: %w", cause(err))
	}
	return source, nil
}

// readSchema reads a file that is expected to be a schema or manifest.
func readSchema(name string) ([]byte, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return nil, &hintedError{fmt.Errorf("%s is a folder", name), "name the schema in it, such as " + filepath.Join(name, defaultSchema)}
	}
	source, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &hintedError{fmt.Errorf("there is no file %s", name), insteadOf(name)}
	}
	if err != nil {
		return nil, fmt.Errorf("%s can't be read: %w", name, cause(err))
	}
	return source, nil
}

// insteadOf returns the way out where a schema is not there: the one that is meant may have another ending.
func insteadOf(name string) string {
	base := strings.TrimSuffix(name, filepath.Ext(name))
	for _, ending := range []string{".yaml", ".yml", ".json"} {
		if other := base + ending; other != name {
			if info, err := os.Stat(other); err == nil && info.Mode().IsRegular() {
				return fmt.Sprintf("there is %s: name it, or rename it", other)
			}
		}
	}
	return `"mcpsecrets-gen init" writes one to start from`
}

// cause is what the system says, without the path that it was asked for: the message names the one that is meant.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}
