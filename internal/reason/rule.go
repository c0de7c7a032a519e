package reason

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/mcpsecrets/mcpsecrets/schema"
)

// The rule: an expression of the type of reasons is a constant, or it reads what was one. So what is refused here is each way in
// which a value of this type comes from something else: a conversion, a part or a sum of reasons, and code that is not seen and
// could write one, such as a decoder's.

// letPass is the comment by which a reviewer lets what is refused stand on its line. The question does not show such a reason.
const letPass = "//mcpsecrets:reason"

const (
	noConstant = "a reason must be a constant, so that it can be reviewed and no model can write it"
	notUnsafe  = ": not by package unsafe"
	notWritten = noConstant + ": not what code that takes any value could write here"
)

// CanPass reports whether a mistake that [Run.Find] tells can be let stand, with the comment //mcpsecrets:reason on its line.
func CanPass(mistake *schema.Error) bool { return strings.HasPrefix(mistake.Text, noConstant) }

// A reader reads one unit.
type reader struct {
	*program
	*unit
	graph   *graph
	related bool // its constants can come to the target's getters
	stack   []ast.Node
	// The file is another vault's, whose getters that don't ask have no reason.
	generated bool
	called    map[*ast.Ident]bool  // names of functions where they are called
	passes    map[string]token.Pos // the comments letPass that nothing has needed yet, by "file:line"
	passed    []string             // those that something has
	pending   []pending

	mistakes schema.ErrorList
	letPass  []string
}

func newReader(p *program, u *unit, g *graph) *reader {
	return &reader{program: p, unit: u, graph: g, related: p.related[u.path], called: map[*ast.Ident]bool{}, passes: map[string]token.Pos{}}
}

// A pending is a value that code takes which could write to it, if it holds what it may.
type pending struct {
	at    ast.Expr
	stack []ast.Node
	held  types.Type // an interface, or a type parameter
	opens func(types.Type) bool
}

// scan reads every file but the target, which passes on what its getters are given.
func (r *reader) scan() {
	for _, file := range r.files {
		if r.fset.File(file.FileStart).Name() == r.target.File {
			continue
		}
		r.generated = r.fset.File(file.FileStart).Name() == r.vaultOf(r.types)
		for _, group := range file.Comments {
			for _, c := range group.List {
				if word, _, _ := strings.Cut(c.Text, " "); word == letPass {
					r.passes[r.line(c.Pos())] = c.Pos()
				}
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if n == nil {
				r.stack = r.stack[:len(r.stack)-1]
				return true
			}
			r.stack = append(r.stack, n)
			r.node(n)
			return true
		})
	}
}

// settle reports what could be told only after every unit was scanned.
func (r *reader) settle() {
	for _, p := range r.pending {
		if r.mayHold(p, p.held, map[types.Type]bool{}) {
			r.stack = p.stack
			r.refuse(p.at, notWritten)
		}
	}
	for _, pos := range r.passes {
		if r.elsewhere {
			break // what does not compile here may need it
		}
		r.mistake(pos, "no reason on this line needs %s, remove it", letPass)
	}
}

func (r *reader) node(n ast.Node) {
	r.moves(n)
	switch n := n.(type) {
	case *ast.BinaryExpr:
		r.refusePart(n, n.X)
	case *ast.SliceExpr:
		r.refusePart(n, n.X)
	case *ast.AssignStmt:
		if n.Tok == token.ADD_ASSIGN && isReason(r.typeOf(n.Lhs[0])) {
			r.refuse(n.Rhs[0], noConstant)
		}
	case *ast.CallExpr:
		if r.info.Types[n.Fun].IsType() && len(n.Args) == 1 {
			r.conversion(n)
		}
		r.refuseReflected(n)
	case *ast.TypeAssertExpr:
		if n.Type != nil {
			r.refuseOpened(n.Type)
		}
	case *ast.TypeSwitchStmt:
		for _, clause := range n.Body.List {
			for _, expr := range clause.(*ast.CaseClause).List {
				r.refuseOpened(expr)
			}
		}
	case *ast.Ident:
		r.instance(n)
	case *ast.FuncDecl:
		r.refuseUnseen(n)
	case *ast.ValueSpec:
		r.refuseEmbedded(n)
	}
}

