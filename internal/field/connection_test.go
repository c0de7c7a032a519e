package field

import (
	"errors"
	"strings"
	"testing"
)

// dsn is a confidential url with all schemes.
func dsn(schemes ...string) Field {
	if schemes == nil {
		schemes = []string{"https"}
		for scheme := range drivers {
			schemes = append(schemes, scheme)
		}
	}
	return Field{Type: URL, Secrecy: Hidden, Schemes: schemes}
}

// TestConnectionURLs: what the drivers of a scheme take, and where that goes.
func TestConnectionURLs(t *testing.T) {
	for text, goes := range map[string]string{
		"postgres://u:p@h1:5432,h2:5432/db?sslmode=require":     "postgres://h1:5432,h2:5432",
		"postgresql://h1,h2/db":                                 "postgresql://h1,h2",
		"postgres://[2001:db8::1]:5432,h2/db":                   "postgres://[2001:db8::1]:5432,h2",
		"postgres:///db?host=/run/postgresql":                   "postgres:///run/postgresql",
		"postgres:///db?host=h1,h2&port=1,2":                    "postgres://h1:1,h2:2",
		"postgres://h/db?port=6000":                             "postgres://h:6000",
		"postgres:///db?host=/run/pg&port=6000":                 "postgres:///run/pg",
		"postgres:///db":                                        "postgres://localhost",
		"postgres://u@/db":                                      "postgres://localhost",
		"postgres://u:p@%2Frun%2Fpostgresql/db":                 "postgres:///run/postgresql",
		"mysql://u:p@h1:3306,h2:3306/db":                        "mysql://h1:3306,h2:3306",
		"mysql:///db?socket=/run/mysqld.sock":                   "mysql:///run/mysqld.sock",
		"mariadb://u:p@h/db":                                    "mariadb://h",
		"mongodb://u:p@h1:27017,h2:27017,h3/db?replicaSet=rs":   "mongodb://h1:27017,h2:27017,h3",
		"mongodb://u:p@%2Ftmp%2Fmongodb-27017.sock/db":          "mongodb:///tmp/mongodb-27017.sock",
		"mongodb+srv://u:p@cluster0.example/db":                 "mongodb+srv://cluster0.example",
		"redis://:p@h:6379/0":                                   "redis://h:6379",
		"rediss://u:p@h1:6379?addr=h2:6379&addr=h3:6379":        "rediss://h1:6379,h2:6379,h3:6379",
		"rediss:///0":                                           "rediss://localhost",
		"redis-sentinel://:p@h1:26379,h2:26379/0#mymaster":      "redis-sentinel://h1:26379,h2:26379",
		"unix:///run/x.sock":                                    "unix:///run/x.sock",
		"unix://u:p@/run/redis.sock?db=1":                       "unix:///run/redis.sock",
		"redis+unix:///run/redis.sock":                          "redis+unix:///run/redis.sock",
		"amqp://u:p@h:5672/vhost":                               "amqp://h:5672",
		"amqps://u:p@/%2F":                                      "amqps://localhost",
		"kafka://b1:9092,b2:9092/topic":                         "kafka://b1:9092,b2:9092",
		"clickhouse://u:p@h1:9000,h2:9000/db?dial_timeout=1s":   "clickhouse://h1:9000,h2:9000",
		"couchbases://u:p@h1,h2":                                "couchbases://h1,h2",
		"nats://u:p@h1:4222,h2:4222":                            "nats://h1:4222,h2:4222",
		"ldaps://h:636/dc=example":                              "ldaps://h:636",
		"ldapi://%2Frun%2Fldapi":                                "ldapi:///run/ldapi",
		"https://u:p@a.example/x":                               "a.example",
		"POSTGRES://h/db":                                       "postgres://h",
		" postgres://h/db\n":                                    "postgres://h",
		"postgres://u:p%40ss%2Fw%23rd@h/db":                     "postgres://h",
		"postgres://h/db?application_name=a%20b&options=-c%3D1": "postgres://h",
	} {
		f := dsn()
		value, err := f.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if _, isURL := value.(interface{ Hostname() string }); !isURL && !strings.HasPrefix(text, "https") && value != strings.TrimSpace(text) {
			t.Errorf("%s: the value is %v", text, value)
		}
		if got := f.Destination(text, value); got != goes {
			t.Errorf("%s goes to %s, want %s", text, got, goes)
		}
	}
}

