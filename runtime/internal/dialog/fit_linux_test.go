package dialog

import (
	"context"
	"fmt"
	"html"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
)

// Whatever the fonts, their size and the screen: a dialog that a person can answer is whole on the screen, and shows all
// of its text.
func TestWholeOnEveryScreen(t *testing.T) {
	for _, c := range []struct {
		name    string
		options desktop.Options
		screen  size
		scale   string
		tall    bool // so many lines of tall letters have room too
	}{
		{"other fonts", desktop.Options{Fonts: desktop.Noto}, usual, "", true},
		{"large letters", desktop.Options{Font: "DejaVu Sans 20"}, usual, "", true},
		{"other large letters", desktop.Options{Fonts: desktop.Noto, Font: "Noto Sans 20"}, usual, "", true},
		{"very large letters", desktop.Options{Font: "DejaVu Sans 32"}, size{1366, 768}, "", true},
		{"twice as large", desktop.Options{}, usual, "2", true},
		{"twice as large, large letters", desktop.Options{Font: "DejaVu Sans 20"}, usual, "2", false},
		{"twice as large on a larger screen", desktop.Options{}, size{1920, 1080}, "2", true},
		{"small", desktop.Options{}, size{800, 600}, "", true},
		{"very small", desktop.Options{}, size{640, 480}, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.options.Keyring = desktop.KeyringNone
			c.options.Screen = fmt.Sprintf("%dx%d", c.screen.width, c.screen.height)
			c.options.Programs = []string{"zenity"}
			d := desktop.ForTest(t, c.options)
			if c.scale != "" {
				t.Setenv("GDK_SCALE", c.scale)
			}
			texts := map[string]string{
				"short":   question.Text,
				"longest": strings.TrimSuffix(strings.Repeat(strings.Repeat("W", layout.Columns)+"\n", layout.Lines), "\n"),
				"hostile": cleanText(strings.Repeat("e\u0301\u0301\u0301\u0301<b>\\n&_ 漢 \ufdfd\n", layout.Lines)),
			}
			if !c.tall {
				delete(texts, "hostile")
			}
			for name, text := range texts {
				if !layout.Fits(text) {
					t.Fatal(layout.Height(text))
				}
				f := fitting{t, d, c.screen, name, text}
				f.ask()
				f.choose()
				f.enter()
			}
		})
	}
}

// A fitting shows a text on a screen.
type fitting struct {
	*testing.T
	d          *desktop.Desktop
	screen     size
	name, text string
}

// opens runs Enter or Ask until its window is whole on the screen and stays, and shows the text. It reports false where
// nobody is asked instead. Then zenity 4 has no room for the longest texts: on a small screen its buttons leave none, and large
// letters make them larger.
func (f fitting) opens(kind, title string, run func(context.Context) answer) (w desktop.Window, answers chan answer, ok bool) {
	f.Helper()
	answers = make(chan answer, 1)
	go func() { answers <- run(f.Context()) }()
	stays := 0
	for end := time.Now().Add(3 * patience); time.Now().Before(end); time.Sleep(25 * time.Millisecond) {
		select {
		case a := <-answers:
			if a.err != ErrUnshown || !f.d.IsZenity4() || f.name == "short" {
				f.Fatalf("%s, %s: %+v", kind, f.name, a)
			}
			return w, nil, false
		default:
		}
		windows, _ := f.d.Windows()
		if len(windows) != 1 || windows[0].Title != title || !f.screen.isOn(place(f.d, windows[0])) {
			stays = 0
			continue
		}
		if w, stays = windows[0], stays+1; stays == 20 {
			shows(f.T, f.text)
			picture(f.T, f.d, fmt.Sprintf("%s-%s-%s", strings.ReplaceAll(f.Name(), "/", "-"), kind, f.name))
			return w, answers, true
		}
	}
	f.Fatalf("%s, %s: no window is whole on the screen", kind, f.name)
	panic("unreachable")
}

