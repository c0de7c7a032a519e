package golden

import (
	"context"
	"fmt"
)

func variableAsReason(ctx context.Context, s *Secrets, text string) {
	_, _ = s.APIKey(ctx, text)                         // want "cannot use text .* as secrets.Reason"
	_, _ = s.APIKey(ctx, fmt.Sprintf("Read %s", text)) // want "cannot use fmt.Sprintf.* as secrets.Reason"
	_ = s.Manager.Reject(ctx, KeyAPIKey(), text)       // want "cannot use text .* as secrets.Reason"
}
