package wording

import "reflect"

// Complete returns s with the sentences that it lacks in English, so that a manifest of an older generator serves a runtime
// that has more to say.
func (s Sentences) Complete() Sentences {
	whole := English()
	overlay(reflect.ValueOf(&whole).Elem(), reflect.ValueOf(s))
	return whole
}

// overlay sets in whole every sentence that some has.
func overlay(whole, some reflect.Value) {
	switch whole.Kind() {
	case reflect.String:
		if some.Len() > 0 {
			whole.Set(some)
		}
	case reflect.Struct:
		for i := range whole.NumField() {
			overlay(whole.Field(i), some.Field(i))
		}
	case reflect.Map:
		for _, key := range some.MapKeys() {
			if some.MapIndex(key).Len() > 0 {
				whole.SetMapIndex(key, some.MapIndex(key))
			}
		}
	}
}
