package secrets_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	formats "github.com/mcpsecrets/mcpsecrets/testdata/golden/formats/want"
)

func openFormats(t *testing.T, stored map[string]string) (*formats.Secrets, *runtimetest.User) {
	t.Helper()
	store, user := runtimetest.NewStore(), runtimetest.NewUser(t)
	for name, text := range stored {
		store.Put("formats", name, text)
	}
	vault, err := formats.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(user))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	return vault, user
}

// A text that has a format is handed out as what it stands for, hidden where it is confidential.
func TestFormatsAreHandedOutAsTheirTypes(t *testing.T) {
	const account = `{"client_email": "ann@example.com", "private_key": "s3cr3t-of-the-account"}`
	vault, user := openFormats(t, map[string]string{"service_account": account, "bastion": "[2001:db8::1]:22", "seed": "aGVsbG8gd29ybGQh", "tenant": "123e4567-e89b-12d3-a456-426614174000"})
	user.Answers(secrets.AllowOnce).Answers(secrets.AllowOnce)
	ctx := vault.Manager.Background(t.Context())
	got, err := vault.ServiceAccount(ctx, "")
	var fields map[string]string
	if err != nil || json.Unmarshal(got.Reveal(), &fields) != nil || fields["client_email"] != "ann@example.com" {
		t.Fatal(got, err)
	}
	if text, err := json.Marshal(got); err != nil || string(text) != `"[redacted]"` {
		t.Errorf("it is encoded as %s, %v", text, err)
	}
	if masked := string(vault.Manager.MaskJSON([]byte(`"the key is s3cr3t-of-the-account"`))); strings.Contains(masked, "s3cr3t") {
		t.Errorf("a result has %s", masked)
	}
	seed, err := vault.Seed(ctx, "")
	if seed, ok := seed.Get(); err != nil || !ok || string(seed.Reveal()) != "hello world!" {
		t.Error(seed, err)
	}
	if masked := string(vault.Manager.MaskJSON([]byte(`["aGVsbG8gd29ybGQh","so: hello world!","68656c6c6f20776f726c6421"]`))); masked != `["[redacted]","[redacted]","[redacted]"]` {
		t.Errorf("a result has %s", masked)
	}
	port, errPort := vault.Port(ctx)
	since, errSince := vault.Since(ctx)
	bastion, errBastion := vault.Bastion(ctx)
	notes, errNotes := vault.Notes(ctx)
	tenant, errTenant := vault.Tenant(ctx)
	if err := errors.Join(errPort, errSince, errBastion, errNotes, errTenant); err != nil {
		t.Fatal(err)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	if port != 5432 || since.Format("2 Jan 2006") != "31 Jan 2026" || bastion != (secrets.HostPort{Host: "2001:db8::1", Port: 22}) ||
		bastion.String() != "[2001:db8::1]:22" || notes != filepath.Join(home, "notes") || tenant.Or("") != "123e4567-e89b-12d3-a456-426614174000" {
		t.Error(port, since, bastion, notes, tenant)
	}
}

// What is stored and is not of the format is asked for again, and the dialog says what it must be.
func TestFormatIsSaid(t *testing.T) {
	vault, user := openFormats(t, map[string]string{"bastion": "bastion.example"})
	user.Types("a host and a port", "bastion.example:22")
	if got, err := vault.Bastion(vault.Manager.Background(t.Context())); err != nil || got.Port != 22 {
		t.Fatal(got, err)
	}
	if text := strings.ReplaceAll(user.Shown()[0].Entry.Text, "\n", " "); !strings.Contains(text, "can't be used any more: it must be a host and a port") {
		t.Error(text)
	}
}

// sent_to can name a host, with or without a port: the question for a database password says where it goes.
func TestSentToAHost(t *testing.T) {
	vault, user := openFormats(t, map[string]string{"db_password": "pw-of-the-database", "ssh_password": "pw-of-the-bastion", "bastion": "bastion.example:22"})
	user.Answers(secrets.AllowOnce).Answers(secrets.AllowOnce)
	ctx := vault.Manager.Background(t.Context())
	_, errDB := vault.DBPassword(ctx, "")
	_, errSSH := vault.SSHPassword(ctx, "")
	if err := errors.Join(errDB, errSSH); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"Database password goes to db.example.com\n", "SSH password goes to bastion.example:22\n"} {
		if text := user.Shown()[i].Question.Text; !strings.Contains(text, want) {
			t.Errorf("the question is\n%s", text)
		}
	}
}

// A key of another type, or one that would show what is confidential, does not open.
func TestParsedKeysMustFit(t *testing.T) {
	for name, key := range map[string]secrets.AnyKey{
		"text for a port":          secrets.Text("a", secrets.Field{Format: "port"}),
		"int64 for a port":         secrets.Parsed[int64](secrets.Text("a", secrets.Field{Format: "port"})),
		"a password that is shown": secrets.Parsed[[]byte](secrets.Password("a", secrets.Field{Format: "base64"})),
		"a text that is hidden":    secrets.Parsed[secrets.Confidential[uint16]](secrets.Text("a", secrets.Field{Format: "port"})),
		"no format":                secrets.Parsed[uint16](secrets.Text("a", secrets.Field{})),
		"sent to a hidden host":    secrets.Password("a", secrets.Field{SentTo: "a"}),
	} {
		if err := openOne(key); err == nil {
			t.Errorf("%s opens", name)
		}
	}
	for name, key := range map[string]secrets.AnyKey{
		"a port":             secrets.Parsed[uint16](secrets.Text("a", secrets.Field{Format: "port"})),
		"a hidden port":      secrets.Parsed[secrets.Confidential[uint16]](secrets.Hidden(secrets.Text("a", secrets.Field{Format: "port"}))),
		"a public PEM":       secrets.Parsed[secrets.PEM](secrets.Shown(secrets.Multiline("a", secrets.Field{Format: "pem"}))),
		"a confidential one": secrets.Parsed[secrets.Confidential[secrets.PEM]](secrets.Multiline("a", secrets.Field{Format: "pem"})),
		"a host":             secrets.Text("a", secrets.Field{Format: "host"}),
	} {
		if err := openOne(key); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := secrets.Validate(secrets.Parsed[uint16](secrets.Key[string]{}), "1"); !errors.Is(err, secrets.ErrUnknownKey) {
		t.Errorf("a zero key: %v", err)
	}
	if v, err := secrets.Validate(secrets.Parsed[int64](secrets.Text("a", secrets.Field{Format: "port"})), "1"); !errors.Is(err, secrets.ErrUnknownKey) {
		t.Errorf("a key of another type: %v, %v", v, err)
	}
}
