package guard

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A maker makes values of one shape. It notes which parts of them are secret.
type maker struct {
	r       *rand.Rand
	secrets []string
}

// secret returns a random text as keys and passwords are. None is of words only.
func (m *maker) secret() string {
	alphabet := []string{base62, base62, "0123456789abcdef", "abcdefghijklmnopqrstuvwxyz0123456789", base62 + "-_", base62 + "+/", base62 + ".~-_"}[m.r.IntN(7)]
	return m.note(randomText(m.r, 8+m.r.IntN(40), alphabet))
}

// letters is secret, of letters and digits.
func (m *maker) letters(length int) string { return m.note(randomText(m.r, length, base62)) }

// password is secret, with the characters that people are made to use. Those in without are in none.
func (m *maker) password(without string) string {
	odd := strings.Map(func(c rune) rune {
		if strings.ContainsRune(without, c) {
			return -1
		}
		return c
	}, "!$%&()*+,-./:;<=>?@[]^_{|}~#")
	return m.note(randomText(m.r, 10+m.r.IntN(20), base62+base62+odd))
}

func (m *maker) note(secret string) string {
	m.secrets = append(m.secrets, secret)
	return secret
}

func (m *maker) one(of ...string) string { return of[m.r.IntN(len(of))] }

func (m *maker) host() string {
	return m.one("db", "localhost", "db.internal:5432", "api.example.com", "o1.ingest.example.com", "[2001:db8::1]:8080", "10.0.0.7:6379", "a.example:27017,b.example:27017")
}

func (m *maker) scheme() string {
	return m.one("https", "http", "postgres", "postgresql", "mysql", "mongodb+srv", "redis", "amqps", "smtp", "jdbc:postgresql", "sqlserver")
}

func (m *maker) jwt(signature int) string {
	header := m.one(`{"alg":"HS256","typ":"JWT"}`, `{"alg":"RS256","kid":"a1"}`)
	claims := fmt.Sprintf(`{"sub":"%d","name":"Jane Doe","iat":1516239022}`, m.r.IntN(1_000_000))
	raw := base64.RawURLEncoding
	return raw.EncodeToString([]byte(header)) + "." + raw.EncodeToString([]byte(claims)) + "." + m.letters(signature)
}

// bytes notes and returns random bytes in base64, in lines of width.
func (m *maker) bytes(length, width int) []string {
	raw := make([]byte, length)
	for i := range raw {
		raw[i] = byte(m.r.Uint32())
	}
	text := base64.StdEncoding.EncodeToString(raw)
	var lines []string
	for len(text) > width {
		lines = append(lines, text[:width])
		text = text[width:]
	}
	return append(lines, text)
}

// pem returns a private key. What stands before its first secret character is as in real ones.
func (m *maker) pem() string {
	kind, public := "PRIVATE KEY", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj"
	switch m.r.IntN(4) {
	case 0:
		kind, public = "EC PRIVATE KEY", "MHcCAQEE"
	case 1:
		public = "MC4CAQAwBQYDK2Vw"
	case 2:
		kind, public = "OPENSSH PRIVATE KEY", "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZWQyNTUxOQAAACDUKFrOEmpuG8nYVdY1+Nf9qpHq10e7jrc6jJhlY5uW"
	}
	lines := m.bytes(100+m.r.IntN(1500), 64)
	for _, line := range lines {
		m.note(line)
	}
	return "-----BEGIN " + kind + "-----\n" + public + strings.Join(lines, "\n") + "\n-----END " + kind + "-----\n"
}

// in64 returns a value in base64, and the secrets in it as they are there.
func (m *maker) in64(value string) string {
	text := base64.StdEncoding.EncodeToString([]byte(value))
	var written []string
	for _, secret := range m.secrets {
		if at := strings.Index(value, secret); at >= 0 {
			from, to := (at*4+2)/3, (at+len(secret))*4/3
			written = append(written, text[from:to])
		}
	}
	m.secrets = written
	return text
}

const certificate = "MIIBhTCCASugAwIBAgIQIRi6zePL6mKjOipn+dNuaTAKBggqhkjOPQQDAjASMRAwDgYDVQQKEwdBY21lIENvMB4XDTE3MTAyMDE5NDMwNloXDTE4MTAyMDE5NDMwNlow"

func publicPEM(data string) string {
	return "-----BEGIN CERTIFICATE-----\n" + data[:64] + "\n" + data[64:] + "\n-----END CERTIFICATE-----\n"
}

