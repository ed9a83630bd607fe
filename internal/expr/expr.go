// Package expr compiles and evaluates conditions and values: short texts in CEL
// (https://cel.dev) over what is known of a call. It knows no rule that uses them.
//
// The language is CEL's standard one, with one difference, because callers' metadata
// and headers are not there for sure: a member of metadata or header that is missing, at
// any depth, is no error. It counts as false where a truth is expected, equals false, "",
// null and the empty list and map but no other value and no number, is neither less nor
// greater than anything, and holds nothing. To functions of texts, and as a value, it is
// the empty text. has(metadata.x) and "x" in header tell whether it is there.
package expr

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// Kind is what a program gives.
type Kind uint8

// The kinds.
const (
	Bool Kind = iota // a condition
	Text             // a value to count by
)

// maxText bounds what is compiled, in bytes; CEL itself bounds the depth.
const maxText = 4096

// maxCost bounds one evaluation of a program that loops, in CEL's units: about one each
// step. Every other program's work is bounded by its length and its variables.
const maxCost = 100_000

// Program is a compiled text. It is immutable and safe for concurrent use.
type Program struct {
	kind  Kind
	names []string
	run   cel.Program
}

// Compile checks a text and makes it ready. An error is one line with the column (and
// the line when there are several) and, for a name that is unknown, the nearest one.
func Compile(text string, kind Kind) (*Program, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("is longer than %d characters", maxText)
	}
	env, err := environment()
	if err != nil {
		return nil, err
	}
	checked, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, explain(text, issues.Errors(), variableNames())
	}
	if err := fits(checked.OutputType(), kind); err != nil {
		return nil, err
	}
	tree := checked.NativeRep()
	if err := ownPatterns(tree); err != nil {
		return nil, err
	}
	run, err := env.Program(checked, options(tree)...)
	if err != nil {
		return nil, errors.New(oneLine(err.Error()))
	}
	return &Program{kind: kind, names: namesOf(tree), run: run}, nil
}

// fits says what is wrong with a result of that type, or nil.
func fits(t *cel.Type, kind Kind) error {
	switch t.Kind() {
	case types.DynKind, types.BoolKind:
		return nil
	case types.StringKind, types.IntKind, types.UintKind, types.DoubleKind:
		if kind == Text {
			return nil
		}
	}
	if kind == Bool {
		return fmt.Errorf("a condition is true or false, this is a %s; compare it with something", typeName(t))
	}
	return fmt.Errorf("expected a text, a number or a truth to count by, this is a %s", typeName(t))
}

func options(tree *ast.AST) []cel.ProgramOption {
	opts := []cel.ProgramOption{
		cel.EvalOptions(cel.OptOptimize),
		cel.CustomDecoratorV2(soften(tree).decorate),
	}
	loops := len(ast.MatchDescendants(ast.NavigateAST(tree), ast.KindMatcher(ast.ComprehensionKind))) > 0
	if loops {
		opts = append(opts, cel.CostLimit(maxCost))
	}
	return opts
}

// ownPatterns refuses regular expressions that a caller could choose: making one may
// take much more memory than it has letters.
func ownPatterns(tree *ast.AST) (err error) {
	ast.PostOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != overloads.Matches {
			return
		}
		args := e.AsCall().Args()
		if pattern := args[len(args)-1]; pattern.Kind() != ast.LiteralKind {
			err = errors.New("the pattern of matches must stand there itself, as in user.matches(\"^ci-\")")
		}
	}))
	return err
}

// namesOf lists the variables that a checked tree mentions, sorted.
func namesOf(tree *ast.AST) []string {
	var names []string
	for _, r := range tree.ReferenceMap() {
		if known(r.Name) && !slices.Contains(names, r.Name) {
			names = append(names, r.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Names lists the variables that the program mentions, sorted: "metadata",
// "budget.share". It is the program's own.
func (p *Program) Names() []string { return p.names }

// Uses reports whether the program mentions one of the variables.
func (p *Program) Uses(names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(p.names, n) })
}

// Bool evaluates a condition. It is false when there is an error: what was compared
// cannot be, or the work was too much. It never panics.
func (p *Program) Bool(v *Vars) (bool, error) {
	out, err := p.eval(v)
	if err != nil {
		return false, err
	}
	switch x := out.(type) {
	case types.Bool:
		return bool(x), nil
	case missing, types.Null:
		return false, nil
	}
	return false, fmt.Errorf("the condition gives a %s, not true or false", out.Type().TypeName())
}

// Text evaluates a value. It is "" when there is an error. It never panics.
func (p *Program) Text(v *Vars) (string, error) {
	out, err := p.eval(v)
	if err != nil {
		return "", err
	}
	switch x := out.(type) {
	case types.String:
		return string(x), nil
	case types.Bool:
		return strconv.FormatBool(bool(x)), nil
	case types.Int:
		return strconv.FormatInt(int64(x), 10), nil
	case types.Uint:
		return strconv.FormatUint(uint64(x), 10), nil
	case types.Double:
		return strconv.FormatFloat(float64(x), 'f', -1, 64), nil
	case missing, types.Null:
		return "", nil
	}
	return "", fmt.Errorf("the value is a %s, which nothing can be counted by", out.Type().TypeName())
}

func (p *Program) eval(v *Vars) (ref.Val, error) {
	out, _, err := p.run.Eval((*activation)(v)) // recovers from panics by itself
	if err != nil {
		return nil, errors.New(oneLine(err.Error()))
	}
	return out, nil
}
