//go:build windows || darwin

package dialog

// Dialogs are part of the system here: no variable would matter to them.

func setEnvironment() (restore func()) { return func() {} }
