package laws

import (
	"testing"

	"github.com/mcpsecrets/mcpsecrets/testdata/chance"
)

// sdks are the SDKs that a server may be on, by the names of their adapters.
var sdks = []string{"mcpgo", "gosdk"}

// onSDKs tries a law on each SDK. In CI that is one of them, by chance: so what takes long takes no longer for two.
func onSDKs(t *testing.T, try func(t *testing.T, sdk string)) {
	for _, sdk := range chance.Share(sdks) {
		t.Run(sdk, func(t *testing.T) { try(t, sdk) })
	}
}
