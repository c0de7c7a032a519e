package laws

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpsecrets/mcpsecrets/testdata/chance"
)

// TestNothingPilesUpOverStdio is the same law for one client, whose user answers forms in every way but with a no: that
// would be remembered, and nothing more be asked.
func TestNothingPilesUpOverStdio(t *testing.T) {
	for _, revision := range revisions {
		t.Run(revision, func(t *testing.T) {
			onOneSDK(t, func(t *testing.T, sdk string) { nothingPilesUpOverStdio(t, sdk, revision) })
		})
	}
}

func nothingPilesUpOverStdio(t *testing.T, sdk, revision string) {
	chances := chance.Source(t)
	s := openStage(t, sdk)
	s.store("key", secretText)
	s.must(os.Mkdir(s.temporary(), 0o700))
	inPlace := revision != modern // else the client finds what is wrong with such answers, and ends the call
	forms := newChances(chances)
	var mu sync.Mutex // of forms
	v := s.visit(revision, func(ctx context.Context, f form) (string, error) {
		mu.Lock()
		n := forms.IntN(20)
		mu.Unlock()
		if n > 0 {
			time.Sleep(reading)
		}
		switch {
		case n < 2: // the first is too fast
			return "Allow", nil
		case n < 4 && inPlace:
			return "", errors.New("no form can be shown")
		case n < 6 && inPlace:
			return f.message, nil
		case n < 12:
			return "Allow for session", nil
		}
		return "Allow", nil
	}, "TMPDIR="+s.temporary())
	stop := make(chan struct{})
	var person sync.WaitGroup
	person.Go(func() { s.answerDialogs(stop, nil, true) })

	calls := 0
	many := func(number int) {
		var all sync.WaitGroup
		places := make(chan struct{}, 100)
		for range number {
			tool, brief := []string{"plain", "use", "use", "mask"}[chances.IntN(4)], chances.IntN(4) == 0
			limit := time.Duration(1+chances.IntN(500)) * time.Millisecond
			if brief { // which others would join, whose client has gone when it should ask
				tool = "panic"
			}
			places <- struct{}{}
			calls++
			all.Go(func() {
				defer func() { <-places }()
				ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
				defer cancel()
				if brief {
					ctx, cancel = context.WithTimeout(ctx, limit)
					defer cancel()
				}
				result, err := v.CallTool(ctx, &mcp.CallToolParams{Name: tool})
				switch {
				case !brief && errors.Is(err, context.DeadlineExceeded):
					t.Errorf("%s: it hangs", tool)
				case err != nil && !brief:
					t.Errorf("%s: %v", tool, err)
				case strings.Contains(fmt.Sprint(err, result), secretText):
					t.Errorf("%s: it gives the key away", tool)
				}
			})
		}
		all.Wait()
	}
	state := func() (string, error) {
		text, _, err := v.call("state", nil)
		return text, err
	}
	many(50)
	_, _, err := v.call("mask", object{"times": 5_000})
	s.must(err)
	_, _, err = v.call("use", nil) // a call that was cut off may have taken the connection to the keychain along
	s.must(err)
	begin := s.settle(v.cmd.Process.Pid, nil, state)
	titles, tallies := []string{"begin"}, []tally{begin}
	for part := range 3 {
		for i := range chance.Times() {
			s.must(s.secrets("set", "key", fmt.Sprintf("%s-%d", secretText, i%2))) // which ends the grants
			many(100)
		}
		titles, tallies = append(titles, fmt.Sprintf("part %d", part+1)), append(tallies, s.settle(v.cmd.Process.Pid, begin, state))
	}
	close(stop)
	person.Wait()
	v.leave()
	t.Logf("%d calls%s", calls, table(titles, tallies))
	s.wantNoTemporary()
}
