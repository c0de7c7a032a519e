// Package main gives the reasons that the tests of this vault give, so that its manifest has them.
package main

import (
	"context"

	vault "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

func main() {
	v, err := vault.OpenSecrets()
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	_, _ = v.APIKey(ctx, "Read one pet of your store")
	_, _ = v.Login(ctx, "Say who you are")
	for _, err := range []error{
		v.Manager.Reject(ctx, vault.KeyAPIKey(), "The pet store does not know this key."),
		v.Manager.Reject(ctx, vault.KeyAPIKey(), "The store answered 401."),
	} {
		panic(err)
	}
}
