package dialog

import (
	"context"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"
)

// A person at a Windows desktop: these helpers find the dialog of this process, read what it shows, and send it the
// messages that a keyboard and a mouse make.

var (
	postMessage   = user32.NewProc("PostMessageW")
	sendMessage   = user32.NewProc("SendMessageW")
	getWindowLong = user32.NewProc("GetWindowLongW")
)

const (
	wmClose   = 0x0010
	wmGetText = 0x000d
	wmKeyDown = 0x0100
	wmChar    = 0x0102
	bmClick   = 0x00f5
	dmGetDef  = 0x0400

	vkTab, vkReturn, vkEscape, vkDown = 0x09, 0x0d, 0x1b, 0x28
)

// A control is a window, or a part of one.
type control windows.HWND

func (c control) post(message, w uintptr) { _, _, _ = postMessage.Call(uintptr(c), message, w, 0) }

func (c control) text() string {
	buffer := make([]uint16, 1<<16)
	n, _, _ := sendMessage.Call(uintptr(c), wmGetText, uintptr(len(buffer)), uintptr(unsafe.Pointer(&buffer[0])))
	return string(utf16.Decode(buffer[:n]))
}

func (c control) class() string {
	buffer := make([]uint16, 100)
	n, _ := windows.GetClassName(windows.HWND(c), &buffer[0], int32(len(buffer)))
	return windows.UTF16ToString(buffer[:n])
}

// style has the bits with which the control was made.
func (c control) style() uintptr {
	const gwlStyle = -16
	style, _, _ := getWindowLong.Call(uintptr(c), ^uintptr(-gwlStyle-1))
	return style
}

// listed is what Windows has listed; no stack, which may move while Windows calls back. One goroutine lists at a time.
var listed []control

var list = syscall.NewCallback(func(window windows.HWND, _ uintptr) uintptr {
	listed = append(listed, control(window))
	return 1 // go on
})

// dialogs returns the dialogs of this process that can be seen.
func dialogs() []control {
	listed = nil
	_ = windows.EnumWindows(list, nil)
	var ours []control
	for _, c := range slices.Clone(listed) { // parts lists, too
		var process uint32
		_, _ = windows.GetWindowThreadProcessId(windows.HWND(c), &process)
		if int(process) == os.Getpid() && windows.IsWindowVisible(windows.HWND(c)) && len(c.parts("Button")) > 0 {
			ours = append(ours, c)
		}
	}
	return ours
}

// parts returns the controls of a class, as they stand in the window.
func (c control) parts(class string) (parts []control) {
	listed = nil
	windows.EnumChildWindows(windows.HWND(c), list, nil)
	for _, part := range listed {
		if part.class() == class {
			parts = append(parts, part)
		}
	}
	return parts
}

func (c control) texts(class string) (texts []string) {
	for _, part := range c.parts(class) {
		texts = append(texts, part.text())
	}
	return texts
}

// shown waits for a dialog with a title.
func shown(t *testing.T, title string) (window control) {
	t.Helper()
	eventually(t, "dialog "+title, func() bool {
		for _, c := range dialogs() {
			if c.text() == title && focus(c) != 0 {
				window = c
			}
		}
		return window != 0
	})
	return window
}

// focus is the control that gets the keys.
func focus(window control) control {
	thread, _ := windows.GetWindowThreadProcessId(windows.HWND(window), nil)
	info := windows.GUIThreadInfo{Size: uint32(unsafe.Sizeof(windows.GUIThreadInfo{}))}
	_ = windows.GetGUIThreadInfo(thread, &info)
	return control(info.Focus)
}

// press sends keys to whatever has the focus.
func press(t *testing.T, window control, keys ...uintptr) {
	t.Helper()
	for _, key := range keys {
		before := focus(window)
		before.post(wmKeyDown, key)
		if key == vkTab {
			eventually(t, "the next control", func() bool { return focus(window) != before })
		}
	}
}

// typed sends a text to the field that has the focus.
func typed(t *testing.T, window control, text string) {
	t.Helper()
	field := focus(window)
	if field.class() != "Edit" {
		t.Fatalf("the focus is on a %s", field.class())
	}
	for _, unit := range utf16.Encode([]rune(text)) {
		field.post(wmChar, uintptr(unit))
	}
}

func click(t *testing.T, window control, label string) {
	t.Helper()
	for _, button := range window.parts("Button") {
		if button.text() == label {
			button.post(bmClick, 0)
			return
		}
	}
	t.Fatalf("no button %q among %q", label, window.texts("Button"))
}

// start runs Enter or Ask; the returned function waits for the answer. By then the window must be gone.
func start(t *testing.T, show func(context.Context) answer) (wait func() answer) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel) // a test that fails half way leaves no dialog to the next
	ended := make(chan answer, 1)
	go func() { ended <- show(ctx) }()
	return func() answer {
		t.Helper()
		select {
		case a := <-ended:
			eventually(t, "end of the window", func() bool { return len(dialogs()) == 0 })
			return a
		case <-time.After(patience):
			t.Fatal("the dialog did not end")
			panic("unreachable")
		}
	}
}
