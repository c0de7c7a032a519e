package secrets

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strconv"
	"time"
)

// On 2026-07-28 a server can't ask a client: it answers that input is required, and the client sends the request again,
// with the answers and the state that the server gave it. That state is a handle into a table here, so that a client can
// neither forge nor change what it stands for.

// roundFor is how long a handle is good.
const roundFor = 10 * time.Minute

// A round is one input request that waits for its answers.
type round struct {
	who    principal
	digest [sha256.Size]byte // of the request that was answered with it
	wants  []want
	once   map[*definition]value // what earlier rounds allowed: clients send only the last round's answers
	how    map[*definition]string
	asked  time.Time
}

func (r *round) over() bool { return time.Since(r.asked) > roundFor }

// openRound puts what was asked into the table and returns the handle: 128 bits nobody can guess.
func (m *Manager) openRound(c *call, wants []want) string {
	handle := make([]byte, 16)
	_, _ = rand.Read(handle) // never fails
	name := hex.EncodeToString(handle)
	digest := c.digest()
	c.mu.Lock()
	r := &round{c.who, digest, wants, maps.Clone(c.once), maps.Clone(c.how), time.Now()}
	c.mu.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.rounds, func(_ string, r *round) bool { return r.over() })
	makeRoom(m.rounds, maxRounds, (*round).over)
	m.rounds[name] = r
	return name
}

// closeRound takes the round of a handle out of the table, if it is one for the same principal and request; else it is as
// if there were none.
func (m *Manager) closeRound(handle string, c *call) *round {
	if handle == "" {
		return nil
	}
	digest := c.digest()
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.rounds[handle]
	if r == nil || r.who != c.who || r.digest != digest || r.over() {
		return nil
	}
	delete(m.rounds, handle)
	return r
}

// permissionAnswer is the name of the answer that permits all uses of a round.
const permissionAnswer = "permission"

// codesAnswerAt is the name of the answer that compares the codes of want i.
func codesAnswerAt(i int) string { return "codes" + strconv.Itoa(i) }

// resume gives the answers of a round to the questions that were asked under it, and the call what earlier rounds allowed.
func (m *Manager) resume(c *call, r *round, replyTo func(name string, choices []string) reply) {
	c.mu.Lock()
	c.resumed, c.once, c.how = true, r.once, r.how
	c.mu.Unlock()
	tooFast := time.Since(r.asked) < m.fast
	for i, w := range r.wants {
		if w.comparison != nil {
			if reply := replyTo(codesAnswerAt(i), m.codeChoices()); !tooFast {
				w.comparison.hear(reply)
			}
			c.mu.Lock()
			c.asked = append(c.asked, w.comparison)
			c.mu.Unlock()
			continue
		}
		reply := replyTo(permissionAnswer, m.permissionChoices())
		if tooFast {
			reply = nobody
		}
		m.answer(c, w.question, reply)
	}
}

// answer gives a client's reply to a question that a round asked. Where nobody was asked, the native dialog is.
func (m *Manager) answer(c *call, q *question, r reply) {
	v, heard := verdictOf(r)
	m.mu.Lock()
	if m.questions[q.key] != q || q.posed || q.over() {
		m.mu.Unlock()
		// It is too old, or being asked in a dialog by now: the call joins that, or asks afresh. Only a no always counts.
		if heard && (v.err != nil || v.answer == Deny) {
			m.refuse(permission, q.who, definitionsOf(q.uses), cmp.Or(v.err, ErrDenied))
		}
		return
	}
	if !heard {
		_ = m.pose(q, nil) // fails when too many are asked or the manager is closed, which the getter finds too
		m.mu.Unlock()
		return
	}
	q.posed = true
	delete(m.questions, q.key)
	m.mu.Unlock()
	switch {
	case v.err == nil && v.answer == AllowOnce:
		c.allow(q.uses, v.how)
	case v.err == nil && v.answer == AllowSession:
		for _, u := range q.uses {
			c.decided(u.def, v.how)
		}
	}
	m.settle(q, v)
}
