//go:build dragonfly || freebsd || linux || netbsd || openbsd

package keychain

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/session"
)

const (
	serviceName     = "org.freedesktop.secrets"
	servicePath     = dbus.ObjectPath("/org/freedesktop/secrets")
	defaultPath     = dbus.ObjectPath("/org/freedesktop/secrets/aliases/default")
	serviceIface    = "org.freedesktop.Secret.Service."
	collectionIface = "org.freedesktop.Secret.Collection."
	itemIface       = "org.freedesktop.Secret.Item."
	promptIface     = "org.freedesktop.Secret.Prompt."
	propertiesIface = "org.freedesktop.DBus.Properties."
	busName         = "org.freedesktop.DBus"
	busPath         = dbus.ObjectPath("/org/freedesktop/DBus")
	busIface        = "org.freedesktop.DBus."
)

// A link is one connection to the session bus with one open session of the
// Secret Service. All calls of [System] share it. Only the one that has the turn prompts.
//
// go-keyring's own functions wait without a deadline, and its prompt handling
// panics when the connection goes away, so only its types are used. Every wait
// here ends in one of two ways: the answer, or cut, which closes the socket and
// so frees whoever waits, godbus's goroutines included. That is why the socket is
// opened here: godbus can't close one that is blocked in a write.
type link struct {
	socket  *net.UnixConn
	bus     *dbus.Conn
	session dbus.ObjectPath
	timeout time.Duration
	known   known

	promptTimeout time.Duration
	asking        *atomic.Bool
	open          *prompt // on the screen since an earlier call, or nil
	prompts       int     // that were asked for
}

// Errors that callers of a link can do something about; to others they are an ErrNoStore and an ErrStore.
var (
	errLinkLost = fmt.Errorf("%w: the connection to it broke", ErrNoStore) // connect again
	errGone     = fmt.Errorf("%w: the entry has gone away", ErrStore)      // look again
)

