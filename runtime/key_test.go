package secrets_test

import (
	"reflect"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// TestNobodyChangesAKey: the lists and maps of rules that a key was made of, and those that it describes itself by, are copies.
func TestNobodyChangesAKey(t *testing.T) {
	var given secrets.Field
	fillLists(reflect.ValueOf(&given).Elem(), "rule")
	key := secrets.Text("name", given)
	fillLists(reflect.ValueOf(&given).Elem(), "changed")
	described := key.Describe()
	changeLists(t, reflect.ValueOf(described), "rule")
	changeLists(t, reflect.ValueOf(key.Describe()), "rule")
}

// fillLists makes each list or map of a struct one with this text in it. A list that there is already keeps its place.
func fillLists(fields reflect.Value, text string) {
	for i := range fields.NumField() {
		list := fields.Field(i)
		if list.Kind() == reflect.Map {
			fillMap(list, text)
		}
		if list.Kind() != reflect.Slice {
			continue
		}
		if list.IsNil() {
			list.Set(reflect.MakeSlice(list.Type(), 1, 1))
		}
		setItem(list.Index(0), text)
	}
}

// setItem sets an item of a list to a text, or to the number that stands for it.
func setItem(item reflect.Value, text string) {
	if item.Kind() == reflect.Int {
		item.SetInt(int64(len(text)))
		return
	}
	item.SetString(text)
}

// isItem reports whether an item was set to a text.
func isItem(item reflect.Value, text string) bool {
	if item.Kind() == reflect.Int {
		return item.Int() == int64(len(text))
	}
	return item.String() == text
}

func fillMap(m reflect.Value, text string) {
	if m.IsNil() {
		m.Set(reflect.MakeMap(m.Type()))
	}
	value := reflect.ValueOf(text)
	if m.Type().Elem().Kind() == reflect.Slice {
		if value = m.MapIndex(reflect.ValueOf("key")); !value.IsValid() {
			value = reflect.ValueOf([]string{""})
		}
		value.Index(0).SetString(text) // where it is, which a copy of the map alone would share
	}
	m.SetMapIndex(reflect.ValueOf("key"), value)
}

// changeLists fails for each list that does not have text in it, and writes something else there.
func changeLists(t *testing.T, fields reflect.Value, text string) {
	t.Helper()
	for i := range fields.NumField() {
		list := fields.Field(i)
		var item reflect.Value
		switch list.Kind() {
		case reflect.Slice:
			item = list.Index(0)
		case reflect.Map:
			if item = list.MapIndex(reflect.ValueOf("key")); item.Kind() == reflect.Slice {
				item = item.Index(0)
			}
		default:
			continue
		}
		if !isItem(item, text) {
			t.Errorf("%s has become %v", fields.Type().Field(i).Name, item)
		}
		if list.Kind() == reflect.Map {
			fillMap(list, "changed")
		} else {
			setItem(item, "changed")
		}
	}
}
