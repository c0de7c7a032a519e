package dialog

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

// An entry is one of an authority file: family, address, number of the display, name and data.
type entry struct {
	family                      uint16
	address, number, name, data string
}

func (e entry) append(file []byte) []byte {
	file = binary.BigEndian.AppendUint16(file, e.family)
	for _, field := range []string{e.address, e.number, e.name, e.data} {
		file = binary.BigEndian.AppendUint16(file, uint16(len(field)))
		file = append(file, field...)
	}
	return file
}

func authority(entries ...entry) (file []byte) {
	for _, e := range entries {
		file = e.append(file)
	}
	return file
}

const (
	rightCookie = "0123456789abcdef"
	wrongCookie = "fedcba9876543210"
)

// startX starts an X server that wants the right cookie, also by TCP, and returns the number of its display.
func startX(t *testing.T) (number string) {
	t.Helper()
	auth := filepath.Join(t.TempDir(), "server")
	check(t, os.WriteFile(auth, authority(entry{family: 0xffff, name: xCookieName, data: rightCookie}), 0o600))
	return startXAs(t, os.Geteuid(), "-listen", "tcp", "-auth", auth)
}

// startXAs starts an X server of a user, and returns the number of its display.
func startXAs(t *testing.T, uid int, args ...string) (number string) {
	t.Helper()
	desktop.Need(t, "Xvfb", "xdotool")
	r, w, err := os.Pipe()
	check(t, err)
	defer r.Close()
	cmd := exec.Command("Xvfb", append(args, "-displayfd", "3", "-screen", "0", "320x240x24", "-noreset")...)
	cmd.ExtraFiles = []*os.File{w}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if uid != os.Geteuid() {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}
	}
	check(t, cmd.Start())
	w.Close()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	number, err = bufio.NewReader(r).ReadString('\n')
	check(t, err)
	return strings.TrimSpace(number)
}

// agree fails unless a program on libX11, as every dialog's is, opens the display just if we say so, and returns what both say.
func agree(t *testing.T, name string) bool {
	t.Helper()
	display := os.Getenv("DISPLAY")
	ours, _ := xAnswers(context.Background(), display)
	out, err := exec.Command("xdotool", "getdisplaygeometry").CombinedOutput()
	if theirs := err == nil; theirs != ours {
		t.Errorf("%s, DISPLAY=%q: the check says %t, and a program opens it: %t\n%s", name, display, ours, theirs, out)
	}
	return ours
}

