package reason

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/types/typeutil"
)

// moves looks at what a node moves: each expression of the type of reasons, with the places that it goes to.
func (r *reader) moves(n ast.Node) {
	switch n := n.(type) {
	case *ast.CallExpr:
		r.call(n)
	case *ast.AssignStmt:
		if n.Tok == token.ASSIGN || n.Tok == token.DEFINE {
			r.assign(n.Lhs, n.Rhs)
		}
	case *ast.GenDecl:
		r.declare(n)
	case *ast.CompositeLit:
		r.literal(n)
	case *ast.ReturnStmt:
		r.result(n)
	case *ast.RangeStmt:
		r.rangeOver(n)
	case *ast.SendStmt:
		if channel, ok := underlying(r.typeOf(n.Chan)).(*types.Chan); ok {
			r.move(n.Value, channel.Elem(), anywhere)
		}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			r.read(n.X, anywhere) // who has the address reads what is there
		}
	case *ast.FuncDecl:
		if f, ok := r.info.Defs[n.Name].(*types.Func); ok && n.Recv != nil {
			r.graph.addMethod(f)
		}
	case *ast.Ident:
		r.functionValue(n)
	}
}

// move notes that the value of e goes to places of type to.
func (r *reader) move(e ast.Expr, to types.Type, places ...place) {
	e = ast.Unparen(e)
	tv := r.info.Types[e]
	r.refuseWritable(e, to)
	switch {
	case !isReason(to) && !(isReason(tv.Type) && isParameter(to)):
	case tv.Type == nil || tv.Type == types.Typ[types.Invalid] || !isReason(tv.Type) && tv.Value == nil && !tv.IsNil():
		if hasGetter(places) && !r.elsewhere {
			r.refuse(e, noConstant+": this does not compile")
		}
	case tv.Value != nil:
		if tv.Value.Kind() == constant.String && !r.generated {
			r.graph.add(given{constant.StringVal(tv.Value), r.fset.Position(e.Pos()), r.related}, places)
		}
	default:
		r.read(e, places...)
	}
}

func isParameter(t types.Type) bool {
	_, ok := types.Unalias(t).(*types.TypeParam)
	return ok
}

func underlying(t types.Type) types.Type {
	if t == nil {
		return nil
	}
	return t.Underlying()
}

// hasGetter reports whether a place is a getter.
func hasGetter(places []place) bool {
	return slices.ContainsFunc(places, func(p place) bool { return p.getter != "" })
}

// read notes that what an expression reads goes on to places.
func (r *reader) read(e ast.Expr, places ...place) {
	e = ast.Unparen(e)
	if !isReason(r.typeOf(e)) {
		return
	}
	switch e := e.(type) {
	case *ast.Ident, *ast.SelectorExpr:
		if from := r.placeOf(e); from.variable != token.NoPos {
			r.graph.join(from.variable, places)
		}
	case *ast.CallExpr:
		r.readCall(e, places)
	}
	// What an index, a pointer or a channel leads to went anywhere when it was put there.
}

func (r *reader) readCall(call *ast.CallExpr, places []place) {
	switch fun := r.info.Types[call.Fun]; {
	case fun.IsType(), fun.IsBuiltin(): // a conversion from a reason to a reason; min and max
		for _, arg := range call.Args {
			if isReason(r.typeOf(arg)) {
				r.move(arg, r.typeOf(call), places...)
			}
		}
	default:
		if f, ok := typeutil.Callee(r.info, call).(*types.Func); ok {
			r.graph.joinResult(f, 0, places)
		}
	}
}

// placeOf is where an assignment to e puts something.
func (r *reader) placeOf(e ast.Expr) place {
	var object types.Object
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		if e.Name == "_" {
			return nowhere
		}
		object = r.info.ObjectOf(e)
	case *ast.SelectorExpr:
		object = r.info.ObjectOf(e.Sel)
	}
	if v, ok := object.(*types.Var); ok {
		return place{variable: v.Origin().Pos()}
	}
	return anywhere
}

// assign is an assignment, or a declaration of variables with values.
func (r *reader) assign(to, from []ast.Expr) {
	if len(to) == len(from) {
		for i := range to {
			r.move(from[i], r.typeOf(to[i]), r.placeOf(to[i]))
		}
		return
	}
	r.moveResults(from[0], func(i int) (types.Type, []place) { return r.typeOf(to[i]), []place{r.placeOf(to[i])} })
}

// moveResults notes where several values go that one expression has, if it has: to(i) is for the i-th.
func (r *reader) moveResults(e ast.Expr, to func(i int) (types.Type, []place)) bool {
	values, ok := r.typeOf(e).(*types.Tuple)
	if !ok {
		return false
	}
	var f *types.Func
	if call, ok := ast.Unparen(e).(*ast.CallExpr); ok {
		f, _ = typeutil.Callee(r.info, call).(*types.Func)
	}
	for i := range values.Len() {
		t, places := to(i)
		r.refuseCarried(e, values.At(i).Type(), t)
		if f != nil {
			r.graph.joinResult(f, i, places)
		}
	}
	return true
}

