// Package main gives reasons where values are sent: at transports and clients, by name, as values and through variables.
package main

import (
	"context"
	"net/http"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	vault "github.com/mcpsecrets/mcpsecrets/testdata/golden/host-bound/want"
)

const listing = "List the pets"

func main() {
	v, err := vault.OpenSecrets()
	if err != nil {
		panic(err)
	}
	_ = http.Client{Transport: v.APIKeyTransport(listing)}
	_ = v.APIKeyClient("Look up a pet")
	_ = v.LoginClient("Sign in at the shop")
	_ = clients{v.FilesTransport("Upload a picture of a pet"), client(v.ParameterClient, "Print a label")}
	_ = v.ContactClient()
	_ = secrets.Transport(v.Manager, secrets.SentAs("bearer"), "Ask the relay", []secrets.AnyKey{vault.KeyRelayKey()})
	_, _ = v.Both(context.Background(), "Count the pets")
	_ = v.MailboxTransport("Send a letter")
	_, _ = v.Mailbox(context.Background(), "Read the letters")
}

type clients struct {
	files  http.RoundTripper
	labels *http.Client
}

// client makes a client of whichever method it is given.
func client(of func(secrets.Reason, ...secrets.TransportOption) *http.Client, why secrets.Reason) *http.Client {
	return of(why)
}
