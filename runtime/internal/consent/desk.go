package consent

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// The ways in which a use is not allowed. Errors that come from dialogs are passed on as they are.
var (
	ErrDenied      = errors.New("secrets: the user did not allow it")
	ErrPending     = errors.New("secrets: the user has not answered yet")
	ErrOutsideCall = errors.New("secrets: nobody can be asked outside a call")
	ErrUnshown     = errors.New("secrets: no question has room for what it must show")
	ErrClosed      = errors.New("secrets: the manager is closed")
)

const (
	// Patience is how long a call is held that can come again, while a person has a window open; clients give up after 60
	// seconds.
	Patience = 45 * time.Second
	// OpenFor is how long a window stays open, how long one waits for its turn, and how long after its window has opened an
	// answer is valid that no call has fetched.
	OpenFor = 5 * time.Minute
	// maxWaiting is how many calls may be held, and how many questions may be put to people, at a time. It is fewer than the
	// hundred workers of a stdio server, which so always has some left for calls that need nobody.
	maxWaiting = 64
)

// A Config says what a [Desk] does not know by itself.
type Config struct {
	// Fast is how soon an answer can't be a person's.
	Fast time.Duration
	// Lock waits until no other server of this user has a dialog open.
	Lock func(context.Context) (unlock func(), err error)
	// Bypass reports whether permission is skipped.
	Bypass func() bool
	// IsRefusal reports whether an error came from a person. Where no window could open, nobody refused.
	IsRefusal func(error) bool
}

// A Desk is where all questions of one server come together. It is safe for concurrent use.
type Desk struct {
	config Config

	// Questions and collections outlive the call that began them. Close cancels life.
	life context.Context
	end  context.CancelFunc
	work sync.WaitGroup

	screen  chan struct{} // held while a dialog is open
	waiting atomic.Int32  // calls that are held

	mu        sync.Mutex
	closed    bool
	questions *Table[string, *question, verdict]
	posed     int                  // questions that are being put to a person, or wait for their turn
	silent    map[string]time.Time // questions that an MCP client left unanswered, by topic
	grants    map[grantKey]grant
	backoffs  map[backoffKey]backoff
	handles   map[string]*handle
	queues    map[Who]*queue
}

// NewDesk returns a desk where nothing is open.
func NewDesk(config Config) *Desk {
	d := &Desk{
		config:   config,
		screen:   make(chan struct{}, 1),
		silent:   map[string]time.Time{},
		grants:   map[grantKey]grant{},
		backoffs: map[backoffKey]backoff{},
		handles:  map[string]*handle{},
		queues:   map[Who]*queue{},
	}
	d.questions = NewTable[string, *question, verdict](d)
	d.life, d.end = context.WithCancel(context.Background())
	return d
}

// Life ends when the desk is closed.
func (d *Desk) Life() context.Context { return d.life }

// Closed returns [ErrClosed] once the desk is closed.
func (d *Desk) Closed() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return ErrClosed
	}
	return nil
}

// Close withdraws all that is open, waits until the windows are gone, and forgets what was allowed.
func (d *Desk) Close() {
	d.mu.Lock()
	d.closed = true
	clear(d.grants)
	clear(d.questions.open)
	clear(d.handles)
	d.mu.Unlock()
	d.end()
	d.work.Wait()
}

// Go runs work that belongs to the desk: its context ends with the desk, or after limit. The error is [ErrClosed].
func (d *Desk) Go(limit time.Duration, work func(context.Context)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.goLocked(func() {
		ctx, cancel := context.WithTimeout(d.life, limit)
		defer cancel()
		work(ctx)
	})
}

func (d *Desk) goLocked(work func()) error {
	if d.closed {
		return ErrClosed
	}
	d.work.Go(work)
	return nil
}

// Seat lets in one of the calls that may be held for a person. The error is [ErrPending] where too many are.
func (d *Desk) Seat() (leave func(), err error) {
	if d.waiting.Add(1) > maxWaiting {
		d.waiting.Add(-1)
		return nil, ErrPending
	}
	return func() { d.waiting.Add(-1) }, nil
}

// wait returns nil once done is closed, the error of ctx if that ends before, or [ErrPending] when the call's patience is at
// an end, here and before, or it has to wait for its input request.
func (d *Desk) wait(ctx context.Context, c *Call, done <-chan struct{}, patience time.Duration) error {
	left, release := c.hold(patience)
	defer release()
	timer := time.NewTimer(left)
	defer timer.Stop()
	progress := time.NewTicker(10 * time.Second)
	defer progress.Stop()
	for {
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), ErrPending) {
				return ErrPending
			}
			return ctx.Err() // the cause is somebody else's, such as an SDK's that has lost its client
		case <-d.life.Done():
			return ErrClosed
		case <-timer.C:
			select {
			case <-done: // even where no time was left
				return nil
			default:
				return ErrPending
			}
		case <-progress.C:
			if c.Progress != nil {
				c.Progress()
			}
		}
	}
}

// An About is an error with the entries that it is about, which are of one account.
type About struct {
	Entries []store.Entry
	Asking  bool // nobody could be asked for permission
	Err     error
}

// Error returns the text of the error inside.
func (a *About) Error() string { return a.Err.Error() }

// Unwrap returns the error inside.
func (a *About) Unwrap() error { return a.Err }
