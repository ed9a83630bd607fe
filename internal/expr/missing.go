package expr

import (
	"reflect"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/interpreter"
)

// softener changes a program's plan so that members which are not there are no errors.
// It holds what they are where only a truth or a text will do, by expression.
type softener map[int64]ref.Val

func soften(tree *ast.AST) softener {
	s := softener{}
	ast.PostOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.CallKind {
			return
		}
		call := e.AsCall()
		switch args := call.Args(); call.FunctionName() {
		case operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot:
			for _, arg := range args {
				s[arg.ID()] = types.False
			}
		case operators.Conditional:
			s[args[0].ID()] = types.False
		case overloads.TypeConvertString:
			s[args[0].ID()] = types.String("")
		case overloads.StartsWith, overloads.EndsWith, overloads.Contains, overloads.Matches:
			for _, arg := range args {
				s[arg.ID()] = types.String("")
			}
			if call.IsMemberFunction() {
				s[call.Target().ID()] = types.String("")
			}
		}
	}))
	return s
}

func (s softener) decorate(i interpreter.InterpretableV2) (interpreter.InterpretableV2, error) {
	switch x := i.(type) {
	case *soft: // with one more member
		x.instead = s[x.ID()]
		return x, nil
	case interpreter.InterpretableAttribute:
		return &soft{x, s[x.ID()]}, nil
	case interpreter.InterpretableCall:
		return compared(x), nil
	}
	return i, nil
}

// compared replaces a comparison that may meet something missing.
func compared(call interpreter.InterpretableCall) interpreter.InterpretableV2 {
	switch args := call.Args(); call.Function() {
	case operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
		if maybeMissing(args[0]) || maybeMissing(args[1]) {
			return &comparison{InterpretableCall: call, left: args[0], right: args[1]}
		}
	}
	return call
}

func maybeMissing(i interpreter.InterpretableV2) bool {
	_, is := i.(*soft)
	return is
}

// soft is a variable, or a member of one, that is missing instead of in error.
type soft struct {
	interpreter.InterpretableAttribute
	instead ref.Val // nil = missing
}

// Exec evaluates.
func (s *soft) Exec(f *interpreter.ExecutionFrame) ref.Val {
	v := s.InterpretableAttribute.Exec(f)
	switch {
	case !types.IsError(v):
		return v
	case s.instead != nil:
		return s.instead
	}
	return missing{}
}

// Eval evaluates.
func (s *soft) Eval(a interpreter.Activation) ref.Val { return interpreter.EvalActivation(a, s.Exec) }

// comparison compares two values of which one may be missing.
type comparison struct {
	interpreter.InterpretableCall
	left, right interpreter.InterpretableV2
}

// Eval evaluates.
func (c *comparison) Eval(a interpreter.Activation) ref.Val {
	return interpreter.EvalActivation(a, c.Exec)
}

// Exec evaluates.
func (c *comparison) Exec(f *interpreter.ExecutionFrame) ref.Val {
	l := c.left.Exec(f)
	if types.IsError(l) {
		return l
	}
	r := c.right.Exec(f)
	if types.IsError(r) {
		return r
	}
	out := compare(c.Function(), l, r)
	if costs := f.CostTracker(); costs != nil {
		costs.EvalBinary(f, c.ID(), c.InterpretableCall, l, r, out)
	}
	return out
}

func compare(op string, l, r ref.Val) ref.Val {
	if _, is := r.(missing); is {
		l, r = r, l // equality only: order with something missing is false either way
	}
	switch op {
	case operators.Equals:
		return equal(l, r)
	case operators.NotEquals:
		return types.Bool(equal(l, r) != types.True)
	}
	comparer, ok := l.(traits.Comparer)
	if !ok {
		return types.MaybeNoSuchOverloadErr(l)
	}
	order, ok := comparer.Compare(r).(types.Int)
	if !ok {
		return comparer.Compare(r) // an error, or false of something missing
	}
	switch op {
	case operators.Less:
		return types.Bool(order < 0)
	case operators.LessEquals:
		return types.Bool(order <= 0)
	case operators.Greater:
		return types.Bool(order > 0)
	}
	return types.Bool(order >= 0)
}

func equal(l, r ref.Val) ref.Val {
	if m, is := l.(missing); is {
		return m.Equal(r)
	}
	return types.Equal(l, r)
}

// missing is a member that is not there.
type missing struct{}

// missingType says what may be done with one.
var missingType = types.NewObjectType("missing", traits.ComparerType|traits.ContainerType|traits.IterableType|traits.SizerType)

// Equal holds for what is empty.
func (missing) Equal(other ref.Val) ref.Val {
	switch x := other.(type) {
	case missing, types.Null:
		return types.True
	case types.Bool:
		return types.Bool(!x)
	case types.String:
		return types.Bool(x == "")
	case traits.Lister:
		return types.Bool(x.Size() == types.IntZero)
	case traits.Mapper:
		return types.Bool(x.Size() == types.IntZero)
	}
	return types.False
}

// Compare gives no order.
func (missing) Compare(ref.Val) ref.Val { return types.False }

// Contains is false: it holds nothing.
func (missing) Contains(ref.Val) ref.Val { return types.False }

// Size is 0.
func (missing) Size() ref.Val { return types.IntZero }

// Iterator gives nothing.
func (missing) Iterator() traits.Iterator {
	return types.NewStringList(types.DefaultTypeAdapter, nil).Iterator()
}

// Type names it in errors.
func (missing) Type() ref.Type { return missingType }

// Value is nothing.
func (missing) Value() any { return nil }

// ConvertToNative gives nothing.
func (missing) ConvertToNative(reflect.Type) (any, error) { return nil, nil }

// ConvertToType makes an empty text, else it stays missing.
func (m missing) ConvertToType(t ref.Type) ref.Val {
	if t == types.StringType {
		return types.String("")
	}
	return m
}
