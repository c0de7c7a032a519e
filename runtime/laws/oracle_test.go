package laws

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// The oracle says what may happen in a run of permission_test.go. It is told of every call, question, answer, stored value
// and release, and knows nothing of how the runtime works: it looks for causes. A release needs the user's yes, a refusal
// the user's no, a wait an open window. What happens at one instant of the clock may have happened in any order, and where
// the design leaves something open, both are right.

// What an answer means.
const (
	meansNobody    = "nobody was asked"
	meansOnce      = "once"
	meansSession   = "session"
	meansMatch     = "match"
	meansDenied    = "denied"
	meansDismissed = "dismissed"
)

// oracleAnswers is the design's table: what an answer of an MCP client means to a question for permission and to a form with
// codes, if it took as long as a person takes. A faster one means that nobody was asked.
var oracleAnswers = map[string]struct{ permission, codes string }{
	"Allow":              {meansOnce, meansNobody},
	"Allow for session":  {meansSession, meansNobody},
	"Deny":               {meansDenied, meansNobody},
	"The codes match":    {meansNobody, meansMatch},
	"They differ":        {meansNobody, meansDenied},
	"Allow everything":   {meansNobody, meansNobody}, // was not offered
	"an empty answer":    {meansNobody, meansNobody},
	"an unknown action":  {meansNobody, meansNobody},
	"declines":           {meansDenied, meansDenied},
	"cancels":            {meansDismissed, meansDismissed},
	"method not found":   {meansNobody, meansNobody},
	"nothing, and never": {meansNobody, meansNobody},
}

const (
	oracleFast   = 300 * time.Millisecond // no person answers within
	oracleHeld   = 45 * time.Second       // the most that a request is held whose client can come again for the answer
	oracleOpen   = 5 * time.Minute        // the most that a question lives
	oracleAge    = 2 * oracleOpen         // since a question began that a client and then a dialog was asked
	oracleHandle = 10 * time.Minute       // the most that a handle lives
	oracleSilent = time.Hour              // a client that did not answer a question is not sent it again for so long, at least
)

// oracleBackOff is how long nobody is asked after the first, second and every later no in a row.
var oracleBackOff = []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute}

// oracleSecrets is the schema of the runs.
var oracleSecrets = map[string]struct {
	sentTo  string
	dialog  bool          // permission: dialog
	byTool  bool          // scope: tool
	lasts   time.Duration // remember
	address bool          // permission: none
}{
	"host": {address: true},
	"key":  {sentTo: "host"},
	"user": {byTool: true, lasts: 10 * time.Minute},
	"pin":  {dialog: true},
	"note": {},
}

// oracleTools is which secrets each tool uses; "" is the server itself.
var oracleTools = map[string][]string{
	"":      {"key"},
	"read":  {"key"},
	"write": {"key"},
	"who":   {"user"},
	"open":  {"pin"},
	"memo":  {"note"},
	"where": {"host"},
	"login": {"user", "pin"},
	"steps": {"key", "user"}, // one after the other
	"pair":  {"key", "user"}, // both at a time
}

// Principals who are none.
const (
	oracleNobody   = "nobody"   // over HTTP, on this computer
	oracleStranger = "stranger" // over HTTP, from elsewhere
)

// An oracleRequest is what a client sent: one round of a call.
type oracleRequest struct {
	number    int
	call      int // its first round's number
	principal string
	tool, arg string
	rounds    bool // is asked by input requests
	handle    string
	answers   map[string]string // to the forms of the handle
	life      int
	begun     time.Time
	sent      time.Time // once its client was connected: one that closes a session waits for its calls
	ended     time.Time // zero: not yet
	outcome   string
	canceled  bool      // perhaps: a client that gives up a call may lose others with it
	gaveUp    time.Time // its client gave it up while the server had it; zero: it did not
}

// An oraclePart is one question for permission, as its text says.
type oraclePart struct {
	secrets   []string
	tool      string
	principal string // "" where the reason does not say
	by        string // who asks, as the text says it
	host      string
	once      bool // the session is not offered
	byTool    bool
	lasts     time.Duration
	args      []string      // that it may be about: it does not show them
	window    *oracleWindow // the dialog's
}

// An oracleForm is what an MCP client was sent to ask.
type oracleForm struct {
	principal string
	parts     []oraclePart // for permission
	code      string       // to compare, else ""
	secrets   []string     // that the dialog asks for
	asked     time.Time
	begun     time.Time // the earliest that the question can have begun
	life      int
	dropped   time.Time // when its connection ended, where nobody answered
	window    *oracleWindow
}

