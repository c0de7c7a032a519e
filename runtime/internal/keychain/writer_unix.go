//go:build dragonfly || freebsd || linux || netbsd || openbsd

package keychain

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	inQueue   = 2 // what RequestName answers where another connection has the name
	writerBus = "io.github.mcpsecrets.writer.x"
)

// alone waits until no other process of ours writes what is stored for account, and keeps them from it until free is called.
// Without such turns each would find its value overwritten, write it again, and so overwrite the others'.
//
// The turn is a name on the session bus, made of a digest: the bus queues those who want it, frees it when its owner's
// connection ends, and is the same for all processes that use the same keychain, whatever folders they can write to. Nothing
// depends on a turn but how soon writers are done, so where there is none, or its owner is frozen, they write without.
func (l *link) alone(ctx context.Context, service, account string) (free func()) {
	sum := sha256.Sum256([]byte(service + ":" + account))
	name := writerBus + hex.EncodeToString(sum[:16])
	signals := make(chan *dbus.Signal, 16)
	l.bus.Signal(signals)
	defer l.bus.RemoveSignal(signals)
	var answer uint32
	if l.callBus(ctx, "RequestName", name, uint32(0)).into(&answer) == nil && answer == inQueue {
		l.awaitName(ctx, name, signals)
	}
	return func() {
		// Also takes us out of the queue. If the caller has given up, also before the answer was there, the bus has to hear of
		// it all the more.
		l.callBus(context.WithoutCancel(ctx), "ReleaseName", name)
	}
}

// awaitName waits until the bus says that the name is ours, half as long as for the keychain itself.
func (l *link) awaitName(ctx context.Context, name string, signals <-chan *dbus.Signal) {
	patience := time.NewTimer(l.timeout / 2)
	defer patience.Stop()
	for {
		select {
		case signal, ok := <-signals:
			if !ok { // the link is lost, as the next call will find
				return
			}
			if signal.Name == busIface+"NameAcquired" && len(signal.Body) == 1 && signal.Body[0] == name {
				return
			}
		case <-patience.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
