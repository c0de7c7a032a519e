package guard

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
)

// ordinary has texts as tools return them. None has a value in it that the test learns, though some come near.
var ordinary = []string{
	"Rex is a calm dog, four years old. The adopters need two references and a garden; call before you visit.",
	"La contraseña caducó el 3 de mayo. Solicite otra en la página de su cuenta: https://tienda.example/cuenta?id=4711.",
	"Der Schlüssel liegt unter der Fußmatte. Größe: 12 × 30 mm, Preis: 4,99 € (inkl. 19 % MwSt.).",
	"Пароль должен быть не короче восьми знаков. Ключ хранится в связке ключей операционной системы.",
	"密钥保存在操作系统的钥匙串中，每次使用前都会询问用户。错误代码：0x80070005。",
	"パスワードは8文字以上で入力してください。（例：Sommer2024?）",
	"كلمة المرور قصيرة جدا، يرجى المحاولة مرة أخرى.",
	"חפש את המפתח במחזיק המפתחות. 🔑🐕‍🦺 👍🏽",
	"The hurried otters, they juggle. Lanterns at noon? We saw otters juggle lanterns, and were in a hurry.",
	"func (s *Server) ListPets(ctx context.Context, req *Request) (*Result, error) {\n\tif req.Limit <= 0 || req.Limit > 100 {\n\t\treturn nil, fmt.Errorf(\"limit %d: %w\", req.Limit, ErrRange)\n\t}\n\treturn s.db.Query(ctx, `SELECT * FROM pets WHERE name LIKE '%a%' AND age < $1`)\n}\n",
	"#include <stdio.h>\nint main(void) { printf(\"%08x %s\\n\", 0xdeadbeef, \"a\\tb\"); return 0; }\n",
	"import os, re\nSECRET = os.environ[\"API_KEY\"]\nm = re.match(r\"^sk_(live|test)_[0-9a-zA-Z]{24,}$\", SECRET)\n",
	"const url = `https://api.example/v1/${id}?q=${encodeURIComponent(q)}&limit=10`; // sk_live_... goes into the header\n",
	"<!doctype html><html><body class=\"a b\"><p>Fish &amp; chips &lt;b&gt; &#233;t&#xe9; &nbsp;</p></body></html>",
	"2025-11-25T10:00:00.123Z INFO  http: 127.0.0.1:51234 \"GET /pets?limit=10&q=a%20b%2Fc HTTP/1.1\" 200 1432 \"-\" \"curl/8.5.0\"\n2025-11-25T10:00:01.456Z WARN  retry 2/5 in 400ms\n",
	"goroutine 1 [running]:\nmain.main()\n\t/src/main.go:12 +0x1d\nexit status 2\n",
	"Traceback (most recent call last):\n  File \"app.py\", line 3, in <module>\nKeyError: 'api_key'\n",
	"commit d9b691fa11ac1e89e8c26b7d2f0c4a5e6f708192\nAuthor: A <a@b.example>\nDate:   Tue Nov 25 10:00:00 2025 +0100\n\n    schema: read it\n",
	"550e8400-e29b-41d4-a716-446655440000\n6ba7b810-9dad-11d1-80b4-00c04fd430c8\n00000000-0000-0000-0000-000000000000",
	"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  empty\nd41d8cd98f00b204e9800998ecf8427e",
	"https://petstore.example/api/v3/pets?status=available&page=2#top https://hooks.example/services/T111/B111 postgres://db.internal:5432/prod",
	"{\"type\": \"service_account\", \"project_id\": \"other\", \"token_uri\": \"https://oauth2.googleapis.com/token\", \"auth_provider_x509_cert_url\": \"https://www.googleapis.com/oauth2/v1/certs\"}",
	"-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAyKf4jV0XK1J1bY7m0l9y\nq3l0c2VjcmV0IG5vdCBoZXJlIGJ1dCBzb21lIG90aGVyIGtleXMgYXJlIGhlcmUh\n-----END PUBLIC KEY-----\n",
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ6gZ0l9yq3l0c2VjcmV0IG5vdCBoZXJl user@host",
	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
	"Authorization: Bearer <token>\nAuthorization: Basic dXNlcjpwYXNzd29yZA==\nX-Api-Key: ********",
	"name,age,price\n\"Rex, the dog\",4,12.50\nMia,2,9.99\n\"He said \"\"hi\"\"\",1,0.00\n",
	"| name | age |\n|------|-----|\n| Rex  |   4 |\n\n```yaml\nlabel: Petstore API key\nfield_type: password\n```\n",
	"C:\\Users\\rex\\AppData\\Local\\Temp\\new.txt \\\\server\\share\\u0041 ~/.config/petstore/config.yaml",
	"\\frac{a}{b} \\begin{pmatrix} x & y \\\\ z & w \\end{pmatrix} \\n \\u00e9 \\x41 %zz %4 & &; \\",
	"00000000  73 65 63 72 65 74 20 6e  6f 74 20 68 65 72 65 0a  |secret not here.|\n",
	"4111 1111 1111 1111, 4929-1234-1234-1234, 4929123 41234, +49 30 1234567, 3.14159265358979, 1e-10, 2024-01-15",
	"diff --git a/x b/x\n@@ -1,2 +1,2 @@\n-old \"value\"\n+new 'value'\n",
	"Passwords that are bad: password, Password1, Sommer2024!, hunter3hunter3, progress, letmein, qwerty12",
	"\x1b[31mred\x1b[0m \u0000\u0001 \u2028 \ufeff zero\u200bwidth",
	"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
	"",
}

