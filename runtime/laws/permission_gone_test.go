package laws

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcpsecrets/mcpsecrets/testdata/inprocess"
)

// A form goes with the session that it was shown in: only one that stayed for as long as it was open was left unanswered.
func TestOracleForgetsTheFormOfASessionThatEnded(t *testing.T) {
	onEachSDK(t, func(t *testing.T, sdk string) {
		for name, test := range map[string]struct {
			ends time.Duration // the client's session, since the form was shown; 0 is never
			want bool          // left unanswered
		}{
			"the client stays":               {0, true},
			"its session ends soon":          {time.Second, false},
			"its session ends between calls": {oracleHeld + 10*time.Second, false},
			"its session ends too late":      {oracleOpen + time.Second, true},
		} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := newPermissionRun(t, sdk, 1)
					defer p.end()
					p.put("key", "value-of-key", true)
					time.Sleep(oracleAge + time.Minute)
					ann := &actor{
						run: p, name: "ann's client", principal: "ann", version: "2025-11-25", forms: true, mute: true,
						choose: p.choose, turn: make(chan struct{}, 1),
					}
					p.actors = []*actor{ann}
					p.send(ann, oracleRequest{principal: "ann", tool: "read", arg: "1"})
					time.Sleep(test.ends)
					if test.ends > 0 {
						endSession(t, p, ann)
					}
					time.Sleep(oracleOpen + time.Minute)
					p.mu.Lock()
					defer p.mu.Unlock()
					if len(p.silent) != 1 {
						t.Fatalf("%d forms are left open, want 1", len(p.silent))
					}
					if got := p.leftUnanswered("ann", p.silent[0].parts[0]); got != test.want {
						t.Errorf("the form was left unanswered: %v, want %v", got, test.want)
					}
				})
			})
		}
	})
}

// An input request whose answer perhaps came to the server may be answered, also where that was after its five minutes.
func TestOracleDoubtsThatARoundWasLeftUnanswered(t *testing.T) {
	for name, test := range map[string]struct {
		outcome string // of the request with the answer; "" is that there is none
		want    bool   // left unanswered
	}{
		"nobody answers":            {"", true},
		"the answer is given up":    {"canceled", false},
		"the answer has its result": {"done", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOracle()
				o.put("user", "value-of-user", true)
				time.Sleep(oracleAge + time.Minute)
				handle := strings.Repeat("5", 32)
				first := o.comes(oracleRequest{principal: "ann", tool: "who", rounds: true})
				o.ended(first, "asked", "")
				o.mints(first, handle, map[string]shownForm{"permission": {
					"laws wants to use: user\nTool: who\nAsked for by \"ann\"\n\"Allow for session\" lets the tool who use it for 10m.",
					[]string{"Allow", "Allow for session", "Deny"},
				}})
				time.Sleep(oracleOpen + time.Minute)
				if test.outcome != "" {
					o.ended(o.comes(oracleRequest{
						principal: "ann", tool: "who", rounds: true, handle: handle, canceled: true,
						answers: map[string]string{"permission": "declines"},
					}), test.outcome, "")
				}
				time.Sleep(time.Minute)
				if o.broke != "" {
					t.Fatal(o.broke)
				}
				if got := o.leftUnanswered("ann", o.rounds[handle].forms["permission"].parts[0]); got != test.want {
					t.Errorf("the form was left unanswered: %v, want %v", got, test.want)
				}
			})
		})
	}
}

// endSession ends the session of a client at the server. The client learns that with its next message, and the oracle is not told.
func endSession(t *testing.T, p *permissionRun, a *actor) {
	request, err := http.NewRequest(http.MethodDelete, "http://127.0.0.1/mcp", nil)
	if err != nil {
		t.Fatal(err)
	}
	session := a.connection().(officialConnection)
	request.Header.Set("Mcp-Session-Id", session.ID())
	request.Header.Set("Mcp-Protocol-Version", a.version)
	transport := inprocess.Transport{Handler: p.serving.Load().handler, Peer: "127.0.0.1:4000", Token: a.principal}
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		t.Fatal(response.Status)
	}
	if err := session.Ping(context.Background(), nil); err == nil {
		t.Fatal("the session has not ended")
	}
}
