package wire

import (
	"net/http"
	"testing"
)

// What net/http gives a base by itself, the clones have too: it does not give HTTP/2 to one with a dialer.
func TestClonesOfAPlainBaseHaveHTTP2(t *testing.T) {
	for name, c := range map[string]struct {
		base *http.Transport
		want bool
	}{
		"plain": {&http.Transport{}, true}, "without": {&http.Transport{Protocols: only1()}, false}, "with a dialer": {&http.Transport{DialContext: dialerOf(&http.Transport{})}, false},
		"our own": {newBase(), true},
	} {
		own, err := forCredentials(c.base)
		if err != nil || own.ForceAttemptHTTP2 != c.want || cloned(c.base).ForceAttemptHTTP2 != c.want {
			t.Errorf("%s: %t, %v", name, own.ForceAttemptHTTP2, err)
		}
	}
}

func only1() *http.Protocols {
	p := &http.Protocols{}
	p.SetHTTP1(true)
	return p
}

// The usual limits are there, and none for a whole request.
func TestLimitsOfTime(t *testing.T) {
	base := newBase()
	if base.TLSHandshakeTimeout == 0 || base.ResponseHeaderTimeout == 0 || base.ExpectContinueTimeout == 0 || base.IdleConnTimeout == 0 {
		t.Errorf("%+v", base)
	}
}