var guarded = []struct{ value, prefix string }{
	{stripe, "sk_live_"},
	{odd, ""},
	{pem, ""},
	{"unhurried otters juggle lanterns at noon", ""},
	{"the quick brown fox jumps", "the quick brown fox "},
	{"Summer2024!", ""},
	{"hunter2hunter2", ""},
	{"4929123412341234", ""},
	{"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""},
	{"7f3c1e0a9b5d4c2f8e6a1b0c9d8e7f6a", ""},
	{"postgres://app:s3cr3tpassword@db.internal:5432/prod", ""},
	{"https://hooks.example/services/T000/B000/aB3dE5gH7jK9mN1pQ3sT5vW7", ""},
	{"https://petstore.example/api/v3", ""},
	{"Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", ""},
	{"xoxb-902138475610-abcdefGHIJKL", "xoxb-"},
}

// What has no value in it, and not the first eight characters of one, leaves byte for byte, whatever was learned.
func TestOrdinaryResults(t *testing.T) {
	g := new(Guard)
	for _, secret := range guarded {
		g.Learn(secret.value, secret.prefix)
	}
	r := rand.New(rand.NewPCG(3, 4))
	image := make([]byte, 200_000)
	for i := range image {
		image[i] = byte(r.Uint32())
	}
	texts := append(ordinary, base64.StdEncoding.EncodeToString(image), hex.EncodeToString(image))
	for _, text := range texts {
		if got := g.Text(text); got != text {
			t.Errorf("%.200s\nbecame %.200s", text, got)
		}
		nested, _ := json.Marshal(map[string]any{"text": text, text: []string{text}})
		for name, text := range map[string]string{
			"as it is": text, "base64": base64.StdEncoding.EncodeToString([]byte(text)), "nested": string(nested), "escaped": strings.ToUpper(percentAll(text, "%%%02x")),
		} {
			result := map[string]any{"jsonrpc": "2.0", "id": 4929123412341234, "result": map[string]any{"content": []content{{"text", text}}, "n": 0.1, text: nil}}
			var message bytes.Buffer
			_ = json.NewEncoder(&message).Encode(result)
			if got := g.JSON(message.Bytes()); &got[0] != &message.Bytes()[0] {
				t.Errorf("%s: %.200s\nbecame %.200s", name, message.Bytes(), got)
			}
		}
	}
	if len(texts) < 30 {
		t.Error("a small corpus")
	}
}
