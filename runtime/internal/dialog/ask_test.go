//go:build linux

package dialog

import (
	"context"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

func TestAsk(t *testing.T) {
	d := screen(t)
	// The buttons stand in this order: Allow for session, Deny (has the focus), Allow; with zenity 4 in the other one.
	for _, c := range []struct {
		name string
		keys []string
		want Answer
	}{
		{"allow", d.Keys(desktop.Allow), AllowOnce},
		{"allow for session", d.Keys(desktop.AllowAll), AllowSession},
		{"deny", []string{"Tab", "shift+Tab", "Return"}, Deny},
		{"return on a fresh window", []string{"Return"}, Deny},
		{"keypad enter on a fresh window", []string{"KP_Enter"}, Deny},
		{"space on a fresh window", []string{"space"}, Deny},
		{"escape", []string{"Escape"}, Deny},
		{"close", nil, Deny},
		{"no shortcut", []string{"alt+a", "alt+o", "alt+y", "Escape"}, Deny},
	} {
		t.Run(c.name, func(t *testing.T) {
			wait := start(t, d, ask(person(), question))
			w, err := d.WaitWindow(question.Title)
			check(t, err)
			fits(t, d, w)
			picture(t, d, "ask")
			if c.keys == nil {
				check(t, d.Close(w))
			} else {
				check(t, d.Press(w, c.keys...))
			}
			if a := wait(); a.err != nil || a.given != c.want {
				t.Errorf("answer %d, %v, want %d", a.given, a.err, c.want)
			}
		})
	}
}

func TestAskTwoButtons(t *testing.T) {
	d := screen(t)
	q := question
	q.AllowForSession = ""
	q.Allow, q.Deny = "Allow_once", "_Deny" // underscores are no shortcuts
	wait := start(t, d, ask(person(), q))
	w, err := d.WaitWindow(q.Title)
	check(t, err)
	picture(t, d, "ask-two")
	check(t, d.Press(w, "Tab", "Return"))
	if a := wait(); a.err != nil || a.given != AllowOnce {
		t.Errorf("answer %d, %v", a.given, a.err)
	}
}

func TestAskSessionLabelWithUnderscore(t *testing.T) {
	d := screen(t)
	q := question
	q.AllowForSession = "Allow_for_session"
	wait := start(t, d, ask(person(), q))
	w, err := d.WaitWindow(q.Title)
	check(t, err)
	check(t, d.Press(w, d.Keys(desktop.AllowAll)...))
	if a := wait(); a.err != nil || a.given != AllowSession {
		t.Errorf("answer %d, %v", a.given, a.err)
	}
}

func TestAskLabels(t *testing.T) {
	for _, q := range []Question{
		{},
		{Allow: "Allow"},
		{Deny: "Deny"},
		{Allow: "A", Deny: "A"},
		{Allow: "A", Deny: "D", AllowForSession: "A"},
		{Allow: "A", Deny: "D", AllowForSession: "D"},
		{Allow: "A", Deny: "A\u200b"},
		{Allow: "A", Deny: "D", AllowForSession: "\u200b"},
	} {
		a, err := person().Ask(context.Background(), q)
		wantErr(t, err, ErrFailed)
		if a != Deny {
			t.Errorf("%+v: answer %d", q, a)
		}
	}
}

func TestAskCancelled(t *testing.T) {
	d := screen(t)
	ctx, cancel := context.WithCancel(context.Background())
	wait := start(t, d, func(context.Context) answer {
		g, err := person().Ask(ctx, question)
		return answer{given: g, err: err}
	})
	_, err := d.WaitWindow(question.Title)
	check(t, err)
	cancel()
	if a := wait(); a.err != context.Canceled || a.given != Deny {
		t.Errorf("answer %d, %v", a.given, a.err)
	}
}

func TestAskTimeout(t *testing.T) {
	d := screen(t)
	n := New(Options{Timeout: time.Second})
	wait := start(t, d, ask(n, question))
	if a := wait(); a.err != context.DeadlineExceeded || a.given != Deny {
		t.Errorf("answer %d, %v", a.given, a.err)
	}
}

// Dialogs of one process are shown one after the other.
func TestAskTwice(t *testing.T) {
	d := screen(t)
	n := person()
	answers := make(chan answer, 2)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for range 2 {
		go func() { answers <- ask(n, question)(ctx) }()
	}
	for range 2 {
		w, err := d.WaitWindow(question.Title)
		check(t, err)
		if windows, _ := d.Windows(); len(windows) != 1 {
			t.Errorf("windows: %v", windows)
		}
		check(t, d.Press(w, d.Keys(desktop.Allow)...))
		if a := <-answers; a.err != nil || a.given != AllowOnce {
			t.Errorf("answer %d, %v", a.given, a.err)
		}
	}
	check(t, d.WaitNoWindow())
}
