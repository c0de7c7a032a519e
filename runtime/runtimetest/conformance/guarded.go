package conformance

import (
	"os"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
)

// Where only results are masked, the author is told so when the first secret is handed out: once, and not its value.
func (s suite) unguardedIsLoggedOnce(t *testing.T) {
	bare := transport{"another handler", func(t *testing.T, w world) place {
		p := openClock(t, w)
		p.serveBy(p.BareHTTPHandler(named))
		return p
	}}
	for _, row := range []struct {
		over    transport
		guarded bool
	}{{overStdio, true}, {overHTTP, true}, {inProcess, s.MasksAll}, {bare, s.MasksAll}} {
		for _, version := range versions {
			if row.over.lacks(version) {
				continue
			}
			t.Run(row.over.name+" "+version, func(t *testing.T) {
				t.Parallel()
				w := s.withKey(t, act{Answer: secrets.AllowOnce}, act{Answer: secrets.AllowOnce})
				g := row.over.open(t, w).enter(t, visit{version: version, human: says(accept("Allow for session"))})
				g.works(t, tool("get_pet"))
				g.works(t, tool("get_pet"))
				log, err := os.ReadFile(w.logFile())
				if err != nil {
					t.Fatal(err)
				}
				want := 1
				if row.guarded {
					want = 0
				}
				if told := strings.Count(string(log), "not all is masked"); told != want || strings.Contains(string(log), goodKey) {
					t.Errorf("told %d times, want %d:\n%s", told, want, log)
				}
			})
		}
	}
}

// A result is masked once, whichever way it leaves: to mask takes time, and to do it twice would take it twice. Here the word in
// place of a value is one that is masked itself, so that it shows how often that was done.
func (s suite) resultsAreMaskedOnce(t *testing.T) {
	for _, over := range []transport{overStdio, overHTTP, inProcess} {
		for _, version := range versions {
			if over.lacks(version) {
				continue
			}
			t.Run(over.name+" "+version, func(t *testing.T) {
				t.Parallel()
				g := over.open(t, s.withKey(t)).enter(t, visit{version: version, human: says(accept("Allow for session"))})
				if text, _, _ := g.leaked(t, "beside a mask"); text != "the key is "+guard.Redacted {
					t.Errorf("the tool says %q", text)
				}
				prompt, err := g.GetPrompt(t.Context(), &sdk.GetPromptParams{Name: "care"})
				if err != nil {
					t.Fatal(err)
				}
				if text := prompt.Messages[0].Content.(*sdk.TextContent).Text; text != worked+" "+guard.Redacted {
					t.Errorf("the prompt says %q", text)
				}
				resource, err := g.ReadResource(t.Context(), &sdk.ReadResourceParams{URI: inventory})
				if err != nil {
					t.Fatal(err)
				}
				if text := resource.Contents[0].Text; text != worked+" "+guard.Redacted {
					t.Errorf("the resource says %q", text)
				}
			})
		}
	}
}
