package graph_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"pgregory.net/rapid"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// filterChecks is how many filters are drawn on each database. The flag -rapid.checks has the last word.
const filterChecks = "3000"

// TestAFilterLetsThroughWhatItSays asks every list with random filters, three deep, and compares with what Go lets
// through of the unfiltered lists.
func TestAFilterLetsThroughWhatItSays(t *testing.T) {
	drawCases(t, filterChecks)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		crowd := newCrowd(t, d)
		c := serve(t, crowd.Registry)
		m := look(t, c)
		divided := map[string]int{} // filters that let some through and not all
		rapid.Check(t, func(t *rapid.T) {
			q := drawInquiry(t, m, 3)
			whole := q
			whole.filter = nil
			for i, p := range q.check(t, c, m, window{size: 100, sized: true}) {
				if n := len(p.Nodes); n > 0 && n < len(whole.list(m, q.parents[i])) {
					divided[q.String()]++
				}
			}
		})
		for _, p := range places() {
			if p.input("filter") != "" && divided[p.String()] < 5 && !t.Failed() {
				t.Errorf("only %d filters divided %s", divided[p.String()], p)
			}
		}
	})
}

// TestEveryFieldOfEveryFilterDividesItsList gives every field that the schema has, one at a time, every value that
// there is. Each must let through what Go lets through; and at least one value of each some, and not all.
func TestEveryFieldOfEveryFilterDividesItsList(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		crowd := newCrowd(t, d)
		c := serve(t, crowd.Registry)
		m := look(t, c)
		divided := map[string]bool{}
		for _, p := range places() {
			input := p.input("filter")
			if input == "" || p.parent != "Query" && atRoot(input) {
				continue
			}
			for _, given := range singles(m, input, true) {
				n, all := 0, len(m.all[p.node()])
				q := inquiry{place: p, parents: []string{""}, filter: map[string]any{given.field: given.value}}
				if p.parent != "Query" {
					q.parents = slices.Sorted(maps.Keys(ids(m.all[p.parent])))
				}
				for _, page := range q.check(t, c, m, window{size: 100, sized: true}) {
					n += len(page.Nodes)
				}
				key := input + "." + given.field
				divided[key] = divided[key] || (n > 0 && n < all)
			}
		}
		for name, def := range schemaOf().Types {
			for _, f := range def.Fields {
				if filteredTypes[name] != "" && !divided[name+"."+f.Name] {
					t.Errorf("no value of %s.%s lets some through and not all", name, f.Name)
				}
			}
		}
	})
}

// atRoot reports whether a list at the root takes the filter.
func atRoot(input string) bool {
	return slices.ContainsFunc(places(), func(p place) bool { return p.parent == "Query" && p.input("filter") == input })
}

// single is a value of one field of a filter.
type single struct {
	field string
	value any
}

// singles are all values of all fields of the filter: those that there are, and the bounds on them. With deeper,
// also the singles of the filters in it.
func singles(m *mirror, input string, deeper bool) []single {
	var found []single
	for _, f := range schemaOf().Types[input].Fields {
		for _, v := range valuesOf(m, input, f, deeper) {
			found = append(found, single{f.Name, v})
		}
	}
	return found
}

func valuesOf(m *mirror, input string, f *ast.FieldDefinition, deeper bool) []any {
	var found []any
	def := schemaOf().Types[f.Type.Name()]
	if strings.HasSuffix(def.Name, "Filter") {
		if !deeper {
			return nil
		}
		for _, s := range singles(m, def.Name, false) {
			inner := any(map[string]any{s.field: s.value})
			if f.Type.Elem != nil {
				inner = []any{inner}
			}
			found = append(found, inner)
		}
		return found
	}
	key := input + "." + f.Name
	var known []any
	if read, ok := filterConditions[key]; ok {
		known = m.values(key, filteredTypes[input], read)
	}
	switch {
	case f.Name == "text":
		return []any{"apel", "dap", "kul apel"}
	case def.Kind == ast.Enum:
		for _, v := range def.EnumValues {
			found = append(found, v.Name)
		}
		return append(found, []any{})
	case f.Type.Elem != nil:
		return append(known[:len(known):len(known)], []any{}, known)
	case def.Name == "Boolean":
		return []any{true, false}
	case def.Name == "DateTimeRange":
		for _, v := range known {
			at := v.(time.Time).Format(time.RFC3339Nano)
			found = append(found, map[string]any{"from": at}, map[string]any{"before": at})
		}
		return found
	default:
		for _, v := range known {
			found = append(found, map[string]any{"min": v}, map[string]any{"max": v})
		}
		return found
	}
}