func encode64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// nested is m.in64 for a part of a value: it changes nothing of what is secret elsewhere.
func (m *maker) nested(of func(*maker) string) string {
	inner := &maker{r: m.r}
	text := inner.in64(of(inner))
	m.secrets = append(m.secrets, inner.secrets...)
	return text
}

// shapes has how values are made. Each has something secret in it.
var shapes = map[string]func(*maker) string{
	"a key":               (*maker).secret,
	"a password":          func(m *maker) string { return m.password("") },
	"a vendor's key":      func(m *maker) string { return vendorPrefixes[m.r.IntN(len(vendorPrefixes))] + m.secret() },
	"an unknown vendor's": func(m *maker) string { return m.one("acme_", "acme_live_", "ac-proj-v1-") + m.letters(24) },
	"words": func(m *maker) string {
		return m.note(m.one("correct horse battery staple", "hunter2hunter2", "Sommer2024!", "progressive"))
	},
	"the user of a URL": func(m *maker) string {
		return "https://" + m.secret() + "@" + m.host() + m.one("", "/", "/acme/shop.git", "/42")
	},
	"the user, a colon": func(m *maker) string { return "https://" + m.letters(16) + ":@" + m.host() + "/v1" },
	"the user, a word": func(m *maker) string {
		return "https://" + m.letters(20) + ":x-oauth-basic@" + m.host() + "/acme/shop.git"
	},
	"a user of small letters": func(m *maker) string {
		return "https://" + m.note(randomText(m.r, 12, "abcdefghijklmnopqrstuvwxyz")) + "@api.example.com/v1"
	},
	"two in a URL": func(m *maker) string {
		return "https://" + m.letters(32) + ":" + m.letters(32) + "@" + m.host() + "/42"
	},
	"a password in a URL": func(m *maker) string {
		return m.scheme() + "://app:" + m.secret() + "@" + m.host() + "/shop?sslmode=require"
	},
	"an unescaped one": func(m *maker) string {
		return m.scheme() + "://app:" + m.letters(2) + m.password("<>") + "@db.example.com/shop"
	},
	"a short one in a URL": func(m *maker) string {
		return m.scheme() + "://app:" + m.letters(1+m.r.IntN(7)) + "@" + m.host() + "/prod"
	},
	"a key in a path": func(m *maker) string { return "https://hooks.example.com/services/T000/B000/" + m.letters(24) },
	"a short one in a path": func(m *maker) string {
		return "https://hooks.example.com/" + m.one("t/", "s/", "api/v3/", "", "hooks/") + m.one("", "short-") + m.letters(8+m.r.IntN(8))
	},
	"small letters in a path": func(m *maker) string {
		return "https://h.example/" + m.one("t/", "hooks/", "") + m.note(randomText(m.r, 8+m.r.IntN(12), "abcdefghijklmnopqrstuvwxyz"))
	},
	"groups in a path": func(m *maker) string {
		var groups []string
		for range 3 + m.r.IntN(3) {
			groups = append(groups, randomText(m.r, 4, "abcdefghijklmnopqrstuvwxyz"))
		}
		return "https://hooks.example.com/s/" + m.note(strings.Join(groups, m.one(".", "-", "_", "~")))
	},
	"bits in a path": func(m *maker) string {
		return "https://a:" + m.letters(7) + "@h.example/" + m.note(m.letters(3)+"/"+m.letters(5))
	},
	"a bot in a path": func(m *maker) string {
		return "https://api.example.org/bot" + m.note(fmt.Sprint(100_000_000+m.r.IntN(900_000_000))+":"+m.letters(35)) + "/sendMessage"
	},
	"a query": func(m *maker) string {
		return "https://api.example.com/v1?limit=10&" + m.one("token", "sig", "api_key", "access_token", "X-Amz-Signature") + "=" + m.secret() + "&page=2"
	},
	"another query": func(m *maker) string {
		return "https://api.example.com/v1?" + m.one("t", "q", "x") + "=" + m.letters(12)
	},
	"a fragment": func(m *maker) string { return "https://share.example/d/report#" + m.one("", "key=") + m.letters(22) },
	"a DSN in pairs": func(m *maker) string {
		return "host=db.internal port=5432 user=app password=" + m.secret() + " dbname=prod sslmode=require"
	},
	"one with quotes": func(m *maker) string { return "host=db user=app password='" + m.password("'\\") + "' dbname=prod" },
	"ADO": func(m *maker) string {
		return "Server=tcp:db.example.net,1433;Database=shop;User ID=app;Password=" + m.password(";'\"{}") + ";Encrypt=True;"
	},
	"ODBC": func(m *maker) string {
		return "Driver={ODBC Driver 18};Server=db;UID=app;PWD={" + m.password("{}") + "};"
	},
	"a storage account": func(m *maker) string {
		return "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=" + m.note(m.bytes(64, 100)[0]) + ";EndpointSuffix=core.windows.net"
	},
	"JDBC": func(m *maker) string {
		return "jdbc:sqlserver://db.example.com:1433;databaseName=shop;user=app;password=" + m.secret() + ";encrypt=true"
	},
	"JDBC, query":  func(m *maker) string { return "jdbc:mysql://db.example.com:3306/shop?user=app&password=" + m.secret() },
	"JDBC, Oracle": func(m *maker) string { return "jdbc:oracle:thin:scott/" + m.letters(12) + "@//db.example.com:1521/svc" },
	"Go's MySQL":   func(m *maker) string { return "app:" + m.password("()") + "@tcp(db.internal:3306)/shop?parseTime=true" },
	"no scheme":    func(m *maker) string { return "app:" + m.letters(14) + "@db.example.com:5432/shop" },
	"a JWT":        func(m *maker) string { return m.jwt(43) },
	"a short JWT":  func(m *maker) string { return m.jwt(1 + m.r.IntN(8)) },
	"a JWE": func(m *maker) string {
		return "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ." + m.letters(60) + "." + m.letters(16) + "." + m.letters(40) + "." + m.letters(22)
	},
	"a bearer": func(m *maker) string { return "Bearer " + m.jwt(43) },
	"a basic login": func(m *maker) string {
		return "Basic " + m.nested(func(m *maker) string { return "admin:" + m.password("") })
	},
	"PEM":            (*maker).pem,
	"PEM, carriages": func(m *maker) string { return strings.ReplaceAll(m.pem(), "\n", "\r\n") },
	"PEM in .env": func(m *maker) string {
		return `PORT=80` + "\n" + `PRIVATE_KEY="` + strings.ReplaceAll(m.pem(), "\n", `\n`) + `"`
	},
	"PEM, indented":         func(m *maker) string { return "tls:\n  key: |\n    " + strings.ReplaceAll(m.pem(), "\n", "\n    ") },
	"PEM and a certificate": func(m *maker) string { return publicPEM(certificate) + m.pem() },
	"a kubeconfig": func(m *maker) string {
		return "apiVersion: v1\nkind: Config\nclusters:\n- name: prod\n  cluster:\n    server: https://k8s.example.com\n    certificate-authority-data: " + encode64(publicPEM(certificate)) +
			"\nusers:\n- name: admin\n  user:\n    client-certificate-data: " + encode64(publicPEM(certificate)) + "\n    client-key-data: " + m.nested((*maker).pem) + "\n"
	},
	"a kubeconfig with a token": func(m *maker) string {
		return "apiVersion: v1\nkind: Config\nusers:\n- name: sa\n  user:\n    token: " + m.jwt(342) + "\n"
	},
	"a kubeconfig with a password": func(m *maker) string {
		return "apiVersion: v1\nusers:\n- user:\n    username: admin\n    password: " + m.secret() + "\n"
	},
	"a cluster's secret": func(m *maker) string {
		return "apiVersion: v1\nkind: Secret\nmetadata:\n  name: registry\ndata:\n  .dockerconfigjson: " + m.nested(dockerConfig) + "\n  password: " + m.nested((*maker).secret) + "\n"
	},
	"a login of docker": dockerConfig,
	"a service account": func(m *maker) string {
		text, _ := json.MarshalIndent(map[string]string{"type": "service_account", "project_id": "shop", "private_key": m.pem(), "client_email": "x@shop.iam.example.com",
			"auth_uri": "https://accounts.google.com/o/oauth2/auth", "client_x509_cert_url": "https://www.googleapis.com/robot/v1/metadata/x509/x%40shop.iam.example.com"}, "", m.one("", "  "))
		return string(text)
	},
	"JSON": func(m *maker) string {
		text, _ := json.Marshal(map[string]any{"client_id": "shop", m.one("client_secret", "password", "apiKey", "refresh_token", "auth"): m.password(""), "expires_in": 3600})
		return string(text)
	},
	"JSON of other names": func(m *maker) string {
		return `{"user":"bob","x":"` + m.note(randomText(m.r, 6, base62)+"7x9"+randomText(m.r, 4, base62)) + `"}`
	},
	"JSON in JSON": func(m *maker) string {
		inner := `{"password": "` + m.letters(12) + `", "host": "db"}`
		return `{"config": "` + quote(inner) + `", "kind": "x"}`
	},
	".env": func(m *maker) string {
		return "# settings\nPORT=8080\nDB_HOST=db.internal\nexport DB_PASSWORD=" + m.secret() + "\nAPI_KEY=\"" + m.password(`"`) + "\"\nSECRET='" + m.letters(12) + "'\nOTHER=ghp_" + m.letters(36) +
			"\nDATABASE_URL=postgres://app:" + m.letters(10) + "@db/prod\nSLACK_WEBHOOK_URL=https://hooks.slack.example/services/T0/B0/" + m.letters(24) + "\n"
	},
	".netrc": func(m *maker) string {
		return "machine api.example.com login bob password " + m.secret() + "\nmachine b.example\n  login x\n  password " + m.letters(9) + "\n"
	},
	".pgpass": func(m *maker) string {
		return "db.internal:5432:*:app:" + m.letters(12) + "\nlocalhost:5432:prod:app:" + m.letters(14) + "\n"
	},
	"AWS": func(m *maker) string {
		return "[default]\naws_access_key_id = AKIA" + m.letters(16) + "\naws_secret_access_key = " + m.note(m.bytes(30, 100)[0]) + "\nregion = eu-central-1\n"
	},
	".ini": func(m *maker) string { return "[db]\nuser = app\npasswd = " + m.password(";#") + "\n; old\n" },
	"git": func(m *maker) string {
		return "https://bob:" + m.letters(12) + "@git.example\nhttps://" + m.letters(20) + "@b.example\n"
	},
	"XML": func(m *maker) string {
		return "<settings>\n  <server>\n    <id>nexus</id>\n    <username>bob</username>\n    <password>" + m.secret() + "</password>\n  </server>\n</settings>\n"
	},
	"codes":          func(m *maker) string { return m.secret() + "\n" + m.secret() + "\n" + m.letters(8) + "\n" },
	"flow of YAML":   func(m *maker) string { return "users:\n- {name: bob, password: " + m.letters(10) + "}\n" },
	"folded in YAML": func(m *maker) string { return "user: bob\npassword: >-\n  " + m.letters(10) + "\n" },
}

