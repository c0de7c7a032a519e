package secrets_test

import (
	"encoding/json"
	"strings"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	derived "github.com/mcpsecrets/mcpsecrets/testdata/golden/derived/want"
	files "github.com/mcpsecrets/mcpsecrets/testdata/golden/files/want"
	lists "github.com/mcpsecrets/mcpsecrets/testdata/golden/lists/want"
)

// The status says of what a secret is made, and what can't be used of what is stored; no value.
func TestStatusToolSaysWhatCannotBeUsed(t *testing.T) {
	store := runtimetest.NewStore()
	options := []secrets.Option{secrets.WithStore(store), secrets.WithPrompter(runtimetest.NewUser(t))}
	made, errDerived := derived.OpenSecrets(options...)
	file, errFiles := files.OpenSecrets(options...)
	list, errLists := lists.OpenSecrets(options...)
	if errDerived != nil || errFiles != nil || errLists != nil {
		t.Fatal(errDerived, errFiles, errLists)
	}
	store.Put("derived", "user", "ann")
	store.Put("derived", "token", "s3cr3t-token")
	store.Put("files", "key_file", "/s3cr3t/gone")
	store.Put("lists", "projects", "OPS, s3cr3t")
	store.Put("lists", "ports", "80, 81")
	for m, want := range map[*secrets.Manager][]string{
		made.Manager: {`"name":"bearer","label":"Authorization","required":false,"set":true,"made_of":["token"]`, `"name":"dsn","label":"Database URL","required":false,"set":false,"made_of":["user","password"`},
		file.Manager: {`"name":"key_file","label":"Private key","required":true,"set":true,"problem":"The value of key_file can't be used: it must be the path of a file that is there`},
		list.Manager: {`"name":"ports","label":"Ports","required":false,"set":true}`, `The value of projects can't be used: it is a list whose 2nd item must match the pattern`},
	} {
		status := statusToolOf(t, m)
		for _, want := range want {
			if !strings.Contains(status, want) {
				t.Errorf("the status lacks %s:\n%s", want, status)
			}
		}
		if strings.Contains(status, "s3cr3t") {
			t.Errorf("the status has a value: %s", status)
		}
	}
}

func statusToolOf(t *testing.T, m *secrets.Manager) string {
	t.Helper()
	t.Cleanup(func() { _ = m.Close() })
	result, err := m.Inside().Tools()[0].Run(m.Background(t.Context()), "")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
