package laws

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
	"github.com/mcpsecrets/mcpsecrets/testdata/chance"
)

// Nothing is lost or half-written: whatever is killed while values are collected and stored, each secret has its old value
// or its new one, whole. A keychain has no transactions, so where the server itself is killed between two writes, some
// secrets of a group may be new and others old; where it lives on, all are stored or none. What becomes of split values, and
// of single writes at each microsecond, is tried in runtime/internal/keychain and, for files, in cmd/mcpsecrets-gen:
//
//	go test ./runtime/laws ./runtime/internal/keychain ./cmd/mcpsecrets-gen -run Loss -timeout 0 -laws.times 100

// The secrets of the tool use_all, in the order in which they are asked for, and the titles of their dialogs.
var (
	lossNames  = []string{"name", "key", "file"}
	lossTitles = map[string]string{"name": "subject: Name", "key": "subject: Key", "file": "subject: Key file"}
)

// A target is what a strike hits.
type target string

const (
	nothing    target = "nothing"
	server     target = "the server"
	serverTold target = "the server, by SIGTERM"
	keyring    target = "the keyring"
	dialog     target = "the dialog"
)

// A lossTrial is a stage on which things are killed while values are collected.
type lossTrial struct {
	*stage
	chance   *rand.Rand
	keychain *keychain.System // of another process, as it were
	now      map[string]string
	texts    int
	struck   map[string]int // strikes, by target and phase
	mixed    int            // rounds that ended with some values old and some new
}

func newLossTrial(t *testing.T, sdk string) *lossTrial {
	t.Helper()
	l := &lossTrial{stage: openStage(t, sdk), chance: chance.Source(t), now: map[string]string{}, struck: map[string]int{}}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", l.Getenv("DBUS_SESSION_BUS_ADDRESS"))
	l.keychain = keychain.New(keychain.Options{Timeout: patience})
	t.Cleanup(func() { l.keychain.Close() })
	return l
}

// text is a value that was never there before, of a size by chance.
func (l *lossTrial) text(sizes ...int) string {
	l.texts++
	text := fmt.Sprintf("value-%d-%d.", l.texts, l.chance.Uint64())
	return strings.Repeat(text, 1+l.chance.IntN(sizes[l.chance.IntN(len(sizes))]/len(text)+1))
}

// bad is a text that a secret may not have: it is asked for again, and the old one stays until there is a new one.
func (l *lossTrial) bad() string { return l.text(100, 100_000) + "\n\xff" }

func isBad(value string) bool { return strings.HasSuffix(value, "\xff") }

// prepare changes by chance what is there, and returns what will be asked for: one secret at least.
func (l *lossTrial) prepare() (gaps []string) {
	l.t.Helper()
	for _, name := range lossNames {
		chance := l.chance.IntN(6)
		if name == "file" { // its dialogs take longer than the others together
			chance = l.chance.IntN(10)
		}
		_, isSet := l.now[name]
		switch {
		case chance < 2:
			l.set(name, l.bad())
		case chance < 4 && isSet:
			l.must(l.keychain.Delete(l.t.Context(), service, name))
			delete(l.now, name)
		case chance >= 4 && (!isSet || isBad(l.now[name])):
			l.set(name, l.text(100, 100_000))
		}
		if value, isSet := l.now[name]; !isSet || isBad(value) {
			gaps = append(gaps, name)
		}
	}
	if len(gaps) == 0 {
		return l.prepare()
	}
	return gaps
}

func (l *lossTrial) set(name, value string) {
	l.t.Helper()
	l.must(l.keychain.Set(l.t.Context(), service, name, value))
	l.now[name] = value
}

