package e2e

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

var update = flag.Bool("update", false, "write CLIENTS.md")

const (
	overStdio = "stdio"
	overHTTP  = "HTTP"

	goSDK = "github.com/modelcontextprotocol/go-sdk"
	sdk1  = "@modelcontextprotocol/sdk"
	sdk2  = "@modelcontextprotocol/client"

	npm = "testdata/clients"
)

// A guest is a client that goes through the journey.
type guest struct {
	name       string
	pkg        string // the Go module or npm package
	revision   string // of MCP: what client and server agree on
	transports []string
	forms      bool   // it can ask its user; else native dialogs do
	script     string // in testdata/clients; "" is the Go SDK
	mode       string // for the script
	remote     bool   // over HTTP, through mcp-remote
	bare       bool   // its configuration has no "env": the server gets what the client passes on by itself
}

var both = []string{overStdio, overHTTP}

// guests are all of them.
var guests = []guest{
	{name: "official Go SDK", pkg: goSDK, revision: "2026-07-28", transports: both, forms: true},
	{name: "official Go SDK", pkg: goSDK, revision: "2025-11-25", transports: both, forms: true},
	{name: "official Go SDK", pkg: goSDK, revision: "2025-06-18", transports: both, forms: true},
	{name: "official TypeScript SDK 1.x", pkg: sdk1, revision: "2025-11-25", transports: both, forms: true, script: "sdk1.mjs"},
	{name: "official TypeScript SDK 2.x, legacy", pkg: sdk2, revision: "2025-11-25", transports: both, forms: true, script: "sdk2.mjs", mode: "legacy"},
	{name: "official TypeScript SDK 2.x, auto", pkg: sdk2, revision: "2026-07-28", transports: both, forms: true, script: "sdk2.mjs", mode: "auto"},
	{name: "official TypeScript SDK 2.x, pinned", pkg: sdk2, revision: "2026-07-28", transports: both, forms: true, script: "sdk2.mjs", mode: "pin"},
	{name: "official TypeScript SDK 1.x, no elicitation", pkg: sdk1, revision: "2025-11-25", transports: both, script: "sdk1.mjs"},
	{name: "official TypeScript SDK 1.x, no env", pkg: sdk1, revision: "2025-11-25", transports: []string{overStdio}, forms: true, script: "sdk1.mjs", bare: true},
	{name: "official TypeScript SDK 1.x, no env, no elicitation", pkg: sdk1, revision: "2025-11-25", transports: []string{overStdio}, script: "sdk1.mjs", bare: true},
	{name: "official TypeScript SDK 2.x, auto, no env", pkg: sdk2, revision: "2026-07-28", transports: []string{overStdio}, forms: true, script: "sdk2.mjs", mode: "auto", bare: true},
	{name: "AI SDK, no elicitation", pkg: "@ai-sdk/mcp", revision: "2026-07-28", transports: both, script: "aisdk.mjs"},
	{name: "mcp-remote, used by TypeScript SDK 1.x", pkg: "mcp-remote", revision: "2025-11-25", transports: []string{overHTTP}, forms: true,
		script: "sdk1.mjs", remote: true},
}

// TestClientsFile keeps CLIENTS.md true.
func TestClientsFile(t *testing.T) {
	want, err := clientsFile()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("CLIENTS.md", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("CLIENTS.md")
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("CLIENTS.md is stale (%v): run go test ./examples/petstore/e2e -run TestClientsFile -update\n%s", err, want)
	}
}

func clientsFile() ([]byte, error) {
	versions, err := npmVersions()
	if err != nil {
		return nil, err
	}
	for _, on := range sdks { // one of them is also a client's
		if versions[on.module], err = goVersion(on.module); err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	b.WriteString(`# Clients that the pet store was run with

In the tests of this folder, each of them goes through the same journey with the built server on each SDK, a real keychain and
real windows: it lists the tools, and calls one whose key is missing; the user compares the verification code, types the key into
the dialog, allows its use once, then for the session; a tool that gives the key away shows it masked; a password is allowed in
a window whatever the client says; a key that the pet store rejects is replaced; a use is denied, and not asked about again.

"No env" is a client whose configuration has no environment for the server: it passes on HOME, LOGNAME, PATH, SHELL, TERM and
USER, and the server finds the session bus at /run/user/UID/bus, and the display at the user's service manager. The others pass on
all that they have.

The tests write this file: ` + "`go test ./examples/petstore/e2e -run TestClientsFile -update`" + `.

| client | package | version | MCP revision |`)
	for _, on := range sdks {
		fmt.Fprintf(&b, " server on %s %s |", on.name, versions[on.module])
	}
	b.WriteString(" permission is asked in |\n|---|---|---|---|" + strings.Repeat("---|", len(sdks)) + "---|\n")
	for _, g := range guests {
		asks := "a native dialog"
		if g.forms {
			asks = "the client"
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s |", g.name, g.pkg, versions[g.pkg], g.revision)
		for range sdks {
			fmt.Fprintf(&b, " %s |", strings.Join(g.transports, ", "))
		}
		fmt.Fprintf(&b, " %s |\n", asks)
	}
	fmt.Fprintf(&b, `
Inspector (%s %s) with --cli --strict finds nothing to report in the tools' schemas, over both transports
and in both eras of MCP, on both SDKs.

Of the conformance suite (%s %s), the server on each SDK passes every check that a server on the same SDK
without secrets passes. Of its scenarios on input requests, these apply to a server whose only question is for permission, and
pass: result-type, request-state (the first round), missing-input-response, non-tool-request (the first round),
unsupported-methods. In two others the suite wants what this server does not do, and finds nothing worse: an error for a
tampered state (tampered-state; here it counts as none), and questions other than forms (capability-check; here the client is
not asked).

There is one difference between the SDKs. In validate-input the suite sends answers that are none. The official SDK refuses
them by itself, and the scenario passes. mcp-go hands them on, and they count as no answer: the next call of the suite waits for
the question that is open, where the suite wants an answer at once.
`, inspector, versions[inspector], conformance, versions[conformance])
	return b.Bytes(), nil
}

// npmVersions returns the exact versions in package.json.
func npmVersions() (map[string]string, error) {
	text, err := os.ReadFile(filepath.Join(npm, "package.json"))
	if err != nil {
		return nil, err
	}
	var file struct{ Dependencies map[string]string }
	err = json.Unmarshal(text, &file)
	return file.Dependencies, err
}

// goVersion returns the version of a module in go.mod.
func goVersion(module string) (string, error) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "go.mod"))
	if err != nil {
		return "", err
	}
	file, err := modfile.ParseLax("go.mod", text, nil)
	if err != nil {
		return "", err
	}
	for _, required := range file.Require {
		if required.Mod.Path == module {
			return required.Mod.Version, nil
		}
	}
	return "", fmt.Errorf("%s is not in go.mod", module)
}
