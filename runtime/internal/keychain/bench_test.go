//go:build linux

package keychain

import (
	"fmt"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
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
	ratio.Measure(b, 1.2, must(b, func() error { return bareGet(r, "key") }), getter(b, s))
}

// callers are how many calls want values at once.
const callers = 64

// together makes what is measured of calls that are made at once.
func together(b *testing.B, call func(n int) error) func() {
	return func() {
		var group sync.WaitGroup
		for n := range callers {
			group.Go(func() {
				if err := call(n); err != nil {
					b.Error(err)
				}
			})
		}
		group.Wait()
	}
}

// BenchmarkGetByMany has many calls read one value at once. Its floor is one bare search and read.
func BenchmarkGetByMany(b *testing.B) {
	s, r := benchmarked(b)
	ratio.Measure(b, 3, must(b, func() error { return bareGet(r, "key") }), together(b, func(int) error {
		_, err := s.Get(b.Context(), testService, "key")
		return err
	}))
}

// BenchmarkGetMany has many calls read a value each. Its floor is as many bare searches and reads on one connection, all at once.
func BenchmarkGetMany(b *testing.B) {
	s, r := benchmarked(b)
	name := func(n int) string { return fmt.Sprint("key ", n) }
	for n := range callers {
		mustSet(b, s, name(n), "pets-0123456789abcdef")
	}
	ratio.Measure(b, 1.2, together(b, func(n int) error { return bareGet(r, name(n)) }), together(b, func(n int) error {
		_, err := s.Get(b.Context(), testService, name(n))
		return err
	}))
}

// bareGet is the least that reading a value takes.
func bareGet(r *raw, account string) error {
	var open, locked []dbus.ObjectPath
	attributes := map[string]string{"service": testService, "username": account}
	err := r.bus.Object(serviceName, servicePath).Call(serviceIface+"SearchItems", 0, attributes).Store(&open, &locked)
	if err != nil {
		return err
	}
	var secret rawSecret
	return r.bus.Object(serviceName, open[0]).Call(itemIface+"GetSecret", 0, r.session).Store(&secret)
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
