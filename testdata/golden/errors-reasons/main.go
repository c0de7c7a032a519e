// Package main gives reasons that nobody can review.
package main

import (
	"context"
	"os"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	vault "github.com/mcpsecrets/mcpsecrets/testdata/golden/reasons/want"
)

func main() {
	v, err := vault.OpenSecrets()
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	_, _ = v.APIKey(ctx, secrets.Reason(os.Args[0]))
	_, _ = v.APIKey(ctx, "")
	text := os.Getenv("REASON")
	reason := secrets.Reason("Read " + text)
	_, _ = v.Login(ctx, reason)
	shadowed(ctx, v, other()+why)
}

const why = "A constant of the package"

// shadowed has a parameter of the same name.
func shadowed(ctx context.Context, v *vault.Secrets, why string) {
	_, _ = v.APIKey(ctx, secrets.Reason(why))
}

func other() string {
	const text = "A constant of another function"
	return text
}
