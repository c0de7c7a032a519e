package changes

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

// texts compares what people read of a secret, and the reasons that are given for its use.
func (c *comparison) texts(was, s *templates.ManifestSecret) {
	for _, text := range []struct{ key, old, now string }{
		{"label", ownLabel(was), ownLabel(s)},
		{"help_text", was.HelpText, s.HelpText},
		{"docs", was.Docs, s.Docs},
		{"placeholder", was.Placeholder, s.Placeholder},
		{"pattern_help", was.PatternHelp, s.PatternHelp},
		{"examples", list(was.Examples), list(s.Examples)},
		{"deprecated", was.Deprecated, s.Deprecated},
	} {
		if text.old != text.now {
			c.say(Words, "secret %q: %s %s is now %s", s.Name, text.key, quoted(text.old), quoted(text.now))
		}
	}
	c.choiceLabels(was, s)
}

// choiceLabels compares how choices are shown.
func (c *comparison) choiceLabels(was, s *templates.ManifestSecret) {
	for _, choice := range slices.Sorted(maps.Keys(union(was.ChoiceLabels, s.ChoiceLabels))) {
		if old, now := was.ChoiceLabels[choice], s.ChoiceLabels[choice]; old != now {
			c.say(Words, "secret %q: choice %q: label %s is now %s", s.Name, choice, quoted(old), quoted(now))
		}
	}
}

// union returns what either of two maps has.
func union(a, b map[string]string) map[string]string {
	both := make(map[string]string, len(a)+len(b))
	maps.Copy(both, a)
	maps.Copy(both, b)
	return both
}

// ownLabel is the label that the schema gives; without one it is the name, which changes with the name.
func ownLabel(s *templates.ManifestSecret) string {
	if s.Label == s.Name {
		return ""
	}
	return s.Label
}

// words compares the sentences and the reasons.
func (c *comparison) words() {
	old, now := sentencesOf(c.old.Sentences), sentencesOf(c.now.Sentences)
	names := maps.Clone(old)
	maps.Copy(names, now)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if old[name] != now[name] {
			c.say(Words, "sentence %s %s is now %s", name, quoted(old[name]), quoted(now[name]))
		}
	}
	if c.old.IsRead() && c.now.IsRead() {
		c.reasons()
	}
}

// reasons compares the reasons that the server's code gives, by getter.
func (c *comparison) reasons() {
	for i := range c.now.Secrets {
		s, was := &c.now.Secrets[i], c.before(&c.now.Secrets[i])
		if was == nil {
			was = &templates.ManifestSecret{}
		}
		c.about = Change{Secret: s.Name}
		c.given(fmt.Sprintf("secret %q", s.Name), was.Reasons, s.Reasons)
		c.given(fmt.Sprintf("secret %q, rejected", s.Name), was.Rejections, s.Rejections)
	}
	before := byName(c.old.Groups, groupName)
	for _, g := range c.now.Groups {
		c.about = Change{Group: g.Name}
		c.given(fmt.Sprintf("group %q", g.Name), before[g.Name].Reasons, g.Reasons)
	}
	c.about = Change{}
	c.reasonsOfParts()
	c.given("all secrets", c.old.All.Reasons, c.now.All.Reasons)
	c.given("any getter", c.old.Reasons, c.now.Reasons)
	for _, place := range without(c.now.ReasonsNotReviewed, c.old.ReasonsNotReviewed) {
		c.say(Words, "a reason that is not reviewed is new: %s", place)
	}
	for _, place := range without(c.old.ReasonsNotReviewed, c.now.ReasonsNotReviewed) {
		c.say(Words, "a reason that is not reviewed is gone: %s", place)
	}
	switch {
	case c.old.NoReasons == "" && c.now.NoReasons != "":
		c.say(Words, "no question shows a reason any more: it was generated with --no-reasons")
	case c.old.NoReasons != "" && c.now.NoReasons == "":
		c.say(Words, "questions now show reasons: it is no longer generated with --no-reasons")
	}
}

// given compares the reasons at one getter.
func (c *comparison) given(what string, old, now []string) {
	for _, reason := range without(now, old) {
		c.say(Words, "%s: the reason %q is new", what, reason)
	}
	for _, reason := range without(old, now) {
		c.say(Words, "%s: the reason %q is gone", what, reason)
	}
}

// without returns the words that others lacks.
func without(words, others []string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(word string) bool { return slices.Contains(others, word) })
}

// sentencesOf returns the sentences by section and name, such as failures.denied.
func sentencesOf(s wording.Sentences) map[string]string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // it is made of texts
	}
	var sections map[string]map[string]string
	if err := json.Unmarshal(text, &sections); err != nil {
		panic(err)
	}
	all := map[string]string{}
	for section, sentences := range sections {
		for name, sentence := range sentences {
			all[section+"."+name] = sentence
		}
	}
	return all
}
