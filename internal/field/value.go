package field

import (
	"net/url"
	"reflect"
	"time"
)

// ValueType returns the type of what [Field.Parse] returns for a value of f.
func (f Field) ValueType() reflect.Type {
	switch f.Type {
	case URL:
		if !f.IsConnection() {
			return reflect.TypeFor[*url.URL]()
		}
	case Integer:
		return reflect.TypeFor[int64]()
	case Number:
		return reflect.TypeFor[float64]()
	case Boolean:
		return reflect.TypeFor[bool]()
	case Duration:
		return reflect.TypeFor[time.Duration]()
	}
	return reflect.TypeFor[string]()
}
