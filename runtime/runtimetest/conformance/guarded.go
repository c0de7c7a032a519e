package conformance

import (
	"os"
	"strings"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
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