// An oracleRound is what can be answered under a handle.
type oracleRound struct {
	request *oracleRequest
	forms   map[string]*oracleForm
	at      time.Time
	used    bool
	doubted bool // perhaps used, by a request that may never have come to the server
}

// An oracleWord is a yes.
type oracleWord struct {
	oraclePart
	session   bool
	principal string // "" is any
	call      int    // of a round's, or that has used "once"; 0 is any that waits
	asked, at time.Time
	ended     map[string]time.Time // of a secret
	sure      bool                 // the runtime must have heard it
}

// An oracleSaid is a yes or no, as far as the back-off cares.
type oracleSaid struct {
	no         string // meansDenied or meansDismissed; "" is yes
	collecting bool
	principal  string // "" is any
	secret     string
	at, kept   time.Time // kept: the answer may still be told to who comes again
	sure       bool
}

// An oracleCollection is a row of dialogs for values.
type oracleCollection struct {
	code    string
	secrets []string
	texts   []string
	many    bool
	stored  bool
	done    time.Time
	window  *oracleWindow
}

// An oracleWindow is what a person sees.
type oracleWindow struct {
	kind, principal string
	from, until     time.Time
	parts           []oraclePart // that it asks for permission
}

type oracleStored struct {
	text string
	set  bool
	from time.Time
}

type oracle struct {
	mu    sync.Mutex
	begin time.Time
	story []string
	broke string

	life     int  // how often the server was started anew
	down     bool // while it is
	requests []*oracleRequest
	rounds   map[string]*oracleRound
	words    []*oracleWord
	said     []oracleSaid
	values   map[string][]oracleStored
	rejected map[string]time.Time // by text
	void     map[string]time.Time // texts that were typed for nothing
	codes    map[string]*oracleCollection
	refused  map[string]time.Time // codes
	current  *oracleCollection
	silent   []*oracleForm // in place
	windows  []*oracleWindow
	failures []time.Time // of dialogs that could not open
}

func newOracle() *oracle {
	return &oracle{
		begin: time.Now(), rounds: map[string]*oracleRound{}, values: map[string][]oracleStored{},
		rejected: map[string]time.Time{}, void: map[string]time.Time{},
		codes: map[string]*oracleCollection{}, refused: map[string]time.Time{},
	}
}

// tell adds a line to the story.
func (o *oracle) tell(format string, args ...any) {
	o.story = append(o.story, fmt.Sprintf("%10.3f  ", time.Since(o.begin).Seconds())+fmt.Sprintf(format, args...))
}

// breaks notes that a law was broken. The first counts.
func (o *oracle) breaks(format string, args ...any) {
	o.tell("BROKEN: "+format, args...)
	if o.broke == "" {
		o.broke = fmt.Sprintf(format, args...)
	}
}

// stops: the server ends, and all that it remembers but for what is stored.
func (o *oracle) stops() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tell("the server is started anew")
	o.life, o.down = o.life+1, true
	o.said, o.current, o.windows, o.silent = nil, nil, nil, nil
	clear(o.rejected)
	o.endWords("")
}

// starts: it is up again.
func (o *oracle) starts() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.down = false
}

// endWords ends the grants for a secret, "" for all.
func (o *oracle) endWords(secret string) {
	for _, w := range o.words {
		for _, s := range w.secrets {
			if (secret == "" || s == secret) && w.ended[s].IsZero() && (w.session || secret == "") {
				w.ended[s] = time.Now()
			}
		}
	}
}

// revoked: the user ended the grants for a secret.
func (o *oracle) revoked(secret string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tell("revoke %s", secret)
	o.endWords(secret)
}

// replaced: the user set or removed a value by hand.
func (o *oracle) replaced(secret string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.endWords(secret)
	o.said = append(o.said, oracleSaid{collecting: true, secret: secret, at: time.Now(), sure: true})
}

// rejects: a handler found a value to be wrong.
func (o *oracle) rejects(number int, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tell("#%d rejects %s", number, text)
	if o.requests[number-1].life == o.life {
		o.rejected[text] = time.Now()
	}
}

// put records what is stored now.
func (o *oracle) put(secret, text string, set bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tell("stored: %s = %q", secret, text)
	if at, ok := o.void[text]; ok && set && at.Before(time.Now()) {
		o.breaks("%q is stored, which must not be kept", text)
	}
	o.values[secret] = append(o.values[secret], oracleStored{text, set, time.Now()})
}

