//go:build linux

package keychain

import (
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/zalando/go-keyring"

	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest/desktop"
)

// The benchmarks report ratios, taken in one run and turn by turn, since times
// on a busy machine mean nothing, and fail where a ratio is over its bound.

// ratio runs subject and floor in turn and reports how much longer the subject takes.
func ratio(b *testing.B, unit string, bound float64, subject, floor func() error) {
	b.Helper()
	var spent [2]time.Duration
	for i := 0; b.Loop(); i++ {
		for n := range 2 {
			which := (i + n) % 2 // who goes first changes, too
			begin := time.Now()
			if err := []func() error{subject, floor}[which](); err != nil {
				b.Fatal(err)
			}
			spent[which] += time.Since(begin)
		}
	}
	ratio := float64(spent[0]) / float64(spent[1])
	b.ReportMetric(ratio, unit)
	b.ReportMetric(float64(spent[0].Microseconds())/float64(b.N), "us/ours")
	b.ReportMetric(float64(spent[1].Microseconds())/float64(b.N), "us/floor")
	if b.N >= 200 && ratio > bound {
		b.Errorf("%.2f %s, more than %.2f", ratio, unit, bound)
	}
}

func benchmarked(b *testing.B) (*System, *raw) {
	d := desktop.ForTest(b, desktop.Options{NoDisplay: true})
	s, r := opened(b), lookAt(b, d)
	mustSet(b, s, "key", "pets-0123456789abcdef")
	return s, r
}

// A search and a read are all it takes.
func BenchmarkGet(b *testing.B) {
	s, r := benchmarked(b)
	ratio(b, "x-bare-calls", 1.2, func() error {
		_, err := s.Get(b.Context(), testService, "key")
		return err
	}, func() error {
		path := r.find(map[string]string{"service": testService, "username": "key"})[0]
		var secret rawSecret
		return r.bus.Object(serviceName, path).Call(itemIface+"GetSecret", 0, r.session).Store(&secret)
	})
}

func BenchmarkGetAgainstGoKeyring(b *testing.B) {
	s, _ := benchmarked(b)
	ratio(b, "x-go-keyring", 0.5, func() error {
		_, err := s.Get(b.Context(), testService, "key")
		return err
	}, func() error {
		_, err := keyring.Get(testService, "key")
		return err
	})
}

// With its search and its reading back.
func BenchmarkSet(b *testing.B) {
	s, r := benchmarked(b)
	properties := map[string]dbus.Variant{
		itemIface + "Label": dbus.MakeVariant("floor"),
		itemIface + "Attributes": dbus.MakeVariant(map[string]string{
			"service": testService + ".floor", "username": "key", "application": application,
		}),
	}
	// The value changes each time: a keyring may see that nothing is to be done.
	var n byte
	value := func() []byte { n++; return []byte("pets-0123456789abcde" + string('a'+rune(n%26))) }
	ratio(b, "x-CreateItem", 3, func() error {
		return s.Set(b.Context(), testService, "key", string(value()))
	}, func() error {
		var path, prompt dbus.ObjectPath
		return r.bus.Object(serviceName, defaultPath).Call(collectionIface+"CreateItem", 0,
			properties, rawSecret{r.session, []byte{}, value(), "text/plain"}, true).Store(&path, &prompt)
	})
}
