package nothttp

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"github.com/mcpsecrets/mcpsecrets/examples/nothttp/internal/vault"
)

// OpenDB opens a database of database/sql, by any driver, whose connection URL is a secret. Each new connection walks the gate of the
// getter, with the context of the query that needs it.
//
// A connection stays logged in: one that is kept serves later queries, of other tools and other users too, and asks nobody. So none is
// kept here, and a call to a tool takes one connection for its queries, by [sql.DB.Conn]. Set no limit on open connections: who
// waits for one gets what another call has logged in, or what database/sql opens with a context of its own, outside any call.
func OpenDB(v *vault.Secrets, by driver.Driver) *sql.DB {
	db := sql.OpenDB(connector{v, by})
	db.SetMaxIdleConns(-1)
	return db
}

type connector struct {
	vault *vault.Secrets
	by    driver.Driver
}

// Connect implements [driver.Connector].
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	url, err := c.vault.Database(ctx, "Connect to your database")
	if err != nil {
		return nil, err
	}
	if by, ok := c.by.(driver.DriverContext); ok { // such a driver dials with ctx, which ends it
		there, err := by.OpenConnector(url.Reveal())
		if err != nil {
			return nil, err
		}
		return there.Connect(ctx)
	}
	return c.by.Open(url.Reveal())
}

// Driver implements [driver.Connector].
func (c connector) Driver() driver.Driver { return c.by }
