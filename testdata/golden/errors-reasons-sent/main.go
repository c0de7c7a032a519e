// Package main gives reasons that nobody can review, where values are sent.
package main

import (
	"net/http"
	"os"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	vault "github.com/mcpsecrets/mcpsecrets/testdata/golden/host-bound/want"
)

func main() {
	v, err := vault.OpenSecrets()
	if err != nil {
		panic(err)
	}
	_ = v.APIKeyTransport(secrets.Reason(os.Args[0]))
	why := secrets.Reason("Look up " + os.Getenv("PET"))
	_ = v.LoginClient(why)
	_ = http.Client{Transport: v.FilesTransport(secrets.Reason(title()))}
	_ = secrets.Transport(v.Manager, secrets.SentAs("bearer"), secrets.Reason(title()), []secrets.AnyKey{vault.KeyRelayKey()})
}

func title() string { return os.Args[0] }