// round collects values, strikes somewhere meanwhile, and checks what is there afterwards.
func (l *lossTrial) round(what target) {
	l.t.Helper()
	gaps := l.prepare()
	wanted := map[string]string{} // what is typed
	for _, name := range gaps {
		wanted[name] = l.text(20)
		if name == "file" {
			wanted[name] = l.text(100, 200_000)
		}
	}
	say, environment := says("Allow"), []string(nil)
	if l.chance.IntN(2) == 0 { // a client that can't show forms
		say, environment = nil, []string{"MCP_BYPASS_SECRET_USE_CONFIRM=true"}
	}
	v := l.visit(pick(l.chance, revisions), say, environment...)
	result := make(chan error, 1)
	go func() {
		text, isError, err := v.call("use_all", nil)
		if isError {
			err = errors.Join(errors.New(text), err)
		}
		result <- err
	}()

	// The strike comes while the dialogs are open, or once all is typed and stored message by message.
	at := l.chance.IntN(2*len(gaps) + 1)
	if what == dialog {
		at = l.chance.IntN(len(gaps))
	}
	phase, storing := "before all is typed", at >= len(gaps)
	if storing {
		phase = "while it is stored"
	}
	hit := false
	var arrived <-chan struct{}
	for n, name := range gaps {
		last := n == len(gaps)-1
		if !storing && n == at && what != nothing {
			if l.chance.IntN(2) == 0 {
				_, err := l.WaitDialog(lossTitles[name])
				l.must(err)
			}
			time.Sleep(time.Duration(l.chance.Int64N(int64(reading))))
			l.strike(what, v)
			hit = true
			break
		}
		if last && storing && what != nothing {
			var stop func()
			arrived, stop = l.messages(1 + l.chance.IntN(16*len(gaps)))
			defer stop()
		}
		l.enter(name, wanted[name])
	}
	ended := false
	var err error
	if arrived != nil {
		select {
		case <-arrived:
			time.Sleep(time.Duration(l.chance.Int64N(int64(500 * time.Microsecond))))
			l.strike(what, v)
			hit = true
		case err = <-result:
			ended = true
		case <-time.After(patience):
			l.t.Fatal("nothing is stored")
		}
	}
	if hit {
		l.struck[string(what)+" "+phase]++
	}
	if hit && !storing {
		l.closeDialogs(what) // nobody goes on typing
	}
	if !ended {
		select {
		case err = <-result:
		case <-time.After(3 * patience):
			l.t.Fatalf("%s struck %s: the call does not end", what, phase)
		}
	}
	switch {
	case what == server:
		v.kill()
	case what == serverTold && hit:
		v.ends()
		l.must(l.WaitNoWindow())
	default:
		v.leave()
	}
	o := outcome{struck: what, early: hit && !storing, result: err}
	o.what = fmt.Sprintf("%s was struck %s (%t), the call said %v", what, phase, hit, err)
	l.check(o, wanted)
}

// enter answers a dialog. A value of several lines comes from a file.
func (l *lossTrial) enter(name, value string) {
	l.t.Helper()
	title := lossTitles[name]
	d, err := l.WaitDialog(title)
	l.must(err)
	time.Sleep(reading)
	if name != "file" {
		l.must(l.Type(d.Window, value))
		l.must(l.Press(d.Window, "Return"))
		return
	}
	path := filepath.Join(l.Dir(), "value.pem")
	l.must(os.WriteFile(path, []byte(value), 0o600))
	l.must(l.Press(d.Window, "Return"))
	d, err = l.WaitDialog(title)
	l.must(err)
	time.Sleep(reading)
	_ = l.Press(d.Window, "slash") // opens the field for a path, and swallows keys meanwhile
	isOpen := func() bool { now, open := l.Dialog(); return open && now.PID == d.PID }
	l.eventually("the choice of a file", func() bool {
		// It may close at any of these.
		_ = l.Press(d.Window, "ctrl+a")
		_ = l.Type(d.Window, path)
		_ = l.Press(d.Window, "Return")
		for end := time.Now().Add(3 * time.Second); isOpen() && time.Now().Before(end); {
			time.Sleep(20 * time.Millisecond)
		}
		return !isOpen()
	})
}

