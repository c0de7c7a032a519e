package usercmd_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// What docs/terminal.md shows is what happens: each command is run in a terminal, one after the other on one store, and each line
// below it is on the screen, or in the output.
func TestTerminalPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "terminal.md"))
	if err != nil {
		t.Fatal(err)
	}
	b := open(t)
	check := func(ctx context.Context) error { _, err := b.APIKey(ctx, "Read one pet"); return err }
	sessions := strings.Split(string(page), "```console\n")[1:]
	for _, session := range sessions {
		session, _, _ = strings.Cut(session, "```")
		command, lines, _ := strings.Cut(session, "\n")
		words, isCommand := strings.CutPrefix(command, "$ petstore secrets ")
		if !isCommand {
			t.Errorf("%q is no command of the pet store", command)
			continue
		}
		if words == "verify" { // the page has what is set without a check before
			if err := b.Manager.Verify(check, petstore.KeyAPIKey()); err != nil {
				t.Fatal(err)
			}
		}
		if words, _, isPiped := strings.Cut(words, " < "); isPiped {
			b.run(t, goodKey+"\n", strings.Fields(words)...).want(t, 0, lines, "")
			continue
		}
		follow(t, sitDown(t, b.Manager, strings.Fields(words)...), lines)
	}
	if len(sessions) < 7 {
		t.Errorf("the page has %d commands", len(sessions))
	}
}

// prompt is a line where a person types something, which is not shown of what is confidential.
var prompt = regexp.MustCompile(`^([a-z_]+(?: \[.*\])?:)(?: (.*))?$`)

// follow types what a session shows, and looks for its other lines.
func follow(t *testing.T, y *typist, lines string) {
	t.Helper()
	var output []string
	typed := map[string]string{"api_key:": goodKey + "\r", "password:": "hunter2-hunter2\r"}
	isAsking := strings.Contains(lines, ": ") || strings.Contains(lines, "_key:\n")
	for line := range strings.Lines(lines) {
		line = strings.TrimSuffix(line, "\n")
		switch parts := prompt.FindStringSubmatch(line); {
		case parts != nil && typed[parts[1]] != "":
			y.waits(parts[1] + " ").types(typed[parts[1]])
		case parts != nil:
			y.waits(parts[1] + " ").types(parts[2] + "\n")
		case isAsking && len(output) == 0 && !strings.Contains(line, " is set.") && !strings.Contains(line, "   "):
			y.waits(line)
		default:
			output = append(output, line)
		}
	}
	y.leaves(0, strings.Join(output, "\n"))
}
