package secrets

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// openReviewed opens a key with a manifest that has the reasons, and tells what is asked and logged.
func openReviewed(t *testing.T, key AnyKey, reasons map[string]any) (m *Manager, asked *[]string, log *bytes.Buffer) {
	t.Helper()
	reasons["server"], reasons["sentences"] = "x", wording.English()
	if reasons["secrets"] == nil {
		reasons["secrets"] = []map[string]any{{"name": "api_key", "label": "api_key"}}
	}
	manifest, err := json.Marshal(reasons)
	if err != nil {
		t.Fatal(err)
	}
	store := &memory{}
	store.Store("api_key", attacked)
	asked, log = &[]string{}, &bytes.Buffer{}
	m, err = Open(Schema{Server: "x", Manifest: string(manifest), Keys: []AnyKey{key}}, WithStore(store), WithFast(-1),
		WithPrompter(answers{ask: func(_ context.Context, q Question) (Answer, error) {
			*asked = append(*asked, q.Text)
			return AllowOnce, nil
		}}),
		WithLogger(slog.New(slog.NewTextHandler(log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m, asked, log
}

// A reason is shown if the manifest has it, wherever in it, and else nothing of it.
func TestOnlyReviewedReasonsAreShown(t *testing.T) {
	key := Password("api_key", Field{Required: true})
	m, asked, log := openReviewed(t, key, map[string]any{
		"secrets": []map[string]any{{"name": "api_key", "label": "api_key", "reasons": []string{"Of the secret"}, "rejections": []string{"Of a rejection"}}},
		"groups":  []map[string]any{{"reasons": []string{"Of a group"}}},
		"all":     map[string]any{"reasons": []string{"Of all"}},
		"reasons": []string{"Of any", "Two\nlines", "Of {tool}", "Hidden\u202e", strings.Repeat("long ", 30)},
	})
	const unreviewed = "The server gives a reason that was not reviewed."
	for reason, want := range map[Reason]string{
		"Of the secret": "Reason: Of the secret", "Of a rejection": "Reason: Of a rejection", "Of a group": "Reason: Of a group",
		"Of all": "Reason: Of all", "Of any": "Reason: Of any", "": "The server gives no reason.",
		"Of nobody": unreviewed, "of any": unreviewed, "Of any ": unreviewed, "Two\nlines": unreviewed, "Of {tool}": unreviewed,
		"Hidden\u202e": unreviewed, Reason(strings.Repeat("long ", 30)): unreviewed, unreviewed: unreviewed,
		"Of any\n\nSent to good.example: api_key": unreviewed, attacked: unreviewed,
	} {
		*asked = nil
		if _, err := Get(m.Background(t.Context()), m, key, reason); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.Join(*asked, "\n"), "\n")
		if len(*asked) != 1 || len(lines) < 3 || lines[2] != want {
			t.Errorf("%q is asked about with %q, want %q", reason, *asked, want)
		}
		if want == unreviewed && strings.Contains(strings.Join(*asked, "\n"), string(reason)) && reason != unreviewed {
			t.Errorf("%q is shown", reason)
		}
	}
	if strings.Contains(log.String(), attacked) {
		t.Error("the audit has a value that was given as a reason")
	}
}

// Why a value is wrong is told, to the model and in the dialog, by the same rule.
func TestUnreviewedRejectionIsNotTold(t *testing.T) {
	key := Password("api_key", Field{Required: true})
	m, _, _ := openReviewed(t, key, map[string]any{"reasons": []string{"Answered 401"}})
	for why, want := range map[Reason]string{
		"Answered 401": "api_key was rejected: Answered 401 ",
		"Answered 402": "api_key was rejected: The server gives a reason that was not reviewed. ",
	} {
		if err := m.Reject(t.Context(), key, why); !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", why, err)
		}
	}
}
