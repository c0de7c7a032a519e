// Package reach finds what a program's code can reach from an object: it is for tests that something is out of reach.
package reach

import (
	"fmt"
	"reflect"
	"strings"
	"unsafe"
)

// Text follows all fields, elements and pointers of an object, also the unexported ones, and returns the way to a text that is
// sought, or "". That is what code can reach without reading memory at addresses that it has made up: what a function holds is not.
// Nothing is followed of objects of the types of without, which others may be writing to meanwhile.
func Text(object any, sought func(string) bool, without ...any) string {
	r := reacher{sought: sought, seen: map[place]bool{}, without: map[reflect.Type]bool{}}
	for _, w := range without {
		r.without[reflect.TypeOf(w)] = true
	}
	return r.walk(reflect.ValueOf(&object).Elem(), "")
}

type place struct {
	at unsafe.Pointer
	of reflect.Type
	n  int
}

type reacher struct {
	sought func(string) bool
	seen   map[place]bool

	without map[reflect.Type]bool
}

func (r *reacher) walk(v reflect.Value, path string) string {
	if !v.IsValid() || len(path) > 2000 || isFixed(v.Type()) || r.without[v.Type()] {
		return ""
	}
	if v.CanAddr() { // also what is unexported
		v = reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
	}
	switch v.Kind() {
	case reflect.String:
		if r.sought(v.String()) {
			return path + " text"
		}
	case reflect.Pointer:
		if v.IsNil() || r.isSeen(v.UnsafePointer(), v.Type(), 0) {
			return ""
		}
		return r.walk(v.Elem(), path)
	case reflect.Interface:
		if v.IsNil() {
			return ""
		}
		held := reflect.New(v.Elem().Type()).Elem()
		held.Set(v.Elem())
		return r.walk(held, path+"("+v.Elem().Type().String()+")")
	case reflect.Struct:
		for i := range v.NumField() {
			if isInner(v.Type(), v.Type().Field(i)) {
				continue
			}
			if found := r.walk(v.Field(i), path+"."+v.Type().Field(i).Name); found != "" {
				return found
			}
		}
	case reflect.Slice:
		return r.slice(v, path)
	case reflect.Array:
		return r.elements(v, path)
	case reflect.Map:
		return r.entries(v, path)
	}
	return ""
}

// isFixed reports whether values of t are the same in every run of a program, and many: those that describe its types, and the tables of
// elliptic curves.
func isFixed(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch path := t.PkgPath(); path {
	case "reflect":
		return t.Name() == "rtype"
	default:
		return path == "internal/abi" || path == "crypto/elliptic" || strings.HasPrefix(path, "crypto/internal/")
	}
}

// isInner reports whether a field is how a context that can end works, which is written to by whoever makes another of it.
func isInner(t reflect.Type, f reflect.StructField) bool {
	return t.PkgPath() == "context" && t.Name() == "cancelCtx" && f.Name != "Context"
}

func (r *reacher) isSeen(at unsafe.Pointer, of reflect.Type, n int) bool {
	p := place{at, of, n}
	seen := r.seen[p]
	r.seen[p] = true
	return seen
}

func (r *reacher) slice(v reflect.Value, path string) string {
	if v.IsNil() || r.isSeen(v.UnsafePointer(), v.Type(), v.Cap()) {
		return ""
	}
	whole := v.Slice3(0, v.Cap(), v.Cap()) // what stood there before is there still
	if v.Type().Elem().Kind() == reflect.Uint8 {
		if r.sought(string(whole.Bytes())) {
			return path + "[]"
		}
		return ""
	}
	return r.elements(whole, path)
}

func (r *reacher) elements(v reflect.Value, path string) string {
	switch v.Type().Elem().Kind() {
	case reflect.Bool, reflect.Int, reflect.Int64, reflect.Uint64, reflect.Uint32, reflect.Float64:
		return ""
	case reflect.Uint8:
		if v.CanAddr() && r.sought(string(v.Slice(0, v.Len()).Bytes())) {
			return path + "[]"
		}
		return ""
	}
	for i := range v.Len() {
		if found := r.walk(v.Index(i), fmt.Sprintf("%s[%d]", path, i)); found != "" {
			return found
		}
	}
	return ""
}

func (r *reacher) entries(v reflect.Value, path string) string {
	if v.IsNil() || r.isSeen(v.UnsafePointer(), v.Type(), 0) {
		return ""
	}
	for _, key := range v.MapKeys() {
		for _, part := range []reflect.Value{key, v.MapIndex(key)} {
			held := reflect.New(part.Type()).Elem()
			held.Set(part)
			if found := r.walk(held, path+"{}"); found != "" {
				return found
			}
		}
	}
	return ""
}
