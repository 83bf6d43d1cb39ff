package rules_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gelombang/internal/rules"
)

const semantics = "../../docs/semantics.md"

// TestSemanticsPageNamesOnlyWhatExists keeps the page true to the code: what decides a statement must
// be found by the name given there.
func TestSemanticsPageNamesOnlyWhatExists(t *testing.T) {
	page, err := os.ReadFile(semantics)
	if err != nil {
		t.Fatal(err)
	}
	declared := declarations(t)
	cited := regexp.MustCompile("`(rules\\.[A-Za-z.]+|Test[A-Za-z0-9]+)`").FindAllStringSubmatch(string(page), -1)
	for _, c := range cited {
		if name := strings.TrimPrefix(c[1], "rules."); !declared[name] {
			t.Errorf("the page names %s, which does not exist", c[1])
		}
	}
	if len(cited) < 40 {
		t.Errorf("the page names %d functions and types, fewer than it used to", len(cited))
	}
}

// declarations are the names of this folder, tests included: functions, types, constants, variables,
// and methods as "Type.Method".
func declarations(t *testing.T) map[string]bool {
	t.Helper()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			addNames(names, d)
		}
	}
	return names
}

func addNames(names map[string]bool, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		name := d.Name.Name
		if d.Recv != nil {
			if typ, ok := d.Recv.List[0].Type.(*ast.Ident); ok {
				name = typ.Name + "." + name
			}
		}
		names[name] = true
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				names[spec.Name.Name] = true
			case *ast.ValueSpec:
				for _, n := range spec.Names {
					names[n.Name] = true
				}
			}
		}
	}
}

func TestSemanticsPageListsEveryValueInOrder(t *testing.T) {
	page, err := os.ReadFile(semantics)
	if err != nil {
		t.Fatal(err)
	}
	statuses := []string{}
	for _, s := range rules.Statuses() {
		statuses = append(statuses, string(s))
	}
	tests := []struct {
		table  string // its first column
		values []string
	}{
		{"status", statuses},
		{"evidence", rules.Evidence("").Values()},
		{"reason", rules.Reason("").Values()},
		{"code", rules.EvidenceCode("").Values()},
	}
	for _, tt := range tests {
		_, table, _ := strings.Cut(string(page), "\n| "+tt.table+" |")
		table, _, _ = strings.Cut(table, "\n\n")
		var rows []string
		for _, row := range regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\|").FindAllStringSubmatch(table, -1) {
			rows = append(rows, row[1])
		}
		if !slices.Equal(rows, tt.values) {
			t.Errorf("the table of each %s has the rows %v, want %v", tt.table, rows, tt.values)
		}
	}
}

func TestSemanticsPageSaysWhichReasonsHeal(t *testing.T) {
	page, err := os.ReadFile(semantics)
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range rules.Reason("").Values() {
		row := regexp.MustCompile("(?m)^\\| `" + value + "` \\|.*\\| (yes|no)\\b[^|]*\\|$").FindStringSubmatch(string(page))
		if row == nil {
			t.Errorf("%s has no row", value)
			continue
		}
		if says := row[1] == "yes"; says != rules.Reason(value).Heals() {
			t.Errorf("the page says %s heals: %v", value, says)
		}
	}
}
