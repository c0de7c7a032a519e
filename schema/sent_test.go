package schema

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// TestSent: what a schema says of how values are sent, with what it leaves out filled in.
func TestSent(t *testing.T) {
	f, err := Parse("secrets.yaml", read(t, "testdata/valid/sent.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	type sent struct {
		To         string
		Hosts      []string
		As         field.SentAs
		Unrevealed bool
		RejectOn   []int
		Insecure   bool
	}
	for name, want := range map[string]sent{
		"token":         {To: "site", As: field.SentAs{Form: field.Bearer}, RejectOn: []int{401}},
		"token_here":    {To: "local", As: field.SentAs{Form: field.Bearer}, RejectOn: []int{401}},
		"token_printer": {To: "printer", As: field.SentAs{Form: field.Bearer}, RejectOn: []int{401}, Insecure: true},
		"key": {
			Hosts: []string{"api.pets.example", "*.upload.pets.example", "localhost:8080", "[::1]:8080", "pets_2:8443"},
			As:    field.SentAs{Form: field.Header, Name: "X-API-Key", Format: "{value}"}, Unrevealed: true, RejectOn: []int{401},
		},
		"formatted":  {Hosts: []string{"api.pets.example"}, As: field.SentAs{Form: field.Header, Name: "Authorization", Format: `Token token="{value}"`}, RejectOn: []int{401, 403}},
		"parameter":  {Hosts: []string{"printer.pets.example"}, As: field.SentAs{Form: field.Query, Name: "filter[key]"}, Insecure: true},
		"only_shown": {Hosts: []string{"api.pets.example"}},
		"nothing":    {},
		"username":   {RejectOn: []int{401}},
		"password":   {To: "site", Unrevealed: true, RejectOn: []int{401, 403}},
		"region":     {},
	} {
		s := f.Secret(name)
		got := sent{s.SentTo, s.SentHosts, s.SentAs, s.Unrevealed, s.RejectOn, s.Insecure}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	type group struct {
		As   field.SentAs
		Sent []string
	}
	got := map[string]group{}
	for _, g := range f.Groups {
		got[g.Name] = group{g.SentAs, g.Sent}
	}
	s3 := field.SentAs{Form: field.SigV4, Service: "s3"}
	if diff := cmp.Diff(map[string]group{
		"login":               {field.SentAs{Form: field.Basic}, []string{"username", "password"}},
		"files":               {s3, []string{"access_key_id", "secret_access_key", "region", "session_token"}},
		"files_without_token": {s3, []string{"access_key_id", "secret_access_key", "region"}},
		"mixed":               {},
		"pair":                {},
	}, got); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}
