package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	stdlog "log"
	"net/http"
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

// A demand is what one scenario of the suite must come to.
type demand struct {
	passes   []string // these checks
	official []string // and these, where the server is on the official SDK
	never    string   // what the suite must not find
	alone    bool     // the scenario has no time to lose
}

// demands are on the scenarios about input requests that can apply to a server whose only question is for permission. The
// suite's answers are none that were offered, and come faster than a person's.
var demands = map[string]demand{
	"result-type":            {passes: []string{"sep-2322-result-type-included"}},
	"request-state":          {passes: []string{"sep-2322-request-state-incomplete"}},
	"missing-input-response": {passes: []string{"sep-2322-missing-response-rerequests"}},
	"non-tool-request":       {passes: []string{"sep-2322-non-tool-incomplete"}},
	"unsupported-methods":    {passes: []string{"sep-2322-not-on-unsupported-requests"}},
	// The second call of this one must come soon after the first: later, it means that the client can't show forms. The official
	// SDK has refused the first by itself, so the second finds no open question to wait for.
	"validate-input": {
		official: []string{"sep-2322-validate-input-responses", "sep-2322-error-on-protocol-error"},
		never:    "accepted", alone: true,
	},
	// The suite wants an error. Here a state that is not known is as if there were none: the call waits for the open question, and
	// asks it afresh, when the suite has lost its patience. The runtime's own tests see that.
	"tampered-state": {never: "accepted"},
	// The suite wants other input requests. There are none: the client is not asked at all.
	"capability-check": {never: "Server included elicitation/create"},
}

func TestConformanceOfInputRequests(t *testing.T) {
	for scenario, want := range demands {
		for _, on := range sdks {
			t.Run(scenario+"/"+on.name, func(t *testing.T) {
				if !want.alone {
					t.Parallel()
				}
				p := openConformance(t, on)
				scenario := "input-required-result-" + scenario
				checks, late := p.scenario(scenario)
				for tries := 1; tries <= 5 && want.alone && late && len(want.unwanted(checks)) > 0; tries++ {
					checks, late = p.scenario(scenario)
				}
				p.meets(want, checks)
			})
		}
	}
}

// scenario makes one scenario of the suite. It reports whether the suite was so late that the server took it for a client that can't
// show forms, as a loaded machine makes it.
func (p *place) scenario(name string) (checks []check, late bool) {
	p.t.Helper()
	before := len(p.log.String())
	checks = p.conform(p.conformable(standIns), "--scenario", name)[name]
	return checks, strings.Contains(p.log.String()[before:], "how=nobody_to_ask")
}

// unwanted are the checks with what the suite must not find.
func (d demand) unwanted(checks []check) (found []check) {
	for _, c := range checks {
		if d.never != "" && strings.Contains(c.ErrorMessage, d.never) {
			found = append(found, c)
		}
	}
	return found
}

func (p *place) meets(want demand, checks []check) {
	p.t.Helper()
	passes := want.passes
	if p.sdk.module == goSDK {
		passes = slices.Concat(passes, want.official)
	}
	for _, id := range passes {
		if !slices.ContainsFunc(checks, func(c check) bool { return c.passes(id) }) {
			p.t.Errorf("%s: %v", id, checks)
		}
	}
	for _, c := range want.unwanted(checks) {
		p.t.Error(c)
	}
	if len(checks) == 0 {
		p.t.Error("no checks")
	}
}

// TestConformanceIsNoWorse compares the pet store with a server on the same SDK that has the same tools and no secrets.
func TestConformanceIsNoWorse(t *testing.T) {
	for _, on := range sdks {
		t.Run(on.name, func(t *testing.T) {
			t.Parallel()
			p := openConformance(t, on)
			address := p.conformable(strings.NewReplacer(), "MCP_BYPASS_SECRET_USE_CONFIRM=true") // else the resource could not be read
			got := p.conform(address, "--suite", "all")

			for _, bare := range on.bare() {
				p.isNoWorse(got, bare)
			}
		})
	}
}

func (p *place) isNoWorse(got map[string][]check, bare http.Handler) {
	p.t.Helper()
	web := httptest.NewServer(bare)
	defer web.Close()
	defer web.CloseClientConnections()
	passed := 0
	for scenario, checks := range p.conform(web.URL+"/mcp", "--suite", "all") {
		for _, want := range checks {
			if !want.passes(want.ID) {
				continue
			}
			passed++
			if !slices.ContainsFunc(got[scenario], func(c check) bool { return c.passes(want.ID) }) {
				p.t.Errorf("%s, %s: %v", scenario, want.ID, got[scenario])
			}
		}
	}
	if passed < 50 {
		p.t.Errorf("the bare server passed %d checks: is it one?", passed)
	}
}

func openConformance(t *testing.T, on sdk) *place {
	t.Helper()
	p := openPlace(t, guest{script: "conformance"}, on, desktop.Options{NoDisplay: true}) // nobody is there to be asked
	set := exec.CommandContext(t.Context(), p.program, "secrets", "set", "api_key")
	set.Env, set.Stdin = p.Env(), strings.NewReader(goodKey)
	if out, err := set.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return p
}
