package guard

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/credential"
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
		"Server=db;Database=x;User Id=sa;Password=short;":                             "rd=short",
		"host=db user=app password='longpassword' dbname=x":                           "longpassword",
		"host=db user=app dbname=prod sslmode=require":                                "",
		"root:s3cretpassw@unix(/var/run/mysqld.sock)/shop":                            "s3cretpassw :s3cretpassw",
		"app:passw0rd12@my_account/db/schema?warehouse=w&role=r":                      "passw0rd12 :passw0rd12",
		"app:passw0rd12@/shop":                                                        "passw0rd12 :passw0rd12",
		"mysql://u:passw0rd12@(h1:3306,h2:3306)/db":                                   "passw0rd12",
		"mysql://u:passw0rd12@tcp(h1:3306)/db":                                        "passw0rd12",
		"user/password12@ORCL":                                                        "password12 /password12",
		"user/password12@db.example:1521/svc":                                         "password12 /password12",
		`user/"pass@word12"@ORCL`:                                                     `pass@word12 /"pass@word12"`,
		"scott/tiger@orcl":                                                            "/tiger@o",
		"system/manager12@(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=db)(PORT=1521)))": "manager12 /manager12",
		"rediss://default:passw0rd12@h:6380":                                          "passw0rd12",
		"mongodb://app:passw0rd12@h1:27017,h2:27017,h3/db?replicaSet=rs":              "passw0rd12",
		"amqps://u:passw0rd12@mq/vhost":                                               "passw0rd12",
		"smtp://u%40e.com:passw0rd12@smtp.e.com:587":                                  "passw0rd12",
		"snowflake://app:passw0rd12@account/db":                                       "passw0rd12",
		"jdbc:sqlserver://h:1433;databaseName=d;user=sa;password=passw0rd12;x=y":      "passw0rd12",
		"Driver={ODBC Driver 18};Server=h;UID=sa;PWD={pa;ss w0rd12};":                 "pa;ss w0rd12",
		`Server=h;Database=d;User Id=sa;Password="passw0rd;12";`:                      "passw0rd;12",
		"Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=Eby8vdM02xNOcqFl=": "Eby8vdM02xNOcqFl=",
		"HostName=hub.azure-devices.net;DeviceId=dev;SharedAccessKey=Eby8vdM02xNOcqFl=":                                           "Eby8vdM02xNOcqFl=",
		"BlobEndpoint=https://a.blob.core.windows.net/;SharedAccessSignature=sv=2022-11-02&ss=b&sig=aB1%2Bc2D3e4F5g6H7":           "aB1%2Bc2D3e4F5g6H7",
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
		"user: bob\npassword: |\n  first-line-1\n  second-line-2\n\n  third-line-3\nport: 8080\n":                                                                    "first-line-1 second-line-2 third-line-3",
		"a:\n  - secret: >-\n      first-line-1\n      second-line-2\n    other: x-y-z-1-2-3\n":                                                                      "first-line-1 second-line-2",
		"contraseña: tigre-12345\nusuario: juan\n":                                                                                                                   "tigre-12345",
		"SSL_CERT_PASSWORD=tiger12345\nCERT_FILE=/etc/x\n":                                                                                                           "tiger12345",
		`{"clientId":"6ba7b810-9dad-11d1-80b4-00c04fd430c8","clientSecret":"aB1~c2D3e4","tenantId":"00c04fd4-9dad-11d1-80b4-446655440000"}`:                          "aB1~c2D3e4",
		"aws_secret_access_key = wJalrXUtnFEMI\nregion = ap-northeast-1\nrole_arn = arn:aws:iam::123456789012:role/OrganizationAccountAccessRole\n":                  "wJalrXUtnFEMI",
		`{"kty":"RSA","kid":"key-2026-01-01","use":"sig","alg":"RS256","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiA","e":"AQAB","d":"X4cTteJY_gn4","p":"83i-7IvM"}`: "X4cTteJY_gn4 83i-7IvM",
		`{"keys":["abcdefgh1234","ijklmnop5678"]}`:                                                                                                                   "abcdefgh1234 ijklmnop5678",
		`{"password":12345678901,"user":"x"}`:                                                                                                                        "12345678901",
		"{user: app, password: hunter22x}":                                                                                                                           "hunter22x",
		"tokens:\n  - abcdefgh1234\n  - ijklmnop5678\n":                                                                                                              "abcdefgh1234 ijklmnop5678",
		"user1:password12\nuser2:password34\n":                                                                                                                       "user1:password12 user2:password34",
		"recovery codes:\nabcd-1234-efgh\nijkl-5678-mnop\n":                                                                                                          "abcd-1234-efgh ijkl-5678-mnop",
		"define('DB_PASSWORD', 'tiger12345');\ndefine('DB_HOST', 'db');\n":                                                                                           "tiger12345",
		"$cfg['user'] = 'app';\n$cfg['password'] = 'tiger12345';\n":                                                                                                  "tiger12345",
		"//registry.example/:_authToken=npm_abcdefgh12345678\nemail=x@y.example\n":                                                                                   "abcdefgh12345678",
		"[Peer]\nPublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=\nPresharedKey = abcdefgh\n":                                                                "abcdefgh",
		"http_proxy=http://u:tiger12345@proxy:3128\nno_proxy=localhost\n":                                                                                            "tiger12345",
	} {
		if got := strings.Join(pieces(value, ""), " "); got != want {
			t.Errorf("%s\n got  %s\n want %s", value, got, want)
		}
	}
}

