package golden

import "context"

func misspelt(ctx context.Context, s *Secrets) {
	_, _ = s.APIKye(ctx, "Read one pet")   // want "s.APIKye undefined"
	_ = s.Manager.Forget(ctx, KeyAPIKye()) // want "undefined: KeyAPIKye"
}
