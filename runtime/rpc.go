package secrets

import (
	"context"
	"errors"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/wire"
)

// An RPCCredentials puts a value into the metadata of remote procedure calls. It is a PerRPCCredentials of package
// google.golang.org/grpc/credentials, for grpc.WithPerRPCCredentials and grpc.PerRPCCredentials.
type RPCCredentials interface {
	// GetRequestMetadata returns the metadata of a call, whose context ctx is, to the services at uri.
	GetRequestMetadata(ctx context.Context, uri ...string) (map[string]string, error)
	// RequireTransportSecurity reports whether no call goes without TLS. Where some may, each is looked at.
	RequireTransportSecurity() bool
}

// PerRPC returns credentials that send the value of key with each remote procedure call, as the schema's sent_as says, to the hosts of its
// sent_to, and nowhere else. For peer, pass peer.FromContext of package google.golang.org/grpc/peer, which this package does not import:
//
//	conn, err := grpc.NewClient("api.example.com:443", grpc.WithTransportCredentials(credentials.NewTLS(nil)),
//		grpc.WithPerRPCCredentials(secrets.PerRPC(v.Manager, vault.KeyAPIKey(), "Read your pets", peer.FromContext)))
//
// Nothing is asked before the first call; each one takes its call to a tool from its context, and is subject to the gate of [Get]. The
// form must be bearer or a header, whose name in lower case is the key of the metadata.
//
// A call fails with [ErrNotSent], and nobody is asked, if its authority is no host of sent_to ([ErrElsewhere]); if TLS has verified no
// certificate for that host; or without TLS, where that goes to another computer and the schema does not say insecure. gRPC makes a
// status of an error: its text stays, which names the way out, and errors.Is no longer finds the rest.
//
// Who holds the credentials can call GetRequestMetadata, which gives the text out. So with revealed: false a call fails with
// [ErrSentOnly]. No status says that a value is wrong: after codes.Unauthenticated call [Manager.Reject]. An optional key that is not
// set leaves calls as they are.
func PerRPC[P any](m *Manager, key AnyKey, reason Reason, peer func(context.Context) (P, bool)) RPCCredentials {
	s := newSender(m, key.Describe().SentAs, reason, []AnyKey{key})
	s.isGiven = true
	return &rpcCredentials{s, wire.RPC{As: s.as, Fixed: s.fixed(), Get: s.get, Peer: func(ctx context.Context) wire.Peer {
		said, _ := peer(ctx)
		return wire.PeerOf(said)
	}}}
}

type rpcCredentials struct {
	sender *sender
	rpc    wire.RPC
}

// GetRequestMetadata implements [RPCCredentials].
func (c *rpcCredentials) GetRequestMetadata(ctx context.Context, uri ...string) (map[string]string, error) {
	s := c.sender
	if err := s.manager.admit(s.defs...); err != nil {
		return nil, s.manager.fail(ctx, err, s.known()...)
	}
	if hidden := unrevealed(s.defs); len(hidden) > 0 {
		return nil, s.manager.fail(ctx, ErrSentOnly, hidden...)
	}
	metadata, err := c.rpc.Metadata(ctx, uri)
	if errors.Is(err, ErrNotSent) {
		err = s.fail(ctx, err)
	}
	return metadata, err
}

// RequireTransportSecurity implements [RPCCredentials].
func (c *rpcCredentials) RequireTransportSecurity() bool {
	for _, def := range c.sender.known() {
		if (wire.Place{Hosts: def.SentHosts, Insecure: def.Insecure}).MayBePlain() {
			return false
		}
	}
	return true
}