func dockerConfig(m *maker) string {
	return `{"auths":{"registry.example.com":{"auth":"` + m.nested(func(m *maker) string { return "bob:" + m.letters(12) }) + `"}}}`
}

// wrappings has what people copy along with a value.
var wrappings = []string{"%s", "%s", "%s", " %s\n", `"%s"`, "'%s'", "`%s`", `"%s",`, "'%s';", "export API_KEY=%s", `API_KEY="%s"`, "X-Api-Key: %s", `"api_key": "%s",`, "Authorization: Bearer %s"}

// A value that counts as guarded is masked where all of it is shown, however it was made: nothing is left of what only its
// owner knows.
func TestAllShapesAreMasked(t *testing.T) {
	rounds := 60
	if testing.Short() || raceDetector {
		rounds = 10
	}
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			for round := range rounds {
				checkShape(t, shape, uint64(round), sha256.Sum256([]byte(name))[0])
				if t.Failed() {
					return
				}
			}
		})
	}
}

func checkShape(t *testing.T, shape func(*maker) string, seed uint64, more byte) {
	m := &maker{r: rand.New(rand.NewPCG(seed, uint64(more)))}
	value := shape(m)
	if m.r.IntN(4) == 0 {
		value = m.in64(value)
	}
	stored := value
	if !strings.ContainsAny(value, "\n\"'`") {
		stored = strings.ReplaceAll(wrappings[m.r.IntN(len(wrappings))], "%s", value)
	}
	prefix := "" // or a declared one, which ends before anything is secret
	for _, begins := range []string{"https://", "eyJ", "-----BEGIN ", "{", "host="} {
		if strings.HasPrefix(value, begins) && m.r.IntN(3) == 0 {
			prefix = begins
		}
	}
	if !Guards(stored, prefix) {
		t.Fatalf("seed %d: %q is not guarded", seed, stored)
	}
	g := new(Guard)
	g.Learn(stored, prefix)
	for _, shown := range []string{stored, value, "unable to access '" + value + "': no", strings.TrimSpace(value)} {
		message := `{"text":"` + quote(shown) + `"}`
		for _, got := range []string{g.Text(shown), unquoteText(g.JSON([]byte(message)))} {
			if left := left(got, m.secrets); left != "" {
				t.Fatalf("seed %d: of %q\n %q is left in\n %q\n pieces %q", seed, stored, left, got, pieces(stored, prefix))
			}
		}
	}
}

