package keychain

import (
	"context"
	"fmt"
)

// ErrUnasked: the keychain is locked, and nobody was asked to unlock it, since the context was one of [Quietly].
var ErrUnasked = fmt.Errorf("%w: nobody was asked", ErrLocked)

type quietKey struct{}

// Quietly returns a context in which the Secret Service shows no prompt of its own: what would need one fails with
// [ErrUnasked], and so does what would have to wait for somebody else's. It means nothing to the keychains of macOS and
// Windows, which do not say in advance that they will ask.
func Quietly(ctx context.Context) context.Context { return context.WithValue(ctx, quietKey{}, true) }

// IsQuiet reports whether a context is one of [Quietly].
func IsQuiet(ctx context.Context) bool { return ctx.Value(quietKey{}) != nil }

// HeedsQuietly reports whether the keychain heeds a context of [Quietly]: it may then be read by several calls at once, without
// asking a person several times.
func (s *System) HeedsQuietly() bool { return heedsQuietly }
