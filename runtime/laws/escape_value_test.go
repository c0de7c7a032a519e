package laws

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"math/rand/v2"
	"strings"
)

// A value is a secret's text, and which parts of it only its owner knows.
type value struct {
	kind, text   string
	confidential []string // none if the value is too short to be told from ordinary text
}

const (
	digits     = "0123456789"
	lower      = "abcdefghijklmnopqrstuvwxyz"
	upper      = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	marks      = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
	plainMarks = "!$%&()*+-./?@^_|~" // with which no file writes settings, or chance writes some
	others     = "äßéñøłЖяпшλωאבשلم密钥パス한글€→🔑🐕👍🏽"
)

// text is a random text of these characters.
func text(r *rand.Rand, alphabet string, atLeast, atMost int) string {
	letters := []rune(alphabet)
	made := make([]rune, atLeast+r.IntN(atMost-atLeast+1))
	for i := range made {
		made[i] = letters[r.IntN(len(letters))]
	}
	return string(made)
}

func random(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// A maker makes values of one kind. What a value's confidential parts are is what README.md and the manifest say.
type maker struct {
	kind   string
	weight int
	make   func(*rand.Rand) value
}

// whole is for values that are confidential from beginning to end.
func whole(make func(*rand.Rand) string) func(*rand.Rand) value {
	return func(r *rand.Rand) value {
		text := make(r)
		return value{text: text, confidential: []string{text}}
	}
}

var words = strings.Fields(`otter juggle lantern noon unhurried marmot velvet granite thistle harbor pencil walnut copper meadow
	saffron glacier bramble ember quartz willow falcon puzzle maple cinder orchid timber`)

// lineMakers make values of one line.
var lineMakers = []maker{
	{"a key", 6, whole(func(r *rand.Rand) string { return text(r, digits+lower+upper, 8, 64) })},
	{"a hexadecimal key", 3, whole(func(r *rand.Rand) string { return hex.EncodeToString(random(r, 8+r.IntN(24))) })},
	{"a base64 key", 3, whole(func(r *rand.Rand) string { return base64.StdEncoding.EncodeToString(random(r, 8+r.IntN(40))) })},
	{"a password", 6, whole(func(r *rand.Rand) string { return trimmed(text(r, digits+lower+upper+marks+marks, 10, 32)) })},
	{"marks", 2, whole(func(r *rand.Rand) string { return trimmed(text(r, marks+"a1", 10, 24)) })},
	{"a number", 2, whole(func(r *rand.Rand) string { return "4" + text(r, digits, 9, 18) })},
	{"a pass phrase", 3, whole(func(r *rand.Rand) string {
		chosen := make([]string, 4+r.IntN(3))
		for i := range chosen {
			chosen[i] = words[r.IntN(len(words))]
		}
		return strings.Join(chosen, []string{" ", "-", ""}[r.IntN(3)]) + text(r, digits, 1, 3)
	})},
	{"Unicode", 4, whole(func(r *rand.Rand) string { return trimmed(text(r, others+lower+digits+" ", 10, 30)) })},
	{"letters of one script", 1, whole(func(r *rand.Rand) string { return text(r, "абвгдежзиклмнопрст", 8, 20) })},
	{"what looks escaped", 3, whole(func(r *rand.Rand) string {
		escapes := []string{"%41", "%zz", `\u0041`, `\n`, `\x`, "&lt;", "&#65;", "&amp", `\\`, "+", "%25"}
		made := text(r, lower+digits, 2, 6)
		for range 3 {
			made += escapes[r.IntN(len(escapes))] + text(r, lower+digits, 2, 6)
		}
		return made
	})},
	{"JSON", 2, func(r *rand.Rand) value {
		pin := text(r, lower+digits, 8, 12) + `\"` + text(r, lower+upper, 4, 12) + `\\`
		return value{text: `{"pin":"` + pin + `","of":` + text(r, "123456789", 5, 9) + "}", confidential: []string{pin}}
	}},
	{"a long key", 1, whole(func(r *rand.Rand) string { return text(r, digits+lower+upper+"+/", 1000, 5000) })},
	{"little chance", 1, whole(func(r *rand.Rand) string {
		return strings.Repeat(text(r, lower, 1, 2), 12) + text(r, digits, 4, 8)
	})},
	{"a bearer header", 1, func(r *rand.Rand) value {
		token := text(r, digits+lower+upper, 16, 48)
		return value{text: "Bearer " + token, confidential: []string{token}}
	}},
	{"a JWT", 1, func(r *rand.Rand) value {
		signature := base64.RawURLEncoding.EncodeToString(random(r, 32))
		claims := base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"` + text(r, digits, 10, 10) + `"}`))
		return value{text: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." + claims + "." + signature, confidential: []string{signature}}
	}},
	{"a URL with a password", 2, func(r *rand.Rand) value {
		password := text(r, digits, 1, 1) + text(r, digits+lower+upper+"-_.~%21", 9, 23) // "ab_" may be how a service's keys begin
		return value{text: "postgres://app:" + password + "@db.internal:5432/prod", confidential: []string{password}}
	}},
	{"too short", 2, func(r *rand.Rand) value { return value{text: text(r, digits+lower+upper, 4, 7)} }},
}

func trimmed(text string) string { return "a" + strings.TrimSpace(text) + "1" }

// prefixedMakers make values with the subject's known beginning.
var prefixedMakers = []maker{
	{"a prefixed key", 6, func(r *rand.Rand) value {
		key := text(r, digits+lower+upper, 8, 48)
		return value{text: "sk-live-" + key, confidential: []string{key}}
	}},
	{"a prefixed password", 2, func(r *rand.Rand) value {
		key := trimmed(text(r, digits+lower+marks+others, 10, 30))
		return value{text: "sk-live-" + key, confidential: []string{key}}
	}},
	{"too short behind its prefix", 1, func(r *rand.Rand) value {
		return value{text: "sk-live-" + text(r, digits+lower+upper, 4, 7)}
	}},
}

// fileMakers make values of several lines. Of them, long unbroken runs are confidential, and the lines where no run is long;
// what every key file of a kind begins with is not.
var fileMakers = []maker{
	{"a PKCS #8 key on P-256", 2, func(r *rand.Rand) value {
		der, _ := x509.MarshalPKCS8PrivateKey(p256(r))
		return pemFile("PRIVATE KEY", der, 36, 68)
	}},
	{"an Ed25519 key", 2, func(r *rand.Rand) value {
		der, _ := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(random(r, ed25519.SeedSize)))
		return pemFile("PRIVATE KEY", der, 16, 48)
	}},
	{"an EC key", 2, func(r *rand.Rand) value {
		der, _ := x509.MarshalECPrivateKey(p256(r))
		return pemFile("EC PRIVATE KEY", der, 7, 39)
	}},
	{"a long PEM block", 3, func(r *rand.Rand) value {
		der := random(r, 300+r.IntN(1200))
		return pemFile("RSA PRIVATE KEY", der, 30, len(der))
	}},
	{"a service account", 3, func(r *rand.Rand) value {
		key := pemFile("PRIVATE KEY", random(r, 400), 30, 400)
		made, _ := json.MarshalIndent(map[string]string{
			"type": "service_account", "project_id": "other", "private_key": key.text, "client_email": "bot@other.example",
			"token_uri": "https://oauth2.googleapis.com/token",
		}, "", "  ")
		return value{text: string(made), confidential: key.confidential}
	}},
	{"a kubeconfig", 1, func(r *rand.Rand) value {
		token := text(r, digits+lower+upper, 40, 80)
		config := "apiVersion: v1\nkind: Config\nusers:\n- name: bot\n  user:\n    token: " + token + "\n"
		return value{text: config, confidential: []string{token}}
	}},
	{"short lines", 2, func(r *rand.Rand) value {
		v := value{}
		for range 3 {
			line := trimmed(text(r, digits+lower+upper+plainMarks+others, 10, 20))
			v.text += line + "\n"
			v.confidential = append(v.confidential, line)
		}
		return v
	}},
	{"one line", 1, func(r *rand.Rand) value {
		line := text(r, digits+lower+upper, 20, 60)
		return value{text: line + "\n", confidential: []string{line}}
	}},
	{"line ends of Windows", 1, func(r *rand.Rand) value {
		v := pemFile("RSA PRIVATE KEY", random(r, 300), 30, 300)
		v.text = strings.ReplaceAll(v.text, "\n", "\r\n")
		return v
	}},
}

// pemFile is a PEM file. What is only this key's are the bytes between from and to.
func pemFile(label string, der []byte, from, to int) value {
	v := value{text: string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}))}
	body := strings.Split(strings.TrimSpace(v.text), "\n")
	at := 0
	for _, line := range body[1 : len(body)-1] {
		first, last := max(0, (from*8+5)/6-at), min(len(line), to*8/6-at)
		if first < last {
			v.confidential = append(v.confidential, line[first:last])
		}
		at += len(line)
	}
	return v
}

func p256(r *rand.Rand) *ecdsa.PrivateKey {
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), random(r, 32))
	if err != nil {
		panic(err) // one of 2^32
	}
	return key
}

// makersOf are those for each of the subject's secrets.
var makersOf = []struct {
	name   string
	makers []maker
}{{"key", lineMakers}, {"prefixed", prefixedMakers}, {"name", lineMakers}, {"file", fileMakers}}

// choose makes a value of a kind by its weight.
func choose(r *rand.Rand, makers []maker) value {
	total := 0
	for _, m := range makers {
		total += m.weight
	}
	at := r.IntN(total)
	for _, m := range makers {
		if at -= m.weight; at < 0 {
			v := m.make(r)
			v.kind = m.kind
			return v
		}
	}
	panic("unreachable")
}
