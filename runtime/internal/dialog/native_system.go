//go:build windows || darwin

package dialog

// Dialogs are part of the system here: there is no program to look for on PATH
// but osascript, and no environment that would matter to it.

func findProgram() (string, error) { return "the system", nil }

func setEnvironment() (restore func()) { return func() {} }