// get returns what is stored.
func (o *oracle) get(secret string) (string, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.value(secret)
}

func (o *oracle) value(secret string) (string, bool) {
	all := o.values[secret]
	if len(all) == 0 {
		return "", false
	}
	return all[len(all)-1].text, all[len(all)-1].set
}

// between returns what was stored from one time to another, both included.
func (o *oracle) between(secret string, from, to time.Time) []oracleStored {
	var found []oracleStored
	for i, v := range o.values[secret] {
		if v.from.After(to) || i+1 < len(o.values[secret]) && o.values[secret][i+1].from.Before(from) {
			continue
		}
		found = append(found, v)
	}
	return found
}

// changes counts how often what a secret is used with changed from one time to another: by a value, or by its rejection.
func (o *oracle) changes(secret string, from, to time.Time) int {
	values := o.between(secret, from, to)
	n := len(values) - 1
	for _, v := range values {
		if at, ok := o.rejected[v.text]; ok && !at.Before(from) && !at.After(to) {
			n++
		}
	}
	return n
}

// missing reports whether a value had to be asked for at some time since.
func (o *oracle) missing(secret string, since time.Time) bool {
	found := o.between(secret, since, time.Now())
	if len(found) == 0 || found[0].from.After(since) {
		return true
	}
	return slices.ContainsFunc(found, func(v oracleStored) bool {
		_, rejected := o.rejected[v.text]
		_, void := o.void[v.text]
		return !v.set || !isGoodText(v.text) || rejected || void
	})
}

// isGoodText reports whether a text keeps the rules of the schema.
func isGoodText(text string) bool { return len(text) >= 8 }

// comes: a request is sent. It returns the request with its number.
func (o *oracle) comes(r oracleRequest) *oracleRequest {
	o.mu.Lock()
	defer o.mu.Unlock()
	r.number, r.begun, r.life = len(o.requests)+1, time.Now(), o.life
	r.call = r.number
	o.requests = append(o.requests, &r)
	o.tell("#%d %s calls %s %s%s", r.number, r.principal, r.tool, r.arg, answersText(r))
	round := o.rounds[r.handle]
	if round == nil || !r.rounds || round.request.principal != r.principal || round.request.tool != r.tool ||
		round.request.arg != r.arg || round.request.life != o.life || time.Since(round.at) > oracleHandle {
		return &r
	}
	if round.used || round.doubted {
		o.hearWarning(round, &r)
	}
	if round.used {
		return &r
	}
	round.used = true
	round.request.outcome = "answered"
	r.call = round.request.call
	for name, form := range round.forms {
		answer, ok := r.answers[name]
		if !ok {
			answer = "nothing, and never"
		}
		sure := time.Since(form.begun) < oracleOpen && o.alone(&r, round.at) && !round.doubted
		if round.doubted && form.code != "" {
			if meaning := oracleAnswers[answer].codes; meaning == meansDenied || meaning == meansDismissed {
				o.refuse(true, form.secrets, "", "", meaning, false)
			}
			continue
		}
		o.hear(form, answer, time.Since(round.at) < oracleFast, r.call, sure)
	}
	return &r
}

// hearWarning takes what counts also under a handle that was used before: that codes differ.
func (o *oracle) hearWarning(round *oracleRound, r *oracleRequest) {
	for name, form := range round.forms {
		if form.code != "" && r.answers[name] == "They differ" {
			o.hear(form, "They differ", time.Since(round.at) < oracleFast, r.call, true)
		}
	}
}

// leaves: a request leaves its client, which is connected now.
func (o *oracle) leaves(r *oracleRequest) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r.sent = time.Now()
}

func answersText(r oracleRequest) string {
	if r.handle == "" && r.answers == nil {
		return ""
	}
	return fmt.Sprintf(", handle %.4s, answers %v", r.handle, r.answers)
}

// alone reports whether no other call of the principal to the tool was there since.
func (o *oracle) alone(r *oracleRequest, since time.Time) bool {
	return !slices.ContainsFunc(o.requests, func(other *oracleRequest) bool {
		return other.call != r.call && other.principal == r.principal && other.tool == r.tool &&
			(other.ended.IsZero() || !other.ended.Before(since))
	})
}

// waits reports whether a call of the principal to the tool is held.
func (o *oracle) waits(principal, tool string) bool {
	return slices.ContainsFunc(o.requests, func(r *oracleRequest) bool {
		return (principal == "" || r.principal == principal) && r.tool == tool && r.ended.IsZero() && !r.canceled
	})
}

