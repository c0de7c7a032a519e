package field

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"
)

// newPEM returns a certificate and its private key.
func newPEM(t testing.TB) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, errCertificate := x509.CreateCertificate(rand.Reader, &template, &template, private.Public(), private)
	keyDER, errKey := x509.MarshalPKCS8PrivateKey(private)
	if err := errors.Join(errCertificate, errKey); err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
}

// TestFormats: what is a text of each format, and what is none.
func TestFormats(t *testing.T) {
	certificate, key := newPEM(t)
	const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"
	for name, row := range map[Format]struct {
		of       Type
		are, not []string
	}{
		PEMFormat: {Multiline, []string{certificate, key, certificate + certificate, "subject=/CN=x\n" + certificate + "\n" + key},
			[]string{"x", certificate[:100], certificate + key[:40], strings.Replace(certificate, "MI", "", 1), strings.ReplaceAll(key, "PRIVATE KEY", "CERTIFICATE"), "-----BEGIN X-----\n-----END Y-----\n"}},
		JSONFormat: {Multiline, []string{"{}", "[1, 2]", " {\"a\": 1}\n", "null", "5"}, []string{"{", "{a: 1}", "{'a': 1}", "{} {}", "x"}},
		YAMLFormat: {Multiline, []string{"a: 1\n", "- a\n- b\n", "---\n# c\na:\n  b: [1, 2]\n  c: \"x # y\"\n", "{\"a\": 1}", "[1]", "apiVersion: v1\nclusters:\n- cluster:\n    server: https://a.example:6443\n  name: x\n",
			"text: |\n  any \"thing\n  \tgoes\n  here [\nnext: 'it''s'\n", "a: it's fine\nb: {c: d}\n", "a: \"two\n  lines\"\n", "a:\n  - b: 1\n    c: >-\n      x\n", "url: http://a.example/[x]\n"},
			[]string{"just a text", "a: 1\n\tb: 2\n", "a: [1, 2\n", "a: \"x\n", "a: {b: 1]\n", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "# only a comment", "two words\nand more: no\n"}},
		JWTFormat: {Password, []string{jwt, strings.TrimSuffix(jwt, "c2lnbmF0dXJl"), "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.AA.AA.AA.AA"},
			[]string{"a.b.c", jwt + ".x", "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiJhbm4ifQ", "e30.e30.AA", strings.ReplaceAll(jwt, ".", ","), "eyJhbGciOiJIUzI1NiJ9.W10.AA", jwt + "="}},
		Base64Format: {Multiline, []string{"aGVsbG8=", "aGVsbG8", "-_-_", "+/+/", "aGVs\nbG8=\n"}, []string{"a", "hello world", "+/-_", "aGVsbG8=x", "===="}},
		UUIDFormat: {Text, []string{"123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000", "00000000-0000-0000-0000-000000000000"},
			[]string{"123e4567e89b12d3a456426614174000", "{123e4567-e89b-12d3-a456-426614174000}", "123e4567-e89b-12d3-a456-42661417400g", "urn:uuid:123e4567-e89b-12d3-a456-426614174000"}},
		DateFormat:     {Text, []string{"2026-12-31", "2024-02-29"}, []string{"2026-02-29", "31.12.2026", "2026-12-31T00:00:00Z", "2026-1-1"}},
		HostFormat:     {Text, []string{"db.example.com", "localhost", "my_box", "192.0.2.1", "2001:db8::1", "a.example."}, []string{"https://a.example", "a.example:80", "[2001:db8::1]", "a..b", "böse.example", "127.1", "fe80::1%eth0", "a/b", "-a"}},
		PortFormat:     {Text, []string{"1", "443", "65535"}, []string{"0", "65536", "-1", "+1", "http", "80.0", " 80"}},
		HostPortFormat: {Text, []string{"db.example.com:5432", "[2001:db8::1]:5432", "192.0.2.1:1"}, []string{"db.example.net", "2001:db8::1:5432", "[db.example]:1", ":80", "a:0", "a:http", "https://a:1", "a:1:2"}},
		PathFormat:     {Text, []string{"/", "/etc/ssl", "~", "~/notes", `C:\Users\ann`, "c:/x", `\\server\share`}, []string{"notes", "./x", "../x", "~ann/x", "C:x", "file:///x", "$HOME/x"}},
	} {
		f := Field{Type: row.of, Format: name}
		for _, text := range row.are {
			value, err := f.Parse(text)
			if err != nil || reflect.TypeOf(value) != f.ValueType() {
				t.Errorf("%s: %q: %T, %v", name, text, value, err)
			}
		}
		for _, text := range row.not {
			var problem *Problem
			if err := f.Check(text); !errors.As(err, &problem) || problem.Kind != name.row().kind || strings.Contains(err.Error(), text) && len(text) > 5 {
				t.Errorf("%s: %q is one: %v", name, text, err)
			}
		}
	}
	if len(Formats()) != 11 {
		t.Errorf("%d formats, not all of which are tried", len(Formats()))
	}
}

