package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

const inspector = "@modelcontextprotocol/inspector"

// node runs a script from npm to its end, and returns what it writes to standard output and standard error.
func (p *place) node(env []string, script string, arguments ...string) (stdout, stderr []byte, err error) {
	ctx, cancel := context.WithTimeout(p.t.Context(), 2*patience)
	defer cancel()
	command := nodeCommand(script, arguments...)
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	var out, errs bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = env, &out, &errs, time.Second
	err = cmd.Run()
	return out.Bytes(), errs.Bytes(), err
}

// TestInspectorFindsNothing has the Inspector's CLI look for what clients might not understand in the tools' schemas.
func TestInspectorFindsNothing(t *testing.T) {
	for _, on := range sdks {
		t.Run(on.name, func(t *testing.T) {
			t.Parallel()
			p := openPlace(t, guest{script: "inspector"}, on, desktop.Options{NoDisplay: true})
			for _, transport := range both {
				for _, era := range []string{"legacy", "modern"} {
					p.inspect(transport, era)
				}
			}
		})
	}
}

func (p *place) inspect(transport, era string) {
	p.t.Helper()
	s, end := p.serve(transport, goodKey)
	target := s.command
	if s.url != "" {
		target = []string{s.url, "--header", "Authorization: Bearer " + token}
	} else {
		target = target[:1] // the others would be read as its own
	}
	stdout, stderr, err := p.node(p.Env(), "node_modules/"+inspector+"/clients/launcher/build/index.js",
		append([]string{"--cli"}, append(target, "--method", "tools/list", "--strict", "--protocol-era", era)...)...)
	end()
	var list struct{ Tools []struct{ Name string } }
	if err == nil {
		err = json.Unmarshal(stdout, &list)
	}
	var names []string
	for _, tool := range list.Tools {
		names = append(names, tool.Name)
	}
	if slices.Sort(names); err != nil || !slices.Equal(names, tools) || len(stderr) > 0 {
		p.t.Errorf("%s, %s: %v\n%s%s", transport, era, err, stderr, stdout)
	}
}
