package surface

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// testsOnly is the comment over the second block of requirements in go.mod. What stands in the first one comes with the
// product.
const testsOnly = "// What only tests and the demo need."

// awaited are modules that the product is about to use, and tests use already.
var awaited = []string{"github.com/modelcontextprotocol/go-sdk"}

// A module belongs to the product if a package that users get imports it, on any system.
func TestBlocksOfGoMod(t *testing.T) {
	imports := productImports(t)
	for _, module := range awaited {
		imports[module] = true
	}
	for module, block := range directRequirements(t) {
		switch used := isUsed(module, imports); {
		case used && block == testsOnly:
			t.Errorf("go.mod: the product imports %s: move it out of the block %q", module, testsOnly)
		case !used && block != testsOnly:
			t.Errorf("go.mod: no package that users get imports %s: move it to the block %q", module, testsOnly)
		}
	}
}

// directRequirements returns the comment over the block of each module that this one requires directly.
func directRequirements(t *testing.T) map[string]string {
	name := filepath.Join(root, "go.mod")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	file, err := modfile.Parse(name, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	blocks := map[*modfile.Line]string{}
	for _, stmt := range file.Syntax.Stmt {
		if block, ok := stmt.(*modfile.LineBlock); ok && len(block.Before) > 0 {
			for _, line := range block.Line {
				blocks[line] = block.Before[0].Token
			}
		}
	}
	direct := map[string]string{}
	for _, r := range file.Require {
		if !r.Indirect {
			direct[r.Mod.Path] = blocks[r.Syntax]
		}
	}
	return direct
}

func isUsed(module string, imports map[string]bool) bool {
	for path := range imports {
		if path == module || strings.HasPrefix(path, module+"/") {
			return true
		}
	}
	return false
}

// productImports returns what the command and the public packages import, themselves or by another package of this
// module.
func productImports(t *testing.T) map[string]bool {
	imports := map[string]bool{}
	for _, goos := range []string{"linux", "darwin", "windows"} {
		seen := map[string]bool{}
		todo := append(publicFolders(t), filepath.Join(root, "cmd/mcpsecrets-gen"))
		for len(todo) > 0 {
			folder := todo[0]
			todo = todo[1:]
			if seen[folder] {
				continue
			}
			seen[folder] = true
			for _, path := range load(t, folder, goos).Imports {
				imports[path] = true
				if below, ok := strings.CutPrefix(path, module+"/"); ok {
					todo = append(todo, filepath.Join(root, below))
				}
			}
		}
	}
	return imports
}
