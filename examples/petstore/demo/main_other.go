//go:build !linux

// Command demo shows the pet store at work, on Linux.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "demo: it needs Linux, where a throw-away keychain can be made")
	os.Exit(1)
}
