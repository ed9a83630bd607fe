package expr

import (
	"encoding/json"
	"errors"
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
)

// EntryFilter is a condition on an entry. It is immutable and safe for concurrent use.
type EntryFilter struct{ run cel.Program }

// CompileEntry compiles a condition whose variables are the members of an entry. Members
// that are null or not there make comparisons with them false.
func CompileEntry(text string, members []string) (*EntryFilter, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("is longer than %d characters", maxText)
	}
	opts := []cel.EnvOption{cel.CrossTypeNumericComparisons(true), cel.DefaultUTCTimeZone(true)}
	for _, name := range members {
		opts = append(opts, cel.Variable(name, cel.DynType))
	}
	env, err := cel.NewEnv(opts...)
	if err != nil {
		return nil, err
	}
	checked, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, explain(text, issues.Errors(), members)
	}
	if err := fits(checked.OutputType(), Bool); err != nil {
		return nil, err
	}
	tree := checked.NativeRep()
	if err := ownPatterns(tree); err != nil {
		return nil, err
	}
	run, err := env.Program(checked, append(options(tree), cel.CostLimit(maxCost))...)
	if err != nil {
		return nil, errors.New(oneLine(err.Error()))
	}
	return &EntryFilter{run}, nil
}

// Match says whether an entry, as JSON, fulfils the condition.
func (f *EntryFilter) Match(doc []byte) (bool, error) {
	var vars map[string]any
	if err := json.Unmarshal(doc, &vars); err != nil {
		return false, err
	}
	for name, v := range vars {
		if v == nil {
			delete(vars, name)
		}
	}
	out, _, err := f.run.Eval(vars)
	if err != nil {
		return false, errors.New(oneLine(err.Error()))
	}
	b, is := out.(types.Bool)
	return is && bool(b), nil
}
