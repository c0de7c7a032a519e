package reason

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/types/typeutil"
)

// call notes where the arguments of a call go.
func (r *reader) call(call *ast.CallExpr) {
	if name := nameOf(call.Fun); name != nil {
		r.called[name] = true
	}
	fun := r.info.Types[call.Fun]
	if fun.IsType() {
		if len(call.Args) == 1 {
			r.refuseWritable(call.Args[0], fun.Type)
		}
		return
	}
	if fun.IsBuiltin() {
		r.builtin(call)
		return
	}
	signature, ok := underlying(fun.Type).(*types.Signature)
	if !ok {
		return
	}
	f, _ := typeutil.Callee(r.info, call).(*types.Func)
	places := r.argumentPlaces(call, f, signature)
	to := func(i int) (types.Type, []place) {
		t := parameterType(signature, i, call.Ellipsis.IsValid())
		if isAny(t) && onlyReads(f) {
			t = nil
		}
		return t, places(i)
	}
	if len(call.Args) == 1 && r.moveResults(call.Args[0], to) {
		return
	}
	for i, arg := range call.Args {
		if t, places := to(i); t != nil {
			r.move(arg, t, places...)
		}
	}
}

// onlyReads reports whether a function neither writes to what it is given nor calls it, though it takes anything.
func onlyReads(f *types.Func) bool {
	if f == nil {
		return false
	}
	switch pkg := packageOf(f); pkg {
	case "container/heap", "container/list", "container/ring", "context", "errors", "log", "log/slog", "runtime", "testing":
		return true
	case "fmt":
		return !strings.Contains(strings.ToLower(f.Name()), "scan")
	default:
		encodes := strings.HasPrefix(f.Name(), "Marshal") || strings.HasPrefix(f.Name(), "Encode")
		return strings.HasPrefix(pkg, "encoding/") && encodes || slices.Contains(givingBack, pkg) || isOfRuntime(pkg)
	}
}

// packageOf returns the import path of a function, or "" if it is nobody's.
func packageOf(f *types.Func) string {
	if f == nil || f.Pkg() == nil {
		return ""
	}
	return f.Pkg().Path()
}

// nameOf returns the name by which a function is called, or nil.
func nameOf(fun ast.Expr) *ast.Ident {
	switch fun := ast.Unparen(fun).(type) {
	case *ast.Ident:
		return fun
	case *ast.SelectorExpr:
		return fun.Sel
	case *ast.IndexExpr:
		return nameOf(fun.X)
	case *ast.IndexListExpr:
		return nameOf(fun.X)
	}
	return nil
}

// builtin is a call of append or panic, the functions of the language that put something somewhere, or of unsafe.Add, whose result
// may be the address of a reason.
func (r *reader) builtin(call *ast.CallExpr) {
	if selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok && selector.Sel.Name == "Add" {
		r.refuse(call.Args[0], noConstant+notUnsafe)
	}
	if signature, ok := r.typeOf(call.Fun).(*types.Signature); ok && signature.Params().Len() == 1 && len(call.Args) == 1 {
		r.refuseWritable(call.Args[0], signature.Params().At(0).Type())
	}
	if slice, ok := underlying(r.typeOf(call)).(*types.Slice); ok && len(call.Args) > 1 && !call.Ellipsis.IsValid() {
		for _, arg := range call.Args[1:] {
			r.move(arg, slice.Elem(), anywhere)
		}
	}
}

// parameterType returns the type of the i-th argument, or nil.
func parameterType(signature *types.Signature, i int, spread bool) types.Type {
	last := signature.Params().Len() - 1
	if !signature.Variadic() || i < last {
		if i > last {
			return nil // a call that does not compile
		}
		return signature.Params().At(i).Type()
	}
	t := signature.Params().At(last).Type()
	if slice, ok := t.Underlying().(*types.Slice); ok && !spread {
		return slice.Elem()
	}
	return t
}

// argumentPlaces returns where the i-th argument goes, if it is a reason: to the getter that is called, or to those that the
// call names, as mcpgo.Tool(v.Login, "Say who you are", whoami) does; else to a parameter, where the function can be read.
func (r *reader) argumentPlaces(call *ast.CallExpr, f *types.Func, signature *types.Signature) func(i int) []place {
	if f != nil {
		if getter, ok := r.getter(f); ok {
			return func(int) []place { return []place{getter} }
		}
	}
	named := r.named(call)
	for i := range named {
		named[i].rejects = packageOf(f) == runtimePath && f.Name() == "Reject"
	}
	if f == nil || !r.isRead(f) {
		if len(named) > 0 {
			return func(int) []place { return named }
		}
		return func(int) []place { return []place{anywhere} }
	}
	parameters := f.Signature().Params()
	receiver := signature.Params().Len() - parameters.Len() // 1 for a method expression, which takes it as an argument
	return func(i int) []place {
		i -= receiver
		if i >= 0 && i < parameters.Len() && !(f.Signature().Variadic() && i == parameters.Len()-1) {
			return append([]place{{variable: parameters.At(i).Origin().Pos(), named: len(named) > 0}}, named...)
		}
		if len(named) > 0 {
			return named
		}
		return []place{anywhere}
	}
}

