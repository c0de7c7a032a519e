//go:build !windows && !darwin

package dialog

import (
	"context"
	"errors"
	"os/exec"
	"time"
)

// trial is how long the program may take to tell its version; a busy computer takes seconds.
const trial = 10 * time.Second

// tryProgram runs the program as for a dialog, but for its version only: its libraries are loaded,
// and zenity 3 opens the display first.
func tryProgram(ctx context.Context, program string) error {
	limited, cancel := context.WithTimeout(ctx, trial)
	defer cancel()
	_, err := execute(limited, program, job{arguments: []string{"--version"}, watch: func(int) {}})
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return failed("%s --version does not end", program)
	case errors.As(err, &exit):
		return failed("%s --version ended with %v", program, exit)
	}
	return err
}
