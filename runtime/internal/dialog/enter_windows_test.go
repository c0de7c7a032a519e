package dialog

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const esPassword = 0x20

func TestEnterLine(t *testing.T) {
	const value = `ann@petstore.example \n <b> "$x" _y & üñ 漢字 😀`
	wait := start(t, enter(person(), Entry{Title: "Petstore: contact", Text: "Contact address (1 of 3)"}))
	w := shown(t, "Petstore: contact")
	if !slices.Equal(w.texts("Static"), []string{"Contact address (1 of 3)"}) {
		t.Errorf("shown: %q", w.texts("Static"))
	}
	typed(t, w, value)
	press(t, w, vkReturn)
	if a := wait(); a.err != nil || a.value != value {
		t.Errorf("%q, %v", a.value, a.err)
	}
}

func TestEnterHidden(t *testing.T) {
	const secret = "pets-f81d4fae7dec"
	wait := start(t, enter(person(), Entry{Title: "Hidden", Text: "Petstore API key", Kind: Hidden, Prefill: secret}))
	w := shown(t, "Hidden")
	field := focus(w)
	if field.style()&esPassword == 0 {
		t.Error("the field shows what is typed")
	}
	if text := field.text(); text != "" {
		t.Errorf("the field is filled with %q", text)
	}
	typed(t, w, secret)
	click(t, w, "OK")
	if a := wait(); a.err != nil || a.value != secret {
		t.Errorf("%q, %v", a.value, a.err)
	}
}

// The field for a value has one short line above it, so the rest is shown before.
func TestEnterWithLongText(t *testing.T) {
	text := "Petstore API key (2 of 3)\n\nCreate one under Account, API keys.\n\nCode: KX4M-9TQ2, the same as in your MCP client."
	entry := Entry{Title: "Long", Text: text, Kind: Hidden}
	wait := start(t, enter(person(), entry))
	w := shown(t, "Long")
	if !slices.Contains(w.texts("Static"), text) {
		t.Errorf("shown: %q", w.texts("Static"))
	}
	click(t, w, "Continue")
	eventually(t, "the field", func() bool { w = shown(t, "Long"); return len(w.parts("Edit")) == 1 })
	if shown := w.texts("Static"); len(shown) != 1 || len([]rune(shown[0])) > entryColumns || !strings.HasPrefix(shown[0], "Petstore API key") {
		t.Errorf("above the field: %q", shown)
	}
	typed(t, w, "value")
	press(t, w, vkReturn)
	if a := wait(); a.err != nil || a.value != "value" {
		t.Errorf("%q, %v", a.value, a.err)
	}

	wait = start(t, enter(person(), entry))
	click(t, shown(t, "Long"), "Cancel")
	wantErr(t, wait().err, ErrDismissed)
}

func TestEnterPrefill(t *testing.T) {
	for prefill, want := range map[string]string{
		"https://petstore.example/a_b?x=%20&y=\\n": "https://petstore.example/a_b?x=%20&y=\\n",
		"-5":           "-5",
		"two\nlines":   "",
		"nul\x00nul":   "",
		"\u202egnirts": "",
	} {
		wait := start(t, enter(person(), Entry{Title: "Prefill", Text: "API endpoint", Prefill: prefill}))
		press(t, shown(t, "Prefill"), vkReturn)
		if a := wait(); a.err != nil || a.value != want {
			t.Errorf("%q: got %q, %v", prefill, a.value, a.err)
		}
	}
}

func TestEnterChoice(t *testing.T) {
	choices := []string{"eu", "us_east|1", `a\b<i>&`, "漢字"}
	for _, c := range []struct {
		prefill string
		keys    []uintptr
		want    string
	}{
		{"", []uintptr{vkDown, vkReturn}, "eu"},
		{"", []uintptr{vkDown, vkDown, vkDown, vkDown, vkReturn}, "漢字"},
		{"us_east|1", []uintptr{vkReturn}, "us_east|1"},
		{"us_east|1", []uintptr{vkDown, vkReturn}, `a\b<i>&`},
		{"", []uintptr{vkReturn}, ""},
		{"other", []uintptr{vkReturn}, ""},
	} {
		wait := start(t, enter(person(), Entry{Title: "Choice", Text: "Region", Kind: Choice, Choices: choices, Prefill: c.prefill}))
		press(t, shown(t, "Choice"), c.keys...)
		if a := wait(); a.err != nil || a.value != c.want {
			t.Errorf("%q and %v: got %q, %v, want %q", c.prefill, c.keys, a.value, a.err, c.want)
		}
	}
}

