package nothttp

import (
	"context"
	"crypto/tls"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/credentials/local"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"

	"github.com/mcpsecrets/mcpsecrets/examples/nothttp/internal/vault"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

var _ credentials.PerRPCCredentials = secrets.RPCCredentials(nil)

// A connection is made before anybody is asked, and its first calls share one question, which says where the value goes.
func TestRPCAsksAtTheFirstCall(t *testing.T) {
	h, s := open(t), serve(t, "tcp", "127.0.0.1:0", true)
	conn, err := DialPets(h.Secrets, s.config(), s.reached("tcp"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	h.user.Answers(secrets.AllowSession)
	var group sync.WaitGroup
	for range 10 {
		ctx := h.call(t)
		group.Go(func() {
			if err := check(ctx, conn); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	stream, err := grpc_health_v1.NewHealthClient(conn).Watch(h.call(t), &grpc_health_v1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Error(err)
	}
	seen := s.take()
	for _, md := range seen {
		if got := md.Get("authorization"); !slices.Equal(got, []string{"Bearer " + value}) {
			t.Errorf("%q", got)
		}
	}
	shown := h.user.Shown()
	isSaid := func(text string) bool { return strings.Contains(shown[0].Text(), text) }
	if len(seen) != 11 || len(shown) != 1 || !isSaid("pets.example.com") || !isSaid("Look up a pet") {
		t.Errorf("%d calls, %d questions: %s", len(seen), len(shown), shown[0].Text())
	}
	if text := []byte(`"` + value + `"`); string(h.Manager.MaskJSON(text)) == string(text) {
		t.Error("the guard has not learned what was sent")
	}
}

// The stored address says where a value goes; a header of the schema's is a key of metadata in lower case.
func TestRPCGoesWhereTheStoredURLIs(t *testing.T) {
	h, s := open(t), serve(t, "tcp", "127.0.0.1:0", true)
	h.store.Put("nothttp", "orders", "https://"+s.address)
	h.user.Answers(secrets.AllowOnce)
	ctx := h.call(t)
	if err := check(ctx, s.dial(t, "tcp", s.address, credentials.NewTLS(s.config())), WithOrdersKey(h.Secrets)); err != nil {
		t.Fatal(err)
	}
	if got := s.take()[0].Get("x-api-key"); !slices.Equal(got, []string{"Token " + value}) {
		t.Errorf("%q", got)
	}
	other := s.dial(t, "tcp", "orders.example.com:443", credentials.NewTLS(s.config()))
	if err := check(ctx, other, WithOrdersKey(h.Secrets)); err == nil || !strings.Contains(err.Error(), "its address is none that the secret is for") {
		t.Error(err)
	}
	wantNoValue(t, s)
}

// Whatever a connection calls itself, the value goes to the hosts of the schema, and nobody is asked.
func TestRPCGoesNowhereElse(t *testing.T) {
	h, s := open(t), serve(t, "tcp", "127.0.0.1:0", true)
	plain := serve(t, "tcp", "127.0.0.1:0", false)
	h.store.Put("nothttp", "orders", "https://pets.example.com/below")
	h.store.Put("nothttp", "printer", "http://127.0.0.1:1")
	verified := credentials.NewTLS(s.config())
	unverified := credentials.NewTLS(&tls.Config{InsecureSkipVerify: true}) // as a careless server has it
	const elsewhere, unproved = "its address is none that the secret is for", "has proved nothing"
	for _, c := range []struct {
		name      string
		key       secrets.AnyKey
		at        *service
		authority string
		by        credentials.TransportCredentials
		options   []grpc.DialOption
		want      string
	}{
		{"another host", vault.KeyPetsKey(), s, "other.example.com:443", verified, nil, elsewhere},
		{"another port", vault.KeyPetsKey(), s, "pets.example.com:8443", verified, nil, elsewhere},
		{"a look-alike", vault.KeyPetsKey(), s, "xpets.example.com:443", verified, nil, elsewhere},
		{"an address", vault.KeyPetsKey(), s, s.address, verified, nil, elsewhere},
		{"an authority of another name", vault.KeyPetsKey(), s, s.address, verified, []grpc.DialOption{grpc.WithAuthority("evil.example.com")}, elsewhere},
		{"not verified", vault.KeyPetsKey(), s, "pets.example.com:443", unverified, nil, unproved},
		{"not verified, under another name", vault.KeyPetsKey(), s, s.address, unverified, []grpc.DialOption{grpc.WithAuthority("pets.example.com")}, unproved},
		{"no service below the URL", vault.KeyOrdersKey(), s, "pets.example.com:443", verified, nil, elsewhere},
		{"no TLS where it takes some", vault.KeyOrdersKey(), plain, "pets.example.com:443", insecure.NewCredentials(), nil, "insecure connection"},
		{"no TLS under the right name", vault.KeyPetsKey(), plain, "pets.example.com:443", insecure.NewCredentials(), nil, elsewhere},
		{"local, which is no TLS", vault.KeyPetsKey(), plain, "pets.example.com:443", local.NewCredentials(), nil, elsewhere},
		{"another port of this computer", vault.KeyPetsKey(), plain, "localhost:4433", insecure.NewCredentials(), nil, elsewhere},
		{"another port than is stored", vault.KeyPrinterKey(), plain, "127.0.0.1:1", insecure.NewCredentials(), nil, elsewhere},
		{"a key for binary values", vault.KeyBinaryKey(), s, "pets.example.com:443", verified, nil, "sent_as is none for gRPC"},
		{"a query", vault.KeyQueriedKey(), s, "pets.example.com:443", verified, nil, "sent_as is none for gRPC"},
		{"without sent_as", vault.KeyGitToken(), s, "pets.example.com:443", verified, nil, "sent_as is none for gRPC"},
		{"not revealed", vault.KeySealedKey(), s, "pets.example.com:443", verified, nil, "is only ever sent"},
	} {
		conn := c.at.dial(t, "tcp", c.authority, c.by, c.options...)
		err := check(h.call(t), conn, grpc.PerRPCCredentials(secrets.PerRPC(h.Manager, c.key, "Look up a pet", peer.FromContext)))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), value) {
			t.Errorf("%s: %v", c.name, err)
		}
		wantNoValue(t, c.at)
	}
	if len(h.user.Shown()) > 0 {
		t.Error("somebody was asked")
	}
}

// What the schema has for this computer, or says insecure of, goes without TLS; a connection that is for all calls says so at once.
func TestRPCWithoutTLS(t *testing.T) {
	h, s := open(t), serve(t, "tcp", "127.0.0.1:0", false)
	here := serve(t, "unix", filepath.Join(t.TempDir(), "s"), false)
	h.store.Put("nothttp", "printer", "http://"+s.address)
	h.user.Answers(secrets.AllowOnce).Answers(secrets.AllowOnce)
	for _, c := range []struct {
		key       secrets.AnyKey
		at        *service
		network   string
		authority string
	}{
		{vault.KeyPrinterKey(), s, "tcp", s.address},
		{vault.KeyPetsKey(), here, "unix", "localhost:4433"},
	} {
		creds := secrets.PerRPC(h.Manager, c.key, "Look up a pet", peer.FromContext)
		if creds.RequireTransportSecurity() {
			t.Error("gRPC would refuse it")
		}
		conn := c.at.dial(t, c.network, c.authority, insecure.NewCredentials(), grpc.WithPerRPCCredentials(creds))
		if err := check(h.call(t), conn); err != nil {
			t.Error(err)
		}
		if seen := c.at.take(); len(seen) != 1 || !slices.Equal(seen[0].Get("authorization"), []string{"Bearer " + value}) {
			t.Error(seen)
		}
	}
	if creds := secrets.PerRPC(h.Manager, vault.KeyOrdersKey(), "Look up a pet", peer.FromContext); !creds.RequireTransportSecurity() {
		t.Error("gRPC would send it without TLS")
	}
}

// The gate is that of a getter: of a refusal gRPC makes a status that has its text.
func TestRPCWalksTheGate(t *testing.T) {
	h, s := open(t), serve(t, "tcp", "127.0.0.1:0", true)
	conn, err := DialPets(h.Secrets, s.config(), s.reached("tcp"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := check(t.Context(), conn); status.Code(err) != codes.Unauthenticated || !strings.Contains(err.Error(), "pets_key") {
		t.Error("outside any call:", err)
	}
	h.user.Answers(secrets.Deny)
	for range 2 {
		if err := check(h.call(t), conn); status.Code(err) != codes.Unauthenticated || !strings.Contains(err.Error(), "pets_key") {
			t.Error(err)
		}
	}
	wantNoValue(t, s)
	if len(h.user.Shown()) != 1 {
		t.Errorf("%d questions", len(h.user.Shown()))
	}
}

// A client of the revision with rounds is asked by the answer to its request, also where a library hid the error.
func TestRPCInRounds(t *testing.T) {
	h, s := open(t, secrets.WithFast(1)), serve(t, "tcp", "127.0.0.1:0", true)
	conn, err := DialPets(h.Secrets, s.config(), s.reached("tcp"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	said := secrets.Call{Kind: "tool", Name: "get_pet", Principal: secrets.Process(), Shows: secrets.Shows{Forms: true}, Rounds: true}
	ctx, turn := h.Manager.Begin(t.Context(), said, "", nil)
	if err := check(ctx, conn); err == nil {
		t.Fatal("nobody was asked")
	}
	forms, state := turn.End()
	if len(forms) != 1 {
		t.Fatalf("%d forms", len(forms))
	}
	ctx, turn = h.Manager.Begin(t.Context(), said, state, map[string]secrets.Reply{forms[0].Name: {Action: "accept", Answer: forms[0].Choices[0]}})
	defer turn.End()
	if err := check(ctx, conn); err != nil {
		t.Error(err)
	}
}

// A value that metadata has no room for goes nowhere: gRPC would send all of what it is given.
func TestRPCValueThatDoesNotFit(t *testing.T) {
	h, s := open(t), serve(t, "tcp", "127.0.0.1:0", true)
	h.store.Put("nothttp", "pets_key", "ключ-4eC39HqLyjWDarjt")
	h.user.Answers(secrets.AllowOnce)
	conn, err := DialPets(h.Secrets, s.config(), s.reached("tcp"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := check(h.call(t), conn); err == nil || !strings.Contains(err.Error(), "does not fit") || strings.Contains(err.Error(), "4eC39") {
		t.Error(err)
	}
}

// Without a connection nothing says who answers.
func TestRPCWithoutAConnection(t *testing.T) {
	h := open(t)
	creds := secrets.PerRPC(h.Manager, vault.KeyPetsKey(), "Look up a pet", peer.FromContext)
	for _, ctx := range []context.Context{h.call(t), peer.NewContext(h.call(t), &peer.Peer{}), metadata.NewOutgoingContext(h.call(t), nil)} {
		if md, err := creds.GetRequestMetadata(ctx, "https://pets.example.com/a.B"); len(md) > 0 || err == nil {
			t.Error(md, err)
		}
	}
}

// A resolver can say under which name an address shows its certificate. Then the call goes to that name.
func TestRPCWhereAResolverLeads(t *testing.T) {
	h, s := open(t), serve(t, "tcp", "127.0.0.1:0", true)
	h.store.Put("nothttp", "orders", "https://orders.test")
	lying := manual.NewBuilderWithScheme("lying")
	lying.InitialState(resolver.State{Addresses: []resolver.Address{{Addr: s.address, ServerName: "evil.example.com"}}})
	conn, err := grpc.NewClient("lying:///orders.test:443", grpc.WithResolvers(lying), grpc.WithTransportCredentials(credentials.NewTLS(s.config())))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx := h.call(t)
	if err := check(ctx, conn); err != nil {
		t.Fatalf("without a key, it does not lead anywhere: %v", err)
	}
	if err := check(ctx, conn, WithOrdersKey(h.Secrets)); err == nil || !strings.Contains(err.Error(), "its address is none that the secret is for") {
		t.Error(err)
	}
	wantNoValue(t, s)
	if len(h.user.Shown()) > 0 {
		t.Error("somebody was asked")
	}
}
