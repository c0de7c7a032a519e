package conformance

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A record is one line of the audit.
type record struct {
	Time      time.Time
	Msg       string
	Server    string
	Tool      string
	Client    string
	Principal string
	Secret    string
	Reason    string
	Outcome   string
	How       string
}

func (w world) audit(t *testing.T) (accesses []record) {
	t.Helper()
	for _, r := range readLines[record](t, w.logFile()) {
		if r.Msg == "secret access" {
			accesses = append(accesses, r)
		}
	}
	return accesses
}

func (s suite) audit(t *testing.T) {
	for _, over := range transports {
		for _, version := range versions {
			t.Run(over.name+" "+version, func(t *testing.T) {
				t.Parallel()
				w := s.withKey(t)
				answers := []string{"Allow", "Allow for session"}
				h := &human{answer: func(f form) said {
					a := accept("Deny")
					if len(answers) > 0 && !strings.Contains(f.message, "User name") {
						a, answers = accept(answers[0]), answers[1:]
					}
					return a
				}}
				g := over.open(t, w).enter(t, visit{version: version, human: h})
				g.works(t, tool("get_pet"))
				g.works(t, tool("declared"))
				g.works(t, tool("get_pet"))
				g.fails(t, tool("two_steps"), refusedWords)

				who := map[string]string{"http": "ann"}[over.name]
				inClient, granted := "answered in the MCP client", "granted for the session"
				want := []record{
					{Tool: "get_pet", Secret: "api_key", Outcome: "handed out", How: inClient},
					{Tool: "declared", Secret: "api_key", Outcome: "handed out", How: inClient},
					{Tool: "get_pet", Secret: "api_key", Outcome: "handed out", How: granted},
				}
				// The last call reads the key twice in each of its turns.
				got := w.audit(t)
				if len(got) < len(want)+3 {
					t.Fatalf("records: %+v", got)
				}
				for i, r := range got {
					if r.Server != "petstore" || r.Client != "official" || r.Principal != who || r.Reason == "" || r.Time.IsZero() {
						t.Errorf("record %+v", r)
					}
					r.Time, r.Msg, r.Server, r.Client, r.Principal, r.Reason = time.Time{}, "", "", "", "", ""
					if i < len(want) && r != want[i] {
						t.Errorf("record %d: %+v, want %+v", i, r, want[i])
					}
				}
				last := got[len(got)-1]
				if last.Secret != "username" || last.Outcome != "refused" || last.How != "denied" {
					t.Errorf("the last record: %+v", last)
				}
				log, err := os.ReadFile(w.logFile())
				if err != nil {
					t.Fatal(err)
				}
				wantNoKey(t, "the log", log)
			})
		}
	}
}

// Where nobody can have compared the codes, the audit says so.
func (s suite) auditOfCodesThatWereNotCompared(t *testing.T) {
	for _, version := range versions {
		for name, row := range map[string]struct {
			says said
			want bool
		}{
			"compared": {accept(theyMatch), false},
			"fast":     {fast(accept(theyMatch)), true},
		} {
			t.Run(version+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := s.newWorld(t, act{Text: goodKey, Open: time.Second})
					g := onClock.open(t, w).enter(t, visit{version: version, human: saysBoth(accept("Allow"), row.says)})
					g.works(t, tool("get_pet"))
					log, err := os.ReadFile(w.logFile())
					if err != nil {
						t.Fatal(err)
					}
					if got := bytes.Contains(log, []byte("not compared")); got != row.want {
						t.Errorf("the log says that the code was not compared: %t\n%s", got, log)
					}
					if !json.Valid(bytes.Split(log, []byte("\n"))[0]) {
						t.Errorf("no record: %s", log)
					}
				})
			})
		}
	}
}
