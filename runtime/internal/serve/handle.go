package serve

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
)

// Handle runs a handler and returns its panic as an error. No error's text has a secret that was handed out.
func Handle[T any](g *guard.Guard, kind, name string, handle func() (T, error)) (result T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the %s %q panicked: %s", kind, name, g.Text(panicText(r)))
		}
	}()
	if result, err = handle(); err != nil {
		err = MaskError(g, err) // which runs the error's own code
	}
	return result, err
}

// Guarded is the guard's handler for next, which also masks the report of what panics in a request: whoever recovers it, such
// as net/http, writes it to standard error.
func Guarded(g *guard.Guard, next http.Handler) http.Handler {
	next = g.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch r := recover(); r {
			case nil:
			case http.ErrAbortHandler:
				panic(r)
			default:
				panic(g.Text(panicText(r)))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// panicText is what a panic says. As in Go's own report, a value without a text of its own is not shown: its bytes, say, would
// be there as numbers, which the guard does not know.
func panicText(value any) string {
	switch value.(type) {
	case error, fmt.Stringer:
		return fmt.Sprint(value)
	}
	switch kind := reflect.ValueOf(value).Kind(); {
	case kind == reflect.String, reflect.Bool <= kind && kind <= reflect.Complex128:
		return fmt.Sprint(value)
	}
	return fmt.Sprintf("(%T)", value)
}

// MaskError returns err without secrets in its text. What it wraps stays for errors.Is.
func MaskError(g *guard.Guard, err error) error {
	if text := g.Text(err.Error()); text != err.Error() {
		return &maskedError{text, err}
	}
	return err
}

type maskedError struct {
	text string
	err  error
}

func (e *maskedError) Error() string        { return e.text }
func (e *maskedError) Is(target error) bool { return errors.Is(e.err, target) }
