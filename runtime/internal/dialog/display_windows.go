package dialog

import (
	"context"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	user32                   = windows.NewLazySystemDLL("user32.dll")
	getProcessWindowStation  = user32.NewProc("GetProcessWindowStation")
	getUserObjectInformation = user32.NewProc("GetUserObjectInformationW")
	createWindow             = user32.NewProc("CreateWindowExW")
	destroyWindow            = user32.NewProc("DestroyWindow")
)

// checkDisplay asks whether this process's window station is one that a person
// can see; a service's is not. When Windows does not say, a dialog is tried.
//
// It also makes a window that nobody sees. Where none can be made, as under Wine
// without a display, a question of the library ends as if it had been allowed.
func checkDisplay(context.Context) error {
	const (
		uoiFlags   = 1
		wsfVisible = 1
	)
	var flags struct {
		inherit, reserved int32
		flags             uint32
	}
	station, _, _ := getProcessWindowStation.Call()
	ok, _, _ := getUserObjectInformation.Call(station, uoiFlags,
		uintptr(unsafe.Pointer(&flags)), unsafe.Sizeof(flags), 0)
	if ok != 0 && flags.flags&wsfVisible == 0 {
		return fmt.Errorf("%w: the window station is not visible", ErrNoDisplay)
	}

	runtime.LockOSThread() // to which the window belongs
	defer runtime.UnlockOSThread()
	class := windows.StringToUTF16Ptr("Static")
	window, _, _ := createWindow.Call(0, uintptr(unsafe.Pointer(class)), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	if window == 0 {
		return fmt.Errorf("%w: no window can be made", ErrNoDisplay)
	}
	_, _, _ = destroyWindow.Call(window)
	return nil
}
