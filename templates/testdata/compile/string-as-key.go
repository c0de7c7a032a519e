package golden

import (
	"context"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

func stringAsKey(ctx context.Context, s *Secrets) {
	_, _ = s.Manager.Stored(ctx, "api_key")                       // want "string.* does not implement secrets.AnyKey"
	_ = s.Manager.Forget(ctx, "api_key")                          // want "string.* does not implement secrets.AnyKey"
	_, _ = secrets.Get(ctx, s.Manager, "api_key", "Read one pet") // want "cannot infer T"
}
