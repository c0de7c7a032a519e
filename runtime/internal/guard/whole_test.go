package guard

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

// TestAddressGoesAsAWhole: of a URL of which all is confidential, nothing is left where all of it is shown, and user, password
// and tokens are found alone.
func TestAddressGoesAsAWhole(t *testing.T) {
	for address, alone := range map[string][]string{
		"postgres://petstore_app:hunter2-long@h1.example:5432,h2.example:5432/db?sslmode=require": {"petstore_app", "hunter2-long"},
		"mongodb://app:hunter2-long@h1.example:27017,h2.example:27017,h3.example/pets":            {"hunter2-long"},
		"postgres:///petstore?host=/run/postgresql&password=hunter2-long":                         {"hunter2-long"},
		"postgres://u:secretpw9@%2Frun%2Fpg/db":                                                   {"secretpw9"},
		"unix://worker_of_pets:secretpw9@/run/x.sock":                                             {"worker_of_pets", "secretpw9"},
		"rediss://:p4ss-of-the-cache@cache.example:6380/0":                                        {"p4ss-of-the-cache"},
		"amqp://guest_of_pets:guest-of-pets@mq.example/vhost":                                     {"guest-of-pets"},
		"https://a1b2c3d4e5f6a7b8@errors.example/42":                                              {"a1b2c3d4e5f6a7b8"},
		"https://hooks.example/services/T000/B000/x7KqPz31abcdef":                                 {"x7KqPz31abcdef"},
		"https://hooks.example/s/abcd.efgh.ijkl":                                                  {"abcd.efgh.ijkl"},
		"https://hooks.example/in?token=a1b2c3d4e5f6":                                             {"a1b2c3d4e5f6"},
		"https://ann:pw-of-eight-or-more@git.example/of/pets.git":                                 {"pw-of-eight-or-more"},
	} {
		var g Guard
		g.LearnAddress(address)
		quoted, _ := json.Marshal(address)
		for name, text := range map[string]string{
			"plain": "it is " + address + ", you see", "json": string(quoted), "base64": base64.StdEncoding.EncodeToString([]byte(address)),
			"query": "?q=" + url.QueryEscape(address),
		} {
			masked := g.Text(text)
			rest := strings.ReplaceAll(masked, Redacted, "")
			for _, part := range []string{"://", "%3A%2F%2F", "example", "run", "petstore", "pets", "db"} {
				if strings.Contains(rest, part) {
					t.Errorf("%s: of %s there is left %s", name, address, masked)
				}
			}
		}
		for _, secret := range alone {
			if text := "it is " + secret + "."; strings.Contains(g.Text(text), secret) {
				t.Errorf("%s: %s alone is not masked", address, secret)
			}
		}
		for _, public := range []string{"postgres://", "https://hooks.example/", "h1.example:5432", "cache.example", "sslmode=require"} {
			if got := g.Text(public); got != public {
				t.Errorf("%s: %s is masked", address, public)
			}
		}
	}
}

// TestPublicAddressIsLeftAlone: what all the world knows is no secret, also where a schema says so.
func TestPublicAddressIsLeftAlone(t *testing.T) {
	var g Guard
	const address = "https://api.example.com/v1"
	g.LearnAddress(address)
	if got := g.Text(address); got != address {
		t.Error(got)
	}
}

// TestOneAddressOfSeveral: two that share a password are both found whole.
func TestOneAddressOfSeveral(t *testing.T) {
	var g Guard
	one, other := "postgres://app:hunter2-long@h1.example/a", "postgres://app:hunter2-long@h2.example/b"
	g.LearnAddress(one)
	g.LearnAddress(other)
	g.LearnAddress(one)
	for _, address := range []string{one, other} {
		if got := g.Text("x " + address + " y"); got != "x "+Redacted+" y" {
			t.Error(got)
		}
	}
}

// TestStepsForAWholeAreLinear: many addresses in one text cost what the text is long.
func TestStepsForAWholeAreLinear(t *testing.T) {
	var steps int
	counted = func(n int) { steps += n }
	defer func() { counted = func(int) {} }()
	var g Guard
	address := "https://hooks.example/in?token=" + strings.Repeat("a1B2c3D4", 200)
	g.LearnAddress(address)
	text := strings.Repeat(address+"\n", 200)
	g.Text(text)
	if steps > 20*len(text) {
		t.Errorf("%d steps for %d bytes", steps, len(text))
	}
}
