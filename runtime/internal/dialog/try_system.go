//go:build windows || darwin

package dialog

import "context"

// tryProgram has nothing to try: the program is part of the system.
func tryProgram(context.Context, string) error { return nil }
