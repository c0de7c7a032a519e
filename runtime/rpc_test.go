package secrets_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// An rpcPeer has the shape of gRPC's peer.Peer; the proof with gRPC itself is in examples/nothttp.
type rpcPeer struct{ Addr net.Addr }

// peerHere is on this computer, without TLS, at the port that the key of the tests is for.
func peerHere(context.Context) (*rpcPeer, bool) {
	return &rpcPeer{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4433}}, true
}

var (
	rpcKey     = secrets.Password("rpc_key", secrets.Field{Label: "RPC key", Required: true, SentHosts: []string{"127.0.0.1:4433", "*.example.com"}, SentAs: header})
	rpcMaybe   = secrets.Password("rpc_maybe", secrets.Field{SentHosts: []string{"127.0.0.1:4433"}, SentAs: bearer})
	rpcSealed  = secrets.Password("rpc_sealed", secrets.Field{Required: true, SentHosts: []string{"127.0.0.1:4433"}, SentAs: bearer, Unrevealed: true})
	rpcFar     = secrets.Password("rpc_far", secrets.Field{Required: true, SentHosts: []string{"api.example.com"}, SentAs: bearer})
	rpcForeign = secrets.Password("rpc_foreign", secrets.Field{SentHosts: []string{"127.0.0.1:4433"}, SentAs: bearer})
)

// Calls walk the gate of a getter, each for itself, and log what is refused; who may be asked is asked only for what goes where it is for.
func TestRPCWalksTheGateOfAGetter(t *testing.T) {
	s := openSending(t)
	option, log := logging()
	m, err := openWith("petstore", []secrets.AnyKey{rpcKey, rpcMaybe, rpcSealed, rpcFar}, secrets.WithStore(s.store), secrets.WithPrompter(s.user), option)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, name := range []string{"rpc_key", "rpc_sealed", "rpc_far"} {
		s.store.Put("petstore", name, sentValue)
	}
	ctx, turn := m.Begin(t.Context(), secrets.Call{Kind: "tool", Name: "get_pet", Principal: secrets.Process()}, "", nil)
	defer turn.End()
	const here, far = "https://127.0.0.1:4433/a.B", "https://api.example.com/a.B"
	of := func(key secrets.AnyKey) secrets.RPCCredentials {
		return secrets.PerRPC(m, key, "Read your pets", peerHere)
	}
	for name, c := range map[string]struct {
		ctx  context.Context
		key  secrets.AnyKey
		uri  string
		want error
	}{
		"outside any call": {t.Context(), rpcKey, here, secrets.ErrOutsideCall},
		"elsewhere":        {ctx, rpcKey, "https://api.example.com.evil.net/a.B", secrets.ErrElsewhere},
		"without TLS":      {ctx, rpcKey, far, secrets.ErrNotSent},
		"not revealed":     {ctx, rpcSealed, here, secrets.ErrSentOnly},
		"another schema's": {ctx, rpcForeign, here, secrets.ErrUnknownKey},
		"no key":           {ctx, secrets.Key[secrets.Secret]{}, here, secrets.ErrUnknownKey},
		"not set":          {ctx, rpcMaybe, here, nil},
	} {
		md, err := of(c.key).GetRequestMetadata(c.ctx, c.uri)
		var failure *secrets.Error
		if len(md) > 0 || !errors.Is(err, c.want) || c.want != nil && !errors.As(err, &failure) {
			t.Errorf("%s: %v, %v", name, md, err)
		}
	}
	if len(s.user.Shown()) > 0 || !strings.Contains(log.String(), "rpc_key") {
		t.Errorf("somebody was asked, or nothing logged: %s", log)
	}
	s.user.Answers(secrets.AllowOnce)
	for range 2 { // in one call
		md, err := of(rpcKey).GetRequestMetadata(ctx, here)
		if err != nil || len(md) != 1 || md["x-api-key"] != "Token "+sentValue {
			t.Fatal(md, err)
		}
	}
	if shown := s.user.Shown(); len(shown) != 1 || !strings.Contains(shown[0].Text(), "127.0.0.1:4433") {
		t.Errorf("%d questions", len(shown))
	}
	if text := m.MaskJSON([]byte(`"` + sentValue + `"`)); strings.Contains(string(text), sentValue) {
		t.Error("the guard has not learned what was sent")
	}
	if of(rpcKey).RequireTransportSecurity() || !of(rpcFar).RequireTransportSecurity() {
		t.Error("TLS is required of this computer, or of no other one")
	}
}

// A stored URL says where a value goes, and is read anew for each call.
func TestRPCGoesToTheStoredURL(t *testing.T) {
	s := openSending(t)
	s.store.Put("petstore", "maybe", sentValue)
	creds := secrets.PerRPC(s.Manager, sentMaybe, "Read your pets", peerHere)
	s.user.Answers(secrets.AllowOnce)
	ctx := s.call(t)
	for stored, want := range map[string]error{
		"http://127.0.0.1:4433": nil, "http://127.0.0.1:4433/v3": secrets.ErrElsewhere, "https://127.0.0.1:4433": secrets.ErrElsewhere, "http://127.0.0.1:4434": secrets.ErrElsewhere,
	} {
		s.store.Put("petstore", "base_url", stored)
		if md, err := creds.GetRequestMetadata(ctx, "https://127.0.0.1:4433/a.B"); !errors.Is(err, want) || (len(md) > 0) != (want == nil) {
			t.Errorf("%s: %v, %v", stored, md, err)
		}
	}
}
