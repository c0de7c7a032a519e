package conformance

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/standing"
)

// A client that shows no forms, at a server without a screen, uses what a person allowed in a terminal: nothing else, and no longer.
// All else fails at once.
func (s suite) useThatIsAllowedBeforehand(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		w := s.withKey(t)
		w.Blind = "no display"
		p := over.open(t, w)
		g := p.enter(t, visit{version: version})
		who := map[string]string{"http": "ann"}[over.name]
		allow := func(who string) {
			made := time.Now()
			text, err := json.Marshal([]standing.Permission{{Made: made, Until: made.Add(time.Hour), Subject: standing.Subject{
				Server: "petstore", Principal: who, Secret: "api_key", Tool: "get_pet", To: "petstore.example",
			}}})
			if err != nil {
				t.Fatal(err)
			}
			shopOf(p).store.Put("petstore", standing.Entry.Name, string(text))
		}
		fails := func(name string) {
			t.Helper()
			begun := time.Now()
			g.fails(t, tool(name), "Nobody can be asked for permission")
			if took := time.Since(begun); took > time.Second {
				t.Errorf("%s took %v", name, took)
			}
		}
		fails("get_pet")
		allow(who + "x")
		fails("get_pet")
		allow(who)
		for range 2 {
			g.works(t, tool("get_pet"))
			fails("rename_pet")
		}
		records := w.audit(t)
		how := "allowed in a terminal on " + time.Now().UTC().Format(time.DateOnly)
		used := 0
		for _, r := range records {
			if r.Outcome == "handed out" {
				used++
				if r.How != how || r.Tool != "get_pet" || r.Principal != who {
					t.Errorf("recorded: %+v", r)
				}
			}
		}
		if used != 2 {
			t.Errorf("%d records of 2 uses", used)
		}
		time.Sleep(time.Hour)
		fails("get_pet")
		w.wantDialogs(t)
	})
}
