package secrets

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// TestUseLogIsBounded: a program may have ever new reasons. Each record has its own nevertheless.
func TestUseLogIsBounded(t *testing.T) {
	var text bytes.Buffer
	l := &useLog{log: slog.New(slog.NewTextHandler(&text, nil)), server: "petstore", handlers: map[loggedUse]slog.Handler{}}
	for i := range 5 * maxLoggedUses {
		for range 2 { // made, and kept
			text.Reset()
			h := l.handler(loggedUse{store.Entry{Name: "api_key"}, fmt.Sprintf("Read pet %d", i), "bypassed"})
			if err := h.Handle(t.Context(), slog.NewRecord(time.Now(), slog.LevelInfo, "secret access", 0)); err != nil {
				t.Fatal(err)
			}
			want := fmt.Sprintf(`server=petstore secret=api_key outcome="handed out" reason="Read pet %d" how=bypassed`, i)
			if !strings.Contains(text.String(), want) {
				t.Fatalf("got %q, want %q in it", text.String(), want)
			}
		}
	}
	if len(l.handlers) > maxLoggedUses {
		t.Errorf("%d are kept", len(l.handlers))
	}
}
