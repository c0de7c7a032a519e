package laws

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/testdata/chance"
)

// sdks are the SDKs that the subject is on, by the names of their adapters.
var sdks = []string{"mcpgo", "gosdk"}

// In CI a law on both SDKs takes no longer than on one: each is tried half as often, or, where it takes long, one of them by
// chance. Whoever asks for more times gets all of it on both.

// half is how many of so many tries each SDK gets.
func half(tries int) int {
	if chance.Times() == 1 {
		return tries / len(sdks)
	}
	return tries
}

// onEachSDK tries a law on each SDK.
func onEachSDK(t *testing.T, try func(t *testing.T, sdk string)) {
	for _, sdk := range sdks {
		t.Run(sdk, func(t *testing.T) { try(t, sdk) })
	}
}

// onOneSDK tries a law on one of the SDKs in CI, else on each.
func onOneSDK(t *testing.T, try func(t *testing.T, sdk string)) {
	for _, sdk := range chance.Share(sdks) {
		t.Run(sdk, func(t *testing.T) { try(t, sdk) })
	}
}

// The subject on one SDK links nothing of the other, as the server of any author.
func TestSubjectsLinkTheirOwnSDKOnly(t *testing.T) {
	for sdk, other := range map[string]string{
		"mcpgo": "github.com/modelcontextprotocol/go-sdk", "gosdk": "github.com/mark3labs/mcp-go",
	} {
		linked, err := exec.Command("go", "list", "-deps", "./subject/"+sdk).Output()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(linked), other) || !strings.Contains(string(linked), "/runtime/"+sdk) {
			t.Errorf("the subject on %s links %s, or not its own adapter", sdk, other)
		}
	}
}
