package reason

import (
	"go/types"
	"strings"
)

// isReason reports whether t is the runtime's Reason, under whatever name.
func isReason(t types.Type) bool { return isRuntime(t, "Reason") }

// isRuntime reports whether t is a type of the runtime.
func isRuntime(t types.Type, name string) bool {
	if t == nil {
		return false
	}
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Name() == name && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == runtimePath
}

// isOfRuntime reports whether an import path is the runtime's, or below it.
func isOfRuntime(path string) bool { return strings.HasPrefix(path+"/", runtimePath+"/") }

func isUnsafe(t types.Type) bool {
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Kind() == types.UnsafePointer
}

// isAny reports whether t is an interface that every value has.
func isAny(t types.Type) bool {
	if t == nil {
		return false
	}
	if _, isParameter := types.Unalias(t).(*types.TypeParam); isParameter {
		return false // what stands for it is looked at where the function is instantiated
	}
	i, ok := t.Underlying().(*types.Interface)
	return ok && i.NumMethods() == 0
}

// pointedTo returns what a pointer points to, or nil.
func pointedTo(t types.Type) types.Type {
	if pointer, ok := t.Underlying().(*types.Pointer); ok {
		return pointer.Elem()
	}
	return nil
}

// Which fields of a struct count: reflection sets exported ones only.
const (
	exportedFields = false
	everyField     = true
)

// holds reports whether a value of type t has a reason in it, or leads to one.
func holds(t types.Type, all bool) bool {
	return walk(t, all, map[types.Type]bool{})
}

// maxTypes ends the walk through a generic type that is made of ever larger instances of itself.
const maxTypes = 10_000

func walk(t types.Type, all bool, seen map[types.Type]bool) bool {
	if t == nil || seen[t] || len(seen) > maxTypes {
		return false
	}
	seen[t] = true
	if isReason(t) {
		return true
	}
	switch t := t.Underlying().(type) {
	case *types.Map:
		return walk(t.Key(), all, seen) || walk(t.Elem(), all, seen)
	case interface{ Elem() types.Type }:
		return walk(t.Elem(), all, seen)
	case *types.Struct:
		for field := range t.Fields() {
			if (all || field.Exported() || field.Embedded()) && walk(field.Type(), all, seen) {
				return true
			}
		}
	case *types.Signature: // reflection makes functions too
		return walkAll(t.Results(), all, seen)
	}
	return false
}

func walkAll(tuple *types.Tuple, all bool, seen map[types.Type]bool) bool {
	for v := range tuple.Variables() {
		if walk(v.Type(), all, seen) {
			return true
		}
	}
	return false
}

// isOpen reports whether code that gets a value of type t in an interface could write to a reason, or call a function with one
// that it made.
func isOpen(t types.Type) bool { return isWritable(t) || isCallable(t, map[types.Type]bool{}) }

// isWritable reports whether a value of type t leads to a reason to which reflection could write.
func isWritable(t types.Type) bool {
	if t == nil {
		return false
	}
	switch t := t.Underlying().(type) {
	case *types.Array:
		return isWritable(t.Elem())
	case *types.Map:
		return holds(t.Key(), exportedFields) || holds(t.Elem(), exportedFields)
	case interface{ Elem() types.Type }:
		return holds(t.Elem(), exportedFields)
	case *types.Struct:
		for field := range t.Fields() {
			if (field.Exported() || field.Embedded()) && isWritable(field.Type()) {
				return true
			}
		}
	}
	return false
}

// isCallable reports whether a value of type t is, has or leads to a function that is given a reason, as templates and
// reflection find it: by an exported name.
func isCallable(t types.Type, seen map[types.Type]bool) bool {
	if t == nil || seen[t] || len(seen) > maxTypes {
		return false
	}
	seen[t] = true
	methods := types.NewMethodSet(t)
	for i := range methods.Len() {
		if f := methods.At(i).Obj(); f.Exported() && isGiven(f.Type().(*types.Signature)) {
			return true
		}
	}
	switch t := t.Underlying().(type) {
	case *types.Signature:
		return isGiven(t)
	case *types.Struct:
		for field := range t.Fields() {
			if (field.Exported() || field.Embedded()) && isCallable(field.Type(), seen) {
				return true
			}
		}
	case *types.Map:
		return isCallable(t.Key(), seen) || isCallable(t.Elem(), seen)
	case interface{ Elem() types.Type }:
		return isCallable(t.Elem(), seen)
	}
	return false
}

// isGiven reports whether a function is given a reason, or what leads to one.
func isGiven(f *types.Signature) bool {
	return walkAll(f.Params(), exportedFields, map[types.Type]bool{})
}
