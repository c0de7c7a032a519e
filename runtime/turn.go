package secrets

import "context"

// Forms and dialogs come one after the other: dialogs in the process, since they open on one screen, and both together for
// each principal. A form that one principal leaves open keeps nobody else from being asked.

// A line is of those who wait for the turn of one principal. It is there as long as somebody has the turn or waits for it.
type line struct {
	turn    chan struct{}
	members int
}

// queue waits until no other form or dialog of the principal is open. A wait that was too long is nobody's refusal.
func (m *Manager) queue(ctx context.Context, who principal) (leave func(), err error) {
	m.mu.Lock()
	l := m.lines[who]
	if l == nil {
		l = &line{turn: make(chan struct{}, 1)}
		m.lines[who] = l
	}
	l.members++
	m.mu.Unlock()
	pass, err := take(ctx, l.turn)
	leave = func() {
		if pass != nil {
			pass()
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		if l.members--; l.members == 0 {
			delete(m.lines, who)
		}
	}
	if err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

// screen waits until no other dialog is open, of this process or of another server of this user.
func (m *Manager) screen(ctx context.Context) (leave func(), err error) {
	pass, err := take(ctx, m.turn)
	if err != nil {
		return nil, err
	}
	unlock, err := m.asker.Lock(ctx)
	if err != nil {
		pass()
		return nil, inQueue(err)
	}
	return func() {
		unlock()
		pass()
	}, nil
}

func take(ctx context.Context, turn chan struct{}) (pass func(), err error) {
	select {
	case turn <- struct{}{}:
		if ctx.Err() != nil { // both at a time: nobody would hear the answer
			<-turn
			return nil, inQueue(ctx.Err())
		}
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, inQueue(ctx.Err())
	}
}
