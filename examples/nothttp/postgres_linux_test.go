package nothttp

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// postgres starts a real PostgreSQL that wants a password, and returns its connection URL. Where none is installed, the test is skipped,
// or fails as [desktop.GiveUp] says.
func postgres(t *testing.T) *url.URL {
	t.Helper()
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if len(folders) == 0 {
		desktop.GiveUp(t, errors.New("no PostgreSQL in /usr/lib/postgresql: apt-get install postgresql"))
	}
	bin := folders[len(folders)-1]
	home, err := os.MkdirTemp("", "nothttp")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	as := servant(t, home)
	password := filepath.Join(home, "password")
	if err := os.WriteFile(password, []byte(value), 0o644); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(home, "data")
	init := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "ann", "--auth=scram-sha-256", "--pwfile="+password, "--no-sync")
	init.SysProcAttr, init.Dir = as, home
	if text, err := init.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	port := freePort(t)
	server := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-F", "-p", port, "-k", home, "-c", "listen_addresses=127.0.0.1")
	server.SysProcAttr, server.Dir = as, home
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGQUIT) // at once
		_ = server.Wait()
	})
	at := &url.URL{Scheme: "postgres", User: url.UserPassword("ann", value), Host: "127.0.0.1:" + port, Path: "/postgres", RawQuery: "sslmode=disable"}
	ready(t, at.String())
	return at
}

// servant says as whom PostgreSQL runs, which refuses to be root: then as nobody, to whom home is given.
func servant(t *testing.T, home string) *syscall.SysProcAttr {
	as := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 {
		return as
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		desktop.GiveUp(t, fmt.Errorf("root can't run PostgreSQL, and there is no user nobody: %w", err))
	}
	uid, _ := strconv.Atoi(nobody.Uid)
	gid, _ := strconv.Atoi(nobody.Gid)
	if err := os.Chown(home, uid, gid); err != nil {
		t.Fatal(err)
	}
	as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return as
}

func freePort(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}

