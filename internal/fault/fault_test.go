package fault_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
)

// declared reads the codes from the source, since Go cannot list constants.
func declared(t *testing.T) []fault.Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "fault.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []fault.Code
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "Code" {
			return true
		}
		for _, v := range spec.Values {
			s, err := strconv.Unquote(v.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, fault.Code(s))
		}
		return true
	})
	return codes
}

func TestEveryCodeHasARowWithAStatusAndAKind(t *testing.T) {
	codes, rows := declared(t), fault.Codes()
	if len(codes) < 20 || len(codes) != len(rows) {
		t.Fatalf("%d codes are declared, %d have a row", len(codes), len(rows))
	}
	word := regexp.MustCompile(`^[a-z][a-z_]*[a-z]$`)
	for _, c := range codes {
		row, ok := rows[c]
		if !ok || row.Status < 400 || row.Status > 599 || row.Kind < fault.Caller || row.Kind > fault.Internal {
			t.Errorf("%s: row %+v, found %v", c, row, ok)
		}
		if !word.MatchString(string(c)) {
			t.Errorf("%q is no word for a header", c)
		}
		f := fault.New(c, "why")
		if f.Code != c || f.Status != row.Status || f.Kind != row.Kind || f.Message != "why" || f.NoRetry || f.RetryAfter != 0 || f.Upstream != nil {
			t.Errorf("New(%s) = %+v", c, f)
		}
	}
}

func TestTheContractsStatusesHold(t *testing.T) {
	for code, status := range map[fault.Code]int{
		"unauthenticated": 401, "forbidden": 403, "model_not_found": 404, "invalid_request": 400, "unsupported_parameter": 400, "body_too_large": 413,
		"rate_limited": 429, "budget_exceeded": 429, "overloaded": 503, "blocked_by_guard": 403, "upstream_rate_limited": 429, "upstream_error": 502,
		"upstream_timeout": 504, "upstream_unreachable": 502, "upstream_auth": 502, "no_healthy_target": 503, "internal": 500,
	} {
		if row := fault.Codes()[code]; row.Status != status {
			t.Errorf("%s: %d, want %d", code, row.Status, status)
		}
	}
}

func TestAnUpstreamsTroubleIsNeverTheCallersKind(t *testing.T) {
	for code, row := range fault.Codes() {
		if strings.HasPrefix(string(code), "upstream_") && (row.Kind == fault.Caller || row.Kind == fault.Policy) {
			t.Errorf("%s is of kind %s", code, row.Kind)
		}
		if row.Status < 500 && row.Kind == fault.Internal {
			t.Errorf("%s blames the caller for a bug", code)
		}
	}
}

func TestKindsHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]fault.Kind{}
	for k := fault.Caller; k <= fault.Internal; k++ {
		name := k.String()
		if old, twice := seen[name]; twice || name == "" {
			t.Errorf("kinds %d and %d are both %q", old, k, name)
		}
		seen[name] = k
	}
}

func TestTheTableGivenOutIsACopy(t *testing.T) {
	fault.Codes()[fault.InternalError] = fault.Row{Status: 200}
	if fault.New(fault.InternalError, "").Status != 500 {
		t.Error("a caller changed the table")
	}
}

func TestACodeWithoutARowIsABug(t *testing.T) {
	defer func() {
		if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), "no_such_code") {
			t.Errorf("recovered %v", v)
		}
	}()
	fault.New("no_such_code", "")
}

func TestACauseIsForTheOperatorAndIsUnwrapped(t *testing.T) {
	f := fault.Newf(fault.UpstreamUnreachable, "provider %q", "a").With(io.ErrUnexpectedEOF).Field("model").After(3 * time.Second)
	wrapped := fmt.Errorf("while trying: %w", f)
	var got *fault.Fault
	if !errors.As(wrapped, &got) || got != f || !errors.Is(wrapped, io.ErrUnexpectedEOF) {
		t.Fatalf("unwrapped %v", got)
	}
	if f.Message != `provider "a"` || strings.Contains(f.Message, "EOF") {
		t.Errorf("the caller's message is %q", f.Message)
	}
	if want := `upstream_unreachable: provider "a": unexpected EOF`; f.Error() != want {
		t.Errorf("the operator's text is %q", f.Error())
	}
	if f.Param != "model" || f.RetryAfter != 3*time.Second {
		t.Errorf("%+v", f)
	}
	if bare := fault.New(fault.NotFound, "gone"); bare.Error() != "not_found: gone" || errors.Unwrap(bare) != nil {
		t.Errorf("without a cause: %q", bare.Error())
	}
}