// TestFormatValues: the values are what a caller expects.
func TestFormatValues(t *testing.T) {
	certificate, key := newPEM(t)
	parse := func(format Format, text string) any {
		t.Helper()
		value, err := (Field{Type: Multiline, Format: format}).Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	if p := parse(PEMFormat, certificate+key).(PEM); len(p.Blocks) != 2 || len(p.Certificates) != 1 || p.Text != certificate+key || p.Certificates[0].SerialNumber.Int64() != 1 {
		t.Errorf("%+v", p)
	}
	if got := parse(JSONFormat, ` {"a":1}`).(json.RawMessage); string(got) != ` {"a":1}` {
		t.Errorf("%s", got)
	}
	if got := parse(Base64Format, "aGVs\nbG8").([]byte); !bytes.Equal(got, []byte("hello")) {
		t.Errorf("%s", got)
	}
	if got := parse(DateFormat, "2026-12-31").(time.Time); !got.Equal(time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)) {
		t.Error(got)
	}
	if got := parse(HostPortFormat, "[2001:db8::1]:5432").(HostPort); got != (HostPort{"2001:db8::1", 5432}) || got.String() != "[2001:db8::1]:5432" {
		t.Error(got)
	}
	if got := parse(PortFormat, "5432"); got != uint16(5432) {
		t.Error(got)
	}
}

// TestKeysOfJSON: an object must have them, whatever their values.
func TestKeysOfJSON(t *testing.T) {
	f := Field{Type: Multiline, Format: JSONFormat, Keys: []string{"client_email", "private_key"}}
	for text, ok := range map[string]bool{
		`{"client_email": "a", "private_key": null}`: true, `{"private_key": 1, "client_email": {}, "more": 2}`: true,
		`{"client_email": "a"}`: false, `["client_email", "private_key"]`: false, `"x"`: false, `null`: false,
	} {
		if err := f.Check(text); (err == nil) != ok || !ok && err.Error() != "must be a JSON object with the keys client_email, private_key" {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestDestinations: a host is one, and none that must not be shown.
func TestDestinations(t *testing.T) {
	for _, row := range []struct {
		f          Field
		text, goes string
	}{
		{Field{Type: Text, Format: HostFormat}, "db.example", "db.example"},
		{Field{Type: Text, Format: HostPortFormat}, "[2001:db8::1]:22", "[2001:db8::1]:22"},
		{Field{Type: URL}, "http://a.example/x", "http://a.example"},
		{Field{Type: URL, Secrecy: Hidden}, "https://u:p@a.example/x", "a.example"},
	} {
		value, err := row.f.Parse(row.text)
		if err != nil || !row.f.IsDestination() || row.f.Destination(row.text, value) != row.goes {
			t.Errorf("%+v: %s, %v", row.f, row.f.Destination(row.text, value), err)
		}
	}
	for _, f := range []Field{{Type: Text}, {Type: Text, Format: PortFormat}, {Type: Text, Format: HostFormat, Secrecy: Hidden}} {
		if f.IsDestination() {
			t.Errorf("%+v is a destination", f)
		}
	}
}

// TestNoPrivateKeyIsPublic: who stores or chooses a file of certificates may have the one with the key in it.
func TestNoPrivateKeyIsPublic(t *testing.T) {
	certificate, key := newPEM(t)
	openssh := "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA==\n-----END OPENSSH PRIVATE KEY-----\n"
	for _, text := range []string{
		key, certificate + key, key + certificate, certificate + "text\n" + key, openssh, strings.ReplaceAll(key, "PRIVATE", "RSA PRIVATE"),
		`{"private_key": "` + strings.ReplaceAll(key, "\n", `\n`) + `"}`, strings.ReplaceAll(key, "PRIVATE", "ENCRYPTED PRIVATE"),
		"-----BEGIN PGP PRIVATE KEY BLOCK-----\nx\n-----END PGP PRIVATE KEY BLOCK-----", "PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\nAAAA\n",
	} {
		for _, f := range []Field{
			{Type: Multiline, Secrecy: Shown}, {Type: Multiline, Secrecy: Shown, Format: PEMFormat}, {Type: Text}, {Type: Text, List: true},
			(Field{Type: File, Secrecy: Shown}).Content(),
		} {
			entered := text
			if f.Type == Text {
				entered = strings.ReplaceAll(strings.TrimSpace(text), "\n", " ")
			}
			if strings.HasPrefix(entered, "PuTTY") && f.Type == Text {
				continue // a key of several lines, which is none in one
			}
			if f.Check(entered) == nil {
				t.Errorf("%s %s: accepts %.40q", f.Type, f.Format, entered)
			}
		}
		for _, f := range []Field{{Type: Multiline}, (Field{Type: File}).Content()} {
			if err := f.Check(text); err != nil {
				t.Errorf("%s: refuses %.40q: %v", f.Type, text, err)
			}
		}
	}
	for _, text := range []string{certificate, certificate + certificate, "PRIVATE KEY", "how to make a PRIVATE KEY: openssl"} {
		if err := (Field{Type: Multiline, Secrecy: Shown}).Check(text); err != nil {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}
