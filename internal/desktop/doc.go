// Package desktop is a throw-away desktop for tests: a private X server
// (Xvfb), a private D-Bus session bus and a private, unlocked gnome-keyring,
// in private folders. It needs Linux and no screen, no login session and no
// privileges; what it starts is gone when it stops, in every failure.
//
// Begin with [ForTest], or with [Main] and [Shared] where one desktop serves
// all tests of a package:
//
//	func TestDialog(t *testing.T) {
//		d := desktop.ForTest(t, desktop.Options{}) // sets DISPLAY, HOME, ... of this process
//		go showADialog("Petstore API key")
//		w, err := d.WaitWindow("Petstore API key")
//		...
//		err = d.Type(w, "pets-0123")
//		err = d.Press(w, "Return")
//	}
//
// [Open] leaves the test's process as it is, for tests that run in parallel and start programs of their own.
// [Start] is the same without a test, for demonstrations: give [Desktop.Env]
// to the child processes and call [Desktop.Stop].
//
// Where a program is missing, tests are skipped with the names of the Debian
// packages to install; they fail instead when the environment variable CI or
// MCPSECRETS_REQUIRE_DESKTOP is set, so that a misconfigured build machine
// cannot turn green by testing nothing.
//
// Everything here has a time limit and polls; nothing relies on a sleep being
// long enough.
package desktop
