// Package session finds the desktop session of the user on Linux and the BSDs: its bus, where the keychain is, and its
// display, where dialogs open. An MCP client may start a server with HOME, PATH and little else, as the official SDKs do, so
// that the variables that name both are not there.
//
// Begin at [Here]. What it promises:
//
//   - What the environment names counts. Only where it names nothing are the bus and the display looked for elsewhere: the
//     bus in the user's runtime folder, as libdbus and systemd have it, and the display at the user's service manager.
//   - Nothing of another user is ever talked to, not even by root, nor where a variable leads there, as after su or sudo. Who
//     opens a display has to ask [CheckDisplay] first.
//   - Nothing is started, and the environment of the process stays as it is.
package session