func unquoteText(message []byte) string {
	var decoded struct{ Text string }
	_ = json.Unmarshal(message, &decoded)
	return decoded.Text
}

// left returns eight characters in a row of a secret that a text shows.
func left(text string, secrets []string) string {
	for _, secret := range secrets {
		for i := 0; i+minimum <= len(secret); i++ {
			if strings.Contains(text, secret[i:i+minimum]) {
				return secret[i : i+minimum]
			}
		}
	}
	return ""
}

// FuzzShapes is TestAllShapesAreMasked for ever more values.
func FuzzShapes(f *testing.F) {
	names := slices.Sorted(maps.Keys(shapes))
	f.Add(uint64(1), byte(1))
	f.Fuzz(func(t *testing.T, seed uint64, shape byte) {
		checkShape(t, shapes[names[int(shape)%len(names)]], seed, shape)
	})
}

// FuzzPieces checks the laws of what is learned of any text.
func FuzzPieces(f *testing.F) {
	for name, shape := range shapes {
		f.Add(shape(&maker{r: rand.New(rand.NewPCG(1, uint64(len(name))))}), "sk_live_")
	}
	f.Fuzz(func(t *testing.T, value, prefix string) {
		found := pieces(value, prefix)
		checkPieces(t, value, found)
		if again := pieces(value, prefix); !slices.Equal(found, again) {
			t.Errorf("%q\n %q\n %q", value, found, again)
		}
		g := new(Guard)
		g.Learn(value, prefix)
		if shown := g.Text(value); len(found) > 0 && !strings.Contains(shown, Redacted) {
			t.Errorf("%q is shown, pieces %q", value, found)
		}
	})
}