// refuseUnseen refuses a function without a body, in assembly or linked by name, whose result is a reason, or that could write or
// give one to what it is handed.
func (r *reader) refuseUnseen(f *ast.FuncDecl) {
	if f.Body != nil {
		return
	}
	for _, parameter := range f.Type.Params.List {
		if isOpen(r.typeOf(parameter.Type)) {
			r.refuse(parameter.Type, noConstant+": not what a function that is not in Go could write here")
		}
	}
	if f.Type.Results == nil {
		return
	}
	for _, result := range f.Type.Results.List {
		if holds(r.typeOf(result.Type), exportedFields) {
			r.refuse(result.Type, noConstant+": not the result of a function that is not in Go")
		}
	}
}

// refuseEmbedded refuses a reason that is a file's text.
func (r *reader) refuseEmbedded(spec *ast.ValueSpec) {
	decl, _ := r.stack[len(r.stack)-2].(*ast.GenDecl)
	for _, doc := range []*ast.CommentGroup{spec.Doc, decl.Doc} {
		if doc != nil && isReason(r.typeOf(spec.Names[0])) && slices.ContainsFunc(doc.List, isEmbed) {
			r.refuse(spec.Names[0], noConstant+": not the text of a file")
		}
	}
}

func isEmbed(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") }

// refusePart refuses a sum or a part of reasons: one letter after the other, they could say anything.
func (r *reader) refusePart(whole, operand ast.Expr) {
	if tv := r.info.Types[whole]; tv.Value == nil && isReason(tv.Type) && isReason(r.typeOf(operand)) {
		r.refuse(whole, noConstant)
	}
}

// conversion refuses a conversion to a reason, and one by which a pointer to another type gets to a reason.
func (r *reader) conversion(call *ast.CallExpr) {
	to, from := r.info.Types[call], r.info.Types[call.Args[0]]
	switch {
	case to.Type == nil || from.Type == nil || to.Value != nil:
	case isReason(to.Type):
		if !isReason(from.Type) && from.Value == nil {
			r.refuse(call.Args[0], noConstant)
		}
	case isUnsafe(from.Type) && holds(to.Type, everyField) || isUnsafe(to.Type) && holds(from.Type, everyField):
		r.refuse(call.Args[0], noConstant+notUnsafe)
	case isUnsafe(to.Type) && !isUnsafe(from.Type) && pointedTo(from.Type) == nil && !from.IsNil():
		r.refuse(call.Args[0], noConstant+notUnsafe) // an address that was computed may be a reason's
	case isReason(pointedTo(to.Type)) != isReason(pointedTo(from.Type)) && pointedTo(from.Type) != nil && pointedTo(to.Type) != nil:
		r.refuse(call.Args[0], noConstant+": not by a pointer to another type")
	}
}

// refuseOpened refuses a reason that is taken out of an interface: reflection may have put it in.
func (r *reader) refuseOpened(expr ast.Expr) {
	t := r.typeOf(expr)
	if t == nil || !r.info.Types[expr].IsType() {
		return
	}
	if holds(t, exportedFields) {
		r.refuse(expr, noConstant+": not what an interface holds")
	}
}

// givingBack are packages whose functions give back only values that they were given.
var givingBack = []string{"cmp", "iter", "maps", "slices", "sync", "sync/atomic"}

// instance refuses a reason in place of a type parameter, whose code could convert to it or decode it.
func (r *reader) instance(name *ast.Ident) {
	instance, ok := r.info.Instances[name]
	object := r.info.Uses[name]
	if !ok || object == nil || object.Pkg() == nil || slices.Contains(givingBack, object.Pkg().Path()) {
		return
	}
	for t := range instance.TypeArgs.Types() {
		if holds(t, exportedFields) {
			r.refuse(name, noConstant+": not what "+name.Name+" makes of a type parameter")
			return
		}
	}
	if f, ok := object.(*types.Func); ok {
		for i, parameter := range slices.Collect(f.Origin().Signature().TypeParams().TypeParams()) {
			r.instances[parameter] = append(r.instances[parameter], instance.TypeArgs.At(i))
		}
	}
}

// refuseWritable refuses to hand what holds a reason to code that takes anything, if that could write to it or call it: such code
// decodes, scans, reflects or fills in a template.
func (r *reader) refuseWritable(e ast.Expr, to types.Type) { r.refuseCarried(e, r.typeOf(e), to) }

// refuseCarried is refuseWritable for a value of a type that is not that of the expression.
func (r *reader) refuseCarried(e ast.Expr, from, to types.Type) {
	if from == nil || to == nil || !types.IsInterface(to) || isParameter(to) {
		return
	}
	opens := r.opens(to)
	switch {
	case types.IsInterface(from):
		if opens != nil && !isAny(from) {
			r.pending = append(r.pending, pending{e, slices.Clone(r.stack), from, opens})
		}
	case opens != nil && opens(from):
		r.refuse(e, notWritten)
	case isOpen(from):
		r.boxed = append(r.boxed, from)
	}
}

// opens returns which values code that is not read could write to, or give a reason to, where it gets them in an interface of type
// t; or nil if it gets none. An interface that another module declares is one by which its code may get them. Those of the
// standard library are for their methods.
func (r *reader) opens(t types.Type) func(types.Type) bool {
	if isAny(t) {
		return isOpen
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return nil
	}
	pkg := r.all[named.Obj().Pkg().Path()]
	if pkg == nil || pkg.Module == nil || r.fromSource(pkg) || isOfRuntime(pkg.PkgPath) {
		return nil
	}
	return isWritable // what embeds getters is wanted for the methods that it adds
}

// mayHold reports whether an interface, or what stands for a type parameter, may be a value that p opens.
func (r *reader) mayHold(p pending, t types.Type, seen map[types.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	if parameter, ok := types.Unalias(t).(*types.TypeParam); ok {
		return slices.ContainsFunc(r.instances[parameter], func(t types.Type) bool {
			return p.opens(t) || types.IsInterface(t) && r.mayHold(p, t, seen)
		})
	}
	i, ok := t.Underlying().(*types.Interface)
	return ok && i.NumMethods() > 0 && slices.ContainsFunc(r.boxed, func(t types.Type) bool { return p.opens(t) && types.Implements(t, i) })
}

// refuseReflected refuses to hand a reason to package reflect, which makes others of its type.
func (r *reader) refuseReflected(call *ast.CallExpr) {
	f, ok := typeutil.Callee(r.info, call).(*types.Func)
	if !ok || f.Pkg() == nil || f.Pkg().Path() != "reflect" {
		return
	}
	for _, arg := range call.Args {
		if t := r.typeOf(arg); t != nil && holds(t, exportedFields) && !isWritable(t) {
			r.refuse(arg, noConstant+": not by reflection")
		}
	}
}

// refuse reports a mistake, unless its line has the comment that lets it stand.
func (r *reader) refuse(at ast.Expr, text string) {
	line := r.line(at.Pos())
	if slices.Contains(r.passed, line) {
		return
	}
	if _, ok := r.passes[line]; !ok {
		r.mistake(at.Pos(), "%s", text)
		return
	}
	delete(r.passes, line)
	r.passed = append(r.passed, line)
	if r.related {
		r.letPass = append(r.letPass, r.place(at.Pos()))
	}
}

func (r *reader) mistake(pos token.Pos, format string, args ...any) {
	r.mistakes = append(r.mistakes, mistakeAt(r.fset.Position(pos), fmt.Sprintf(format, args...)))
}

func (r *reader) line(pos token.Pos) string {
	at := r.fset.Position(pos)
	return fmt.Sprintf("%s:%d", at.Filename, at.Line)
}

// place names a place so that it stays the same when lines come before it: "example.com/m/main.go: function".
func (r *reader) place(pos token.Pos) string {
	name := path.Join(r.path, filepath.Base(r.fset.Position(pos).Filename))
	for _, n := range r.stack {
		if f, ok := n.(*ast.FuncDecl); ok {
			return name + ": " + f.Name.Name
		}
	}
	return name
}

func (r *reader) typeOf(e ast.Expr) types.Type { return r.info.TypeOf(e) }
