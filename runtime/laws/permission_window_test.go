package laws

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What the oracle reads in the windows that a person would see.

var (
	codeShown = regexp.MustCompile(`[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}`)
	stepShown = regexp.MustCompile(`(?m)^Value (\d) of (\d)$`)
	timeShown = regexp.MustCompile(`use (?:it|them) for (\w+)\.`)
	byShown   = regexp.MustCompile(`, for (\w+)\.`)
)

// readParts reads the questions for permission in a text.
func readParts(text string) []oraclePart {
	var parts []oraclePart
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if labels, ok := strings.CutPrefix(line, "laws wants to use: "); ok {
			part := oraclePart{secrets: []string{labels}, by: "process"}
			if strings.HasSuffix(labels, " secrets, listed below") {
				part.secrets = nil
			}
			parts = append(parts, part)
			continue
		}
		if len(parts) == 0 {
			return nil
		}
		part := &parts[len(parts)-1]
		if name, ok := strings.CutPrefix(line, "Tool: "); ok {
			part.tool = name
		} else if by := byShown.FindStringSubmatch(line); by != nil && strings.HasPrefix(line, "Reason: ") {
			part.principal = by[1]
		} else if by, ok := strings.CutPrefix(line, "Asked for by "); ok && !strings.HasPrefix(by, "the server itself") {
			if part.by = oracleNobody; by != "an unverified program on this computer." {
				part.by, _ = strconv.Unquote(by)
			}
		} else if item, ok := strings.CutPrefix(line, "- "); ok {
			label, host, ok := strings.Cut(item, " goes to ")
			part.secrets = append(part.secrets, label)
			if ok {
				part.host = host
			}
		} else if _, host, ok := strings.Cut(line, " goes to "); ok {
			part.host = host
		} else if strings.HasPrefix(line, `"Allow for session" lets the tool `) {
			part.byTool = true
		} else if line == `"Allow" covers this one use.` {
			part.once = true
		}
		if lasts := timeShown.FindStringSubmatch(line); lasts != nil {
			part.lasts, _ = time.ParseDuration(lasts[1])
		}
	}
	return parts
}

// readParts reads the questions for permission in a text that is shown to a principal, "" where that is not known.
func (o *oracle) readParts(principal, text string) []oraclePart {
	parts := readParts(text)
	for i, part := range parts {
		parts[i].args = o.wantedFor(cmp.Or(principal, part.principal), part.tool)
	}
	return parts
}

// readForm reads what an MCP client is asked.
func (o *oracle) readForm(principal, message string, choices []string) *oracleForm {
	f := &oracleForm{principal: principal, parts: o.readParts(principal, message), asked: time.Now(), begun: time.Now(), life: o.life}
	for _, part := range f.parts {
		if begun := o.earliest(principal, part.tool); begun.Before(f.begun) {
			f.begun = begun
		}
	}
	want := []string{"Allow", "Allow for session", "Deny"}
	if len(f.parts) == 0 {
		want = []string{"The codes match", "They differ"}
		f.code = codeShown.FindString(message)
		if _, rest, ok := strings.Cut(message, "asks for: "); ok {
			labels, _, _ := strings.Cut(rest, ".")
			f.secrets = strings.Split(labels, ", ")
		}
		if f.code == "" || len(f.secrets) == 0 {
			o.breaks("a form without a meaning: %q", message)
		}
	}
	if !slices.Equal(choices, want) {
		o.breaks("the form offers %q", choices)
	}
	return f
}

// formOpens: a client is asked in place. A form that it drops is never drawn.
func (o *oracle) formOpens(who *actor, message string, choices []string, answer string, wait time.Duration) *oracleForm {
	o.mu.Lock()
	defer o.mu.Unlock()
	f := o.readForm(who.principal, message, choices)
	o.tell("form for %s: %s; will say %q after %v", who.name, summary(message), answer, wait)
	if !who.forms || who.version == newEra {
		o.breaks("%s can't be asked in place", who.name)
	}
	for _, part := range f.parts {
		o.asks("form", who.principal, part, 0)
	}
	if answer == "nothing, and never" {
		o.silent = append(o.silent, f)
	} else if f.code == "" {
		f.window = o.opens("form", f.principal, f.begun.Add(oracleOpen))
		f.window.parts = f.parts
	}
	return f
}

// formDrops: the connection ended in which a client was asked and gave no answer, so that the server may know that nobody was.
func (o *oracle) formDrops(f *oracleForm) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f.dropped = time.Now()
}

// formCloses: a client has answered.
func (o *oracle) formCloses(who *actor, f *oracleForm, answer string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tell("form of %s: %q", who.name, answer)
	o.closes(f.window)
	if time.Since(f.begun) > oracleOpen && time.Since(f.asked) > oracleOpen {
		return
	}
	isOver := slices.ContainsFunc(f.parts, func(part oraclePart) bool { return !o.isWanted(f.principal, part) })
	if action := oracleAnswers[answer].permission; isOver && (action == meansOnce || action == meansSession) {
		return // it allows nothing
	}
	sure := time.Since(f.begun) < oracleOpen
	for _, part := range f.parts {
		sure = sure && o.waits(f.principal, part.tool) && !o.gaveUp(f.principal, part.tool, f.begun)
	}
	o.hear(f, answer, time.Since(f.asked) < oracleFast, 0, sure)
}

