// Package main gives the reasons that the tests of this vault give, so that its manifest has them, and shows how it is used.
package main

import (
	"context"
	"fmt"

	vault "github.com/mcpsecrets/mcpsecrets/testdata/golden/alternatives/want"
)

func main() {
	v, err := vault.OpenSecrets()
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	auth, err := v.Auth(ctx, "Sign in")
	if err != nil {
		panic(err)
	}
	switch auth := auth.(type) {
	case vault.AuthToken:
		fmt.Println(auth.ServiceAccountToken)
	case vault.AuthBasic:
		fmt.Println(auth.Username, auth.Password)
	}
	signing, _ := v.Signing(ctx, "Sign")
	if _, ok := signing.Get(); ok {
		fmt.Println("signs")
	}
	_, _ = v.MTLS(ctx, "Connect")
	_, _ = v.All(ctx, "Show")
	for _, err := range []error{
		v.Manager.Reject(ctx, vault.KeyAuth(), "The site answered 401."),
		v.Manager.Reject(ctx, vault.KeyPassword(), "The site does not know this password."),
	} {
		panic(err)
	}
}
