package field

import (
	"encoding/json"
	"net/url"
	"reflect"
	"strconv"
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

// Written returns the texts in which a program may write a value of f that [Field.Parse] made of text: the text itself and, where
// the value is of another type, what Go's fmt and encoding/json make of it. Of a list, they are those of each item.
func (f Field) Written(text string, value any) []string {
	switch value := value.(type) {
	case []Item:
		var all []string
		for _, item := range value {
			all = append(all, f.Item().Written(item.Text, item.Value)...)
		}
		return all
	case []byte:
		return []string{text, string(value)}
	case PEM:
		all := []string{text}
		for _, block := range value.Blocks {
			if block.Type != "CERTIFICATE" { // which is public
				all = append(all, string(block.Bytes))
			}
		}
		return all
	case *url.URL:
		return []string{text, value.String()}
	case int64:
		return append(numbers(float64(value)), text, strconv.FormatInt(value, 10))
	case float64:
		return append(numbers(value), text)
	case time.Duration:
		return append(numbers(value.Seconds()), text, value.String(), ShortDuration(value), strconv.FormatInt(int64(value), 10))
	case HostPort:
		return []string{text, value.String()}
	}
	return []string{text}
}

func numbers(n float64) []string {
	return []string{strconv.FormatFloat(n, 'g', -1, 64), strconv.FormatFloat(n, 'f', -1, 64)}
}
