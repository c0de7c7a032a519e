// Package child runs a program that is given secrets. It knows texts and how each is given, and no key,
// question or permission.
//
// Begin with [Program]: [Program.Check] says before anybody is asked what can't work, and [Program.Run] does
// the rest. descriptor_unix.go and folder.go are the two ways by which a text is read from a path or number,
// and output.go masks what the program writes.
package child
