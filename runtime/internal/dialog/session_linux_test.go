package dialog

import (
	"os"
	"strings"
	"testing"
)

// Dialogs open on the display that the user's service manager knows, where the environment is what the official SDKs give to a
// server. What the process's own environment says stays as it is.
func TestDialogOfABareEnvironment(t *testing.T) {
	d := screen(t)
	display := []string{"DISPLAY=" + d.Getenv("DISPLAY"), "XAUTHORITY=" + d.Getenv("XAUTHORITY")}
	stop, err := d.ServeManager(display)
	check(t, err)
	defer stop.Close()
	for _, name := range []string{"DISPLAY", "XAUTHORITY"} {
		t.Setenv(name, "")
		check(t, os.Unsetenv(name)) // put back by Setenv
	}
	wait := start(t, d, enter(person(), Entry{Title: "Bare", Text: "Petstore API key", Kind: Hidden}))
	w, err := d.WaitWindow("Bare")
	check(t, err)
	program := child(t)
	for _, variable := range display {
		if !strings.Contains("\x00"+proc(t, program, "environ"), "\x00"+variable+"\x00") {
			t.Errorf("the program does not have %s", variable)
		}
	}
	check(t, d.Type(w, "pets-0123"))
	check(t, d.Press(w, "Return"))
	if a := wait(); a.err != nil || a.value != "pets-0123" {
		t.Errorf("got %+v", a)
	}
	if os.Getenv("DISPLAY") != "" || os.Getenv("XAUTHORITY") != "" {
		t.Error("the process's own environment has changed")
	}
}
