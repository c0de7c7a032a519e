package nothttp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"

	"github.com/mcpsecrets/mcpsecrets/examples/nothttp/internal/vault"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
)

const value = "4eC39HqLyjWDarjtT1zdp7dc"

// A house is the vault of a server, with its store and its user.
type house struct {
	*vault.Secrets
	store *runtimetest.Store
	user  *runtimetest.User
}

func open(t *testing.T, options ...secrets.Option) house {
	t.Helper()
	h := house{store: runtimetest.NewStore(), user: runtimetest.NewUser(t)}
	for _, name := range []string{"pets_key", "orders_key", "printer_key", "sealed_key", "binary_key", "queried_key", "git_token"} {
		h.store.Put("nothttp", name, value)
	}
	v, err := vault.OpenSecrets(append([]secrets.Option{
		secrets.WithStore(h.store), secrets.WithPrompter(h.user), secrets.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))),
	}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Manager.Close() })
	h.Secrets = v
	return h
}

// call is the context of a call to a tool.
func (h house) call(t *testing.T) context.Context {
	ctx, turn := h.Manager.Begin(t.Context(), secrets.Call{Kind: "tool", Name: "get_pet", Principal: secrets.Process()}, "", nil)
	t.Cleanup(func() { turn.End() })
	return ctx
}

// A service is a real gRPC server that answers whether it is well, and keeps the metadata of what it is asked.
type service struct {
	address string
	roots   *x509.CertPool

	mu   sync.Mutex
	seen []metadata.MD
}

// serve starts a service. Its certificate, where secure, is for *.example.com, 127.0.0.1 and ::1.
func serve(t *testing.T, network, address string, secure bool) *service {
	t.Helper()
	s := &service{roots: x509.NewCertPool()}
	options := []grpc.ServerOption{grpc.StreamInterceptor(s.stream), grpc.UnaryInterceptor(s.unary)}
	if secure {
		lender := httptest.NewTLSServer(nil)
		defer lender.Close()
		s.roots.AddCert(lender.Certificate())
		options = append(options, grpc.Creds(credentials.NewServerTLSFromCert(&lender.TLS.Certificates[0])))
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	server := grpc.NewServer(options...)
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return s
}

func (s *service) note(ctx context.Context) {
	md, _ := metadata.FromIncomingContext(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, md)
}

func (s *service) unary(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	s.note(ctx)
	return handle(ctx, req)
}

func (s *service) stream(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	s.note(stream.Context())
	return handle(srv, stream)
}

// take returns what calls carried since it was called last.
func (s *service) take() []metadata.MD {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = nil
	return seen
}

// config is one with which the service's certificate counts.
func (s *service) config() *tls.Config { return &tls.Config{RootCAs: s.roots} }

// reached leads every name to the service: only its certificate tells names apart.
func (s *service) reached(network string) grpc.DialOption {
	return grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, s.address)
	})
}

// dial connects to the service as if it were at an authority.
func (s *service) dial(t *testing.T, network, authority string, by credentials.TransportCredentials, options ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	options = append(options, s.reached(network), grpc.WithTransportCredentials(by))
	conn, err := grpc.NewClient("passthrough:///"+authority, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// check asks a service whether it is well.
func check(ctx context.Context, conn *grpc.ClientConn, options ...grpc.CallOption) error {
	_, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{}, options...)
	return err
}

// wantNoValue fails if any call carried a value.
func wantNoValue(t *testing.T, s *service) {
	t.Helper()
	for _, md := range s.take() {
		for key, values := range md {
			if strings.Contains(strings.Join(values, " "), value) {
				t.Errorf("the service got the value in %s", key)
			}
		}
	}
}
