package emit

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/schema"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

// Here a secret that was read is changed until a schema takes it. The schema's own mistakes say what has to go.

// settle changes a secret until a schema takes it.
func (s *secret) settle(server string) error {
	for range 20 {
		_, err := templates.ParseInfo("", server, []byte(dictionary(s)))
		var mistakes schema.ErrorList
		switch {
		case err == nil:
			return nil
		case !errors.As(err, &mistakes):
			return err
		}
		if !s.yield(mistakes[0]) {
			return err
		}
	}
	return errors.New("no schema takes it, please report this")
}

// yield gives in to a mistake in the dictionary of one secret.
func (s *secret) yield(mistake *schema.Error) bool {
	i := mistake.Pos.Line - 3
	if i < 0 {
		s.set("label", layout.Shorten(s.name, field.LabelColumns))
		return true
	}
	if i >= len(s.keys) {
		return false
	}
	switch key := s.keys[i]; {
	case s.guessed:
		s.guessed = false
		s.set("field_type", string(field.Text))
		s.notes = slices.DeleteFunc(s.notes, func(note string) bool { return note == "read as a url, by its name" })
	case key.name == "help_text":
		s.shorten(key.value.(string))
	case key.name == "choices":
		s.nameChoices(key.value)
	case key.name == "field_type":
		return false
	default:
		s.note("its %s is left out: %s", key.name, strings.TrimPrefix(mistake.Text, fmt.Sprintf("secret %q: ", s.name)))
		s.drop(key.name)
	}
	return true
}

// shorten cuts a help text to what a dialog has room for, and takes out what it would not show.
func (s *secret) shorten(help string) {
	shown := strings.Map(func(c rune) rune {
		switch {
		case c == '{':
			return '('
		case c == '}':
			return ')'
		case c == '\n' || !unicode.IsControl(c) && layout.Shows(c) && !unicode.Is(unicode.Cf, c):
			return c
		}
		return -1
	}, help)
	if shown != help && wording.HelpText.Check(shown) == nil {
		s.note("its help_text is without what a dialog does not show, or would fill in")
		s.set("help_text", shown)
		return
	}
	lines := strings.Split(layout.Clip(shown, field.HelpLines-1), "\n")
	if shown == help && len(help) < 40 || len(lines) == 0 {
		s.note("its help_text is left out: no dialog has room for it")
		s.drop("help_text")
		return
	}
	cut := strings.TrimSpace(strings.Join(lines, "\n"))
	if cut == help { // still too long beside all else that a dialog says
		runes := []rune(cut)
		cut = strings.TrimSpace(string(runes[:len(runes)/2])) + "…"
	}
	s.note("its help_text is cut to what a dialog has room for")
	s.set("help_text", cut)
}

// nameChoices gives choices that make no Go name one, or else takes their labels, or else makes a text of a choice.
func (s *secret) nameChoices(choices any) {
	items, named := choices.([]map[string]string)
	if texts, ok := choices.([]string); ok {
		items = choiceItems(texts, nil)
	}
	isNamed := named && items[0]["go_name"] != ""
	isLabelled := slices.ContainsFunc(items, func(item map[string]string) bool {
		return item["label"] != "" && item["label"] != labelFor(item["value"])
	})
	switch {
	case !isNamed:
		for i, item := range items {
			item["go_name"] = fmt.Sprintf("Choice%d", i+1)
		}
	case isLabelled:
		s.note("the labels of its choices are left out: no schema takes them all")
		for _, item := range items {
			delete(item, "label")
			if label := labelFor(item["value"]); label != "" {
				item["label"] = label
			}
		}
	default:
		s.note("its choices are left out: no schema takes them all")
		s.drop("choices")
		s.set("field_type", string(field.Text))
		return
	}
	s.set("choices", items)
}

// choiceItems returns choices as a schema has those that have more than a value.
func choiceItems(values []string, labels map[string]string) (items []map[string]string) {
	for _, value := range values {
		item := map[string]string{"value": value}
		if label := cmp.Or(labels[value], labelFor(value)); label != "" {
			item["label"] = label
		}
		items = append(items, item)
	}
	return items
}

// labelFor returns the label without which a dialog can't list a value; "" is none. It says no more than the value.
func labelFor(value string) string {
	if strings.HasPrefix(value, "-") {
		return strconv.Quote(value)
	}
	return ""
}