// Settings, parameters and cookies with these names are secret, those with the others are not.
func TestNamesOfSecrets(t *testing.T) {
	for name := range strings.FieldsSeq(`password PASSWD DB_PASSWORD pgpassword passphrase pass_phrase passcode dbPass smtp_pass SSHPASS userpass pass pass2 password1 pwd MYSQL_PWD
		DB_PW bindpw rootpw pw2 psw mdp secret client_secret SECRET_KEY_BASE secret_id token access_token id_token refreshToken refresh_token refresh api_key apiKey X-Api-Key API_KEY2 wep_key1
		auth authcode auth_pin authToken _authToken authorization credential credentials creds private_key privateKey bearer cookie Set-Cookie jwt webhook webhook_url signature X-Amz-Signature sig
		csrf csrftoken xsrf-token XSRF CSRFToken hmac unseal_1 mnemonic MNEMONIC seed SEED_PHRASE seed_words otp_seed recovery_codes backup_codes recovery-code scratch_codes security_answer
		verifier code_verifier client_assertion SAMLResponse ticket PHPSESSID JSESSIONID session_id sessionId sessid connect.sid session laravel_session ASP.NET_SessionId Mcp-Session-Id
		otp totp pin pincode PUK psk sas GH_PAT GITHUB_PAT AZURE_DEVOPS_EXT_PAT githubPat pat salt AUTH_SALT pepper community snmp_community community_string connection_string ConnectionString
		passwort Kennwort contraseña contrasena clave mot_de_passe motdepasse senha wachtwoord lösenord adgangskode passord salasana hasło heslo jelszó şifre parola пароль 密码 パスワード 비밀번호
		SSL_CERT_PASSWORD cert_pass certificate_private_key`) {
		if !credential.Named(name) {
			t.Errorf("%s is not secret", name)
		}
		file := "PORT=8080\nOTHER_PASSWORD=lion98765xyz\n" + name + "=tiger12345\n"
		if got := learn(file).Text(file); strings.Contains(got, "tiger12345") {
			t.Errorf("%s is shown", name)
		}
	}
	for name := range strings.FieldsSeq(`port host user username region compass bypass encompass monkey_name public_key certificate cert_file key_id access_key_id token_type token_uri auth_uri client_id
		account_id project_id project tenantId role_arn private_key_id kid ssid pattern path seedling status pinned signal code_name session_timeout_seconds_count password_file secret_name expires_in
		title author description content`) {
		if credential.Named(name) {
			t.Errorf("%s is secret", name)
		}
	}
	const cookie = "PHPSESSID=q3k8v5j2m9p1x7c4n6b0t2r8s5; csrftoken=Xh4dkq9pqwe1abcd"
	if got := learn(cookie).Text(cookie); got != "PHPSESSID=[redacted] csrftoken=[redacted]" {
		t.Error(got)
	}
}

