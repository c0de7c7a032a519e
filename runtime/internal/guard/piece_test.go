package guard

import (
	"strings"
	"testing"
)

// A PEM file that was cut off shows nothing of its key: these are the first eight characters that only this key has.
func TestKeysBeginAfterTheirAlgorithm(t *testing.T) {
	for begins, ends := range map[string]string{
		"-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEI":                                     "Ib0o427",  // P-256
		"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEI":                            "Ha8kWq3N", // Ed25519
		"-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg": "Kq8mN2vT", // P-256
	} {
		g := learn(begins + ends + strings.Repeat("x9", 20) + "\n")
		if got := g.Text(begins + ends); strings.Contains(got, ends[:4]) {
			t.Errorf("%q", got)
		}
	}
	g := learn("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHa8kWq3N5VvM1a0QdS2n7Zb4yLxCwTtE6rGh9UuJpKo\n")
	if public := "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="; g.Text(public) != public {
		t.Error("masks a public key")
	}
}