func TestEnterYesNo(t *testing.T) {
	for prefill, want := range map[string]string{"true": "true", "false": "false", "": ""} {
		wait := start(t, enter(person(), Entry{Title: "Sandbox", Text: "Use the sandbox?", Kind: YesNo, Prefill: prefill}))
		press(t, shown(t, "Sandbox"), vkReturn)
		if a := wait(); a.err != nil || a.value != want {
			t.Errorf("got %q, %v, want %q", a.value, a.err, want)
		}
	}
}

func TestEnterFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.pem")
	pem := "-----BEGIN KEY-----\nMC4CAQ==\n-----END KEY-----\n"
	check(t, os.WriteFile(path, []byte(pem), 0o600))
	wait := start(t, enter(person(), Entry{Title: "Petstore: client key", Kind: File, Text: "Client key (3 of 3)\n\nA PEM file."}))
	click(t, shown(t, "Petstore: client key"), "Choose a file")
	var w control
	eventually(t, "the file chooser", func() bool {
		w = shown(t, "Petstore: client key")
		return len(w.parts("Edit")) > 0 && focus(w).class() == "Edit"
	})
	typed(t, w, path)
	press(t, w, vkReturn)
	if a := wait(); a.err != nil || a.value != pem {
		t.Errorf("%q, %v", a.value, a.err)
	}
}

func TestEnterFileLeftEmpty(t *testing.T) {
	wait := start(t, enter(person(), Entry{Title: "Maybe", Text: "Client key", Kind: File, Optional: true}))
	click(t, shown(t, "Maybe"), "Leave empty")
	if a := wait(); a.err != nil || a.value != "" {
		t.Errorf("%q, %v", a.value, a.err)
	}
}

func TestEnterDismissed(t *testing.T) {
	for _, kind := range []Kind{Line, Hidden, Choice, Choices, YesNo, File} {
		for how, dismiss := range map[string]func(control){
			"escape": func(w control) { press(t, w, vkEscape) },
			"close":  func(w control) { w.post(wmClose, 0) },
			"cancel": func(w control) { click(t, w, "Cancel") },
		} {
			wait := start(t, enter(person(), Entry{Title: "Dismiss", Text: "x", Kind: kind, Choices: []string{"a", "b"}, Prefill: "a"}))
			dismiss(shown(t, "Dismiss"))
			a := wait()
			wantErr(t, a.err, ErrDismissed)
			if a.value != "" {
				t.Errorf("kind %d, %s: value %q", kind, how, a.value)
			}
		}
	}
}

func TestEnterCancelled(t *testing.T) {
	for _, kind := range []Kind{Line, Hidden, Choice, Choices, YesNo, File} {
		ctx, cancel := context.WithCancel(context.Background())
		wait := start(t, func(context.Context) answer {
			return enter(person(), Entry{Title: "Cancel me", Text: "x", Kind: kind, Choices: []string{"a"}})(ctx)
		})
		w := shown(t, "Cancel me")
		if kind == Line {
			typed(t, w, "half a sec")
		}
		cancel()
		if a := wait(); a.err != context.Canceled || a.value != "" {
			t.Errorf("kind %d: %q, %v", kind, a.value, a.err)
		}
	}
}

func TestReadChosen(t *testing.T) {
	dir := t.TempDir()
	for content, want := range map[string]error{"ok": nil, "": nil, "\xff\xfe": ErrBadFile, strings.Repeat("x", maxFile+1): ErrTooLong} {
		path := filepath.Join(dir, "chosen")
		check(t, os.WriteFile(path, []byte(content), 0o600))
		if value, err := readChosen(path); err != want || err == nil && value != content {
			t.Errorf("%.10q: %d bytes, %v", content, len(value), err)
		}
	}
	for path, want := range map[string]error{dir: ErrBadFile, filepath.Join(dir, "missing"): ErrBadFile, "chosen": ErrFailed, "": ErrFailed} {
		if _, err := readChosen(path); err != want {
			t.Errorf("%s: %v, want %v", filepath.Base(path), err, want)
		}
	}
}
