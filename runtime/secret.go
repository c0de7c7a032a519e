package secrets

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// A Confidential is a value that no formatting, encoding or logging shows: what they show is "[redacted]".
// [Confidential.Reveal] is the one way to the value. Two can't be compared with ==; use [Confidential.Equal]. The zero
// Confidential has no value.
type Confidential[T any] struct {
	// fmt calls no method on an unexported field of somebody else's struct but prints its fields: what it finds here is
	// the word and a function's address. The function also keeps == from compiling.
	shown string
	held  func() (value T, text string)
}

// A Secret is a confidential text, such as an API key.
type Secret = Confidential[string]

// NewSecret returns a Secret with the given text, for tests and for confidential texts that come from elsewhere. Of another
// type, [Validate] makes a Confidential of a text.
func NewSecret(text string) Secret { return confidential(text, text) }

// confidential hides a value that was made of text.
func confidential[T any](value T, text string) Confidential[T] {
	return Confidential[T]{shown: redacted, held: func() (T, string) { return value, text }}
}

// Reveal returns the value. Pass it straight to what needs it; keep the Confidential, not the value.
func (c Confidential[T]) Reveal() T {
	value, _ := c.reveal()
	return value
}

func (c Confidential[T]) reveal() (value T, text string) {
	if c.held != nil {
		value, text = c.held()
	}
	return value, text
}

// Equal reports whether both were made of the same text, in a time that does not depend on where the texts differ.
func (c Confidential[T]) Equal(other Confidential[T]) bool {
	_, one := c.reveal()
	_, two := other.reveal()
	a, b := sha256.Sum256([]byte(one)), sha256.Sum256([]byte(two))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// IsZero reports whether c is the zero Confidential.
func (c Confidential[T]) IsZero() bool { return c.held == nil }

// String returns "[redacted]".
func (c Confidential[T]) String() string { return redacted }

// Format writes "[redacted]" for every verb, %#v too: String alone would leak through %d and %x.
func (c Confidential[T]) Format(f fmt.State, verb rune) { _, _ = io.WriteString(f, redacted) }

// LogValue returns "[redacted]".
func (c Confidential[T]) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[redacted]"; JSON, XML and map keys use it. Nothing unmarshals into a Confidential.
func (c Confidential[T]) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalYAML returns "[redacted]".
func (c Confidential[T]) MarshalYAML() (any, error) { return redacted, nil }

// GobEncode returns "[redacted]".
func (c Confidential[T]) GobEncode() ([]byte, error) { return []byte(redacted), nil }

// An Optional is a value that may not be set. The zero Optional is not set.
type Optional[T any] struct {
	value T
	set   bool
}

// Some returns an Optional that is set to value.
func Some[T any](value T) Optional[T] { return Optional[T]{value, true} }

// Get returns the value and whether it is set; the value is zero where it is not.
func (o Optional[T]) Get() (T, bool) { return o.value, o.set }

// IsSet reports whether there is a value.
func (o Optional[T]) IsSet() bool { return o.set }

// Or returns the value, or fallback where none is set.
func (o Optional[T]) Or(fallback T) T {
	if o.set {
		return o.value
	}
	return fallback
}

// A Reason says what a secret is wanted for; a person reads it before allowing the use. It is a constant, of one line with up to
// 100 columns, without invisible characters: a string literal becomes a Reason by itself, a variable does not. The generator
// writes the reasons of the code that uses the getters into the manifest, and refuses code in which something else could become
// one. So no text of a model or of an upstream server can slip into a question: of a reason that the manifest does not have, it
// says only that the server gives one that was not reviewed.
type Reason string
