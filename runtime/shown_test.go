package secrets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// Nobody is asked for what a question does not show: whatever the lengths, all that an answer allows has been seen.

// A throng is secrets whose texts are as long as the generator lets through.
type throng struct {
	*Manager
	keys   []Key[Secret]
	labels map[string]string
	hosts  map[string]string // "" where the schema does not say
	shown  []string          // by dialogs and forms
	refuse int               // which question is refused, from 1 on
	t      *testing.T
}

const throngServer = "a-server-whose-name-is-as-long-as-a-name-may-be-which-is-64-bytes"

func newThrong(t *testing.T, r *rand.Rand, n int) *throng {
	t.Helper()
	th := &throng{labels: map[string]string{}, hosts: map[string]string{}, t: t}
	store := &memory{}
	var keys []AnyKey
	var list []map[string]string
	add := func(key AnyKey, text string) {
		keys = append(keys, key)
		list = append(list, map[string]string{"name": key.Describe().Name, "label": key.Describe().Label})
		store.Store(key.Describe().Name, text)
	}
	for i := range n {
		name := fmt.Sprintf("k%d", i)
		f := Field{Label: longLabel(r, i), Required: true}
		if r.IntN(3) == 0 {
			f.SentTo = "place_of_" + name
			th.hosts[name] = "http://" + strings.Repeat(strings.Repeat("h", r.IntN(61)+1)+".", r.IntN(3)+1) + "evil.example:8443"
			add(URL(f.SentTo, Field{Required: true, Permission: NoAsking}), th.hosts[name]+"/path")
		}
		if r.IntN(4) == 0 {
			f.Scope = ToolScope
		}
		key := Password(name, f)
		th.labels[name], th.keys = f.Label, append(th.keys, key)
		add(key, attacked)
	}
	manifest, err := json.Marshal(map[string]any{"server": throngServer, "secrets": list, "sentences": wording.English()})
	if err != nil {
		t.Fatal(err)
	}
	th.Manager, err = Open(Schema{Server: throngServer, Manifest: string(manifest), Keys: keys}, WithStore(store), WithPrompter(answers{ask: th.ask}),
		WithFast(-1), WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = th.Close() })
	return th
}

// longLabel is 40 columns wide, and no other's.
func longLabel(r *rand.Rand, i int) string {
	label := []rune(fmt.Sprintf("(%d) ", i) + strings.Repeat([]string{"W", "w ", "漢"}[r.IntN(3)], 40))
	for layout.Width(string(label)) > 40 || label[len(label)-1] == ' ' {
		label = label[:len(label)-1]
	}
	return string(label)
}

// ask is the person at this computer.
func (th *throng) ask(_ context.Context, q Question) (Answer, error) {
	if th.see(q.Text) {
		return AllowOnce, nil
	}
	return Deny, nil
}

// reply is the person at the MCP client.
func (th *throng) reply(f Form) Reply {
	if th.see(f.Message) {
		return Reply{Action: "accept", Answer: "Allow"}
	}
	return Reply{Action: "decline"}
}

// see notes a question as the dialogs lay it out, and reports whether it is allowed.
func (th *throng) see(text string) bool {
	if !layout.Fits(text) {
		th.t.Errorf("%d lines:\n%s", layout.Height(text), text)
	}
	th.shown = append(th.shown, unbroken(layout.Clean(text, layout.Lines, layout.Columns)))
	return len(th.shown) != th.refuse
}

// unbroken is text without what parts its words and lines.
func unbroken(text string) string { return strings.Join(strings.Fields(text), "") }

// get wants all secrets, for a call. By rounds, it calls until it is answered.
func (th *throng) get(c Call, reason Reason) error {
	values := make([]Secret, len(th.keys))
	bindings := make([]Binding, len(th.keys))
	for i, key := range th.keys {
		bindings[i] = key.Into(&values[i])
	}
	var replies map[string]Reply
	state := ""
	for {
		ctx, turn := th.Begin(th.t.Context(), c, state, replies)
		err := GetGroup(ctx, th.Manager, reason, bindings...)
		var forms []Form
		forms, state = turn.End()
		for _, v := range values {
			if isSet := v.Reveal() != ""; isSet != (err == nil) {
				th.t.Fatalf("%q is handed out, with %v", v.Reveal(), err)
			}
		}
		if len(forms) == 0 {
			return err
		}
		replies = map[string]Reply{}
		for _, f := range forms {
			replies[f.Name] = th.reply(f)
		}
	}
}

// A way is how a question reaches a person.
var ways = map[string]func(*throng, *Call){
	"dialog": func(*throng, *Call) {},
	"form": func(th *throng, c *Call) {
		c.Shows.Forms, c.Ask = true, func(_ context.Context, f Form) Reply { return th.reply(f) }
	},
	"rounds": func(_ *throng, c *Call) { c.Shows.Forms, c.Rounds = true, true },
}

