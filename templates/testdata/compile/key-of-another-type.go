package golden

import (
	"context"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

func keyOfAnotherType(ctx context.Context, s *Secrets) {
	var login LoginSecrets
	_ = secrets.GetGroup(ctx, s.Manager, "x", KeyPassword().Into(&login.Username)) // want "cannot use &login.Username"
	var key secrets.Key[string] = KeyAPIKey()                                      // want "cannot use KeyAPIKey"
	_ = key
	_ = secrets.Key[string]{def: nil}                          // want "unknown field def|cannot refer to unexported field"
	_, _ = s.BaseURL(ctx, "a reason that nobody is asked for") // want "too many arguments"
	_, _ = s.APIKey(ctx)                                       // want "not enough arguments"
}
