package nothttp

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mcpsecrets/mcpsecrets/examples/nothttp/internal/vault"
)

// Connect makes one connection for one call to a tool. Whoever calls closes it.
func Connect(ctx context.Context, v *vault.Secrets) (*pgx.Conn, error) {
	url, err := v.Database(ctx, "Connect to your database")
	if err != nil {
		return nil, err
	}
	return pgx.Connect(ctx, url.Reveal())
}

// OpenPool opens a pool of pgx for a server with one user. Config has everything but the password. Each new connection walks the gate
// of the getter, with the values of the context that acquires it.
//
// Connections stay logged in for maxAge: who allows one use allows what all tools query in that time, without a question. Revoking a
// grant closes none: call [pgxpool.Pool.Reset]. The pool opens connections by itself, to keep MinConns, outside any call; so
// none is kept that way.
func OpenPool(ctx context.Context, v *vault.Secrets, config *pgxpool.Config, maxAge time.Duration) (*pgxpool.Pool, error) {
	config.MaxConnLifetime, config.MinConns, config.MinIdleConns = maxAge, 0, 0
	config.BeforeConnect = func(ctx context.Context, to *pgx.ConnConfig) error {
		password, err := v.DatabasePassword(ctx, "Connect to your database")
		if err != nil {
			return err
		}
		to.Password = password.Reveal() // to is a copy: the pool keeps none
		return nil
	}
	return pgxpool.NewWithConfig(ctx, config)
}
