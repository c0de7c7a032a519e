package secrets

import (
	"crypto/x509"
	"encoding/pem"
	"reflect"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/content"
)

// This file has the keys of texts that have a format, and the types of their values.

// A PEM is a text of PEM blocks, such as a private key, or a certificate with its chain.
type PEM struct {
	Text         string              // all of it, as crypto/tls takes it
	Blocks       []*pem.Block        // at least one
	Certificates []*x509.Certificate // of the blocks that are certificates
}

// A HostPort is a host, by name or address, and a port. String returns both as net.Dial takes them.
type HostPort struct {
	Host string // an IPv6 address is without brackets
	Port uint16
}

// String returns host:port, such as [2001:db8::1]:5432.
func (a HostPort) String() string { return field.HostPort(a).String() }

// Parsed makes the key of what texts of a format stand for of a key of these texts. By the field's Format, T is [PEM] (pem),
// json.RawMessage (json), []byte (base64), time.Time (date), uint16 (port) or [HostPort] (host_port), and a [Confidential] of
// that where the texts are confidential. A schema whose key has another T does not open. The other formats are for texts.
func Parsed[T any](key AnyKey) Key[T] {
	def := key.definition()
	if def == nil {
		return Key[T]{}
	}
	changed := *def
	if hidden, ok := any(new(T)).(holder); ok {
		changed.gives, changed.hides = parsedAs(hidden.holds()), true
		return Key[T]{&changed, asHidden[T]}
	}
	changed.gives, changed.hides = parsedAs(reflect.TypeFor[T]()), false
	return Key[T]{&changed, func(_ Secret, value any) T { return public[T](value) }}
}

// A holder is a pointer to a [Confidential], whose type nothing else here can say.
type holder interface {
	holds() reflect.Type
	hold(text Secret, value any)
}

func (c *Confidential[T]) holds() reflect.Type { return reflect.TypeFor[T]() }

func (c *Confidential[T]) hold(text Secret, value any) {
	*c = confidential(public[T](value), text.Reveal())
}

func asHidden[T any](text Secret, value any) T {
	var c T
	any(&c).(holder).hold(text, value)
	return c
}

// parsedAs returns what package field calls a type of this package.
func parsedAs(t reflect.Type) reflect.Type {
	switch t {
	case reflect.TypeFor[PEM]():
		return reflect.TypeFor[field.PEM]()
	case reflect.TypeFor[HostPort]():
		return reflect.TypeFor[field.HostPort]()
	}
	return t
}

// public returns a value of package field as one of this package.
func public[T any](value any) T {
	switch v := value.(type) {
	case field.PEM:
		value = PEM(v)
	case field.HostPort:
		value = HostPort(v)
	}
	return value.(T)
}

// asPath returns a path without ~, or as it is where the user has no home folder.
func asPath(_ Secret, value any) string { return content.FullPath(value.(string)) }