// messages returns a channel that is closed when the keyring has got so many messages from now on, until stop is called.
func (l *lossTrial) messages(count int) (arrived <-chan struct{}, stop func()) {
	l.t.Helper()
	bus, err := l.Connect()
	l.must(err)
	l.must(bus.BusObject().Call("org.freedesktop.DBus.Monitoring.BecomeMonitor", 0,
		[]string{"type='method_call',destination='org.freedesktop.secrets'"}, uint32(0)).Err)
	heard, reached, stopped := make(chan *dbus.Message, 1000), make(chan struct{}), make(chan struct{})
	bus.Eavesdrop(heard)
	go func() {
		defer bus.Close()
		defer bus.Eavesdrop(nil) // or Close closes the channel while messages come in
		for range count {
			select {
			case <-heard:
			case <-stopped:
				return
			}
		}
		close(reached)
	}()
	return reached, func() { close(stopped) }
}

// strike kills something.
func (l *lossTrial) strike(what target, v *session) {
	l.t.Helper()
	switch what {
	case server:
		v.kill()
	case serverTold:
		_ = v.cmd.Process.Signal(syscall.SIGTERM)
	case keyring:
		l.must(l.KillKeyring())
		l.revive()
	case dialog:
		if d, open := l.Dialog(); open {
			_ = syscall.Kill(d.PID, syscall.SIGKILL)
		}
	}
}

// revive starts the keyring again. gnome-keyring 42 crashes if a program is killed while it opens a session: then once more.
func (l *lossTrial) revive() {
	l.t.Helper()
	var err error
	for range 5 {
		if err = l.StartKeyring(); err == nil {
			return
		}
	}
	l.t.Fatal(err)
}

// closeDialogs kills those that are open. A server that was told to end closes its own, and of one that was killed a
// window may be left.
func (l *lossTrial) closeDialogs(struck target) {
	l.t.Helper()
	if struck == serverTold {
		return
	}
	l.eventually("end of all dialogs", func() bool {
		d, open := l.Dialog()
		if open {
			_ = syscall.Kill(d.PID, syscall.SIGKILL)
		}
		return !open
	})
}

// An outcome is how a round ended.
type outcome struct {
	what   string // in words
	struck target
	early  bool // before all was typed
	result error
}

// check checks what is there after a round in which the values wanted were to be typed.
func (l *lossTrial) check(o outcome, wanted map[string]string) {
	l.t.Helper()
	newOnes := 0
	for _, name := range lossNames {
		old, wasSet := l.now[name]
		value, err := l.keychain.Get(l.t.Context(), service, name)
		if errors.Is(err, keychain.ErrNoStore) { // it has crashed, see revive
			l.revive()
			value, err = l.keychain.Get(l.t.Context(), service, name)
		}
		if err == nil && value == "" && o.struck == keyring { // gnome-keyring makes an entry first and fills it then; empty is as none
			l.must(l.keychain.Delete(l.t.Context(), service, name))
			err = keychain.ErrNotSet
		}
		next, asked := wanted[name]
		isOld := wasSet && err == nil && value == old || !wasSet && errors.Is(err, keychain.ErrNotSet)
		isNew := asked && err == nil && value == next
		switch {
		case !isOld && !isNew:
			l.t.Fatalf("%s: %s is neither old nor new: %.80q, %v", o.what, name, value, err)
		case isNew && o.early:
			l.t.Fatalf("%s: %s is stored before all was typed", o.what, name)
		case isOld && asked && o.result == nil:
			l.t.Fatalf("%s: %s is not stored", o.what, name)
		}
		delete(l.now, name)
		if err == nil {
			l.now[name] = value
		}
		if isNew {
			newOnes++
		}
		l.wantOne(o.what, name)
	}
	if newOnes > 0 && newOnes < len(wanted) {
		l.mixed++
		if o.struck != server && o.struck != keyring {
			l.t.Fatalf("%s: %d of %d values are stored", o.what, newOnes, len(wanted))
		}
	}
}