// isRead reports whether a function has its body among the units, and is no interface's method.
func (r *reader) isRead(f *types.Func) bool {
	if receiver := f.Signature().Recv(); receiver != nil && types.IsInterface(receiver.Type()) || f.Pkg() == nil {
		return false
	}
	pkg := r.all[f.Pkg().Path()]
	return f.Pkg() == r.types || pkg != nil && r.fromSource(pkg)
}

// named returns the getters that a call names without calling them: by a method value, or by a key.
func (r *reader) named(call *ast.CallExpr) (places []place) {
	find := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false // it has calls of its own
		case *ast.CallExpr:
			if f, ok := typeutil.Callee(r.info, n).(*types.Func); ok {
				_, isGetter := r.getter(f)
				return !isGetter
			}
		case *ast.Ident:
			places = append(places, r.placesOfName(n)...)
		}
		return true
	}
	if method, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		ast.Inspect(method.X, find)
	}
	for _, arg := range call.Args {
		ast.Inspect(arg, find)
	}
	return places
}

// placesOfName returns the getter that a name stands for, or the parameters of a function that may be called like one.
func (r *reader) placesOfName(name *ast.Ident) (places []place) {
	switch object := r.info.Uses[name].(type) {
	case *types.Func:
		if getter, ok := r.getter(object); ok {
			return []place{getter}
		}
		if results := object.Signature().Results(); results.Len() == 1 && isRuntime(results.At(0).Type(), "Key") {
			return r.placeOfKey(object)
		}
		if r.isRead(object) && !r.called[name] {
			for parameter := range object.Signature().Params().Variables() {
				if isReason(parameter.Type()) {
					places = append(places, place{variable: parameter.Origin().Pos()})
				}
			}
		}
	case *types.Var:
		if isRuntime(object.Type(), "Key") {
			return r.placeOfKey(object)
		}
	}
	return places
}

// placeOfKey returns the getter of a key, which the generated function KeyAPIKey returns, and which the generated variable
// keyAPIKey holds for the vault's own package.
func (r *reader) placeOfKey(key types.Object) []place {
	vault := r.vaultOf(key.Pkg())
	if vault == "" || r.fset.Position(key.Pos()).Filename != vault {
		return nil
	}
	getter, isExported := strings.CutPrefix(key.Name(), "Key")
	if !isExported {
		getter = strings.TrimPrefix(key.Name(), "key")
	}
	return []place{r.placeIn(key.Pkg(), getter)}
}

// vaultOf returns the generated file of a package, which declares Secrets around a Manager of the runtime, or "".
func (r *reader) vaultOf(pkg *types.Package) string {
	if pkg == nil {
		return ""
	}
	vault, ok := r.vaults[pkg]
	if !ok {
		if declared := pkg.Scope().Lookup("Secrets"); declared != nil {
			file := r.fset.Position(declared.Pos()).Filename
			if t, ok := declared.Type().Underlying().(*types.Struct); ok && t.NumFields() == 1 && isManager(t.Field(0)) && r.isGenerated(file) {
				vault = file
			}
		}
		r.vaults[pkg] = vault
	}
	return vault
}

// isGenerated reports whether the generator wrote a file, as its first line says.
func (r *reader) isGenerated(name string) bool {
	file := r.syntax[name].file
	return file != nil && ast.IsGenerated(file) && strings.HasPrefix(file.Comments[0].List[0].Text, "// Code generated by mcpsecrets-gen ")
}

func isManager(field *types.Var) bool {
	pointed := pointedTo(field.Type())
	return field.Name() == "Manager" && pointed != nil && isRuntime(pointed, "Manager")
}

// getter returns the place for which a getter takes a reason, and whether f is one: a method that was generated.
func (r *reader) getter(f *types.Func) (place, bool) {
	receiver := f.Signature().Recv()
	if receiver == nil || f.Pkg() == nil {
		return place{}, false
	}
	vault := r.vaultOf(f.Pkg())
	if vault == "" || r.fset.Position(f.Pos()).Filename != vault || !takesReason(f.Signature()) {
		return place{}, false
	}
	return r.placeIn(f.Pkg(), f.Name()), true
}

func takesReason(signature *types.Signature) bool {
	for parameter := range signature.Params().Variables() {
		if isReason(parameter.Type()) {
			return true
		}
	}
	return false
}

// placeIn returns the place of a getter.
func (r *reader) placeIn(pkg *types.Package, getter string) place {
	return place{getter: getter, foreign: pkg.Path() != r.ours.PkgPath}
}