// What stands beside a key and is public in other texts is not looked for.
func TestPublicPartsOfFiles(t *testing.T) {
	for value, public := range map[string]string{
		`{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","kid":"key-of-2026-01","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}`:                                                                                                                                                                `{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","kid":"key-of-2026-01"}]}`,
		"$ANSIBLE_VAULT;1.1;AES256\n62313365396662343061393464336163383764373764613633653634306231386433626436623361\n":                                                                                                                                                                                                                                                          "a file begins with $ANSIBLE_VAULT;1.1;AES256",
		"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: aes256-cbc\nComment: me-and-my-host\nPublic-Lines: 2\nAAAAB3NzaC1yc2EAAAABJQAAAQEAiPVUpONjGeVrwgRPOqy3Ym6kF/f8bltnmjA2\nbbbB3NzaC1yc2EAAAABJQAA\nKey-Derivation: Argon2id\nPrivate-Lines: 1\nAAABAQCQ3MdFwR2pRSqLmXlw7tV1nPJHk0mEX9GgZcXqm8XzdG3Jd1mEuqpNFbcE\nPrivate-MAC: 0123456789abcdef0123456789abcdef01234567\n": "PuTTY-User-Key-File-3: ssh-ed25519, aes256-cbc, Argon2id, me-and-my-host, ssh-rsa AAAAB3NzaC1yc2EAAAABJQAAAQEAiPVUpONjGeVrwgRPOqy3Ym6kF/f8bltnmjA2bbbB3NzaC1yc2EAAAABJQAA me",
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ6gZ0l9yq3l0c2VjcmV0IG5vdCBoZXJl me@host\n" + pem:                                                                                                                                                                                                                                                                                  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ6gZ0l9yq3l0c2VjcmV0IG5vdCBoZXJl me@host",
		publicPEM(certificate) + pem: publicPEM(certificate),
		"# public key: age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\nAGE-SECRET-KEY-1QYQSZQGPQYQSZQGPQYQS\n": "age -r age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
		`{"type":"service_account","project_id":"my-project-123456","private_key_id":"0123456789abcdef0123456789abcdef01234567","private_key":"` + strings.ReplaceAll(pem, "\n", `\n`) + `","client_email":"robot-service@my-project-123456.iam.gserviceaccount.com","client_id":"103456789012345678901","auth_uri":"https://accounts.google.com/o/oauth2/auth","token_uri":"https://oauth2.googleapis.com/token","auth_provider_x509_cert_url":"https://www.googleapis.com/oauth2/v1/certs","client_x509_cert_url":"https://www.googleapis.com/robot/v1/metadata/x509/robot-service%40my-project-123456.iam.gserviceaccount.com"}`: `service_account my-project-123456 0123456789abcdef0123456789abcdef01234567 robot-service@my-project-123456.iam.gserviceaccount.com 103456789012345678901 https://accounts.google.com/o/oauth2/auth https://www.googleapis.com/robot/v1/metadata/x509/robot-service%40my-project-123456.iam.gserviceaccount.com`,
		"[prod]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\naws_account_id = 123456789012\nregion = ap-northeast-1\nrole_arn = arn:aws:iam::123456789012:role/OrganizationAccountAccessRole\n":                                                                                                                                                                                                                                                                                                                                                                     "aws_access_key_id in ap-northeast-1 of 123456789012 as arn:aws:iam::123456789012:role/OrganizationAccountAccessRole",
	} {
		g := learn(value)
		if got := g.Text(public); got != public {
			t.Errorf("%s\nbecame %s", public, got)
		}
		if got := g.Text(value); !strings.Contains(got, Redacted) {
			t.Errorf("%.40s is not masked", value)
		}
	}
}

// Who has a value that is not UTF-8 did not get it from a person. It is masked nonetheless, as it is and as JSON shows it.
func TestWhatIsNotUTF8IsMasked(t *testing.T) {
	for _, value := range []string{
		"{\"client_id\":\"shop\",\"client_secret\":\"LT|)\\u0026\x7f\xff\xff\xffkVbAT\"}",
		"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8",
		"password=\xe4\xf6\xfc-\xc4\xd6\xdc-hunter",
		"password: \xe4\xf6\xfc-hunter22\nuser: bob\n",
		"postgres://bob:\xe4\xf6\xfchunter2@db.example/shop",
		"sk_live_\xe4\xf6\xfchunter22",
	} {
		g := new(Guard)
		g.Learn(value, "sk_live_")
		asJSON, err := json.Marshal(map[string]string{"text": value})
		if err != nil {
			t.Fatal(err)
		}
		for _, shown := range []string{g.Text(value), g.Text("it was " + value), string(g.JSON(asJSON))} {
			if !strings.Contains(shown, Redacted) || strings.Contains(shown, "hunter") || strings.Contains(shown, "kVbAT") {
				t.Errorf("%q is shown: %q", value, shown)
			}
		}
	}
}