func ready(t *testing.T, at string) {
	t.Helper()
	var err error
	for range 600 {
		var conn *pgx.Conn
		if conn, err = pgx.Connect(t.Context(), at); err == nil {
			_ = conn.Close(t.Context())
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal(err)
}

func (h house) hasDatabase(at *url.URL) {
	h.store.Put("nothttp", "database", at.String())
	h.store.Put("nothttp", "database_password", value)
}

// ask queries something.
func ask(ctx context.Context, query func(ctx context.Context, into *int) error) error {
	one := 0
	if err := query(ctx, &one); err != nil {
		return err
	}
	if one != 1 {
		return fmt.Errorf("got %d", one)
	}
	return nil
}

// wantQuestions fails if the user was asked more or less often.
func (h house) wantQuestions(t *testing.T, n int, when string) {
	t.Helper()
	if shown := h.user.Shown(); len(shown) != n {
		t.Errorf("%s: %d questions in all, want %d", when, len(shown), n)
	}
}

// With no connection kept, each call to a tool is asked for, and what is refused reaches no database.
func TestDatabaseOfEachCall(t *testing.T) {
	h := open(t)
	h.hasDatabase(postgres(t))
	db := OpenDB(h.Secrets, stdlib.GetDefaultDriver())
	defer db.Close()
	for name, query := range map[string]func(context.Context, *int) error{
		"database/sql": func(ctx context.Context, into *int) error { return db.QueryRowContext(ctx, "select 1").Scan(into) },
		"one of database/sql": func(ctx context.Context, into *int) error {
			conn, err := db.Conn(ctx)
			if err != nil {
				return err
			}
			defer conn.Close()
			return conn.QueryRowContext(ctx, "select 1").Scan(into)
		},
		"pgx": func(ctx context.Context, into *int) error {
			conn, err := Connect(ctx, h.Secrets)
			if err != nil {
				return err
			}
			defer conn.Close(ctx)
			return conn.QueryRow(ctx, "select 1").Scan(into)
		},
	} {
		before := len(h.user.Shown())
		h.user.Answers(secrets.AllowOnce).Answers(secrets.AllowOnce)
		for range 2 {
			if err := ask(h.call(t), query); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		h.wantQuestions(t, before+2, name)
		if err := ask(t.Context(), query); !errors.Is(err, secrets.ErrOutsideCall) {
			t.Errorf("%s, outside any call: %v", name, err)
		}
	}
	h.user.Answers(secrets.Deny)
	if err := db.PingContext(h.call(t)); !errors.Is(err, secrets.ErrDenied) {
		t.Error(err)
	}
	if n := db.Stats().OpenConnections; n != 0 {
		t.Errorf("%d connections are kept", n)
	}
}

// What a pool keeps is logged in: later calls are not asked for, whatever became of the word, until its connections are closed.
func TestPoolKeepsWhatIsLoggedIn(t *testing.T) {
	h := open(t)
	at := postgres(t)
	h.hasDatabase(at)
	plain := *at
	plain.User = url.User("ann")
	config, err := pgxpool.ParseConfig(plain.String())
	if err != nil {
		t.Fatal(err)
	}
	pool, err := OpenPool(t.Context(), h.Secrets, config, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	query := func(ctx context.Context, into *int) error { return pool.QueryRow(ctx, "select 1").Scan(into) }
	if err := ask(t.Context(), query); !errors.Is(err, secrets.ErrOutsideCall) {
		t.Errorf("outside any call: %v", err)
	}
	h.user.Answers(secrets.AllowOnce)
	for range 2 {
		if err := ask(h.call(t), query); err != nil {
			t.Fatal(err)
		}
	}
	h.wantQuestions(t, 1, "two calls")
	if err := ask(t.Context(), query); err != nil {
		t.Errorf("outside any call, on what is open: %v", err)
	}
	if pool.Config().ConnConfig.Password != "" {
		t.Error("the pool's configuration has the password")
	}
	pool.Reset()
	h.user.Answers(secrets.Deny)
	if err := ask(h.call(t), query); !errors.Is(err, secrets.ErrDenied) || strings.Contains(err.Error(), value) {
		t.Error(err)
	}
	h.wantQuestions(t, 2, "after the reset")
}

// A wrong password is in no error.
func TestDatabaseErrorsHaveNoPassword(t *testing.T) {
	h := open(t)
	at := *postgres(t)
	const wrong = "Zx81QmT7wLpN0vRk2BhYs5Ua"
	at.User = url.UserPassword("ann", wrong)
	h.hasDatabase(&at)
	db := OpenDB(h.Secrets, stdlib.GetDefaultDriver())
	defer db.Close()
	h.user.Answers(secrets.AllowOnce)
	if err := db.PingContext(h.call(t)); err == nil || strings.Contains(err.Error(), wrong) {
		t.Error(err)
	}
}

// Why OpenDB has no limit: a query that waits gets a connection that another call has logged in, or one that database/sql opens by
// itself, outside any call.
func TestWhoWaitsForAConnection(t *testing.T) {
	h := open(t)
	h.hasDatabase(postgres(t))
	for _, c := range []struct {
		name  string
		found error // by the call before, of its connection
		want  error
	}{
		{"a good connection", nil, nil},
		{"a bad connection", driver.ErrBadConn, secrets.ErrOutsideCall},
	} {
		db := OpenDB(h.Secrets, stdlib.GetDefaultDriver())
		defer db.Close()
		if n := db.Stats().MaxOpenConnections; n != 0 {
			t.Fatalf("OpenDB has a limit of %d", n)
		}
		db.SetMaxOpenConns(1)
		before := len(h.user.Shown())
		h.user.Answers(secrets.AllowOnce)
		held, err := db.Conn(h.call(t))
		if err != nil {
			t.Fatal(err)
		}
		ctx := h.call(t)
		waiting := make(chan error)
		go func() { waiting <- db.PingContext(ctx) }()
		for db.Stats().WaitCount == 0 {
			time.Sleep(time.Millisecond)
		}
		_ = held.Raw(func(any) error { return c.found })
		_ = held.Close()
		if err := <-waiting; !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		h.wantQuestions(t, before+1, c.name)
	}
}
