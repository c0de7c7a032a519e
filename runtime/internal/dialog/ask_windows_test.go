package dialog

import (
	"context"
	"slices"
	"testing"
)

func TestAsk(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(window control)
		want   Answer
	}{
		"allow":                    {func(w control) { click(t, w, "Allow") }, AllowOnce},
		"allow for session":        {func(w control) { click(t, w, "Allow for session") }, AllowSession},
		"deny":                     {func(w control) { click(t, w, "Deny") }, Deny},
		"allow by keys":            {func(w control) { press(t, w, vkTab, vkReturn) }, AllowOnce},
		"allow session by keys":    {func(w control) { press(t, w, vkTab, vkTab, vkReturn) }, AllowSession},
		"return on a fresh window": {func(w control) { press(t, w, vkReturn) }, Deny},
		"escape":                   {func(w control) { press(t, w, vkEscape) }, Deny},
		"close":                    {func(w control) { w.post(wmClose, 0) }, Deny},
	} {
		t.Run(name, func(t *testing.T) {
			wait := start(t, ask(person(), question))
			w := shown(t, question.Title)
			if labels := w.texts("Button"); !slices.Equal(labels, []string{"Allow", "Allow for session", "Deny"}) {
				t.Errorf("buttons %q", labels)
			}
			if on := focus(w).text(); on != "Deny" {
				t.Errorf("the focus is on %q", on)
			}
			if !slices.Contains(w.texts("Static"), question.Text) {
				t.Errorf("shown: %q", w.texts("Static"))
			}
			c.answer(w)
			if a := wait(); a.err != nil || a.given != c.want {
				t.Errorf("answer %d, %v, want %d", a.given, a.err, c.want)
			}
		})
	}
}

func TestAskCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	wait := start(t, func(context.Context) answer { return ask(person(), question)(ctx) })
	shown(t, question.Title)
	cancel()
	if a := wait(); a.err != context.Canceled || a.given != Deny {
		t.Errorf("answer %d, %v", a.given, a.err)
	}
}

// The dialogs of one process are shown one after the other: Windows would refuse a second one of some kinds.
func TestTwoAtATime(t *testing.T) {
	n := person()
	answers := make(chan answer, 4)
	for range 2 {
		go func() { answers <- ask(n, question)(t.Context()) }()
		go func() {
			answers <- enter(n, Entry{Title: question.Title, Text: "Petstore API key", Kind: Hidden})(t.Context())
		}()
	}
	for range 4 {
		w := shown(t, question.Title)
		if windows := dialogs(); len(windows) != 1 {
			t.Errorf("windows: %v", windows)
		}
		if len(w.parts("Edit")) == 0 {
			click(t, w, "Allow")
		} else {
			typed(t, w, "value")
			press(t, w, vkReturn)
		}
		if a := <-answers; a.err != nil || a.given != AllowOnce && a.value != "value" {
			t.Errorf("%+v", a)
		}
	}
}

// An answer that comes faster than a person's is nobody's.
func TestFasterThanAPerson(t *testing.T) {
	wait := start(t, ask(New(Options{Fast: patience}), question))
	click(t, shown(t, question.Title), "Allow")
	a := wait()
	wantErr(t, a.err, ErrFailed)
	if a.given != Deny {
		t.Errorf("answer %d", a.given)
	}
}
