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

// What is looked for, of values as they are in use.
func TestPiecesByShape(t *testing.T) {
	for value, want := range map[string]string{
		// URLs
		"https://a:b7Kx9pQ@h.example/k3y/v4lue":                                         ":b7Kx9pQ k3y/v4lue",
		"https://user:pa:ss:w0rd12@host/x":                                              "pa:ss:w0rd12",
		"postgres://app:12/34@host/db":                                                  ":12/34@h",
		"postgres://app:S3cretPassw0rd@/shop?host=/var/run/postgresql":                  "S3cretPassw0rd",
		"mongodb://u:p4ss%2Fw0rd12@h1:27017,h2:27017/db?replicaSet=rs0":                 "p4ss%2Fw0rd12",
		"rediss://:p4ssw0rdxyz@cache.example:6380/0":                                    "p4ssw0rdxyz",
		"smtp://apikey:SG.abcdefgh.ijklmnopqrst@smtp.example:587":                       "abcdefgh.ijklmnopqrst",
		"https://x-access-token:ghs_abcdefgh12345678abcd@github.com/x/y.git":            "abcdefgh12345678abcd",
		"https://abcdefg@host.example/":                                                 "/abcdefg",
		"git+ssh://git@github.com/x/y":                                                  "",
		"https://hooks.example.com/t/short-token12?wait=true":                           "short-token12",
		"https://api.example.com/v1?key=abc":                                            "?key=abc",
		"https://x.example/#access_token=abcdefgh12&token_type=bearer":                  "abcdefgh12",
		"https://a.example/c?sv=2022-11-02&se=2026-12-01T00%3A00%3A00Z&sig=aB1%2Bc2D3e": "aB1%2Bc2D3e",
		`postgres://app:ab"cd12345@db/x`:                                                `ab"cd12345`,
		"https://0123456789abcdef0123@h.example (prod)":                                 "0123456789abcdef0123",
		// Other DSNs
		"Server=db;Database=x;User Id=sa;Password=short;":   "rd=short",
		"host=db user=app password='longpassword' dbname=x": "longpassword",
		"host=db user=app dbname=prod sslmode=require":      "",
		"root:s3cretpassw@unix(/var/run/mysqld.sock)/shop":  "s3cretpassw :s3cretpassw",
		// What is copied along
		"“correct-horse-batt”":                          "correct-horse-batt",
		`\"correct-horse-batt\"`:                        "correct-horse-batt",
		"$env:API_KEY = \"correct-horse-batt\";":        "correct-horse-batt",
		"-H 'Authorization: Bearer correct-horse-batt'": "correct-horse-batt",
		"<correct-horse-batt>":                          "correct-horse-batt",
		"'short1'":                                      "'short1'",
		// Vendors
		"ghp_abcdefgh12": "abcdefgh12", "ghp_abcdefg": "ghp_abcdefg", "key-management": "key-management", "key-abcdef12": "abcdef12", "key-abc1": "key-abc1",
		"acme_live_aB3dE5gH7jK9mN1p": "aB3dE5gH7jK9mN1p",
		// Tokens
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.": "OiIxIn0.",
		"eyJhbGciOiJIUzI1NiJ9..c2lnbmF0dXJl":    "c2lnbmF0dXJl",
		// Encodings
		"eXkoQHMuUAplPt":                       "eXkoQHMuUAplPt", // stands for two lines by chance
		"https://bob:ZzPdgSMzY1sK@git.example": "ZzPdgSMzY1sK",
		"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj": "AgEAAoIBAQC7VJTUt9Us8cKj",
		"eyJ1c2VyIjp7Im5hbWUiOiJib2IifX0.aBcDeF1234":                       "iOiJib2IifX0.aBcDeF1234",
		// Files
		`{"keys":["abcdefgh1234","ijklmnop5678"]}`:                                                    "abcdefgh1234 ijklmnop5678",
		`{"password":12345678901,"user":"x"}`:                                                         "12345678901",
		"{user: app, password: hunter22x}":                                                            "hunter22x",
		"tokens:\n  - abcdefgh1234\n  - ijklmnop5678\n":                                               "abcdefgh1234 ijklmnop5678",
		"user1:password12\nuser2:password34\n":                                                        "user1:password12 user2:password34",
		"recovery codes:\nabcd-1234-efgh\nijkl-5678-mnop\n":                                           "abcd-1234-efgh ijkl-5678-mnop",
		"define('DB_PASSWORD', 'tiger12345');\ndefine('DB_HOST', 'db');\n":                            "tiger12345",
		"$cfg['user'] = 'app';\n$cfg['password'] = 'tiger12345';\n":                                   "tiger12345",
		"//registry.example/:_authToken=npm_abcdefgh12345678\nemail=x@y.example\n":                    "abcdefgh12345678",
		"[Peer]\nPublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=\nPresharedKey = abcdefgh\n": "abcdefgh",
		"http_proxy=http://u:tiger12345@proxy:3128\nno_proxy=localhost\n":                             "tiger12345",
	} {
		if got := strings.Join(pieces(value, ""), " "); got != want {
			t.Errorf("%s\n got  %s\n want %s", value, got, want)
		}
	}
}