// shows fails unless the open dialog was given all of a text. The lines may be others, and what follows is its own.
func shows(t *testing.T, text string) {
	t.Helper()
	argument := option(t, argv(t, child(t)), "--text")
	got := html.UnescapeString(strings.NewReplacer("<small>", "", "</small>", "", `\\`, `\`).Replace(argument))
	letters := func(s string) string { return strings.ReplaceAll(strings.Join(strings.Fields(s), ""), "_", "") }
	if !strings.HasPrefix(letters(got), letters(text)) {
		t.Errorf("it shows\n%s\nof\n%s", got, text)
	}
}

func (f fitting) ask() {
	q := question
	q.Text = f.text
	w, answers, ok := f.opens("ask", q.Title, ask(person(), q))
	if !ok {
		return
	}
	check(f.T, f.d.Press(w, f.d.Keys(desktop.Allow)...))
	if a := <-answers; a.err != nil || a.given == Deny { // of a wide window, zenity 4 has the buttons in another order
		f.Errorf("%+v", a)
	}
	check(f.T, f.d.WaitNoWindow())
}

func (f fitting) choose() {
	var choices []string
	for i := range 20 {
		choices = append(choices, fmt.Sprint("choice ", i))
	}
	e := Entry{Title: "Choice", Text: f.text, Kind: Choice, Choices: choices, Prefill: "choice 7"}
	w, answers, ok := f.opens("choice", e.Title, enter(person(), e))
	if !ok {
		return
	}
	check(f.T, f.d.Press(w, f.d.Keys(desktop.Agree)...))
	if a := <-answers; a.err != nil || a.value != "choice 7" {
		f.Errorf("%+v", a)
	}
	check(f.T, f.d.WaitNoWindow())
}

// enter types a value. Where the entry has no room for the text, a window before shows it.
func (f fitting) enter() {
	e := Entry{Title: "Entry", Text: f.text, Kind: Hidden}
	w, answers, ok := f.opens("entry", e.Title, enter(person(), e))
	if !ok {
		return
	}
	if args := argv(f.T, child(f.T)); args[len(args)-1] != "--hide-text" {
		next(f.T, f.d, w, "Return") // Continue
		w = whole(f.T, f.d, f.screen, e.Title)
		picture(f.T, f.d, fmt.Sprintf("%s-entry-itself-%s", strings.ReplaceAll(f.Name(), "/", "-"), f.name))
	}
	check(f.T, f.d.Type(w, "value"))
	check(f.T, f.d.Press(w, "Return"))
	if a := <-answers; a.err != nil || a.value != "value" {
		f.Errorf("%+v", a)
	}
	check(f.T, f.d.WaitNoWindow())
}

// A window that does not fit is tried in smaller letters, then not magnified, and in the end not at all: never in letters
// that nobody can read.
func TestFitEnds(t *testing.T) {
	const buttons, lines = 150, 25
	for _, c := range []struct {
		line, screen int  // in pixels
		buttons      int  // the height of what does not shrink
		magnified    bool // twice
		shown        bool
	}{
		{20, 768, buttons, false, true},
		{40, 768, buttons, false, true},
		{80, 768, buttons, false, true},
		{20, 480, buttons, false, true},
		{20, 400, buttons, false, false},
		{20, 768, 690, true, true},
		{20, 768, 690, false, false},
		{20, 300, buttons, false, false},
		{2000, 768, buttons, true, false},
	} {
		var f fit
		for tries := 0; ; tries++ {
			height, line := c.buttons, float64(c.line)/math.Pow(smaller, float64(f.small))
			if f.unmagnified && c.magnified {
				height, line = height/2, line/2
			}
			height += int(line * lines)
			m := misfit{float64(height) / float64(c.screen), height}
			if height <= c.screen {
				if f.isLegible(height, lines) {
					if !c.shown {
						t.Errorf("%+v: shown with lines of %.1f pixels", c, line)
					}
					break
				}
				m.by = 0
			}
			var ok bool
			if f, ok = f.after(m); !ok {
				if c.shown {
					t.Errorf("%+v: not shown", c)
				}
				break
			}
			if tries > 6 {
				t.Fatalf("%+v: it does not end", c)
			}
		}
	}
}