// wantOne checks that a secret has one entry at most, and that others read it as we do.
func (l *lossTrial) wantOne(what, name string) {
	l.t.Helper()
	value, isSet := l.now[name]
	var unlocked, locked []dbus.ObjectPath
	bus, err := l.Connect()
	l.must(err)
	defer bus.Close()
	l.must(bus.Object("org.freedesktop.secrets", "/org/freedesktop/secrets").Call("org.freedesktop.Secret.Service.SearchItems", 0,
		map[string]string{"service": service, "username": name}).Store(&unlocked, &locked))
	if len(unlocked) > 1 || len(unlocked) == 1 != isSet || len(locked) > 0 {
		l.t.Fatalf("%s: %s has %d entries, %d locked", what, name, len(unlocked), len(locked))
	}
	if isSet && !isBad(value) { // which secret-tool does not print
		if got := l.output("secret-tool", "lookup", "service", service, "username", name); got != value {
			l.t.Fatalf("%s: secret-tool finds another %s: %.80q", what, name, got)
		}
	}
}

func (l *lossTrial) output(name string, args ...string) string {
	l.t.Helper()
	cmd := exec.CommandContext(l.t.Context(), name, args...)
	cmd.Env = l.Env()
	out, err := cmd.Output()
	if err != nil {
		l.t.Fatalf("%s: %v", name, err)
	}
	return string(out)
}

// wantIndex checks that the next server to write makes the index good: who was killed, and Python's keyring, did not keep it.
func (l *lossTrial) wantIndex() {
	l.t.Helper()
	next := keychain.New(keychain.Options{Timeout: patience})
	defer next.Close()
	l.now["name"] = l.text(10)
	l.must(next.Set(l.t.Context(), service, "name", l.now["name"]))
	names, err := l.keychain.Names(l.t.Context(), service)
	l.must(err)
	var index []string
	text := l.output("secret-tool", "lookup", "service", service, "username", "__secret_index__")
	if err := json.Unmarshal([]byte(text), &index); err != nil || !slices.Equal(index, names) {
		l.t.Fatalf("the index is %q, the names are %q", text, names)
	}
}

func TestLossWhileValuesAreCollected(t *testing.T) { onOneSDK(t, lossWhileValuesAreCollected) }

func lossWhileValuesAreCollected(t *testing.T, sdk string) {
	l := newLossTrial(t, sdk)
	for round := range 3 * chance.Times() {
		what := []target{server, keyring, serverTold, server, dialog, server, keyring}[round%7]
		l.round(what)
		l.wantIndex()
	}
	l.round(nothing)
	t.Logf("strikes: %v; %d times some of several values were new and some old", l.struck, l.mixed)
}

// Several processes change the same secrets at once, ours and Python's keyring. In the end each secret has what one of them
// wrote last, and meanwhile nobody reads anything that nobody wrote.
func TestLossWhenProcessesWriteAtOnce(t *testing.T) { onOneSDK(t, lossWhenProcessesWriteAtOnce) }

func lossWhenProcessesWriteAtOnce(t *testing.T, sdk string) {
	l := newLossTrial(t, sdk)
	file, err := l.program()
	l.must(err)
	const interpreter = "/usr/bin/python3" // the system's, which has Debian's packages
	if exec.Command(interpreter, "-c", "import keyring, secretstorage").Run() != nil {
		desktop.GiveUp(t, errors.New("Python's keyring is missing; on Debian: apt-get install --no-install-recommends python3-keyring"))
	}
	for range chance.Times() {
		hands := []hand{{l.edits(20, 0), func(edits []*edit) error { return l.byPython(interpreter, edits) }}} // it forgets nothing
		for range 3 {
			hands = append(hands, hand{l.edits(5, 4), func(edits []*edit) error { return l.byCommand(file, edits) }})
		}
		l.atOnce(hands)
	}
}

// A hand makes edits, one after the other.
type hand struct {
	edits []*edit
	work  func([]*edit) error
}

// lasting are the values of a secret that may be there if nobody else changes it once the work is done.
func (h hand) lasting(name string) (values []string) {
	for _, e := range h.edits {
		if e.name == name && !e.failed {
			values = nil
		}
		if e.name == name {
			values = append(values, e.value)
		}
	}
	return values
}

// An edit is a change of one secret.
type edit struct {
	name, value string // forgotten if ""
	failed      bool   // it may be done or not
}

// edits are so many by chance, one of so many forgets; none if forgets is 0.
func (l *lossTrial) edits(count, forgets int) []*edit {
	edits := make([]*edit, count)
	for i := range edits {
		edits[i] = &edit{name: pick(l.chance, lossNames)}
		if forgets == 0 || l.chance.IntN(forgets) > 0 {
			edits[i].value = l.text(20, 20_000)
		}
	}
	return edits
}

