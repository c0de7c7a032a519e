package changes_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/changes"
	"github.com/mcpsecrets/mcpsecrets/internal/reason"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

const schema = `version: 1
server: pets
secrets:
  key: {sent_to: home, remember: 8h}
  home: {field_type: url}
  size: {field_type: integer, min: 1, max: 9}
  region: {field_type: choice, choices: [{value: eu, label: Europe}, us]}
  left: {}
  right: {}
  cert: {}
  secret: {}
groups:
  login: [key, home]
one_of:
  side: {left: [left], right: [right]}
all_or_none:
  pair: [cert, secret]
`

// TestEveryFieldIsCompared: whatever differs between two manifests is named, whichever field of them it is, also one that is
// added some day.
func TestEveryFieldIsCompared(t *testing.T) {
	derived := []string{"Note", "Service", "Holes", "Name", "Masked", "Dialog", "Question", "Chosen", "All", "Sent"} // follow from what is compared, or has a row below
	for _, part := range []struct {
		name string
		of   func(*templates.Manifest) any
	}{
		{"manifest", func(m *templates.Manifest) any { return m }},
		{"secret", func(m *templates.Manifest) any { return &m.Secrets[2] }},
		{"choice", func(m *templates.Manifest) any { return &m.Secrets[3] }},
		{"group", func(m *templates.Manifest) any { return &m.Groups[0] }},
		{"one_of", func(m *templates.Manifest) any { return &m.OneOf[0] }},
		{"alternative", func(m *templates.Manifest) any { return &m.OneOf[0].Alternatives[0] }},
		{"all_or_none", func(m *templates.Manifest) any { return &m.AllOrNone[0] }},
		{"all", func(m *templates.Manifest) any { return &m.All }},
	} {
		fields := reflect.TypeOf(part.of(manifest(t))).Elem()
		for i := range fields.NumField() {
			name := fields.Field(i).Name
			if !fields.Field(i).IsExported() || slices.Contains(derived, name) || part.name == "all" && name == "Secrets" {
				continue
			}
			if part.name != "choice" && (name == "Constants" || name == "ChoiceLabels") {
				continue // only a choice has them
			}
			old, now := manifest(t), manifest(t)
			changeValue(t, reflect.ValueOf(part.of(now)).Elem().Field(i))
			if len(changes.Between(old, now)) == 0 {
				t.Errorf("%s: nothing is said of another %s", part.name, name)
			}
		}
	}
	if same := changes.Between(manifest(t), manifest(t)); len(same) > 0 {
		t.Errorf("a manifest differs from itself: %v", same)
	}
}

// manifest is the one of the schema of this test.
func manifest(t *testing.T) *templates.Manifest {
	t.Helper()
	return manifestOf(t, schema)
}

// manifestOf is the manifest of a schema, as it is read from its file.
func manifestOf(t *testing.T, schema string) *templates.Manifest {
	t.Helper()
	file, err := templates.Parse("secrets.yaml", []byte(schema))
	if err != nil {
		t.Fatal(err)
	}
	model := templates.New(file, templates.Options{})
	text, err := model.Manifest(&reason.Found{}).JSON()
	if err != nil {
		t.Fatal(err)
	}
	m, ok, err := templates.ReadManifest(text)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	return m
}

// changeValue makes a field another than it was.
func changeValue(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "other")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + 5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		changeValue(t, v.Elem())
	case reflect.Slice:
		changed := reflect.MakeSlice(v.Type(), max(v.Len(), 1), max(v.Len(), 1))
		reflect.Copy(changed, v)
		changeValue(t, changed.Index(0))
		v.Set(changed)
	case reflect.Struct:
		changeValue(t, v.Field(0))
	case reflect.Map:
		changed := reflect.MakeMap(v.Type())
		for _, key := range v.MapKeys() {
			other := reflect.New(v.Type().Elem()).Elem()
			other.Set(v.MapIndex(key))
			changeValue(t, other)
			changed.SetMapIndex(key, other)
		}
		if v.Len() == 0 {
			changed.SetMapIndex(reflect.ValueOf("other"), reflect.Zero(v.Type().Elem()))
		}
		v.Set(changed)
	}
}