func (r *reader) declare(decl *ast.GenDecl) {
	if decl.Tok != token.VAR {
		return // a constant goes where it is used
	}
	for _, spec := range decl.Specs {
		if spec, ok := spec.(*ast.ValueSpec); ok && len(spec.Values) > 0 {
			names := make([]ast.Expr, len(spec.Names))
			for i, name := range spec.Names {
				names[i] = name
			}
			r.assign(names, spec.Values)
		}
	}
}

// rangeOver is a loop that assigns what it walks through to its variables. Reasons went anywhere when they were put there.
func (r *reader) rangeOver(loop *ast.RangeStmt) {
	if loop.Tok != token.ASSIGN {
		return // variables of their own have the types that they walk through
	}
	var values []types.Type
	switch t := underlying(r.typeOf(loop.X)).(type) {
	case *types.Map:
		values = []types.Type{t.Key(), t.Elem()}
	case *types.Chan:
		values = []types.Type{t.Elem()}
	case *types.Signature:
		if yield, ok := underlying(t.Params().At(0).Type()).(*types.Signature); ok {
			for v := range yield.Params().Variables() {
				values = append(values, v.Type())
			}
		}
	case interface{ Elem() types.Type }:
		values = []types.Type{types.Typ[types.Int], t.Elem()}
	}
	for i, to := range []ast.Expr{loop.Key, loop.Value} {
		if to != nil && i < len(values) {
			r.refuseCarried(to, values[i], r.typeOf(to))
		}
	}
}

// literal is the value of a struct, a slice, an array or a map.
func (r *reader) literal(literal *ast.CompositeLit) {
	t := underlying(r.typeOf(literal))
	if pointer, ok := t.(*types.Pointer); ok { // &T left out inside another literal
		t = pointer.Elem().Underlying()
	}
	for i, element := range literal.Elts {
		var key ast.Expr
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			key, element = pair.Key, pair.Value
		}
		switch t := t.(type) {
		case *types.Struct:
			if name, ok := key.(*ast.Ident); ok {
				r.move(element, r.typeOfField(name), r.placeOf(name))
			} else if i < t.NumFields() {
				r.move(element, t.Field(i).Type(), place{variable: t.Field(i).Origin().Pos()})
			}
		case *types.Map:
			r.move(key, t.Key(), anywhere)
			r.move(element, t.Elem(), anywhere)
		case interface{ Elem() types.Type }:
			r.move(element, t.Elem(), anywhere)
		}
	}
}

func (r *reader) typeOfField(name *ast.Ident) types.Type {
	if field := r.info.Uses[name]; field != nil {
		return field.Type()
	}
	return nil
}

// result is what a function returns. Who calls a function literal is not known.
func (r *reader) result(statement *ast.ReturnStmt) {
	signature, declared := r.enclosing()
	if signature == nil {
		return
	}
	results := signature.Results()
	if len(statement.Results) != results.Len() {
		if len(statement.Results) == 1 {
			r.moveResults(statement.Results[0], func(i int) (types.Type, []place) {
				return results.At(i).Type(), []place{placeOfResult(results, i, declared)}
			})
		}
		return
	}
	for i, e := range statement.Results {
		if v := r.info.Types[e].Value; v != nil && v.Kind() == constant.String && constant.StringVal(v) == "" {
			continue // as beside an error, where nobody gives it to a getter
		}
		r.move(e, results.At(i).Type(), placeOfResult(results, i, declared))
	}
}

func placeOfResult(results *types.Tuple, i int, declared bool) place {
	if !declared {
		return anywhere
	}
	return place{variable: results.At(i).Origin().Pos()}
}

// enclosing returns the signature of the function that is being read, and whether it is a declared one.
func (r *reader) enclosing() (signature *types.Signature, declared bool) {
	for i := len(r.stack) - 1; i >= 0; i-- {
		switch n := r.stack[i].(type) {
		case *ast.FuncLit:
			signature, _ := r.typeOf(n).(*types.Signature)
			return signature, false
		case *ast.FuncDecl:
			if f, ok := r.info.Defs[n.Name].(*types.Func); ok {
				return f.Signature(), true
			}
			return nil, true
		}
	}
	return nil, false
}

// functionValue notes that a function is used as a value, and not called by name: its results may go anywhere.
func (r *reader) functionValue(name *ast.Ident) {
	if f, ok := r.info.Uses[name].(*types.Func); ok && !r.called[name] {
		for i := range f.Signature().Results().Len() {
			r.graph.joinResult(f, i, []place{anywhere})
		}
	}
}