// waitsInPlace reports whether a request certainly takes the answer at once. One that is asked by rounds may wait for
// something else and be told the next time, and one that has been held for its time may have ended at this instant. The answer may
// also be for other arguments, whose request was told to come again: a window does not show them.
func (o *oracle) waitsInPlace(principal, tool string) bool {
	held := map[string]bool{} // by arguments
	for _, r := range o.requests {
		if r.principal != principal || r.tool != tool || r.life != o.life {
			continue
		}
		if r.rounds && time.Since(r.begun) <= oracleOpen {
			return false
		}
		if r.ended.IsZero() && !r.canceled && time.Since(r.begun) < r.mayBeHeld() {
			held[r.arg] = true
		}
	}
	return len(held) > 0 && !slices.ContainsFunc(o.requests, func(r *oracleRequest) bool {
		return !r.ended.IsZero() && o.wants(r, principal, tool) && !held[r.arg]
	})
}

// wants reports whether a request of the principal to the tool may want the answer to a question: it is held, or was told to come
// again, and was not given up before now.
func (o *oracle) wants(r *oracleRequest, principal, tool string) bool {
	// Of two getters at a time, the one may have had to go, and the other say why the call failed.
	comesAgain := r.tool == "pair" || slices.Contains([]string{"", "pending", "asked", "lost", "canceled"}, r.outcome)
	return (principal == "" || r.principal == principal) && r.tool == tool && r.life == o.life && comesAgain &&
		(r.gaveUp.IsZero() || !r.gaveUp.Before(time.Now())) && time.Since(r.begun) <= oracleAge+3*oracleHeld // it waits for its turn, then it is open
}

// wantedFor returns the arguments that a question may be about.
func (o *oracle) wantedFor(principal, tool string) (args []string) {
	for _, r := range o.requests {
		if o.wants(r, principal, tool) && !slices.Contains(args, r.arg) {
			args = append(args, r.arg)
		}
	}
	return args
}

// isWanted reports whether anybody may want the answer to a question.
func (o *oracle) isWanted(principal string, part oraclePart) bool {
	return slices.ContainsFunc(o.requests, func(r *oracleRequest) bool {
		return o.wants(r, principal, part.tool) && slices.Contains(part.args, r.arg)
	})
}

func (o *oracle) isWindowWanted(w *oracleWindow) bool {
	return !slices.ContainsFunc(w.parts, func(part oraclePart) bool { return !o.isWanted(w.principal, part) })
}

// gaveUp reports whether a call of the principal to the tool was given up since.
func (o *oracle) gaveUp(principal, tool string, since time.Time) bool {
	return slices.ContainsFunc(o.requests, func(r *oracleRequest) bool {
		return (principal == "" || r.principal == principal) && r.tool == tool && !r.gaveUp.IsZero() && !r.gaveUp.Before(since)
	})
}

// earliest returns when a question of the principal's tool that is asked now can have begun.
func (o *oracle) earliest(principal, tool string) time.Time {
	first := time.Now()
	for _, r := range o.requests {
		if (principal == "" || r.principal == principal) && r.tool == tool && r.life == o.life &&
			time.Since(r.begun) <= oracleOpen+2*oracleHeld && r.begun.Before(first) {
			first = r.begun
		}
	}
	return first
}

// hear takes what came back of a form.
func (o *oracle) hear(form *oracleForm, answer string, fast bool, call int, sure bool) {
	meaning := oracleAnswers[answer]
	if fast || form.life != o.life {
		return
	}
	if form.code != "" {
		o.hearCodes(form, answer, meaning.codes)
		return
	}
	for _, part := range form.parts {
		switch meaning.permission {
		case meansOnce, meansSession:
			if time.Since(form.asked) <= oracleOpen {
				o.says(part, form.principal, meaning.permission, call, form.asked, sure)
			}
		case meansDenied, meansDismissed:
			o.refuse(false, part.secrets, form.principal, part.tool, meaning.permission, sure)
		}
	}
}