// mints: a request was answered with an input request. It returns what to answer, by name.
func (o *oracle) mints(r *oracleRequest, handle string, messages map[string]shownForm) map[string]*oracleForm {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.rounds[handle] != nil || len(handle) != 32 || len(messages) == 0 {
		o.breaks("an input request with the handle %q and %d forms", handle, len(messages))
	}
	round := &oracleRound{request: r, forms: map[string]*oracleForm{}, at: time.Now()}
	for name, m := range messages {
		f := o.readForm(r.principal, m.message, m.choices)
		o.tell("#%d: input request %.4s: %s", r.number, handle, summary(m.message))
		for _, part := range f.parts {
			o.asks("round", r.principal, part, r.call)
		}
		for i := range f.parts {
			f.parts[i].args = []string{r.arg}
		}
		f.life = r.life
		round.forms[name] = f
	}
	o.rounds[handle] = round
	return round.forms
}

// summary is a text of several lines in one.
func summary(text string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(text, "\n"), func(s string) bool { return s == "" }), " | ")
}

// questionOpens: a dialog asks for permission.
func (o *oracle) questionOpens(text string, offersSession bool) oraclePart {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tell("dialog: %s", summary(text))
	parts := o.readParts("", text)
	if len(parts) != 1 || parts[0].once == offersSession {
		o.breaks("a question without a meaning: %q", text)
		return oraclePart{}
	}
	o.asks("dialog", "", parts[0], 0)
	parts[0].window = o.opens("dialog", parts[0].principal, time.Now().Add(oracleOpen))
	parts[0].window.parts = slices.Clone(parts)
	return parts[0]
}

// questionCloses: it is answered, or was taken away (meansNobody).
func (o *oracle) questionCloses(part oraclePart, meaning string, asked time.Time, taken bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tell("dialog: %s", meaning)
	o.closes(part.window)
	sure := part.principal != "" && !o.gaveUp(part.principal, part.tool, asked)
	switch {
	case taken:
		o.refuse(false, part.secrets, part.principal, part.tool, meansDismissed, false) // if it took five minutes
	case meaning == meansOnce || meaning == meansSession:
		o.says(part, part.principal, meaning, 0, asked, sure)
	case meaning == meansNobody:
		o.failures = append(o.failures, time.Now())
	default:
		o.refuse(false, part.secrets, part.principal, part.tool, meaning, sure)
	}
}

// entryOpens: a dialog asks for a value.
func (o *oracle) entryOpens(secret, text string) *oracleCollection {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tell("dialog: %s", summary(text))
	step := stepShown.FindStringSubmatch(text)
	again := strings.Contains(text, "Please try again")
	if o.current == nil || !o.current.done.IsZero() || !again && (step == nil || step[1] == "1") {
		o.current = &oracleCollection{code: codeShown.FindString(text)}
		if code := o.current.code; code != "" {
			o.codes[code] = o.current
		}
	}
	c := o.current
	c.many = step != nil && step[1] != step[2]
	if !slices.Contains(c.secrets, secret) {
		c.secrets = append(c.secrets, secret)
	}
	if at, ok := o.refused[c.code]; ok && at.Before(time.Now()) {
		o.breaks("a dialog under a code that was refused")
	}
	if o.quiet(true, "", secret) {
		o.breaks("a dialog for %s so soon after a no", secret)
	}
	if !o.missing(secret, time.Now().Add(-oracleOpen)) {
		o.breaks("a dialog for %s, which is there", secret)
	}
	c.window = o.opens("dialog", "", time.Now().Add(oracleOpen))
	return c
}

// entryCloses: something was typed, or means why not: meansDismissed, meansNobody if no dialog could open, or "taken".
func (o *oracle) entryCloses(c *oracleCollection, text, means string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tell("dialog: %s %s", means, text)
	o.closes(c.window)
	refused, wasRefused := o.refused[c.code]
	if wasRefused && refused.Before(time.Now()) {
		o.breaks("a dialog stayed open under a code that was refused")
	}
	if means == "" {
		if !isGoodText(text) {
			return // asked again
		}
		c.texts = append(c.texts, text)
		if !c.many {
			c.done, c.stored = time.Now(), true
			for _, s := range c.secrets {
				o.said = append(o.said, oracleSaid{collecting: true, secret: s, at: time.Now(), sure: !wasRefused})
			}
		}
		return
	}
	o.voids(c)
	c.done = time.Now()
	if means == meansNobody {
		o.failures = append(o.failures, time.Now())
		return
	}
	o.refuse(true, c.secrets, "", "", meansDismissed, means == meansDismissed)
	if c.many {
		for s := range oracleSecrets {
			o.refuse(true, []string{s}, "", "", meansDismissed, false) // what the next dialogs would have asked for
		}
	}
}
