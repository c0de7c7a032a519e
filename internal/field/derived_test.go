package field

import (
	"net/url"
	"strings"
	"testing"
)

func texts(pairs ...string) map[string]Part {
	parts := map[string]Part{}
	for i := 0; i < len(pairs); i += 2 {
		parts[pairs[i]] = Part{Field{Type: Text}, pairs[i+1]}
	}
	return parts
}

// TestDerivedURLs: whatever a part is, it stays in its place.
func TestDerivedURLs(t *testing.T) {
	address := Field{Type: URL, Secrecy: Hidden, Derived: "https://{user}:{password}@{host}:{port}/{name}?sslmode={mode}#{f}"}
	dsn := Field{Type: URL, Secrecy: Hidden, Schemes: []string{"postgres"}, Derived: "postgres://{user}:{password}@{host}:{port}/{name}?sslmode={mode}"}
	for _, nasty := range []string{"a b", "p@ss:w/o?r#d%41", "é\U0001F511", "[::1]", "..", "x&host=evil.example", "%2e", "+", "\\", "'\"<>"} {
		parts := texts("user", nasty, "password", nasty, "host", "db.example", "port", "5432", "name", "n"+nasty, "mode", nasty, "f", nasty)
		text, _, name, err := address.Compose(parts)
		if err != nil {
			t.Errorf("%q: %s %v", nasty, name, err)
			continue
		}
		of, _, name, err := dsn.Compose(parts)
		if without, _, _ := strings.Cut(text, "#"); err != nil || of != "postgres"+strings.TrimPrefix(without, "https") {
			t.Errorf("%q: %q, %s %v", nasty, of, name, err)
		}
		u, err := url.Parse(text)
		password, _ := u.User.Password()
		if err != nil || u.Host != "db.example:5432" || u.User.Username() != nasty || password != nasty || u.Path != "/n"+nasty ||
			u.Query().Get("sslmode") != nasty || len(u.Query()) != 1 || u.Fragment != nasty {
			t.Errorf("%q becomes %q, %v", nasty, text, err)
		}
	}
	for _, row := range []struct{ derived, host, want string }{
		{"https://{h}/x", "db.example", "https://db.example/x"},
		{"https://{h}/x", "::1", "https://[::1]/x"},
		{"https://{h}:8443/x", "2001:db8::1", "https://[2001:db8::1]:8443/x"},
		{"https://{h}", "10.0.0.1", "https://10.0.0.1"},
		{"https://{h}.snowflakecomputing.com", "acme-eu", "https://acme-eu.snowflakecomputing.com"},
		{"https://{h}/x", "evil.example/", "h must be"},
		{"https://{h}/x", "evil.example#", "h must be"},
		{"https://{h}/x", "user@evil.example", "h must be"},
		{"https://{h}/x", "fe80::1%eth0", "h must be"},
		{"https://{h}/x", "a,b", "h must be"},
		{"https://{h}.good.example", "evil.example/", "h must be"},
		{"https://{h}.good.example", "evil.example:80#", "h must be"},
		{"https://{h}.good.example", ".", "h must be"},
		{"https://a.example:{h}", "443", "https://a.example:443"},
		{"https://a.example:{h}", "443@evil.example", "h must be"},
		{"https://a.example:{h}", "0", "h must be"},
		{"https://a.example/{h}/x", "..", " must not be made of"},
		{"https://a.example/{h}/x", "a/b", "https://a.example/a%2Fb/x"},
		{"https://a.example/{h}{h}", ".", " must not be made of"},
		{"https://a.example?q={h}", "..", "https://a.example?q=.."},
	} {
		text, _, name, err := Field{Type: URL, Derived: row.derived}.Compose(texts("h", row.host))
		if err != nil {
			text = name + " " + err.Error()
		}
		if text != row.want && (err == nil || !strings.HasPrefix(text, row.want)) {
			t.Errorf("%s of %q: %q, want %q", row.derived, row.host, text, row.want)
		}
	}
	socket, _, _, err := dsn.Compose(texts("user", "u", "password", "p", "host", "/run/pg", "port", "5432", "name", "n", "mode", "m", "f", "f"))
	if err != nil || !strings.Contains(socket, "@%2Frun%2Fpg:5432/") {
		t.Error(socket, err)
	}
}

func TestDerivedTexts(t *testing.T) {
	joined := Field{Type: Text, Secrecy: Hidden, Derived: "{{{password}{token}}}"}
	if text, _, _, err := joined.Compose(texts("password", "a@", "token", "%b")); err != nil || text != "{a@%b}" {
		t.Error(text, err)
	}
	port := Field{Type: Text, Derived: "{host}:{port}"}
	parts := texts("host", "h")
	parts["port"] = Part{Field{Type: Integer}, " 0443 "}
	if text, _, _, err := port.Compose(parts); err != nil || text != "h:443" {
		t.Error(text, err)
	}
}

