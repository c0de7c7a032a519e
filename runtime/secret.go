package secrets

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// A Secret is a confidential text, such as an API key, that no formatting, encoding or logging shows: what they show is
// "[redacted]". [Secret.Reveal] is the one way to the text. Secrets can't be compared with ==; use [Secret.Equal]. The
// zero Secret has no text.
type Secret struct {
	// fmt calls no method on an unexported field of somebody else's struct but prints its fields: what it finds here is
	// the word and a function's address. The function also keeps == from compiling.
	shown string
	text  func() string
}

// NewSecret returns a Secret with the given text, for tests and for confidential texts that come from elsewhere.
func NewSecret(text string) Secret {
	return Secret{shown: redacted, text: func() string { return text }}
}

// Reveal returns the text. Pass it straight to what needs it; keep the Secret, not the text.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return s.text()
}

// Equal reports whether both have the same text, in a time that does not depend on where they differ.
func (s Secret) Equal(other Secret) bool {
	a, b := sha256.Sum256([]byte(s.Reveal())), sha256.Sum256([]byte(other.Reveal()))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// IsZero reports whether s is the zero Secret.
func (s Secret) IsZero() bool { return s.text == nil }

// String returns "[redacted]".
func (s Secret) String() string { return redacted }

// Format writes "[redacted]" for every verb, %#v too: String alone would leak through %d and %x.
func (s Secret) Format(f fmt.State, verb rune) { _, _ = io.WriteString(f, redacted) }

// LogValue returns "[redacted]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[redacted]"; JSON, XML and map keys use it. Nothing unmarshals into a Secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalYAML returns "[redacted]".
func (s Secret) MarshalYAML() (any, error) { return redacted, nil }

// GobEncode returns "[redacted]".
func (s Secret) GobEncode() ([]byte, error) { return []byte(redacted), nil }

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
