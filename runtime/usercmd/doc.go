// Package usercmd is the user's side of a server in a terminal: which secrets are set, to set or remove one, and what works
// on this computer. A server's program calls [Run] first:
//
//	v, err := vault.OpenSecrets()
//	...
//	if code, ok := usercmd.Run(v.Manager, os.Args[1:]); ok {
//		os.Exit(code)
//	}
package usercmd
