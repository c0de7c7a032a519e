package laws

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// suites are the tests that each adapter is put through, and the folder with the functions behind their subtests.
var suites = map[string]string{
	"TestConformance": "../runtimetest/conformance",
	"TestPetStore":    "../../examples/petstore/internal/storetest",
}

// SECURITY.md names the test behind each claim: all of them exist.
func TestThreatModelNamesTestsThatExist(t *testing.T) {
	model, err := os.ReadFile("../../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := declaredTests(t, "../..")
	named := regexp.MustCompile(`\b(Test|Fuzz)[A-Z]\w+(/\w+)?`).FindAllString(string(model), -1)
	if len(named) < 50 {
		t.Errorf("SECURITY.md names %d tests only", len(named))
	}
	for _, name := range named {
		if !tests[name] {
			t.Errorf("SECURITY.md names %s, which is no test of this module", name)
		}
	}
}

// declaredTests are the names of all tests and fuzz targets below a folder.
func declaredTests(t *testing.T, root string) map[string]bool {
	t.Helper()
	declaration := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	names := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, match := range declaration.FindAllSubmatch(text, -1) {
			names[string(match[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for suite, folder := range suites {
		if !names[suite] {
			t.Errorf("no package runs %s", suite)
		}
		for _, name := range subtests(t, folder) {
			names[suite+"/"+name] = true
		}
	}
	return names
}

// subtests are the names in a suite's table of tests, such as {"HandleExpires", s.handleExpires}.
func subtests(t *testing.T, folder string) (names []string) {
	t.Helper()
	row := regexp.MustCompile(`"([A-Z]\w+)"[,:] +(?:s\.)?[a-z]\w+[},]`)
	files, err := filepath.Glob(folder + "/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no files, %v", folder, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range row.FindAllSubmatch(text, -1) {
			names = append(names, string(match[1]))
		}
	}
	return names
}
