package usercmd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sectionOf returns the first lines for a shell below a heading of the README.
func sectionOf(t *testing.T, heading string) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n## "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	block, hasBlock := shellLines(section)
	if !found || !hasBlock {
		t.Fatalf("the README has no lines for a shell below %q", heading)
	}
	return block
}

// shellLines returns the first lines for a shell in a page.
func shellLines(page string) (lines string, found bool) {
	_, lines, found = strings.Cut(page, "\n```sh\n")
	lines, _, _ = strings.Cut(lines, "```\n")
	return lines, found
}

// shell runs lines as a user does who has nothing but this program, and what env says, and returns what they print on standard output.
func (c computer) shell(lines string, env ...string) string {
	c.t.Helper()
	cmd := c.command(c.t.Context(), "sh", "-e", "-c", lines)
	cmd.Env = append([]string{"HOME=" + c.home, "PATH=" + filepath.Dir(c.program) + ":" + os.Getenv("PATH")}, env...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		c.t.Fatalf("%v: %s\n%s%s", err, lines, out, &said)
	}
	return string(out)
}

func TestReadmeOfTwoAccounts(t *testing.T) {
	c := newComputer(t)
	c.file(goodKey+"\n", "work.key")
	out := c.shell(sectionOf(t, "Two accounts"), "MCP_SECRETS_STORE=age:"+filepath.Join(c.home, "secrets.age"))
	if !strings.Contains(out, "api_key is set in the account work.\n") || !strings.Contains(out, "\nAccount: work\n") {
		t.Error(out)
	}
}

// A server starts with each of the lines, and its values are where the line says: without a bus and a display, whatever is there.
func TestReadmeWithoutADesktop(t *testing.T) {
	c := newComputer(t)
	c.file(goodKey, "mounted", "api_key")
	c.file("", "age", "unused")
	mounted, encrypted := filepath.Join(c.home, "mounted"), filepath.Join(c.home, "age")
	block := strings.NewReplacer("/run/secrets", mounted, "/srv/petstore", encrypted).Replace(sectionOf(t, "Without a desktop"))
	want := map[string]string{"files:": "the folder " + mounted, "env": "the environment", "age:": "the file " + encrypted + "/secrets.age"}
	lines := strings.Split(strings.TrimSpace(block), "\n")
	if len(lines) != len(want) {
		t.Fatalf("there are %d lines, want %d:\n%s", len(lines), len(want), block)
	}
	for _, line := range lines {
		start, _, _ := strings.Cut(line, " #")
		for kind, place := range want {
			if !strings.HasPrefix(start, "MCP_SECRETS_STORE="+kind) {
				continue
			}
			delete(want, kind)
			c.shell(start, "PETSTORE_API_KEY="+goodKey) // until its input ends
			if kind == "age:" {
				c.shell("printf %s \"$KEY\" | "+strings.TrimSpace(start)+" secrets set api_key", "KEY="+goodKey)
			}
			out := c.shell(strings.TrimSpace(start)+" secrets status", "PETSTORE_API_KEY="+goodKey)
			if !strings.Contains(out, "petstore keeps its secrets in "+place+"\n") || !strings.Contains(strings.Join(strings.Fields(out), " "), " api_key Petstore API key set base_url ") {
				t.Errorf("%s\n%s", start, out)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("no line is for %v", want)
	}
}
