package dialog

import "context"

// checkDisplay has nothing to ask: without a login session osascript fails by
// itself, with a status that is not a person's cancel.
func checkDisplay(context.Context) error { return nil }
