package changes_test

import (
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/changes"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

// manifestWith is the manifest of a schema with these secrets.
func manifestWith(t *testing.T, secrets string) *templates.Manifest {
	t.Helper()
	return manifestOf(t, "version: 1\nserver: pets\nsecrets:\n  "+strings.ReplaceAll(secrets, "\n", "\n  ")+"\n")
}

// TestWhatSendsElsewhereBreaks: a value goes elsewhere, or another one is read, by more than the default of a sent_to.
func TestWhatSendsElsewhereBreaks(t *testing.T) {
	const (
		parts = "token: {required: true, sent_to: api}\nuser: {field_type: text, default: ann}\nhost: {field_type: text, format: host, default: db.example}\n" +
			"port: {field_type: text, format: port, default: \"5432\"}\npassword: {required: true}\n" +
			"dsn: {field_type: url, derived: \"postgres://{user}:{password}@{host}:{port}/x\"}\napi: {field_type: url, derived: \"https://{account}.api.example/{user}\"}\n" +
			"account: {field_type: text, default: acme}\nbastion: {field_type: text, format: host, pattern: \"[a-z]+[.]good[.]example\", required: true}\nssh: {sent_to: bastion}\n" +
			"config: {field_type: file, default: ~/.kube/config}"
	)
	for _, row := range []struct{ old, now, want string }{
		{"default: db.example", "default: evil.example", "password can go elsewhere"},
		{"default: \"5432\"", "default: \"6432\"", "password can go elsewhere"},
		{"default: acme", "default: evil", "token can go elsewhere"},
		{"pattern: \"[a-z]+[.]good[.]example\", ", "", "ssh can go elsewhere"},
		{"default: ~/.kube/config", "default: ~/.ssh/id_rsa", `default "~/.kube/config" is now "~/.ssh/id_rsa"`},
		{"account:", "other: {field_type: url, derived: \"https://evil.example/{token}\"}\naccount:", "token can go where that goes"},
		{"account:", "other: {field_type: file, default: ~/.ssh/id_rsa}\naccount:", `reads the file "~/.ssh/id_rsa"`},
		{"default: ann", "default: bea", ""},
		{"account:", "other: {field_type: url, derived: \"https://evil.example/{user}\"}\naccount:", ""},
	} {
		var breaking []string
		for _, change := range changes.Between(manifestWith(t, parts), manifestWith(t, strings.Replace(parts, row.old, row.now, 1))) {
			if change.Mark == changes.Breaking {
				breaking = append(breaking, change.Text)
			}
		}
		if said := strings.Join(breaking, "\n"); (said == "") != (row.want == "") || !strings.Contains(said, row.want) {
			t.Errorf("%s to %s: breaking is %q, want %q", row.old, row.now, said, row.want)
		}
	}
}
