package reason

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/tools/go/packages"
)

// tidily has the go command add what go.mod lacks, as "go mod tidy" would, to a copy of it. It reports false where there is no
// go.mod. withdraw removes the copy.
func tidily(config *packages.Config) (withdraw func(), ok bool) {
	root := moduleRoot(config.Dir)
	copies, err := os.MkdirTemp("", "mcpsecrets-gen-")
	withdraw = func() { _ = os.RemoveAll(copies) } // what is left of a temporary folder hurts nobody
	if err != nil || root == "" {
		return withdraw, false
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(copies, name), text, 0o600)
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return withdraw, false
		}
	}
	config.BuildFlags = []string{"-mod=mod", "-modfile=" + filepath.Join(copies, "go.mod")}
	return withdraw, true
}

// moduleRoot returns the folder of the module that a folder belongs to, or "".
func moduleRoot(folder string) string {
	for {
		if isModule(folder) {
			return folder
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return ""
		}
		folder = parent
	}
}