// hearCodes takes what a client said of the codes. A no ends the dialogs; once they are done, only codes that differ count.
func (o *oracle) hearCodes(form *oracleForm, answer, meaning string) {
	if meaning != meansDenied && meaning != meansDismissed {
		return
	}
	c := o.codes[form.code]
	if c == nil || c.done.IsZero() || !c.done.Before(time.Now()) {
		_, again := o.refused[form.code]
		if !again {
			o.refused[form.code] = time.Now()
		}
		o.refuse(true, form.secrets, "", "", meaning, !again && c != nil && c == o.current && c.done.IsZero())
		return
	}
	if answer == "They differ" {
		_, again := o.refused[form.code]
		o.refused[form.code] = time.Now()
		o.voids(c)
		o.refuse(true, form.secrets, "", "", meaning, !again && c.stored)
	}
}

func (o *oracle) voids(c *oracleCollection) {
	for _, text := range c.texts {
		if _, ok := o.void[text]; !ok {
			o.void[text] = time.Now()
		}
	}
}

// says records a yes.
func (o *oracle) says(part oraclePart, principal, meaning string, call int, asked time.Time, sure bool) {
	if meaning == meansSession && part.once {
		o.refuse(false, part.secrets, principal, part.tool, meansDenied, false) // it was not offered
		return
	}
	o.words = append(o.words, &oracleWord{
		oraclePart: part, session: meaning == meansSession, principal: principal, call: call, asked: asked, at: time.Now(),
		ended: map[string]time.Time{}, sure: sure,
	})
	for _, s := range part.secrets {
		o.said = append(o.said, oracleSaid{principal: principal, secret: s, at: time.Now(), sure: sure})
	}
}

// refuse records a no.
func (o *oracle) refuse(collecting bool, secrets []string, principal, tool, meaning string, sure bool) {
	kept := time.Now()
	if !collecting && (principal == "" || !o.waitsInPlace(principal, tool)) {
		kept = kept.Add(oracleOpen)
	}
	for _, s := range secrets {
		o.said = append(o.said, oracleSaid{meaning, collecting, principal, s, time.Now(), kept, sure})
	}
}

// quiet reports whether a no of the principal about the secret certainly still counts, so that nobody may be asked.
func (o *oracle) quiet(collecting bool, principal, secret string) bool {
	times, until := 0, time.Time{}
	for _, s := range o.said {
		if s.secret != secret || s.collecting != collecting {
			continue
		}
		switch {
		case s.no == "" && (s.principal == principal || s.principal == "" || collecting):
			times, until = 0, time.Time{}
		case s.no != "" && s.sure && s.at.Before(time.Now()) && (collecting || s.principal == principal && principal != ""):
			if s.at.Before(until) {
				until = latest(until, s.at.Add(oracleBackOff[0]))
				continue
			}
			until = s.at.Add(oracleBackOff[min(times, 2)])
			times++
		}
	}
	return time.Now().Before(until)
}