func (l *lossTrial) byCommand(program string, edits []*edit) error {
	for _, e := range edits {
		cmd := exec.CommandContext(l.t.Context(), program, "secrets", "set", e.name)
		if e.value == "" {
			cmd.Args[2] = "forget"
		}
		cmd.Env, cmd.Stdin = l.Env(), strings.NewReader(e.value)
		if out, err := cmd.CombinedOutput(); err != nil {
			// Somebody else may have been faster each time: that is said, and nothing is lost.
			if e.failed = cmd.ProcessState.ExitCode() == 1; !e.failed {
				return fmt.Errorf("%s: %w: %s", cmd, err, out)
			}
		}
	}
	return nil
}

func (l *lossTrial) byPython(interpreter string, edits []*edit) error {
	var list [][2]string
	for _, e := range edits {
		list = append(list, [2]string{e.name, e.value})
	}
	input, err := json.Marshal(list)
	if err != nil {
		return err
	}
	// It looks at an item that it has made, which somebody may have removed by then.
	cmd := exec.CommandContext(l.t.Context(), interpreter, "-c", `import json, keyring, secretstorage, sys
from keyring.backends import SecretService
keyring.set_keyring(SecretService.Keyring())
failed = []
for i, (name, value) in enumerate(json.load(sys.stdin)):
    try:
        keyring.set_password(sys.argv[1], name, value)
    except secretstorage.exceptions.ItemNotFoundException:
        failed.append(i)
print(json.dumps(failed))`, service)
	cmd.Env, cmd.Stdin = l.Env(), bytes.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("Python: %w: %s", err, out)
	}
	var failed []int
	if err := json.Unmarshal(out, &failed); err != nil {
		return fmt.Errorf("Python: %w: %s", err, out)
	}
	for _, i := range failed {
		edits[i].failed = true
	}
	return nil
}

// atOnce lets all hands work, and checks what is read meanwhile and what is there in the end.
func (l *lossTrial) atOnce(hands []hand) {
	l.t.Helper()
	known := map[string][]string{} // values by name
	for _, name := range lossNames {
		known[name] = []string{l.now[name], ""} // empty is as none
	}
	for _, hand := range hands {
		for _, e := range hand.edits {
			known[e.name] = append(known[e.name], e.value)
		}
	}
	working, stop := context.WithCancel(l.t.Context())
	var group, reader sync.WaitGroup
	reader.Go(func() {
		for working.Err() == nil {
			for _, name := range lossNames {
				if value, err := l.keychain.Get(working, service, name); err == nil && !slices.Contains(known[name], value) {
					l.t.Errorf("nobody wrote the %s that is read: %.80q", name, value)
				}
			}
		}
	})
	failures := make([]error, len(hands))
	for i, hand := range hands {
		group.Go(func() { failures[i] = hand.work(hand.edits) })
	}
	group.Wait()
	stop()
	reader.Wait()
	// gnome-keyring 42 may crash where many programs come and go. Then nothing is sure but that each value is whole.
	crashed := l.StartKeyring() == nil
	if err := errors.Join(failures...); err != nil && !crashed {
		l.t.Error(err)
	}

	for _, name := range lossNames {
		var lasting []string
		for _, hand := range hands {
			lasting = append(lasting, hand.lasting(name)...)
		}
		if len(lasting) == 0 {
			lasting = []string{l.now[name]}
		}
		if crashed {
			lasting = known[name]
		}
		value, err := l.keychain.Get(l.t.Context(), service, name)
		if err != nil && !errors.Is(err, keychain.ErrNotSet) {
			l.t.Fatal(err)
		}
		if !slices.Contains(lasting, value) {
			l.t.Errorf("nobody wrote the %s last that is there in the end: %.80q", name, value)
		}
		delete(l.now, name)
		if err == nil {
			l.now[name] = value
		}
		l.wantOne("many have written", name)
	}
	l.wantIndex()
}
