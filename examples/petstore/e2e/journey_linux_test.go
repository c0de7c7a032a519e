package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

const (
	goodKey  = "pets-0123456789abcdef"
	otherKey = "pets-fedcba9876543210"

	keyTitle = "petstore: Petstore API key"
	reason   = "Look after the pets of your store" // of the client that sends the key
)

var tools = []string{"create_pet", "get_pet", "leak_check", "list_pets", "whoami"}

// TestJourney is what each client goes through, with the server on each SDK.
func TestJourney(t *testing.T) {
	for _, g := range guests {
		for _, transport := range g.transports {
			for _, on := range sdks {
				t.Run(g.name+"/"+g.revision+"/"+transport+"/"+on.name, func(t *testing.T) {
					t.Parallel() // each has a desktop of its own
					journey(t, g, on, transport)
				})
			}
		}
	}
}

func journey(t *testing.T, g guest, on sdk, transport string) {
	p := openPlace(t, g, on, desktop.Options{Screen: "640x480"})
	v := p.visit(transport, goodKey)
	v.lists(tools)
	session := allowSession
	if transport == overHTTP && !g.forms {
		session = allow // by a dialog, which grants none to who comes over HTTP
	}

	call := v.calls("list_pets", nil)
	v.user.enters(keyTitle, goodKey, "Create one under Account, API keys.")
	v.user.permits(allow, "list_pets", reason)
	call.says(`"Rex"`)
	p.keychainHas("api_key", goodKey)

	call = v.calls("get_pet", map[string]any{"id": 2}) // "Allow" was for one call
	v.user.permits(session, "get_pet", reason)
	call.says(`"Momo"`)
	call = v.calls("get_pet", map[string]any{"id": 3})
	v.user.permitsWithout(session, "get_pet", reason)
	call.says(`"Axel"`)
	call = v.calls("leak_check", nil)
	v.user.permitsWithout(session, "leak_check", "Check that no result shows the key")
	wantMasked(t, call.says("[redacted]"), goodKey)

	call = v.calls("whoami", nil) // the client's word is not enough for a password
	v.user.enters("petstore: User name", "keeper", "Value 1 of 2")
	v.user.entersNext("petstore: Password", "feed-the-axolotl", "Value 2 of 2")
	v.user.permitsInDialog(allow, "whoami", "Say who you are")
	call.says(`"role":"owner"`)
	v.leaves()

	// Another server, whose pet store takes another key.
	v = p.visit(transport, otherKey)
	call = v.calls("list_pets", nil)
	v.user.permits(session, "list_pets", reason)
	call.fails("the pet store does not know this key")
	call = v.calls("list_pets", nil)
	v.user.enters(keyTitle, otherKey, "The value that is stored was rejected: it was answered with 401 Unauthorized.")
	v.user.permits(allow, "list_pets", reason) // what was allowed was the other key
	call.says(`"Rex"`)
	p.keychainHas("api_key", otherKey)

	call = v.calls("get_pet", map[string]any{"id": 1})
	v.user.permits(deny, "get_pet", reason)
	call.fails("did not allow")
	v.calls("list_pets", nil).fails("did not allow") // nobody is asked again
	v.leaves()

	p.wantInNoLog(goodKey, otherKey, "feed-the-axolotl")
}

// wantMasked checks what leak_check returned.
func wantMasked(t *testing.T, text, key string) {
	t.Helper()
	var leaks struct{ Getter, Client map[string]string }
	if err := json.Unmarshal([]byte(text), &leaks); err != nil || len(leaks.Getter) != 10 || len(leaks.Client) != 6 {
		t.Errorf("%v: %s", err, text)
	}
	if got := leaks.Client["headers, after"]; got != "map[]" {
		t.Errorf("a request that was sent with the key has the headers %s", got)
	}
	if all := fmt.Sprint(leaks.Client); strings.Contains(all, "[redacted]") || strings.Contains(all, key) {
		t.Errorf("the client gives away what had to be masked: %s", all)
	}
	confidential := strings.TrimPrefix(key, "pets-")
	inHex := hex.EncodeToString([]byte(confidential))
	for name, leak := range leaks.Getter {
		shown := func(s string) bool { return strings.Contains(leak, s) }
		if !shown("[redacted]") || slices.ContainsFunc([]string{
			confidential[:8], confidential[8:],
			base64.StdEncoding.EncodeToString([]byte(key))[:12], inHex[:8], strings.ToUpper(inHex)[:8], "%30%31%32",
		}, shown) {
			t.Errorf("%s: %s", name, leak)
		}
	}
}
