//go:build linux

package keychain

import (
	"testing"

	"github.com/zalando/go-keyring"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	"github.com/mcpsecrets/mcpsecrets/testdata/ratio"
)

func benchmarked(b *testing.B) (*System, *raw) {
	d := desktop.ForTest(b, desktop.Options{NoDisplay: true})
	s, r := opened(b), lookAt(b, d)
	mustSet(b, s, "key", "pets-0123456789abcdef")
	return s, r
}

// must makes what is measured of what can fail.
func must(b *testing.B, f func() error) func() {
	return func() {
		if err := f(); err != nil {
			b.Fatal(err)
		}
	}
}

func getter(b *testing.B, s *System) func() {
	return must(b, func() error {
		_, err := s.Get(b.Context(), testService, "key")
		return err
	})
}

// BenchmarkGet reads a value. Its floor is a search and a read, bare: that is all it takes.
func BenchmarkGet(b *testing.B) {
	s, r := benchmarked(b)
	ratio.Measure(b, 1.2, must(b, func() error {
		path := r.find(map[string]string{"service": testService, "username": "key"})[0]
		var secret rawSecret
		return r.bus.Object(serviceName, path).Call(itemIface+"GetSecret", 0, r.session).Store(&secret)
	}), getter(b, s))
}

// BenchmarkGetAgainstGoKeyring reads a value as go-keyring's callers do, which opens a connection each time.
func BenchmarkGetAgainstGoKeyring(b *testing.B) {
	s, _ := benchmarked(b)
	ratio.Measure(b, 0.5, must(b, func() error {
		_, err := keyring.Get(testService, "key")
		return err
	}), getter(b, s))
}

// BenchmarkSet stores a value, with the search before and the reading back. Its floor is one bare SetSecret of an item.
func BenchmarkSet(b *testing.B) {
	s, r := benchmarked(b)
	mustSet(b, s, "floor", "pets-0123456789abcdef")
	floor := r.find(map[string]string{"service": testService, "username": "floor"})[0]
	// The value changes each time: a keyring may see that nothing is to be done.
	var n byte
	value := func() []byte { n++; return []byte("pets-0123456789abcde" + string('a'+rune(n%26))) }
	ratio.Measure(b, 3, must(b, func() error {
		return r.bus.Object(serviceName, floor).Call(itemIface+"SetSecret", 0, rawSecret{r.session, []byte{}, value(), "text/plain"}).Err
	}), must(b, func() error {
		return s.Set(b.Context(), testService, "key", string(value()))
	}))
}
