package schema_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// converseFields gives the paths of Converse's request from the SDK's source, since its
// unions are interfaces, of which reflection does not know the members.
func converseFields(t *testing.T) []string {
	t.Helper()
	const module = "github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		t.Fatal(err)
	}
	root := strings.TrimSpace(string(dir))
	s := source{structs: map[string]*ast.StructType{}, members: map[string][]string{}, paths: map[string]bool{}}
	s.read(t, filepath.Join(root, "types", "types.go"))
	s.read(t, filepath.Join(root, "api_op_Converse.go"))
	s.read(t, filepath.Join(root, "api_op_ConverseStream.go"))
	s.walk("ConverseInput", "", nil)
	s.walk("ConverseStreamInput", "", nil)
	delete(s.paths, "modelId") // it stands in the path
	var out []string
	for p := range s.paths {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// source is what a package declares: structs, and for each union the structs that are
// its members.
type source struct {
	structs map[string]*ast.StructType
	members map[string][]string
	paths   map[string]bool
}

func (s *source) read(t *testing.T, path string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if ts, ok := spec.(*ast.TypeSpec); ok {
					if st, ok := ts.Type.(*ast.StructType); ok {
						s.structs[ts.Name.Name] = st
					}
				}
			}
		case *ast.FuncDecl: // func (*ContentBlockMemberText) isContentBlock() {}
			union, ok := strings.CutPrefix(d.Name.Name, "is")
			if ok && d.Recv != nil {
				s.members[union] = append(s.members[union], typeName(d.Recv.List[0].Type))
			}
		}
	}
}

func (s *source) walk(name, at string, above []string) {
	if slices.Contains(above, name) {
		return
	}
	above = append(above, name)
	for _, member := range s.members[name] {
		_, word, _ := strings.Cut(member, "Member")
		if value := s.structs[member]; value != nil && word != "" { // "UnknownUnionMember" is none
			s.field(value.Fields.List[0].Type, join(at, lower(word)), above)
		}
	}
	if st := s.structs[name]; st != nil && s.members[name] == nil {
		for _, f := range st.Fields.List {
			if len(f.Names) == 1 && f.Names[0].IsExported() && f.Names[0].Name != "ResultMetadata" {
				s.field(f.Type, join(at, lower(f.Names[0].Name)), above)
			}
		}
	}
}

func (s *source) field(t ast.Expr, at string, above []string) {
	s.paths[at] = true
	if list, ok := t.(*ast.ArrayType); ok {
		s.walk(typeName(list.Elt), at+"[]", above)
		return
	}
	s.walk(typeName(t), at, above)
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok && x.Name == "types" {
			return e.Sel.Name
		}
	case *ast.Ident:
		return e.Name
	}
	return ""
}

func lower(name string) string { return string(unicode.ToLower(rune(name[0]))) + name[1:] }
