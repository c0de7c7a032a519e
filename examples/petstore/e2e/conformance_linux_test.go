package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	stdlog "log"

	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

const conformance = "@modelcontextprotocol/conformance"

// A check is one that the conformance suite made.
type check struct {
	ID           string
	Status       string // SUCCESS, FAILURE, WARNING, SKIPPED, INFO
	ErrorMessage string
}

func (c check) passes(id string) bool { return c.ID == id && c.Status == "SUCCESS" }

// conform runs the conformance suite on the server at an address, and returns its checks by scenario.
func (p *place) conform(address string, arguments ...string) map[string][]check {
	p.t.Helper()
	results := p.t.TempDir()
	_, stderr, err := p.node(p.Env(), "node_modules/"+conformance+"/dist/index.js",
		append([]string{"server", "--url", address, "--timeout", "15000", "-o", results}, arguments...)...)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) { // it ends with 1 where checks failed
		p.t.Fatalf("%v\n%s", err, stderr)
	}
	files, err := filepath.Glob(filepath.Join(results, "server-*", "checks.json"))
	p.must(err)
	checks := map[string][]check{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		p.must(err)
		scenario, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(filepath.Dir(file)), "server-"), "-2026-")
		var of []check
		p.must(json.Unmarshal(text, &of))
		checks[scenario] = of
	}
	if len(checks) == 0 {
		p.t.Fatalf("the conformance suite made no checks: %s", stderr)
	}
	return checks
}

// standIns are what the pet store has for the tools and the prompt that the suite wants of a server.
var standIns = strings.NewReplacer(
	"test_input_required_result_elicitation", "list_pets",
	"test_input_required_result_request_state", "list_pets",
	"test_input_required_result_tampered_state", "list_pets",
	"test_input_required_result_capabilities", "list_pets",
	"test_input_required_result_prompt", "care",
)

// conformable returns the address of a server as the suite wants it: without a token, and with its names, which names replaces.
func (p *place) conformable(names *strings.Replacer, env ...string) (address string) {
	p.t.Helper()
	s, _ := p.serve(overHTTP, goodKey, env...)
	target, err := url.Parse(s.url)
	p.must(err)
	target.Path = ""
	proxy := &httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // the suite tries others
		r.Out.Header.Set("Authorization", "Bearer "+token)
		if name := r.In.Header.Get("Mcp-Name"); name != "" {
			r.Out.Header.Set("Mcp-Name", names.Replace(name))
		}
		body, _ := io.ReadAll(r.In.Body) // cut off, it is refused
		body = []byte(names.Replace(string(body)))
		r.Out.Body, r.Out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.Out.Header.Set("Content-Length", strconv.Itoa(len(body)))
	}}
	proxy.ErrorLog = stdlog.New(&p.log, "", 0)
	web := httptest.NewServer(proxy)
	p.t.Cleanup(web.Close)
	p.t.Cleanup(web.CloseClientConnections)
	return web.URL + "/mcp"
}

// TestConformanceOfInputRequests runs what the suite has on input requests and can apply to a server whose only question is for
// permission. The suite's answers are none that were offered, and come faster than a person's.
func TestConformanceOfInputRequests(t *testing.T) {
	for scenario, want := range map[string]struct {
		passes []string // these checks
		never  string   // what the suite must not find
	}{
		"result-type":            {passes: []string{"sep-2322-result-type-included"}},
		"request-state":          {passes: []string{"sep-2322-request-state-incomplete"}},
		"missing-input-response": {passes: []string{"sep-2322-missing-response-rerequests"}},
		"non-tool-request":       {passes: []string{"sep-2322-non-tool-incomplete"}},
		"unsupported-methods":    {passes: []string{"sep-2322-not-on-unsupported-requests"}},
		"validate-input":         {never: "accepted"},
		// The suite wants an error. Here a state that is not known is as if there were none: the call waits for the open question, and
		// asks it afresh, when the suite has lost its patience. The runtime's own tests see that.
		"tampered-state": {never: "accepted"},
		// The suite wants other input requests. There are none: the client is not asked at all.
		"capability-check": {never: "Server included elicitation/create"},
	} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			p := openConformance(t)
			address := p.conformable(standIns)
			scenario := "input-required-result-" + scenario
			checks := p.conform(address, "--scenario", scenario)[scenario]
			for _, id := range want.passes {
				if !slices.ContainsFunc(checks, func(c check) bool { return c.passes(id) }) {
					t.Errorf("%s: %v", id, checks)
				}
			}
			for _, c := range checks {
				if want.never != "" && strings.Contains(c.ErrorMessage, want.never) {
					t.Error(c)
				}
			}
			if len(checks) == 0 {
				t.Error("no checks")
			}
		})
	}
}

// TestConformanceIsNoWorse compares the pet store with a server of mcp-go that has the same tools and no secrets.
func TestConformanceIsNoWorse(t *testing.T) {
	t.Parallel()
	p := openConformance(t)
	address := p.conformable(strings.NewReplacer(), "MCP_BYPASS_SECRET_USE_CONFIRM=true") // else the resource could not be read
	got := p.conform(address, "--suite", "all")

	bare := httptest.NewServer(mcpserver.NewStreamableHTTPServer(bareServer()))
	defer bare.Close()
	defer bare.CloseClientConnections()
	passed := 0
	for scenario, checks := range p.conform(bare.URL+"/mcp", "--suite", "all") {
		for _, want := range checks {
			if !want.passes(want.ID) {
				continue
			}
			passed++
			if !slices.ContainsFunc(got[scenario], func(c check) bool { return c.passes(want.ID) }) {
				t.Errorf("%s, %s: %v", scenario, want.ID, got[scenario])
			}
		}
	}
	if passed < 50 {
		t.Errorf("the bare server passed %d checks: is it one?", passed)
	}
}

func openConformance(t *testing.T) *place {
	t.Helper()
	p := openPlace(t, guest{script: "conformance"}, desktop.Options{NoDisplay: true}) // nobody is there to be asked
	set := exec.CommandContext(t.Context(), p.program, "secrets", "set", "api_key")
	set.Env, set.Stdin = p.Env(), strings.NewReader(goodKey)
	if out, err := set.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return p
}

// bareServer is what the pet store is without its secrets.
func bareServer() *mcpserver.MCPServer {
	s := mcpserver.NewMCPServer("petstore", "1.0.0")
	for _, name := range tools {
		s.AddTool(mcp.NewTool(name, mcp.WithDescription(name)), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText("a pet"), nil
		})
	}
	s.AddPrompt(mcp.NewPrompt("care", mcp.WithPromptDescription("care")),
		func(context.Context, mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			return mcp.NewGetPromptResult("care", nil), nil
		})
	s.AddResource(mcp.NewResource("pets://inventory", "inventory", mcp.WithMIMEType("application/json")),
		func(_ context.Context, request mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
			return []mcp.ResourceContents{mcp.TextResourceContents{URI: request.Params.URI, MIMEType: "application/json", Text: "[]"}}, nil
		})
	return s
}