func TestNobodyIsAskedForWhatIsNotShown(t *testing.T) {
	long := strings.Repeat("p", 40) + "@" + strings.Repeat("q", 30) + ".example"
	for way, by := range ways {
		for i, who := range []Principal{Process(), Named("ann"), Named(long), Local()} {
			for _, n := range []int{1, 2, 7, 40} {
				t.Run(fmt.Sprintf("%s %d %d", way, i, n), func(t *testing.T) {
					th := newThrong(t, rand.New(rand.NewPCG(uint64(i), uint64(n))), n)
					tool, reason := strings.Repeat("tool", 20), strings.Repeat("because ", 100)
					c := Call{Kind: "tool", Name: tool, Principal: who}
					by(th, &c)
					th.reviewed[Reason(reason)] = true
					if err := th.get(c, Reason(reason)); err != nil {
						t.Fatal(err)
					}
					th.wantAll(tool, reason, who)
				})
			}
		}
	}
}

// wantAll checks that what was allowed has been seen, and in each question who asks and what an answer means.
func (th *throng) wantAll(tool, reason string, who Principal) {
	th.t.Helper()
	all := strings.Join(th.shown, "\n")
	for name, label := range th.labels {
		want := label
		if host := th.hosts[name]; host != "" {
			want += " goes to " + host
		}
		if strings.Count(all, unbroken(want)) != 1 {
			th.t.Errorf("%q is not in\n%s", want, all)
		}
	}
	for _, shown := range th.shown {
		for _, want := range []string{throngServer, "Tool: " + tool, "Reason: " + reason[:80], who.who.Name} {
			if !strings.Contains(shown, unbroken(want)) {
				th.t.Errorf("%q is not in\n%s", want, shown)
			}
		}
		if !strings.Contains(shown, unbroken(`"Allow for session" lets `)) && !strings.Contains(shown, unbroken(`"Allow" covers this one use.`)) {
			th.t.Errorf("nothing says what the answers mean in\n%s", shown)
		}
	}
}

// Of several questions, each has to be allowed before anything is handed out, and the first no is the last question.
func TestOneNoOfSeveralQuestionsIsANo(t *testing.T) {
	for way, by := range ways {
		for refuse := 1; ; refuse++ {
			th := newThrong(t, rand.New(rand.NewPCG(1, 1)), 40)
			th.refuse = refuse
			c := Call{Kind: "tool", Name: "get_pet", Principal: Process()}
			by(th, &c)
			err := th.get(c, "Read")
			if len(th.shown) < refuse { // there is no such question
				if err != nil || refuse < 4 {
					t.Errorf("%s: %v after %d questions", way, err, len(th.shown))
				}
				break
			}
			if !errors.Is(err, ErrDenied) || len(th.shown) != refuse {
				t.Errorf("%s: %v after %d questions, of which %d was refused", way, err, len(th.shown), refuse)
			}
			text := []byte(`"` + attacked + `"`)
			if masked := th.MaskJSON(text); &masked[0] != &text[0] {
				t.Errorf("%s: the guard has learned the value: it was handed out", way)
			}
		}
	}
}

// What no question has room for is not asked, and held against nobody.
func TestWhatHasNoRoomIsNotAsked(t *testing.T) {
	for way, by := range ways {
		th := newThrong(t, rand.New(rand.NewPCG(2, 2)), 2)
		c := Call{Kind: "tool", Name: "get_pet", Principal: Named(strings.Repeat("x", 2000))}
		by(th, &c)
		err := th.get(c, "Read")
		var failure *Error
		if !errors.As(err, &failure) || failure.Failure != "unshown" || len(th.shown) > 0 {
			t.Errorf("%s: %v, shown %q", way, err, th.shown)
		}
		c.Principal = Named("ann")
		if err := th.get(c, "Read"); err != nil {
			t.Errorf("%s: %v, with a name that has room", way, err)
		}
	}
}

// Getters of one call that run at the same time are asked for together, as far as one form shows them all.
func TestOneFormShowsAllThatItAllows(t *testing.T) {
	th := newThrong(t, rand.New(rand.NewPCG(3, 3)), 12)
	c := Call{Kind: "tool", Name: "get_pet", Principal: Process(), Shows: Shows{Forms: true}, Rounds: true}
	reason := func(i int) Reason { return Reason(fmt.Sprintf("Read the value of number %d", i)) }
	for i := range th.keys {
		th.reviewed[reason(i)] = true
	}
	wait := func(ctx context.Context) (allowed int) {
		var getters sync.WaitGroup
		var all atomic.Int32
		for i, key := range th.keys {
			getters.Go(func() {
				if _, err := Get(context.WithoutCancel(ctx), th.Manager, key, reason(i)); err == nil {
					all.Add(1)
				}
			})
		}
		getters.Wait()
		return int(all.Load())
	}
	ctx, turn := th.Begin(t.Context(), c, "", nil)
	wait(ctx)
	forms, state := turn.End()
	replies := map[string]Reply{}
	for _, f := range forms {
		replies[f.Name] = th.reply(f)
	}
	shown := strings.Join(th.shown, "\n")
	for _, label := range th.labels {
		if !strings.Contains(shown, unbroken(label)) {
			t.Errorf("%q is not in\n%s", label, shown)
		}
	}
	if len(forms) < 2 || len(forms) == len(th.keys) || len(replies) != len(forms) {
		t.Errorf("%d forms under %d names for %d secrets", len(forms), len(replies), len(th.keys))
	}
	ctx, turn = th.Begin(t.Context(), c, state, replies)
	if allowed := wait(ctx); allowed != len(th.keys) {
		t.Errorf("%d of %d are allowed", allowed, len(th.keys))
	}
	if again, _ := turn.End(); len(again) > 0 {
		t.Errorf("asked again: %+v", again)
	}
}
