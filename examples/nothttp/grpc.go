package nothttp

import (
	"crypto/tls"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"

	"github.com/mcpsecrets/mcpsecrets/examples/nothttp/internal/vault"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// DialPets makes a connection whose calls carry the key of the pets. It is made once, in main: each call brings its own ctx, and nobody
// is asked before the first one.
func DialPets(v *vault.Secrets, config *tls.Config, options ...grpc.DialOption) (*grpc.ClientConn, error) {
	key := secrets.PerRPC(v.Manager, vault.KeyPetsKey(), "Look up a pet", peer.FromContext)
	options = append(options, grpc.WithTransportCredentials(credentials.NewTLS(config)), grpc.WithPerRPCCredentials(key))
	return grpc.NewClient("passthrough:///pets.example.com:443", options...)
}

// WithOrdersKey has one call carry the key of the orders. Their address is stored, so TLS is for the connection to choose, and looked at
// in each call.
func WithOrdersKey(v *vault.Secrets) grpc.CallOption {
	return grpc.PerRPCCredentials(secrets.PerRPC(v.Manager, vault.KeyOrdersKey(), "Read your orders", peer.FromContext))
}
