package runtimetest_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
)

// Every host is the handler's, by name or address, and none but the transport takes it for one.
func TestServe(t *testing.T) {
	base := runtimetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host) }))
	client := &http.Client{Transport: base}
	for _, host := range []string{"api.example.com", "api.petstore.example:8443", "127.0.0.1:1"} {
		resp, err := client.Get("https://" + host)
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		text, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || string(text) != host {
			t.Errorf("%s answers as %q, %v", host, text, err)
		}
	}
	stranger := &http.Client{Transport: &http.Transport{DialContext: base.DialContext}}
	if resp, err := stranger.Get("https://api.example.com"); err == nil {
		_ = resp.Body.Close()
		t.Error("a transport of its own trusts the certificate")
	}
}
