package subject

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"runtime"
	"runtime/pprof"
)

// state says what of this process could pile up and can't be seen from outside.
func state(context.Context, json.RawMessage) (string, error) {
	runtime.GC()
	runtime.GC() // what pools keep goes with the second
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	var stacks bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&stacks, 1) // to memory
	text, err := json.Marshal(struct {
		Goroutines int
		Heap       uint64 // bytes that are in use
		Stacks     string // of the goroutines, by number
	}{runtime.NumGoroutine(), memory.HeapAlloc, stacks.String()})
	return string(text), err
}

// mask has texts masked, such as tokens that were made of the key for one request.
func (s *Subject) mask(ctx context.Context, arguments json.RawMessage) (string, error) {
	how := struct{ Times int }{1}
	if err := decode(arguments, &how); err != nil {
		return "", err
	}
	for range how.Times {
		s.Manager.Mask(ctx, rand.Text())
	}
	return "masked", nil
}
