package child

import (
	"io"
	"sync"
)

const (
	// seen is how much is looked at around what is written. No line of what a program prints of a value in lines
	// is longer.
	seen = 16 << 10
	// written is how much is written at once, so that little is looked at twice.
	written = 64 << 10
)

// An output masks what a program writes, however it is split over writes: a part is written once enough of
// what follows it is there, or all has come. It holds back [seen] and [written] bytes at most.
type output struct {
	to   io.Writer
	mask func(parts []string) []string

	mu     sync.Mutex
	before []byte // the end of what was written, as it came
	held   []byte
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for n := 0; n < len(p); {
		took := min(len(p)-n, seen+written-len(o.held))
		o.held = append(o.held, p[n:n+took]...)
		if len(o.held) == seen+written {
			if err := o.write(written); err != nil {
				return n, err
			}
		}
		n += took
	}
	return len(p), nil
}

// flush writes what is held back.
func (o *output) flush() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.write(len(o.held))
}

// write writes the first bytes of what is held back, masked as part of all that is known.
func (o *output) write(count int) error {
	if count == 0 {
		return nil
	}
	parts := o.mask([]string{string(o.before), string(o.held[:count]), string(o.held[count:])})
	o.before = append(o.before[:0], o.held[max(0, count-seen):count]...)
	o.held = append(o.held[:0], o.held[count:]...)
	_, err := io.WriteString(o.to, parts[1])
	return err
}