// A cookie counts by whom it is for, as it does for the program that will show the dialog.
func TestAuthority(t *testing.T) {
	number := startX(t)
	host, err := os.Hostname()
	check(t, err)
	const local, internet, internet6, wild = 256, 0, 6, 0xffff
	at := func(family uint16, address, number, data string) entry {
		return entry{family, address, number, xCookieName, data}
	}
	right, wrong := at(local, host, number, rightCookie), at(local, host, number, wrongCookie)
	var former []entry // names that this computer had, in a home that is shared or with addresses that change
	for i := range 300 {
		former = append(former, at(local, fmt.Sprint("dhcp-", i), number, wrongCookie))
	}
	n, _ := strconv.Atoi(number)
	other := strconv.Itoa(n + 1)
	unix, tcp, tcp6 := ":"+number, "127.0.0.1:"+number, "[::1]:"+number
	rows := []struct {
		name    string
		file    []byte
		display string
		opens   bool
	}{
		{"right", authority(right), unix, true},
		{"wrong", authority(wrong), unix, false},
		{"300 former names before", authority(append(slices.Clone(former), right)...), unix, true},
		{"8 former names before", authority(append(slices.Clone(former[:8]), right)...), unix, true},
		{"only former names", authority(former...), unix, false},
		{"a former name, with the right cookie", authority(at(local, "dhcp", number, rightCookie)), unix, false},
		{"any host", authority(at(wild, "", number, rightCookie)), unix, true},
		{"any host, any display", authority(at(wild, "", "", rightCookie)), unix, true},
		{"any host, with an address", authority(at(wild, "elsewhere", number, rightCookie)), unix, true},
		{"any display", authority(at(local, host, "", rightCookie)), unix, true},
		{"another display", authority(at(local, host, other, rightCookie)), unix, false},
		{"another display before", authority(at(local, host, other, wrongCookie), right), unix, true},
		{"the first counts: wrong", authority(wrong, right), unix, false},
		{"the first counts: right", authority(right, wrong), unix, true},
		{"any host before: wrong", authority(at(wild, "", "", wrongCookie), right), unix, false},
		{"another kind of cookie before", authority(entry{local, host, number, "SUN-DES-1", "data"}, right), unix, true},
		{"another kind of cookie", authority(entry{local, host, number, "SUN-DES-1", rightCookie}), unix, false},
		{"address of the network", authority(at(internet, "\x7f\x00\x00\x01", number, rightCookie)), unix, false},
		{"empty", nil, unix, false},
		{"cut short after the right one", append(authority(right), 1, 0, 0), unix, true},
		{"cut short in the right one", authority(right)[:30], unix, false},
		{"cut short in its cookie", authority(right)[:len(authority(right))-1], unix, false},
		{"no authority file at all", []byte("this is no authority file, but a text"), unix, false},
		{"a name of 65535 bytes before", authority(at(local, strings.Repeat("x", 0xffff), number, wrongCookie), right), unix, true},
		{"cookie that is too short", authority(at(local, host, number, rightCookie[:8])), unix, false},
		{"cookie that is empty", authority(at(local, host, number, "")), unix, false},

		{"with a screen", authority(right), unix + ".0", true},
		{"with a screen that is none", authority(right), unix + ".x", false},
		{"with an empty screen", authority(right), unix + ".", false},
		{"protocol unix", authority(right), "unix/" + unix, true},
		{"protocol unix and a name", authority(right), host + "/unix" + unix, false},
		{"protocol tcp without a host", authority(right), "tcp/" + unix, false},
		{"unknown protocol", authority(right), "decnet/" + tcp, false},
		{"host unix", authority(right), "unix" + unix, true},
		{"no number", authority(right), ":", false},
		{"no colon", authority(right), number, false},
		{"number with a zero before", authority(right), ":0" + number, true},
		{"number that is too large", authority(right), ":99999999999999999999", false},
		{"negative number", authority(right), ":-" + other, false},
		{"path of nothing", authority(right), "/tmp/.X11-unix/nothing", false},

		{"by TCP", authority(right), tcp, true}, // as ssh forwards a display: the cookie is this computer's
		{"by TCP, and a screen", authority(right), "localhost:" + number + ".0", true},
		{"by TCP, wrong", authority(wrong), tcp, false},
		{"by TCP, 300 former names before", authority(append(slices.Clone(former), right)...), tcp, true},
		{"by TCP, the loopback's address", authority(at(internet, "\x7f\x00\x00\x01", number, rightCookie)), tcp, false},
		{"by TCP, another address of this computer", authority(at(internet, "\x7f\x00\x00\x02", number, rightCookie)), "127.0.0.2:" + number, true},
		{"by TCP, another address, this computer's name", authority(right), "127.0.0.2:" + number, false},
		{"by TCP, protocol", authority(right), "tcp/" + tcp, true},
		{"by TCP, protocol inet", authority(right), "inet/localhost:" + number, true},
		{"by IPv6", authority(right), tcp6, true},
		{"by IPv6, without brackets", authority(right), "::1:" + number, true},
		{"by IPv6, wrong", authority(wrong), tcp6, false},
		{"by IPv6, protocol", authority(right), "inet6/::1:" + number, true},
		{"by IPv6, the loopback's address", authority(at(internet6, strings.Repeat("\x00", 15)+"\x01", number, rightCookie)), tcp6, false},
		{"by IPv6, mapped", authority(right), "[::ffff:127.0.0.1]:" + number, true},
		{"nobody listens", authority(right), "127.0.0.1:" + other, false},
		{"no such host", authority(right), "no-such-host.invalid:" + number, false},
	}
	file := filepath.Join(t.TempDir(), "Xauthority")
	t.Setenv("XAUTHORITY", file)
	hasIPv6 := true
	if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
		hasIPv6 = false
	} else {
		l.Close()
	}
	for _, row := range rows {
		if strings.Contains(row.display, "::1") && !hasIPv6 {
			continue
		}
		if row.name == "host unix" && desktop.Shared(t).IsZenity4() {
			continue // libxcb 1.17 takes it for the path of a socket
		}
		check(t, os.WriteFile(file, row.file, 0o600))
		t.Setenv("DISPLAY", row.display)
		if opens := agree(t, row.name); opens != row.opens {
			t.Errorf("%s: opens: %t", row.name, opens)
		}
	}
}

// Where the authority file is.
func TestAuthorityFile(t *testing.T) {
	number := startX(t)
	home := t.TempDir()
	file := filepath.Join(home, ".Xauthority")
	check(t, os.WriteFile(file, authority(entry{family: 0xffff, name: xCookieName, data: rightCookie}), 0o600))
	fifo := filepath.Join(home, "fifo")
	check(t, syscall.Mkfifo(fifo, 0o600))
	t.Setenv("DISPLAY", ":"+number)
	for name, row := range map[string]struct {
		home, xauthority string
		unset            bool
		opens            bool
	}{
		"in the home":  {home: home, unset: true, opens: true},
		"elsewhere":    {home: "/", xauthority: file, opens: true},
		"nowhere":      {home: "/", unset: true},
		"missing":      {home: home, xauthority: filepath.Join(home, "missing")},
		"set to empty": {home: home},
		"a folder":     {home: home, xauthority: home},
		"no home":      {unset: true},
	} {
		t.Setenv("HOME", row.home)
		t.Setenv("XAUTHORITY", row.xauthority)
		if row.unset {
			check(t, os.Unsetenv("XAUTHORITY"))
		}
		if opens := agree(t, name); opens != row.opens {
			t.Errorf("%s: opens: %t", name, opens)
		}
	}
	t.Setenv("XAUTHORITY", fifo) // for which libX11 would wait
	if answers, _ := xAnswers(context.Background(), ":"+number); answers {
		t.Error("a pipe that nobody writes to has a cookie")
	}
}
