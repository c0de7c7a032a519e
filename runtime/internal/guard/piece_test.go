package guard

import (
	"math/rand/v2"
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

// Of a value with a declared prefix, all counts that follows: it is masked if that has eight characters, whatever it looks
// like.
func TestDeclaredPrefix(t *testing.T) {
	for value, shown := range map[string]string{
		"pets-https://petstore.example/api/v3": "pets-",
		"pets-{\"type\":\"service_account\"}":  "pets-",
		"pets-12345678":                        "pets-",
		"pets-1234567":                         "pets-1234567",
		"pets-ghp_12345678":                    "pets-",
		"\"pets-abcdefgh\"":                    "pets-",
	} {
		g := new(Guard)
		g.Learn(value, "pets-")
		if got := g.Text(value); strings.Contains(got, value) == Guards(value, "pets-") || len(shown) > 5 && got != shown {
			t.Errorf("%s: %s, %q", value, got, pieces(value, "pets-"))
		}
	}
}

// What is public in a value, or in no value at all, is never looked for.
func TestPublicPartsAreNotPieces(t *testing.T) {
	for _, value := range []string{
		"https://petstore.example/api/v3", "https://hooks.example.com/services/", "postgres://db.internal:5432/prod", "redis://cache",
		"https://petstore.example:8443/v1?limit=10&page=2", "apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    server: https://k8s.example.com\n",
		`{"type":"service_account","token_uri":"https://oauth2.googleapis.com/token"}`, "1234567", "", "Bearer ", "ghp_",
	} {
		if got := pieces(value, ""); got != nil {
			t.Errorf("%s: %q", value, got)
		}
	}
	m := &maker{r: rand.New(rand.NewPCG(3, 3))}
	for name, shape := range shapes {
		for _, piece := range pieces(shape(m), "") {
			for _, public := range []string{"apiVersion", "-----BEGIN", "LS0tLS1CRUdJTi", "eyJhbGciOi", "example.com", "service_account", "certificate-", "username", certificate[:32], "password="} {
				if strings.HasPrefix(piece, public) || strings.HasPrefix(public, piece) {
					t.Errorf("%s: %q", name, piece)
				}
			}
		}
	}
}
