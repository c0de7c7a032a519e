package secrets

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
)

// Here the guard learns what it masks.

// learn has the guard mask a confidential value, of a list each item: the text, and where a server gets something else for
// that, such as the bytes of base64, what it would print of it. The value is nil where the text is none by the rules.
func learn(g *guard.Guard, def *definition, text string, value any) {
	items, isList := value.([]field.Item)
	if value == nil {
		for _, text := range def.Texts(text) {
			items = append(items, field.Item{Text: text})
		}
	} else if !isList {
		items = []field.Item{{Text: text, Value: value}}
	}
	for _, item := range items {
		if def.Type == field.URL {
			g.LearnAddress(item.Text)
		} else {
			g.Learn(item.Text, def.PrefixOf(item.Text))
		}
		for _, printed := range printedAs(item.Value) {
			g.Learn(printed, "")
		}
	}
}

// printedAs returns how a server prints a value that it has no text of.
func printedAs(value any) []string {
	switch value := value.(type) {
	case []byte:
		return []string{string(value)}
	case int64, float64, time.Duration:
		inJSON, _ := json.Marshal(value) // which is finite
		return []string{string(inJSON), fmt.Sprint(value)}
	}
	return nil
}

// learnDerived has the guard mask what was made of confidential values.
func (m *Manager) learnDerived(found []finding) {
	for _, f := range found {
		if f.def.isDerived() && f.value != nil && f.def.Confidential() {
			learn(m.guard(), f.def, f.text.Reveal(), f.value)
		}
	}
}