func checkPieces(t *testing.T, value string, found []string) {
	size := 0
	for _, piece := range found {
		if size += len(piece); !long(piece) {
			t.Errorf("%.200q: %q is too short", value, piece)
		}
	}
	if size > maxLearned {
		t.Errorf("%.200q: %d bytes are learned", value, size)
	}
}

// What is learned of one text is bounded, also of texts that are made to be a lot. What is stored is masked nonetheless,
// line by line.
func TestWhatIsLearnedIsBounded(t *testing.T) {
	size := maxRead / 8
	if testing.Short() || raceDetector {
		size /= 16
	}
	for _, unit := range []string{
		"a", "A=", "password=", "password=abc;", "a=b;c=d;", "key: abcdefgh1\n", "ab12cd34ef\n", "ab12cd34ef.", "export A=", `"a"="b",'c':`, `{a:{`, `\n`, `\"`,
		"@a,a", "https://a:", "https://h/k3y7k3y7?", "-----BEGIN X-----\n", "<key>a</key><string>", "eyJ.", ",;", "\"'", encode64("password: ab12cdefgh\n"), encode64("bob: password12\n") + "\n",
	} {
		for _, before := range []string{"", "https://a:", "a: b\n"} {
			text := before + strings.Repeat(unit, size/len(unit))
			checkPieces(t, text, pieces(text, ""))
		}
	}
	m := &maker{r: rand.New(rand.NewPCG(7, 7))}
	var bundle strings.Builder
	for bundle.Len() < 200<<10 {
		bundle.WriteString(m.pem())
	}
	checkPieces(t, "a bundle of keys", pieces(bundle.String(), ""))
	g := learn(bundle.String())
	if left := left(g.Text(bundle.String()), m.secrets); left != "" {
		t.Errorf("%q is left", left)
	}
}

// A text within a text within a text is read, but not without end.
func TestNestingEnds(t *testing.T) {
	text := `{"password":"ab12cd34ef"}`
	for len(text) < 5_000 {
		text = `{"a":"` + quote(text) + `"}`
	}
	for range 30 {
		text = encode64(text)
		if len(text) > maxRead {
			break
		}
		checkPieces(t, text, pieces(text, ""))
	}
	address := strings.Repeat("https://a:", 5_000) + strings.Repeat("@h", 5_000)
	checkPieces(t, address, pieces(address, ""))
}
