//go:build unix

package files

import "syscall"

const nonblocking = syscall.O_NONBLOCK
