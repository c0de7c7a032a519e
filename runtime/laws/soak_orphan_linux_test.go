package laws

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// TestDialogsOfDeadServersDoNotPileUp kills servers outright while a dialog is open: it stays, but no longer than until the
// next server opens one.
func TestDialogsOfDeadServersDoNotPileUp(t *testing.T) { onOneSDK(t, dialogsOfDeadServersDoNotPileUp) }

func dialogsOfDeadServersDoNotPileUp(t *testing.T, sdk string) {
	s := openStage(t, sdk)
	s.store("key", secretText)
	orphan := 0
	for range 3 {
		v := s.visit(revisions[0], nil) // with no forms
		called := make(chan struct{})
		go func() {
			defer close(called)
			_, _, _ = v.call("use", nil) // until its server is dead
		}()
		s.eventually("its dialog", func() bool {
			children := tally{}
			s.must(children.countChildren(v.cmd.Process.Pid))
			return children["children"] > 0
		})
		if text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", orphan)); len(text) > 0 {
			t.Errorf("beside it there is that of a dead server: %q", text)
		}
		dialog, err := s.WaitDialog("subject asks for permission")
		s.must(err)
		time.Sleep(2 * reading) // what it writes when it is drawn would kill it too
		v.kill()
		<-called
		orphan = dialog.PID
	}
}
