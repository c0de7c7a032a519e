// Package main calls getters and the methods of the manager that have their names.
package main

import (
	"context"
	"errors"

	vault "github.com/mcpsecrets/mcpsecrets/testdata/golden/manager-names/want"
)

func main() {
	v, err := vault.OpenSecrets()
	if err != nil {
		panic(err)
	}
	defer func() { _ = v.Manager.Close() }()
	_ = calls(context.Background(), v)
}

// calls gives reasons to getters only: what the manager is given is no reason.
func calls(ctx context.Context, v *vault.Secrets) error {
	_, err1 := v.Forget(ctx, "Say what is forgotten")
	_, err2 := v.Stored(ctx, "Say where it is")
	err3 := v.Manager.Forget(ctx, vault.KeyForget())
	_, err4 := v.Manager.Stored(ctx, vault.KeyStored())
	return errors.Join(err1, err2, err3, err4)
}
