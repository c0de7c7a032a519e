package field

import (
	"encoding/json"
	"net/url"
	"reflect"
	"time"
)

var formatTypes = map[Format]reflect.Type{
	PEMFormat: reflect.TypeFor[PEM](), JSONFormat: reflect.TypeFor[json.RawMessage](), Base64Format: reflect.TypeFor[[]byte](),
	DateFormat: reflect.TypeFor[time.Time](), PortFormat: reflect.TypeFor[uint16](), HostPortFormat: reflect.TypeFor[HostPort](),
}

// ValueType returns the type of what [Field.Parse] returns for a value of f, or for an item where f is a list.
func (f Field) ValueType() reflect.Type {
	if t, ok := formatTypes[f.Format]; ok {
		return t
	}
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
