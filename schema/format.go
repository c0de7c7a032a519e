package schema

import (
	"slices"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

func readFormat(r *reader, d *draft, n *node) {
	readWord(r, n, "format", field.Formats(), &d.Format)
	if types := d.Format.Types(); d.Format != "" && d.Type != "" && !slices.Contains(types, d.Type) {
		r.errorf(n.pos, "format %s is not for field_type %s, only for %s", d.Format, d.Type, andList(types))
		d.Format = ""
	}
}

func readKeysOfJSON(r *reader, d *draft, n *node) {
	d.Keys = r.texts(n, "keys", "a list such as [client_email, private_key]", func(n *node) {
		if n.text == "" {
			r.errorf(n.pos, "a key must not be empty")
			return
		}
		r.checkText(n, "a key", wording.ChoiceText)
	})
}

// checkFormat checks what goes with a format.
func (r *reader) checkFormat(d *draft) {
	if d.places.has("keys") && d.Format != field.JSONFormat {
		r.errorf(d.At("keys"), "keys are those of an object of format json, write format: json")
		d.badRules = true
	}
}
