//go:build !linux

package dialog

// sessionFolder knows no folder that all processes of a session share.
func sessionFolder() string { return "" }
