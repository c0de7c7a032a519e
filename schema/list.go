package schema

import (
	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// listTypes are the types that a list can be made of.
var listTypes = func() (types []field.Type) {
	for _, t := range field.Types() {
		if t.CanList() {
			types = append(types, t)
		}
	}
	return types
}()

// listKeys are the keys that only a list has.
var listKeys = []string{"min_items", "max_items", "unique"}

// maxItems is how many items a rule may ask for.
const maxItems = 1000

func (r *reader) items(n *node, key string) int {
	i := r.integer(n, key)
	if i == nil {
		return 0
	}
	if *i < 1 || *i > maxItems {
		r.errorf(n.pos, "%s %d must be from 1 to %d", key, *i, maxItems)
		return 0
	}
	return int(*i)
}

// checkList checks what the keys of a list say together.
func (r *reader) checkList(d *draft) {
	for _, key := range listKeys {
		if d.places.has(key) && !d.List && d.Type.CanList() {
			r.errorf(d.At(key), `%s is only for a list: write "list: true"`, key)
		}
	}
	if d.List && d.Open {
		r.errorf(d.At("open"), "open is not for a list, whose choices are ticked: write field_type text for a list of any values")
	}
	if d.MaxItems > 0 && d.MinItems > d.MaxItems {
		r.errorf(d.At("min_items"), "min_items %d is above max_items %d", d.MinItems, d.MaxItems)
	}
}

// listDefault reads the default of a list: the items, each as the default of one.
func (r *reader) listDefault(d *draft, n *node) {
	before := len(r.errs)
	items := make([]string, 0, len(n.items))
	for _, item := range r.list(n, "default", "a list such as [a, b]") {
		text, ok := r.value(d, d.Item(), item, "default")
		if ok {
			items = append(items, text)
		}
	}
	if len(r.errs) > before || d.badRules {
		return
	}
	text := field.JoinList(items)
	if err := d.Check(text); err != nil {
		r.errorf(n.pos, "default %s %s", quote(text), err)
		return
	}
	d.Default = text
}