// dial connects to the session bus and opens a session.
func dial(ctx context.Context, options Options, asking *atomic.Bool) (*link, error) {
	sockets, err := session.Here().Bus()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoStore, err)
	}
	var failure error
	for _, socket := range sockets {
		l, err := dialSocket(ctx, socket, options, asking)
		if err == nil {
			return l, nil
		}
		failure = errors.Join(failure, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, failure
}

func dialSocket(ctx context.Context, socket string, options Options, asking *atomic.Bool) (*link, error) {
	waiting, cancel := context.WithTimeout(ctx, options.Timeout)
	defer cancel()

	conn, err := session.Here().Dial(waiting, socket)
	if err != nil {
		if waiting.Err() != nil {
			return nil, silent(ctx)
		}
		return nil, fmt.Errorf("%w: %w", ErrNoStore, err)
	}
	l := &link{
		socket:        conn,
		timeout:       options.Timeout,
		promptTimeout: options.PromptTimeout,
		asking:        asking,
	}
	if l.bus, err = dbus.DialUnix(l.socket, dbus.WithIncomingInterceptor(l.known.hear)); err != nil {
		l.socket.Close()
		return nil, fmt.Errorf("%w: the session bus can't be used", ErrNoStore)
	}

	// Auth and Hello know no context: while they wait, only a closed socket frees them.
	stop := context.AfterFunc(waiting, func() { l.socket.Close() })
	err = l.bus.Auth([]dbus.Auth{dbus.AuthExternal(strconv.Itoa(os.Geteuid()))})
	if err == nil {
		err = l.bus.Hello()
	}
	stop()
	if err != nil {
		l.cut()
		if waiting.Err() != nil {
			return nil, silent(ctx)
		}
		return nil, fmt.Errorf("%w: the session bus does not let us in", ErrNoStore)
	}

	// "plain" is go-keyring's choice too: the bus is a socket of this user, and
	// whoever can listen on it can also ask the keychain itself.
	var ignored dbus.Variant
	err = l.call(ctx, servicePath, serviceIface+"OpenSession", "plain", dbus.MakeVariant("")).into(&ignored, &l.session)
	if err != nil {
		l.cut()
		if !errors.Is(err, ErrNoStore) && !errors.Is(err, ErrTimeout) && ctx.Err() == nil {
			err = fmt.Errorf("%w: it does not open a session", ErrNoStore)
		}
		return nil, err
	}
	l.listen(ctx)
	return l, nil
}

// cut ends the link. The socket goes first: godbus's Close waits for a write that is under way.
func (l *link) cut() {
	l.socket.Close()
	l.bus.Close()
}

// slack is how long a write of a call that is given up may go on: with the link, others would lose theirs.
const slack = time.Second

// cutUnless ends the link unless what is to be sent is, or will be soon.
func (l *link) cutUnless(sent <-chan struct{}) {
	select {
	case <-sent:
	case <-time.After(slack):
		l.cut()
	}
}

// A reply is what became of one call, its error already one of ours.
type reply struct {
	body []any
	err  error
}

func (r reply) into(results ...any) error {
	if r.err != nil {
		return r.err
	}
	if dbus.Store(r.body, results...) != nil {
		return fmt.Errorf("%w: its answer can't be understood", ErrStore)
	}
	return nil
}

// A request is a call to be made.
type request struct {
	path   dbus.ObjectPath
	method string
	args   []any
}

// call makes one call and waits for its answer, at most l.timeout.
func (l *link) call(ctx context.Context, path dbus.ObjectPath, method string, args ...any) reply {
	return l.calls(ctx, request{path, method, args})[0]
}

// calls makes several calls in the time of one round trip.
func (l *link) calls(ctx context.Context, requests ...request) []reply {
	return l.callsTo(ctx, serviceName, requests...)
}

// callBus makes a call to the bus itself.
func (l *link) callBus(ctx context.Context, method string, args ...any) reply {
	return l.callsTo(ctx, busName, request{busPath, busIface + method, args})[0]
}

func (l *link) callsTo(ctx context.Context, name string, requests ...request) []reply {
	replies := make([]reply, len(requests))
	if ctx.Err() != nil { // else the link would be cut at once, which is not only the caller's
		for i := range replies {
			replies[i].err = gaveUp(ctx)
		}
		return replies
	}
	waiting, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	// A write that the bus does not read, which godbus does in our goroutine, is freed by a cut.
	sent := make(chan struct{})
	stop := context.AfterFunc(waiting, func() { l.cutUnless(sent) })
	pending := make([]*dbus.Call, len(requests))
	for i, r := range requests {
		pending[i] = l.bus.Object(name, r.path).GoWithContext(waiting, r.method, 0, make(chan *dbus.Call, 1), r.args...)
	}
	close(sent)
	stop()
	// A call that is given up leaves the link to the others; a keychain that is silent for that long does not.
	defer func() {
		if waiting.Err() != nil && ctx.Err() == nil {
			l.cut()
		}
	}()
	for i, call := range pending {
		<-call.Done
		switch {
		case call.Err == nil:
			replies[i].body = call.Body
		case waiting.Err() != nil:
			replies[i].err = silent(ctx)
		default:
			replies[i].err = translate(call.Err)
		}
	}
	return replies
}

// silent is the error of a wait that ended without an answer.
func silent(ctx context.Context) error {
	if ctx.Err() != nil {
		return gaveUp(ctx)
	}
	return ErrTimeout
}

// translate names an error of the bus or of the keychain by its type alone:
// texts are written by others and may hold anything.
func translate(err error) error {
	var fault dbus.Error
	if pointer := (*dbus.Error)(nil); errors.As(err, &pointer) {
		fault = *pointer
	} else if !errors.As(err, &fault) {
		return errLinkLost
	}
	switch name := fault.Name; name {
	case "org.freedesktop.Secret.Error.IsLocked":
		return ErrLocked
	case "org.freedesktop.Secret.Error.NoSession":
		return errLinkLost // the keychain was restarted; ours was with the one before
	case "org.freedesktop.Secret.Error.NoSuchObject",
		"org.freedesktop.DBus.Error.UnknownObject",
		"org.freedesktop.DBus.Error.UnknownMethod": // gnome-keyring's way to say it
		return errGone
	case "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner":
		return fmt.Errorf("%w: no secret service is running", ErrNoStore)
	case "org.freedesktop.DBus.Error.NoReply", "org.freedesktop.DBus.Error.Disconnected":
		return fmt.Errorf("%w: it ended without an answer", ErrNoStore)
	case "org.freedesktop.DBus.Error.AccessDenied":
		return fmt.Errorf("%w: the session bus does not let us use it", ErrNoStore)
	case "org.freedesktop.DBus.Error.TimedOut", "org.freedesktop.DBus.Error.Timeout":
		return ErrTimeout // the bus waited for it to start
	default:
		if strings.HasPrefix(name, "org.freedesktop.DBus.Error.Spawn.") {
			return fmt.Errorf("%w: the secret service does not start", ErrNoStore)
		}
		return fmt.Errorf("%w: it refused", ErrStore)
	}
}