// mayRefuse reports whether a no may have counted for the principal and the secret, at some time since.
func (o *oracle) mayRefuse(meaning, principal, secret string, since time.Time) bool {
	for _, collecting := range []bool{false, true} {
		times := 0
		for _, s := range o.said {
			if s.secret != secret || s.collecting != collecting || !collecting && s.principal != principal && s.principal != "" {
				continue
			}
			if s.no == "" {
				if s.sure {
					times = 0
				}
				continue
			}
			until := latest(s.kept, s.at.Add(oracleBackOff[min(times, 2)]))
			times++
			if s.no == meaning && !until.Before(since) {
				return true
			}
		}
	}
	return false
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// live reports whether a word allows a principal's tool to use the secret, as it is now.
func (o *oracle) live(w *oracleWord, principal, tool, secret string) bool {
	now := time.Now()
	switch {
	case !slices.Contains(w.secrets, secret),
		w.principal != "" && w.principal != principal,
		principal == oracleStranger,
		w.session && principal == oracleNobody,
		(!w.session || w.byTool) && w.tool != tool,
		w.session && w.lasts > 0 && now.After(w.at.Add(w.lasts)),
		!w.ended[secret].IsZero() && now.After(w.ended[secret]):
		return false
	}
	return true
}

// certain reports whether a word for the session certainly allows it.
func (o *oracle) certain(w *oracleWord, principal, tool, secret string) bool {
	now := time.Now()
	if !w.sure || !w.session || w.principal == "" || !o.live(w, principal, tool, secret) || !w.at.Before(now) ||
		!w.ended[secret].IsZero() || w.lasts > 0 && !now.Before(w.at.Add(w.lasts)) {
		return false
	}
	for _, s := range []string{secret, oracleSecrets[secret].sentTo} {
		if s != "" && len(o.between(s, w.asked.Add(-oracleAge), now)) != 1 {
			return false
		}
	}
	return true
}

// released: a getter gave a secret's value to the handler of a request.
func (o *oracle) released(number int, secret, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tell("#%d gets %s = %q", number, secret, text)
	r := o.requests[number-1]
	if r.principal == oracleStranger {
		o.breaks("#%d got %s, and nobody vouches for it", number, secret)
	}
	if at, ok := o.void[text]; ok && at.Before(time.Now()) {
		o.breaks("#%d got %q, which must not be kept", number, text)
	}
	if at, ok := o.rejected[text]; ok && at.Before(r.begun) {
		o.breaks("#%d got %q, which was rejected", number, text)
	}
	if oracleSecrets[secret].address {
		return
	}
	var best *oracleWord // "once" is used up only where nothing else allows it, and first where it is known whose it is
	for _, w := range o.words {
		if !o.covers(w, r, secret, text) {
			continue
		}
		if w.session || w.call == r.call {
			best = w
			break
		}
		if best == nil || best.principal == "" && w.principal != "" {
			best = w
		}
	}
	switch {
	case best == nil:
		o.breaks("#%d got %s, and nobody has allowed it", number, secret)
	case !best.session:
		best.call = r.call
	}
}

// covers reports whether a word allows the release of a value to a request now.
func (o *oracle) covers(w *oracleWord, r *oracleRequest, secret, text string) bool {
	if !o.live(w, r.principal, r.tool, secret) {
		return false
	}
	tooLate := o.requests[r.call-1].begun.After(w.at.Add(oracleOpen))
	if !w.session && (w.call != 0 && w.call != r.call || w.call == 0 && tooLate || !slices.Contains(w.args, r.arg)) {
		return false
	}
	from := w.asked.Add(-oracleAge)
	if !slices.ContainsFunc(o.between(secret, from, w.asked), func(v oracleStored) bool { return v.set && v.text == text }) {
		return false
	}
	to := oracleSecrets[secret].sentTo
	if to == "" {
		return true
	}
	then := o.between(to, from, w.asked)
	return slices.ContainsFunc(o.between(to, time.Now(), time.Now()), func(v oracleStored) bool {
		return hostShown(v.text) == w.host && slices.ContainsFunc(then, func(u oracleStored) bool { return u.text == v.text })
	})
}

// hostShown is how a question names where a value goes.
func hostShown(address string) string {
	host, _, _ := strings.Cut(strings.TrimPrefix(address, "https://"), "/")
	return host
}

// asks: a question for permission is shown, or minted for a round of a call.
func (o *oracle) asks(where, principal string, part oraclePart, call int) {
	if part.principal != "" && principal != "" && part.principal != principal {
		o.breaks("a question of %s is shown to %s", part.principal, principal)
	}
	known := principal
	if known == "" {
		known = part.principal
	}
	uses := oracleTools[part.tool]
	if part.tool != "" && !o.came(principal, part.tool) || len(part.secrets) == 0 {
		o.breaks("a question for %q, which nobody of %q called", part.tool, principal)
	}
	if where != "dialog" && (principal == oracleNobody || principal == oracleStranger) {
		o.breaks("%s is asked by its client", principal)
	}
	if where != "dialog" && o.leftUnanswered(principal, part) {
		o.breaks("a client is asked for %v, which it has left unanswered", part.secrets)
	}
	if known != "" && part.by != known {
		o.breaks("a question of %s says that it is of %s", known, part.by)
	}
	if (part.by == oracleNobody || where == "dialog" && part.by != "process") && !part.once {
		o.breaks("%s is offered the session by a %s", part.by, where)
	}
	for _, s := range part.secrets {
		secret := oracleSecrets[s]
		switch {
		case !slices.Contains(uses, s) || secret.address:
			o.breaks("a question for %s of the tool %q", s, part.tool)
		case secret.dialog && where != "dialog":
			o.breaks("a client is asked for %s", s)
		case !part.once && (secret.byTool && !part.byTool || secret.lasts > 0 && (part.lasts == 0 || part.lasts > secret.lasts)):
			o.breaks("the question says that it covers more than the schema")
		case known != "" && o.quiet(false, known, s):
			o.breaks("a question for %s so soon after a no", s)
		case secret.sentTo != "" && !slices.ContainsFunc(o.between(secret.sentTo, time.Now().Add(-oracleAge), time.Now()),
			func(v oracleStored) bool { return hostShown(v.text) == part.host }):
			o.breaks("the question says that %s is sent to %q", s, part.host)
		}
		for _, w := range o.words {
			isOnce := call != 0 && w.call == call && !w.session && w.sure && w.tool == part.tool && slices.Contains(w.secrets, s)
			if isOnce && o.unchanged(w, s) {
				o.breaks("a question for %s, which was allowed to this call", s)
			}
		}
	}
	if known == "" {
		return
	}
	// A question that waited for its turn may name what was granted meanwhile, beside what was not.
	begun, needed := o.earliest(known, part.tool), false
	for _, s := range part.secrets {
		if at, ok := o.grantedAt(known, part.tool, s); !ok {
			needed = true
		} else if at.Before(begun) {
			o.breaks("a question for %s, which is granted", s)
		}
	}
	if !needed {
		o.breaks("a question for %v, which are granted", part.secrets)
	}
}

// leftUnanswered reports whether a client of the principal has certainly not answered this question for as long as it was
// open, so that the dialog has to ask it now: whatever else has been asked meanwhile.
func (o *oracle) leftUnanswered(principal string, part oraclePart) bool {
	for _, f := range o.silent {
		hasGone := !f.dropped.IsZero() && f.dropped.Sub(f.asked) <= oracleOpen || o.gaveUp(principal, part.tool, f.begun)
		if f.principal == principal && !hasGone && o.isUnanswered(f, part) {
			return true
		}
	}
	for _, round := range o.rounds {
		r := round.request
		if r.principal != principal || round.used || round.doubted || slices.ContainsFunc(o.requests, func(other *oracleRequest) bool {
			return other != r && other.principal == principal && other.tool == r.tool &&
				(other.ended.IsZero() || !other.ended.Before(round.at)) && other.begun.Sub(round.at) <= oracleOpen
		}) {
			continue // somebody may have answered it
		}
		for _, f := range round.forms {
			if o.isUnanswered(f, part) {
				return true
			}
		}
	}
	return false
}

// isUnanswered reports whether a form asked this question, has been over for a while, and is remembered.
func (o *oracle) isUnanswered(f *oracleForm, part oraclePart) bool {
	since := time.Since(f.asked)
	return f.life == o.life && since > oracleOpen && since < oracleSilent && slices.ContainsFunc(f.parts, func(p oraclePart) bool {
		return p.tool == part.tool && slices.Equal(p.secrets, part.secrets) && !slices.ContainsFunc(p.secrets, func(s string) bool {
			return !o.unchangedSince(f.asked, s)
		})
	})
}

// grantedAt returns since when the use is certainly granted.
func (o *oracle) grantedAt(principal, tool, secret string) (time.Time, bool) {
	for _, w := range o.words {
		if o.certain(w, principal, tool, secret) {
			return w.at, true
		}
	}
	return time.Time{}, false
}

// unchanged reports whether the value, and where it goes, are as they were when a word was given.
func (o *oracle) unchanged(w *oracleWord, secret string) bool {
	return o.unchangedSince(w.asked, secret)
}

// unchangedSince is unchanged for what was asked at some time.
func (o *oracle) unchangedSince(asked time.Time, secret string) bool {
	for _, s := range []string{secret, oracleSecrets[secret].sentTo} {
		if s != "" && len(o.between(s, asked.Add(-oracleAge), time.Now())) != 1 {
			return false
		}
	}
	return true
}

// came reports whether a request of the principal for the tool can have a question still.
func (o *oracle) came(principal, tool string) bool {
	return slices.ContainsFunc(o.requests, func(r *oracleRequest) bool {
		return (principal == "" || r.principal == principal) && r.tool == tool && time.Since(r.begun) <= oracleOpen+3*oracleHeld
	})
}

// opens: a dialog, or a principal's form in place, is drawn. Whose a dialog is need not be known.
func (o *oracle) opens(kind, principal string, until time.Time) *oracleWindow {
	o.checkWindows()
	w := &oracleWindow{kind: kind, principal: principal, from: time.Now(), until: until}
	o.windows = append(o.windows, w)
	return w
}

// closes: it is gone.
func (o *oracle) closes(w *oracleWindow) {
	o.checkWindows()
	o.windows = slices.DeleteFunc(o.windows, func(other *oracleWindow) bool { return other == w })
}

// checkWindows looks whether two windows were open at a time: two dialogs on the screen, or two that ask one principal.
func (o *oracle) checkWindows() {
	now := time.Now()
	// The form of a call that was given up may stay, and is no longer the server's: a client that has ended the stream of a call
	// hears nothing more of it.
	o.windows = slices.DeleteFunc(o.windows, func(w *oracleWindow) bool {
		return w.kind == "form" && slices.ContainsFunc(w.parts, func(part oraclePart) bool { return o.gaveUp(w.principal, part.tool, w.from) })
	})
	for i, w := range o.windows {
		if w.from.Before(now) && w.until.After(now) && !o.isWindowWanted(w) {
			o.breaks("a dialog of %v asks for what only calls wanted that were given up", w.from)
		}
		for _, v := range o.windows[:i] {
			together := w.from.Before(now) && v.from.Before(now) && w.until.After(now) && v.until.After(now)
			if together && (w.kind == "dialog" && v.kind == "dialog" || w.principal == v.principal && w.principal != "") {
				o.breaks("open at a time: the %s of %v and the %s of %v", v.kind, v.from, w.kind, w.from)
			}
		}
	}
}

// mayBeHeld is how long a request may be held. One that nobody verified can't come again: it is held as long as a window is open.
func (r *oracleRequest) mayBeHeld() time.Duration {
	if r.principal == oracleNobody {
		return oracleOpen
	}
	return oracleHeld
}

// ended: a request has its result.
func (o *oracle) ended(r *oracleRequest, outcome, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r.ended, r.outcome = time.Now(), outcome
	o.tell("#%d is %s", r.number, outcome)
	bound := r.mayBeHeld() + time.Second
	if r.arg == "reject later" {
		bound += lateReject
	}
	if held := r.ended.Sub(latest(r.begun, r.sent)); held > bound {
		o.breaks("#%d was held for %v", r.number, held)
	}
	if outcome == "lost" || outcome == "canceled" {
		o.doubt(r)
	}
	if !o.justified(r, outcome) {
		o.breaks("#%d is %s, for no reason: %s", r.number, outcome, text)
	}
}

// doubt: perhaps a request never came to the server.
func (o *oracle) doubt(r *oracleRequest) {
	if round := o.rounds[r.handle]; round != nil && r.call != r.number {
		round.used, round.doubted = false, true
	}
	for _, w := range o.words {
		w.sure = w.sure && !w.at.Equal(r.begun)
	}
	isNow := func(_ string, at time.Time) bool { return at.Equal(r.begun) }
	maps.DeleteFunc(o.refused, isNow)
	maps.DeleteFunc(o.void, isNow)
	for i := range o.said {
		o.said[i].sure = o.said[i].sure && !o.said[i].at.Equal(r.begun)
	}
}

// justified reports whether a request may end so.
func (o *oracle) justified(r *oracleRequest, outcome string) bool {
	uses := oracleTools[r.tool]
	held := r.ended.Sub(r.begun)
	if r.life != o.life {
		return true // the server was ending
	}
	if r.principal == oracleStranger && !slices.Contains([]string{"outside", "closed", "canceled", "lost"}, outcome) {
		return false // nobody vouches for it
	}
	switch outcome {
	case "closed":
		return o.down
	case "outside":
		return r.principal == oracleStranger
	case "done":
		return true // each value was looked at when it was released
	case "asked":
		return r.rounds
	case meansDenied, meansDismissed:
		return slices.ContainsFunc(uses, func(s string) bool { return o.mayRefuse(outcome, r.principal, s, r.begun) })
	case "pending":
		// Held for long enough, or what it asked about changed again and again, or others waited for the question before.
		unsteady := func(s string) bool { return o.changes(s, r.begun, r.ended) > 1 }
		return held >= oracleHeld || slices.ContainsFunc(uses, unsteady) || slices.ContainsFunc(o.requests, func(other *oracleRequest) bool {
			earlier := r.begun.Sub(other.begun)
			return other.life == r.life && earlier > oracleOpen-2*oracleHeld && earlier < oracleOpen+oracleHeld
		})
	case "no dialog":
		// What came of a question is kept for who comes again.
		return slices.ContainsFunc(o.failures, func(at time.Time) bool { return r.begun.Sub(at) <= oracleOpen })
	case "not set":
		return slices.ContainsFunc(uses, func(s string) bool { return len(o.between(s, r.begun, r.ended)) > 1 })
	case "rejected":
		return strings.HasPrefix(r.arg, "reject")
	case "canceled":
		return r.canceled
	case "lost":
		return true // the official client closes a session where an answer, or word that a call is given up, comes too late
	}
	return false
}
