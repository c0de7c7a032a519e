package laws

import (
	"encoding/json"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpsecrets/mcpsecrets/testdata/chance"
)

// Nothing that the runtime exports shows a secret of itself, by whatever verb, encoding or log.
func TestNothingExportedShowsASecret(t *testing.T) { onEachSDK(t, nothingExportedShowsASecret) }

func nothingExportedShowsASecret(t *testing.T, sdk string) {
	r := chance.Source(t)
	s := openStage(t, sdk)
	for range chance.Times() {
		e := newEscapee(s, r, "stdio", pick(r, revisions))
		e.refill()
		text, isError, err := e.call("show", nil)
		e.must(err)
		if isError {
			t.Error(text)
		}
		e.end()
		if shown := e.stderr.String(); strings.Count(shown, "[redacted]") < 500 {
			t.Errorf("only %d bytes are shown", len(shown))
		}
		e.search()
	}
}

// A server that crashes, by whatever value its author panics with in a goroutine, shows none either; nor does one that is
// made to show what it does.
func TestNoCrashShowsASecret(t *testing.T) { onEachSDK(t, noCrashShowsASecret) }

func noCrashShowsASecret(t *testing.T, sdk string) {
	r := chance.Source(t)
	s := openStage(t, sdk)
	e := newEscapee(s, r, "stdio", revisions[0])
	e.refill()
	text, _, err := e.call("crash", map[string]any{"value": -1})
	e.must(err)
	count, err := strconv.Atoi(text)
	e.must(err)
	e.search()
	for range half(6) * chance.Times() {
		e := newEscapee(s, r, "stdio", revisions[1], "GOTRACEBACK="+pick(r, []string{"all", "system"}))
		e.refill()
		say := make(chan struct{})
		if r.IntN(4) == 0 {
			_, _, err := e.call("use_all", nil)
			e.must(err)
			e.must(e.cmd.Process.Signal(syscall.SIGQUIT))
			close(say)
		} else {
			arguments, _ := json.Marshal(map[string]any{"value": r.IntN(count)})
			go func() {
				defer close(say)
				// It ends with the process.
				_, _ = e.CallTool(t.Context(), &mcp.CallToolParams{Name: "crash", Arguments: json.RawMessage(arguments)})
			}()
		}
		select {
		case <-e.ended:
		case <-time.After(patience):
			t.Fatal("the subject does not crash")
		}
		<-say
		if trace := e.stderr.String(); !strings.Contains(trace, "goroutine ") {
			t.Errorf("no trace: %s", trace)
		}
		e.err = nil // as it was meant to be
		e.search()
	}
}
