// Package usercmd is the user's side of a server in a terminal: to set all that is required, or one secret; to see, check and
// remove what is set; and to find out what works on this computer. docs/terminal.md goes through its commands. A server's program
// calls [Run] before it serves, and after [secrets.Manager.Verify]:
//
//	v, err := vault.OpenSecrets()
//	...
//	if code, ok := usercmd.Run(v.Manager, os.Args[1:]); ok {
//		os.Exit(code)
//	}
//
// Begin at Run in command.go. What is typed goes through a typing (typing.go), whether for the command set or, bundle after bundle,
// for setup (setup.go): it is asked for (terminal.go), checked by the server's author, and stored as a whole.
package usercmd
