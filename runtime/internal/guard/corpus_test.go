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
	"see github_pages/index.html, github_project.yml and .github_private/x; sk_live_... is a key of Stripe, glpat- one of GitLab, key-value stores are none",
	"apiVersion: v1\nkind: Config\npreferences: {}\ncurrent-context: other\nclusters:\n- name: other\n  cluster:\n    server: https://k8s.other.example\n    certificate-authority-data: " + otherCertificate + "\nusers:\n- name: other\n  user:\n    client-certificate-data: " + otherCertificate + "\n",
	"The base64 of a PEM block begins with LS0tLS1CRUdJTi, and ends with LS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo= or LS0tLS1FTkQgUFJJVkFURSBLRVktLS0tLQo=.",
	"-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\nRTESMBAGA1UEChMJQmFsdGltb3JlMRMwEQYDVQQLEwpDeWJlclRydXN0MSIwIAYD\n-----END CERTIFICATE-----\n",
	"eyJhbGciOiJSUzI1NiIsImtpZCI6ImExIn0.eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50Iiwic3ViIjoib3RoZXIifQ.x8Kq2mN9vR4tW7yZ1bC3dF5gH6jL0pQsUoIeAaSsDdFfGgHhJjKkLl",
	"eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ is the header of a JWE; eyJhdXRocyI6eyJyZWdpc3RyeS5leGFtcGxlLmNvbSI6 begins a login.",
	"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\nQyNTUxOQAAACD",
	"host=db.other port=5432 user=app dbname=prod sslmode=require password=?; Server=tcp:db.other,1433;Database=shop;User ID=app;Encrypt=True;",
	"DefaultEndpointsProtocol=https;AccountName=other;EndpointSuffix=core.windows.net; https://other.blob.core.windows.net/c?sv=2022-11-02&se=2026-12-01T00%3A00%3A00Z&sr=c&sp=rl",
	"https://accounts.google.com/o/oauth2/auth https://oauth2.googleapis.com/token https://www.googleapis.com/robot/v1/metadata/x509/ service_account",
	"https://hooks.slack.example/services/ https://o1.ingest.example.com/43 https://github.example/acme/shop.git https://api.example.com/v1?limit=10&page=2&token=",
	"[default]\naws_access_key_id = \naws_secret_access_key = \nregion = eu-central-1\noutput = json\nmachine api.example.com login bob password\n",
	"{\"auths\":{\"registry.example.com\":{\"auth\":\"\"}},\"credsStore\":\"secretservice\"} Authorization: Basic YWRtaW46YWRtaW4=",
	"jdbc:sqlserver://db.example.com:1433;databaseName=shop;user=app;encrypt=true app:@tcp(db.internal:3306)/shop?parseTime=true",
	"x-oauth-basic, x-access-token, oauth2: these are the user names and passwords that say that the other is a token.",
}

// otherCertificate is a certificate as a kubeconfig has it.
var otherCertificate = encode64("-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\nRTESMBAGA1UEChMJQmFsdGltb3JlMRMwEQYDVQQLEwpDeWJlclRydXN0MSIwIAYD\n-----END CERTIFICATE-----\n")

const (
	ec = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIBw3kq8RZr0yX4mJm1d1vP0t9n5Xc7oQf2h6KsUeLgVboAoGCCqGSM49\nAwEHoUQDQgAE3k9sVf0m2Qw7Lr5Tt8Zx1Yc4Ba6Hd9Jg2Ne0Pp3Rq5Sv7Uw8Xy1Z\nz4Aa6Bb9Cc2Dd5Ee8Ff1Gg4Hh7Jj0Kk3Ll6Mm9N=\n-----END EC PRIVATE KEY-----\n"

	kubeconfig = "apiVersion: v1\nkind: Config\npreferences: {}\ncurrent-context: prod\nclusters:\n- name: prod\n  cluster:\n    server: https://k8s.example.com\n    certificate-authority-data: "
)

var guarded = []struct{ value, prefix string }{
	{kubeconfig + encode64(publicPEM(certificate)) + "\nusers:\n- name: admin\n  user:\n    client-certificate-data: " + encode64(publicPEM(certificate)) + "\n    client-key-data: " + encode64(ec) + "\n", ""},
	{kubeconfig + encode64(publicPEM(certificate)) + "\nusers:\n- name: sa\n  user:\n    token: eyJhbGciOiJSUzI1NiIsImtpZCI6ImExIn0.eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50Iiwic3ViIjoic2EifQ.kJ2h4G6f8D0sAqWeRtYuIoPzXcVbNmLkJhGf\n", ""},
	{"apiVersion: v1\nkind: Secret\ndata:\n  .dockerconfigjson: " + encode64(`{"auths":{"registry.example.com":{"auth":"`+encode64("bob:wombat4marmot4")+`"}}}`) + "\n", ""},
	{encode64("apiVersion: v1\nkind: Config\nusers:\n- user:\n    password: hunter5hunter5\n"), ""},
	{"{\n  \"type\": \"service_account\",\n  \"project_id\": \"shop\",\n  \"private_key\": \"" + strings.ReplaceAll(pem, "\n", `\n`) + "\",\n  \"token_uri\": \"https://oauth2.googleapis.com/token\",\n  \"auth_uri\": \"https://accounts.google.com/o/oauth2/auth\",\n  \"auth_provider_x509_cert_url\": \"https://www.googleapis.com/oauth2/v1/certs\"\n}\n", ""},
	{"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\nQyNTUxOQAAACDUKFrOEmpuG8nYVdY1+Nf9qpHq10e7jrc6jJhlY5uWxgAAAJgPkY1ED5GN\nRAAAAAtzc2gtZWQyNTUxOQAAACDUKFrOEmpuG8nYVdY1+Nf9qpHq10e7jrc6jJhlY5uWxg\n-----END OPENSSH PRIVATE KEY-----\n", ""},
	{"github_pat_11ABCDEFG0abcdefghijklmnop_qrstuvwxyz0123456789", ""},
	{"glpat-a1B2c3D4e5F6g7H8i9J0", ""},
	{"sk_live_9aB8cD7eF6gH5iJ4kL3mN2oP", ""},
	{"key-3ax6xnjp29jd6fds4gc373sgvjxteol0", ""},
	{"Basic " + encode64("admin:hunter6hunter6"), ""},
	{"eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGe.48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6ji.XFBoMYUZodetZdvTiFvSkQ", ""},
	{"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc1234", ""},
	{"https://0123456789abcdef0123456789abcdef@o1.ingest.example.com/42", ""},
	{"https://ghp_abcdefghijklmnopqrstuvwxyz0123456789:x-oauth-basic@github.example/acme/shop.git", ""},
	{"https://api.example.com/v1?limit=10&page=2&token=a1b2c3d4e5f6", ""},
	{"https://hooks.slack.example/services/T000/B000/xY3dE5gH7jK9mN1pQ3sT5vW7", ""},
	{"host=db.internal port=5432 user=app password=hunter7hunter7 dbname=prod sslmode=require", ""},
	{"Server=tcp:db.example.net,1433;Database=shop;User ID=app;Password=hunter8hunter8;Encrypt=True;", ""},
	{"DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;EndpointSuffix=core.windows.net", ""},
	{"jdbc:sqlserver://db.example.com:1433;databaseName=shop;user=app;password=short;encrypt=true", ""},
	{"app:hunter9hunter9@tcp(db.internal:3306)/shop?parseTime=true", ""},
	{"machine api.example.com login bob password hunter1hunter1\n", ""},
	{"[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEZ\nregion = eu-central-1\n", ""},
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