// TestNoConnectionURLs: what one reader would take for another host than the next, or no driver takes.
func TestNoConnectionURLs(t *testing.T) {
	for text, want := range map[string]Kind{
		"h1:5432,h2:5432":                                NotConnection,
		"postgres:/h/db":                                 NotConnection,
		"ftp://h":                                        OtherScheme,
		"postgres://h1:5432,/db":                         NotConnection,
		"postgres://,h1/db":                              NotConnection,
		"postgres://h1:0/db":                             NotConnection,
		"postgres://h1:65536/db":                         NotConnection,
		"postgres://h1:/db":                              NotConnection,
		"postgres://h1:1:2/db":                           NotConnection,
		"postgres://2001:db8::1/db":                      NotConnection,
		"postgres://127.1/db":                            NotConnection,
		"postgres://h ost/db":                            NotConnection,
		"postgres://h\\x/db":                             NotConnection,
		"postgres://h/%zz":                               NotConnection,
		"postgres://h/db?a=%zz":                          NotConnection,
		"postgres://böse.example/db":                     NotConnection,
		"postgres://h/db?host=evil.example":              HostElsewhere,
		"postgres://h/db?%68ost=evil.example":            HostElsewhere,
		"postgres://h/db?hostaddr=192.0.2.1":             HostElsewhere,
		"postgres:///db?host=a&host=b":                   HostElsewhere,
		"postgres:///db?host=a&hostaddr=192.0.2.1":       HostElsewhere,
		"postgres:///db?hostaddr=192.0.2.1":              HostElsewhere, // which pgx does not know: it takes the default
		"postgres://h:5432/db?port=1":                    HostElsewhere,
		"postgres://h1,h2,h3/db?port=1,2":                HostElsewhere,
		"postgres:///db?host=h&port=1&port=2":            HostElsewhere,
		"redis:///0?addr=evil.example:1":                 HostElsewhere, // beside the default
		"clickhouse://h/db?alt_hosts=evil.example":       HostElsewhere,
		"clickhouse://h/db?http_proxy=http://evil:80":    HostElsewhere,
		"mongodb://h/db?w=1;proxyHost=evil.example":      HostElsewhere,
		"amqp://h/?Host=evil.example":                    HostElsewhere,
		"postgres://h/db?x=1#&host=evil.example":         Ambiguous,
		"postgres://h/db#?host=evil.example":             Ambiguous,
		"mongodb://h#.evil.example/db":                   Ambiguous,
		"unix:///run/a#b":                                Ambiguous,
		"nats://evil.example,x:p@h":                      Ambiguous,
		"nats://h/x,evil.example":                        Ambiguous,
		"kafka://h?x=,evil.example":                      Ambiguous,
		"mongodb://%2Frun%2Fa+b.sock/db":                 NotConnection, // a space to some
		"unix://%2Frun%2Fa.sock/run/b.sock":              NotConnection,
		"postgres:///db?host=/run/%2541":                 NotConnection,
		"postgres:///db?service=evil":                    HostElsewhere,
		"mysql://h/db?socket=/run/x.sock":                HostElsewhere,
		"mysql:///db":                                    NoHost,
		"mongodb://":                                     NoHost,
		"mongodb:///db":                                  NoHost,
		"mongodb+srv://h1,h2/db":                         OneHost,
		"mongodb+srv://h1:27017/db":                      NotConnection,
		"amqp://h1,h2/":                                  OneHost,
		"unix://":                                        NotConnection,
		"unix:///":                                       NotConnection,
		"unix://h/run/x.sock":                            NotConnection,
		"redis://%2Frun%2Fredis.sock":                    NotConnection,
		"postgres://u:p/w@h/db":                          NotEncoded,
		"postgres://u:p#w@h/db":                          NotEncoded,
		"postgres://u:p@w@h/db":                          NotEncoded,
		"postgres://u@h/db?user=a@b":                     NotEncoded,
		"postgres://" + strings.Repeat("h1,", 100) + "h": LongHosts,
		"https://h1:1,h2/":                               OneHost,
		"https://":                                       NoHost,
		"":                                               Empty,
		"postgres://h/db\nx":                             NotOneLine,
	} {
		var problem *Problem
		if err := dsn().Check(text); !errors.As(err, &problem) || problem.Kind != want {
			t.Errorf("%.60s: %v, want %s", text, err, want)
		}
	}
	only := dsn("postgres")
	only.Hosts = []string{"*.db.example", "h"}
	for text, ok := range map[string]bool{
		"postgres://a.db.example:5432,b.db.example/x": true, "postgres://h/x": true, "postgres://a.db.example,evil.example/x": false,
		"postgres:///x": false, "postgres:///x?host=/run/pg": false, "postgres:///x?host=a.db.example": true, "postgres://%2Frun%2Fpg/x": false,
	} {
		var problem *Problem
		if err := only.Check(text); (err == nil) != ok || !ok && (!errors.As(err, &problem) || problem.Kind != OtherHost) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestOnlyAConfidentialURLIsAConnection: what may be shown keeps the one host that everybody reads alike.
func TestOnlyAConfidentialURLIsAConnection(t *testing.T) {
	for _, f := range []Field{
		{Type: URL, Schemes: []string{"postgres"}}, {Type: URL, Secrecy: Hidden}, {Type: URL, Secrecy: Hidden, Schemes: []string{"ssh", "https"}},
	} {
		if f.IsConnection() || f.Check("postgres://h1:1,h2:2/db") == nil {
			t.Errorf("%+v takes several hosts", f)
		}
	}
}

// TestURLsOfDriversGoToTheirHost: a url that may be shown, or of a scheme that has no entry here, goes where it seems to go, too.
func TestURLsOfDriversGoToTheirHost(t *testing.T) {
	schemes := []string{"https", "wss", "postgres", "sqlserver", "oracle", "nats"}
	for _, f := range []Field{
		{Type: URL, Schemes: schemes, UserInfo: true}, {Type: URL, Secrecy: Hidden, Schemes: []string{"https", "wss", "sqlserver", "oracle"}},
	} {
		for text, want := range map[string]Kind{
			"sqlserver://u:p@h/x?failoverpartner=evil.example": HostElsewhere,
			"sqlserver://h?Network%20Address=evil.example":     HostElsewhere,
			"sqlserver://h?%zz=a":                              Ambiguous,
			"oracle://h:1521/x?connStr=(HOST=evil.example)":    HostElsewhere,
			"sqlserver://h#?x":                                 Ambiguous,
			"sqlserver://u:p@h?database=host":                  "",
			"https://h/x?host=a&proxy=b#c":                     "",
			"wss://h/x?host=a":                                 "",
		} {
			var problem *Problem
			if err := f.Check(text); (err == nil) != (want == "") || err != nil && (!errors.As(err, &problem) || problem.Kind != want) {
				t.Errorf("%s: %v, want %s", text, err, want)
			}
		}
	}
	shown := Field{Type: URL, Schemes: schemes}
	for _, text := range []string{"postgres://h/x?host=evil.example", "postgres://h/x?port=1", "postgres://h/x?host=", "nats://h/x,evil.example"} {
		if shown.Check(text) == nil {
			t.Errorf("%s is accepted, and seems to go to %s", text, "h")
		}
	}
}