// TestTemplatesThatAreNone: what no part can fill is refused before there is one.
func TestTemplatesThatAreNone(t *testing.T) {
	parts := map[string]Field{"a": {Type: Text}, "list": {Type: Text, List: true}, "lines": {Type: Multiline}, "key": {Type: Password}}
	for derived, want := range map[string]string{
		"Bearer {a}": "", "{a}{key}": "", "no part": "must have a part", "{a": "must have the name", "a}": "has a brace", "{A}": "must have the name", "{}": "must have the name",
		"{list}": "can't have {list}", "{lines}": "can't have {lines}",
	} {
		err := Field{Type: Text, Secrecy: Hidden, Derived: derived}.CheckTemplate(parts)
		if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %q", derived, err, want)
		}
	}
	for derived, want := range map[string]string{
		"https://{a}:{key}@{a}/{key}": "", "{a}://host.example": "must begin with a scheme", "{a}": "must begin with a scheme", "https:{a}": "must begin with a scheme",
		"https://[{a}]/": "must have a port", "https://h.example:8{a}/": "must have a port", "https://h.example {a}/": "makes no value", "ftp://{a}": "makes no value",
		"https://{key}/": "can't have {key} in its host", "https://{key}.example": "can't have {key} in its host",
	} {
		f := Field{Type: URL, Secrecy: Hidden, Derived: derived}
		err := f.CheckTemplate(parts)
		if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %q", derived, err, want)
		}
	}
}

// TestNoConfidentialPartIsShown: a question says where a derived url goes, whatever type what stands there has, and in whatever
// place.
func TestNoConfidentialPartIsShown(t *testing.T) {
	parts := map[string]Field{
		"text": {Type: Text, Secrecy: Hidden}, "number": {Type: Integer, Secrecy: Hidden}, "mail": {Type: Email, Secrecy: Hidden},
		"made": {Type: Text, Secrecy: Hidden, Derived: "{text}"}, "public": {Type: Text},
	}
	for _, derived := range []string{
		"postgres://{text}/x", "postgres://{made}/x", "postgres://db.{text}.example/x", "postgres://db.example:{number}/x", "postgres://{public},{text}/x",
		"postgres:///x?host={text}", "postgres:///x?host={public},db.{text}", "postgres:///x?host=/run/{text}", "redis+unix:///run/{text}", "redis://h?addr={mail}",
	} {
		scheme, _, _ := strings.Cut(derived, ":")
		f := Field{Type: URL, Secrecy: Hidden, Schemes: []string{scheme}, Derived: derived}
		if err := f.CheckTemplate(parts); err == nil {
			t.Errorf("%s is accepted, and its host shows what is confidential", derived)
		}
	}
	f := Field{Type: URL, Secrecy: Hidden, Schemes: []string{"postgres"}, Derived: "postgres://{text}:{made}@{public}/{number}?x={mail}"}
	if err := f.CheckTemplate(parts); err != nil {
		t.Error(err)
	}
	for derived, want := range map[string]string{
		"postgres://{u}:{p}@{h}:{port}/{db}?sslmode={m}": "h port", "postgres:///{db}?host={h}&port={port}&x={m}": "h port", "redis+unix:///run/{p}?db={db}": "p",
		"https://{a}.api.example/{h}?host={h}": "a", "https://h.example/{a}": "",
	} {
		f := Field{Type: URL, Secrecy: Hidden, Schemes: []string{"https", "postgres", "redis+unix"}, Derived: derived}
		if got := strings.Join(f.HostParts(), " "); got != want {
			t.Errorf("the host of %s is of %q, want %q", derived, got, want)
		}
	}
}

func FuzzDerived(f *testing.F) {
	f.Add("p@ss", "db.example")
	f.Add("..", "::1")
	f.Add("a/b", "/run/x")
	f.Fuzz(func(t *testing.T, part, host string) {
		of := Field{Type: URL, Secrecy: Hidden, Derived: "https://u:{p}@{h}/n{p}?q={p}"}
		text, _, _, err := of.Compose(texts("p", part, "h", host))
		if err != nil {
			return
		}
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(text, err)
		}
		password, _ := u.User.Password()
		if password != part || u.Path != "/n"+part || u.Query().Get("q") != part || len(u.Query()) != 1 || u.Fragment != "" {
			t.Errorf("%q and %q make %q", part, host, text)
		}
	})
}
