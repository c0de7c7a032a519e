package reason

import "go/types"

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
	case *types.Pointer:
		return walk(t.Elem(), all, seen)
	case *types.Slice:
		return walk(t.Elem(), all, seen)
	case *types.Array:
		return walk(t.Elem(), all, seen)
	case *types.Chan:
		return walk(t.Elem(), all, seen)
	case *types.Map:
		return walk(t.Key(), all, seen) || walk(t.Elem(), all, seen)
	case *types.Struct:
		for field := range t.Fields() {
			if (all || field.Exported() || field.Embedded()) && walk(field.Type(), all, seen) {
				return true
			}
		}
	}
	return false
}

// isWritable reports whether code that gets a value of type t by an empty interface could write to a reason, or call a function
// with one that it made.
func isWritable(t types.Type) bool {
	if t == nil {
		return false
	}
	switch t := t.Underlying().(type) {
	case *types.Pointer:
		return holds(t.Elem(), exportedFields)
	case *types.Slice:
		return holds(t.Elem(), exportedFields)
	case *types.Map:
		return holds(t.Key(), exportedFields) || holds(t.Elem(), exportedFields)
	case *types.Array:
		return isWritable(t.Elem())
	case *types.Struct:
		for field := range t.Fields() {
			if (field.Exported() || field.Embedded()) && isWritable(field.Type()) {
				return true
			}
		}
	case *types.Signature:
		for parameter := range t.Params().Variables() {
			if holds(parameter.Type(), exportedFields) {
				return true
			}
		}
	}
	return false
}
