package templates_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	postgres "github.com/mcpsecrets/mcpsecrets/testdata/golden/servers-05-postgres-parts/want"
	stores "github.com/mcpsecrets/mcpsecrets/testdata/golden/servers-20-mongo-redis-kafka/want"
)

// TestDerivedDSN: each part of a DSN is escaped by its place, so that a driver reads what the person entered, and the question
// names the host that is in it.
func TestDerivedDSN(t *testing.T) {
	for name, parts := range map[string]struct{ host, port, user, password, database, wantHost string }{
		"plain":         {"db.example.com", "5432", "ann", "s3cr3t-word", "shop", "db.example.com:5432"},
		"every mark":    {"db.example.com", "5432", "ann", "p@ss:w/rd %41#?", "shop", "db.example.com:5432"},
		"brackets":      {"db.example.com", "5432", "ann", "[]{}|\\^`\"<>&=+;,!*'()", "shop", "db.example.com:5432"},
		"other host":    {"db.example.com", "5432", "ann", "x@evil.example:1/", "shop", "db.example.com:5432"},
		"letters":       {"db.example.com", "5432", "änn", "pässwörd-名", "läden", "db.example.com:5432"},
		"IPv6":          {"2001:db8::5", "6543", "ann", "s3cr3t-word", "shop", "[2001:db8::5]:6543"},
		"IPv4":          {"192.0.2.7", "5432", "ann", "s3cr3t-word", "shop", "192.0.2.7:5432"},
		"user":          {"db.example.com", "5432", "ann@evil.example/x", "s3cr3t-word", "shop", "db.example.com:5432"},
		"path":          {"db.example.com", "5432", "ann", "s3cr3t-word", "a/b?sslmode=disable#c", "db.example.com:5432"},
		"default port":  {"db.example.com", "", "ann", "s3cr3t-word", "shop", "db.example.com:5432"},
		"space in name": {"db.example.com", "5432", "ann b", "s3cr3t word", "my shop", "db.example.com:5432"},
	} {
		t.Run(name, func(t *testing.T) {
			store, user := runtimetest.NewStore(), runtimetest.NewUser(t)
			vault, err := postgres.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(user))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = vault.Manager.Close() })
			for key, text := range map[string]string{"host": parts.host, "port": parts.port, "user": parts.user, "password": parts.password, "database": parts.database} {
				if text != "" {
					store.Put("postgres-parts", key, text)
				}
			}
			user.Answers(secrets.AllowOnce)
			dsn, err := vault.DSN(vault.Manager.Background(t.Context()), "Read the orders")
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(dsn.Reveal())
			if err != nil {
				t.Fatal(err)
			}
			password, _ := u.User.Password()
			if u.Host != parts.wantHost || u.User.Username() != parts.user || password != parts.password || u.Path != "/"+parts.database ||
				u.RawQuery != "sslmode=verify-full" || u.Fragment != "" {
				t.Errorf("%s: host %q, user %q, password %q, path %q, query %q", dsn.Reveal(), u.Host, u.User.Username(), password, u.Path, u.RawQuery)
			}
			if text := asked(user); !strings.Contains(text, " Password of the database goes to postgres://"+parts.wantHost+" ") {
				t.Errorf("the question names another host:\n%s", text)
			}
		})
	}
}

// asked returns the first question, without its line ends.
func asked(user *runtimetest.User) string {
	return strings.Join(strings.Fields(user.Shown()[0].Question.Text), " ")
}

// TestDerivedDSNRefusesPartsThatAreNone: a part that can't be in its place is refused, and no DSN is made of it.
func TestDerivedDSNRefusesPartsThatAreNone(t *testing.T) {
	for name, part := range map[string][2]string{
		"a host with a path":   {"host", "db.example.com/x"},
		"a host with a user":   {"host", "x@evil.example"},
		"two hosts":            {"host", "db.example.com,evil.example"},
		"a port that is none":  {"port", "5432@evil.example"},
		"a database of dots":   {"database", ".."},
		"an address in angles": {"host", "[2001:db8::5]"},
	} {
		store, user := runtimetest.NewStore(), runtimetest.NewUser(t)
		vault, err := postgres.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(user))
		if err != nil {
			t.Fatal(err)
		}
		for key, text := range map[string]string{"host": "db.example.com", "user": "ann", "password": "s3cr3t-word", "database": "shop"} {
			store.Put("postgres-parts", key, text)
		}
		store.Put("postgres-parts", part[0], part[1])
		if part[0] != "database" { // which by itself may be any text
			user.Dismisses("that is stored can't be used any more")
		}
		if dsn, err := vault.DSN(vault.Manager.Background(t.Context()), "Read the orders"); err == nil || !dsn.IsZero() {
			t.Errorf("%s: %q", name, dsn.Reveal())
		}
		_ = vault.Manager.Close()
	}
}

// openStores opens three stores of data with a login for Kafka, and these brokers.
func openStores(t *testing.T, brokers string) (*stores.Secrets, *runtimetest.Store, *runtimetest.User) {
	t.Helper()
	store, user := runtimetest.NewStore(), runtimetest.NewUser(t)
	vault, err := stores.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(user))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	store.Put("data-stores", "kafka_user", "ann")
	store.Put("data-stores", "kafka_password", "s3cr3t-word")
	if brokers != "" {
		store.Put("data-stores", "brokers", brokers)
	}
	return vault, store, user
}

// TestSentToAList: a question names every host of a list, and what was allowed ends when one of them is another.
func TestSentToAList(t *testing.T) {
	const brokers = "kafka1.example.com:9093, [2001:db8::5]:9093"
	vault, _, user := openStores(t, brokers)
	ctx := vault.Manager.Background(t.Context())
	user.Answers(secrets.AllowSession)
	for range 2 {
		if login, err := vault.KafkaLogin(ctx, "Read a topic"); err != nil || !login.IsSet() {
			t.Fatal(login, err)
		}
	}
	if text := asked(user); !strings.Contains(text, " Kafka password goes to "+brokers+" ") {
		t.Errorf("the question does not name every host:\n%s", text)
	}
	if err := vault.Manager.Set(ctx, stores.KeyBrokers(), "kafka1.example.com:9093, evil.example:9093"); err != nil {
		t.Fatal(err)
	}
	user.Answers(secrets.Deny)
	if login, err := vault.KafkaLogin(ctx, "Read a topic"); err == nil || login.IsSet() {
		t.Errorf("handed out for other hosts: %v", login)
	}
}

// TestSentToAListWithRoom: a list whose hosts no question could name is no value of it, and a person is told so.
func TestSentToAListWithRoom(t *testing.T) {
	var brokers []string
	for i := range 11 {
		brokers = append(brokers, fmt.Sprintf("kafka%d.example.com:9093", 10+i))
	}
	long := strings.Join(brokers, ", ") // 273 characters
	_, err := stores.ValidateBrokers(long)
	if err == nil || !strings.Contains(err.Error(), "must name hosts of at most 259 characters together") {
		t.Error(err)
	}
	vault, _, user := openStores(t, "")
	user.Types("Kafka brokers", long).
		Types("must name hosts of at most 259 characters together", "kafka1.example.com:9093").Answers(secrets.AllowOnce)
	if _, err := vault.KafkaLogin(vault.Manager.Background(t.Context()), "Read a topic"); err != nil {
		t.Fatal(err)
	}
}
