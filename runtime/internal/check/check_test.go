package check_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/check"
)

func TestRunEnds(t *testing.T) {
	odd := errors.New("odd")
	for name, row := range map[string]struct {
		do   func(context.Context) error
		want error // nil: a panic
	}{
		"error":   {func(context.Context) error { return odd }, odd},
		"obeys":   {func(ctx context.Context) error { <-ctx.Done(); return odd }, check.ErrTimeout},
		"deaf":    {func(context.Context) error { time.Sleep(time.Minute); return nil }, check.ErrTimeout},
		"panic":   {func(context.Context) error { panic(odd) }, nil},
		"nil":     {func(context.Context) error { panic(nil) }, nil},
		"no more": {func(context.Context) error { runtime.Goexit(); return nil }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				err := check.Run(t.Context(), row.do)
				if time.Since(begun) > check.Limit {
					t.Errorf("it takes %s", time.Since(begun))
				}
				if panicked := (*check.Panic)(nil); errors.As(err, &panicked) != (row.want == nil) || row.want != nil && !errors.Is(err, row.want) {
					t.Errorf("got %v", err)
				}
				time.Sleep(time.Minute)
			})
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := check.Run(ctx, func(ctx context.Context) error { <-ctx.Done(); return odd }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestSaid(t *testing.T) {
	mask := func(text string) string { return strings.ReplaceAll(text, "secret-value", "[masked]") }
	for _, row := range []struct{ text, value, want string }{
		{"no\nsuch  key: secret-value", "secret-value", "no such key: [masked]"},
		{"secret\x00-value", "secret-value", "[masked]"}, // once the line is clean
		{"no such PIN: 1234", "1234", ""},
		{"nothing to mask", "", "nothing to mask"},
	} {
		if got := check.Said(row.text, mask, []string{row.value}); got != row.want {
			t.Errorf("%q: %q, want %q", row.text, got, row.want)
		}
	}
	if got := check.Said(strings.Repeat("x", 1000), mask, nil); len([]rune(got)) > check.Columns {
		t.Errorf("it is %d characters long", len(got))
	}
}
