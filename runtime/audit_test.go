package secrets_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

func TestBypassSkipsPermissionUnlessTheAuthorRefuses(t *testing.T) {
	t.Setenv("MCP_BYPASS_SECRET_USE_CONFIRM", "true")
	b := open(t)
	b.user.Types("API key", goodKey) // collection is never skipped
	b.wantKey(t, goodKey)
	b = stored(t, secrets.WithoutBypass())
	b.user.Answers(secrets.Deny)
	b.wantError(t, secrets.ErrDenied)
	for value, bypasses := range map[string]bool{ // as the Python and JavaScript frameworks read it
		"TRUE": true, "True": true, "tRuE": true, "1": false, "": false, "yes": false, " true": false, "true ": false, "truE\u0130": false,
	} {
		t.Setenv("MCP_BYPASS_SECRET_USE_CONFIRM", value)
		b = stored(t)
		if bypasses {
			b.wantKey(t, goodKey)
			continue
		}
		b.user.Answers(secrets.Deny)
		b.wantError(t, secrets.ErrDenied)
	}
}

func TestAuditHasEveryAccessAndNoValue(t *testing.T) {
	var log bytes.Buffer
	b := stored(t, secrets.WithLogger(slog.New(slog.NewJSONHandler(&log, nil))))
	b.user.Answers(secrets.AllowSession)
	b.wantKey(t, goodKey)
	b.wantKey(t, goodKey)
	if err := b.Manager.Revoke(petstore.KeyAPIKey()); err != nil {
		t.Fatal(err)
	}
	b.user.Answers(secrets.Deny)
	b.wantError(t, secrets.ErrDenied)
	var got []string
	for line := range strings.Lines(log.String()) {
		var record struct{ Msg, Server, Secret, Reason, Outcome, How string }
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		if record.Msg == "secret access" {
			got = append(got, strings.Join([]string{record.Server, record.Secret, record.Reason, record.Outcome, record.How}, " | "))
		}
	}
	want := []string{
		"petstore | api_key | Read one pet | handed out | answered in a dialog",
		"petstore | api_key | Read one pet | handed out | granted for the session",
		"petstore | api_key | Read one pet | refused | denied",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if strings.Contains(log.String(), "0123456789") {
		t.Errorf("the log has the value:\n%s", log.String())
	}
}

// How a use was allowed is of that use: a grant that has been revoked did not allow the next one.
func TestAuditSaysHowEachUseWasAllowed(t *testing.T) {
	option, log := logging()
	b := stored(t, option)
	ctx, turn := b.Manager.Begin(t.Context(), secrets.Call{Kind: "tool", Name: "get_pet", Principal: secrets.Process()}, "", nil)
	defer turn.End()
	b.user.Answers(secrets.AllowSession)
	b.wantKey(t, goodKey)
	if _, err := b.key(t, ctx); err != nil {
		t.Fatal(err)
	}
	if err := b.Manager.Revoke(petstore.KeyAPIKey()); err != nil {
		t.Fatal(err)
	}
	b.user.Answers(secrets.AllowOnce)
	log.Reset()
	if _, err := b.key(t, ctx); err != nil {
		t.Fatal(err)
	}
	if said := log.String(); !strings.Contains(said, "answered in a dialog") {
		t.Errorf("the log says\n%s", said)
	}
}

// The log says of an optional value whether it was entered.
func TestLogSaysWhatWasLeftEmpty(t *testing.T) {
	for text, want := range map[string]string{"": "secret left empty", "ann@example.com": "secret stored"} {
		option, log := logging()
		b := open(t, option)
		b.user.Types("Contact address", text)
		for _, tool := range b.Manager.Inside().Tools() {
			if tool.Name != "secrets_set" {
				continue
			}
			if _, err := tool.Run(b.background(t.Context()), "contact"); err != nil {
				t.Fatal(err)
			}
		}
		said := log.String()
		if !strings.Contains(said, want) || strings.Count(said, "secret=contact") != 1 {
			t.Errorf("%q was entered, the log says\n%s", text, said)
		}
	}
}
