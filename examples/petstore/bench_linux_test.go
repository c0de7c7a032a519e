package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/testdata/ratio"
)

// BenchmarkStart starts the pet store as a client does, asks for its tools, and ends it: the time that takes, and the most
// memory that was resident. Its floor is a server of the same SDK with the same tools that asks an HTTP API too, without secrets.
func BenchmarkStart(b *testing.B) {
	b.Run("mcp-go", func(b *testing.B) { benchmarkStart(b, ".", "./testdata/bare") })
	b.Run("official", func(b *testing.B) { benchmarkStart(b, "./gosdk", "./testdata/bare/gosdk") })
}

func benchmarkStart(b *testing.B, petstoreSource, bareSource string) {
	folder := b.TempDir()
	program := func(name, source string) string {
		path := filepath.Join(folder, name)
		if out, err := exec.Command("go", "build", "-o", path, source).CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		return path
	}
	petstore, bare, tools := program("petstore", petstoreSource), program("bare", bareSource), filepath.Join(folder, "tools.json")
	list, _ := listTools(b, petstore, "-accept-key", "")
	if err := os.WriteFile(tools, list, 0o600); err != nil {
		b.Fatal(err)
	}
	if floor, _ := listTools(b, bare, tools); !bytes.Equal(floor, list) {
		b.Fatalf("the floor has other tools: %s, want %s", floor, list)
	}
	b.Run("time", func(b *testing.B) {
		ratio.Measure(b, 1.25, func() { listTools(b, bare, tools) }, func() { listTools(b, petstore, "-accept-key", "") })
	})
	b.Run("memory", func(b *testing.B) {
		var floors, ours []float64
		for b.Loop() {
			_, floor := listTools(b, bare, tools)
			_, our := listTools(b, petstore, "-accept-key", "")
			floors, ours = append(floors, floor), append(ours, our)
		}
		ratio.Report(b, "MB", 1.2, floors, ours)
	})
}

// listTools starts a server, asks it for its tools, and ends it. The memory is the most that it had up to then.
func listTools(b *testing.B, program string, args ...string) (result json.RawMessage, megabytes float64) {
	b.Helper()
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	cmd := exec.Command(program, args...)
	stdin, err := cmd.StdinPipe()
	must(err)
	stdout, err := cmd.StdoutPipe()
	must(err)
	must(cmd.Start())
	_, err = io.WriteString(stdin, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}
{"jsonrpc":"2.0","id":2,"method":"tools/list"}
`)
	must(err)
	for answers := bufio.NewReader(stdout); result == nil; {
		line, err := answers.ReadBytes('\n')
		must(err)
		var answer struct {
			ID     int
			Result json.RawMessage
		}
		must(json.Unmarshal(line, &answer))
		if answer.ID == 2 {
			result = answer.Result
		}
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	must(err)
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	var kilobytes float64
	_, err = fmt.Sscan(peak, &kilobytes)
	must(err)
	must(stdin.Close())
	must(cmd.Wait())
	return result, kilobytes / 1024
}
