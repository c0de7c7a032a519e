package dialog

import (
	"context"
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	user32                   = windows.NewLazySystemDLL("user32.dll")
	getProcessWindowStation  = user32.NewProc("GetProcessWindowStation")
	getUserObjectInformation = user32.NewProc("GetUserObjectInformationW")
)

// checkDisplay asks whether this process's window station is one that a person
// can see; a service's is not. When Windows does not say, a dialog is tried.
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
	return nil
}
