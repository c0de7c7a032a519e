package secrets

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// The tables that no flood of calls can fill have an entry for each secret at most. A new table must be thought about; those
// of questions, grants and refusals are in package consent, and those of collections in package intake.
func TestEveryTableIsBounded(t *testing.T) {
	byDefinition := reflect.TypeFor[*definition]()
	byEntry := reflect.TypeFor[store.Entry]() // of an account that exists: the user alone makes one
	bySecret := []string{"names"}
	bounded := []string{"removals"} // by consent.Table.Join
	for _, table := range []reflect.Type{reflect.TypeFor[Manager](), reflect.TypeFor[definitions](), reflect.TypeFor[values](), reflect.TypeFor[Turn]()} {
		for i := range table.NumField() {
			f := table.Field(i)
			isMap := f.Type.Kind() == reflect.Map
			if !isMap && !strings.HasPrefix(f.Type.String(), "*consent.Table[") || isMap && (f.Type.Key() == byDefinition || f.Type.Key() == byEntry) {
				continue
			}
			if !slices.Contains(bySecret, f.Name) && !slices.Contains(bounded, f.Name) {
				t.Errorf("what bounds %s.%s?", table.Name(), f.Name)
			}
		}
	}
}
