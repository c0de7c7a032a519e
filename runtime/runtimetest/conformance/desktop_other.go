//go:build !linux

package conformance

// desktopTests are for Linux, where a test can have a desktop of its own.
func (s suite) desktopTests() []namedTest { return nil }
