package graph

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"gelombang/graph/export"
	"gelombang/graph/model"
	"gelombang/internal/viewer"
)

// exportable are the root fields that can be exported, with what their rows are.
var exportable = map[string]reflect.Type{
	"cohorts":              reflect.TypeFor[*model.Cohort](),
	"participants":         reflect.TypeFor[*model.Participant](),
	"offerings":            reflect.TypeFor[*model.Offering](),
	"purchases":            reflect.TypeFor[*model.Purchase](),
	"deliveries":           reflect.TypeFor[*model.Delivery](),
	"reviews":              reflect.TypeFor[*model.Review](),
	"purchaseAggregate":    reflect.TypeFor[*model.PurchaseAggregateRow](),
	"participantAggregate": reflect.TypeFor[*model.ParticipantAggregateRow](),
}

// exportableNames lists them for a sentence.
const exportableNames = "`cohorts`, `participants`, `offerings`, `purchases`, `deliveries`, `reviews`, `purchaseAggregate` or `participantAggregate`"

// ownSales are the root fields that a platform may export: the catalogue, which everybody may read, and what it
// sees of the others, which is its own.
var ownSales = []string{"offerings", "purchases", "deliveries", "purchaseAggregate"}

// listedBy says of the root fields that not every role with exports may list who may. To others GraphQL answers that
// the list is empty, but a file without rows would pass for a finding.
var listedBy = map[string]func(viewer.Viewer) bool{
	"participants":         viewer.Viewer.SeesAllParticipants,
	"participantAggregate": viewer.Viewer.SeesAllParticipants,
	"deliveries":           func(v viewer.Viewer) bool { return v.SeesAllDeliveries() || v.OwnPlatform() != "" },
	"reviews":              viewer.Viewer.ManagesCohorts,
}

// mayExport reports whether the viewer may export anything, or the root field in particular if one is named. What
// rows of it there are for the viewer is for the reads to say.
func mayExport(v viewer.Viewer, field string) bool {
	if may := listedBy[field]; may != nil && !may(v) {
		return false
	}
	switch v.Role {
	case viewer.Analyst, viewer.Officer, viewer.Supervisor, viewer.Admin:
		return true
	case viewer.Platform:
		return v.OwnPlatform() != "" && (field == "" || slices.Contains(ownSales, field))
	case viewer.Anonymous, viewer.Participant:
		return false
	default:
		return false
	}
}

var errMayNotExport = problem(codeForbidden, "your role may not export")

// exportPlan is what an operation exports.
type exportPlan struct {
	field string // the root field
	table *export.Table
}

// planExport says what the operation exports, or why it is no export.
func planExport(op *graphql.OperationContext, schema *ast.Schema, asking viewer.Viewer) (exportPlan, *gqlerror.Error) {
	if !mayExport(asking, "") {
		return exportPlan{}, errMayNotExport
	}
	if op.Operation.Operation != ast.Query {
		return exportPlan{}, problem(codeBadInput, "an export is a query")
	}
	root, refused := onlyField(op, op.Operation.SelectionSet, schema.Query, "an export has the rows of one list or aggregate: ask for one of "+exportableNames)
	if refused != nil {
		return exportPlan{}, refused
	}
	row, known := exportable[root.Name]
	if !known {
		return exportPlan{}, problem(codeBadInput, "`%s` cannot be exported: ask for one of %s", root.Alias, exportableNames)
	}
	if !mayExport(asking, root.Name) {
		return exportPlan{}, problem(codeForbidden, "your role may not export `%s`", root.Name)
	}
	args := root.ArgumentMap(op.Variables)
	for _, name := range []string{"last", "before"} {
		if args[name] != nil {
			return exportPlan{}, problem(codeBadInput, "an export goes forwards: leave out `%s`; `first` and `after` say how many rows, and from where", name)
		}
	}
	rows, refused := exportedRows(op, schema, root)
	if refused != nil {
		return exportPlan{}, refused
	}
	table, err := export.Compile(op, schema, rows.Selections, export.Row{Type: schema.Types[rows.Definition.Type.Name()], Go: row})
	var mistake *export.RefusedError
	if errors.As(err, &mistake) {
		return exportPlan{}, problem(codeBadInput, "%s", mistake.Message)
	}
	if err != nil {
		return exportPlan{}, gqlerror.Wrap(err)
	}
	return exportPlan{field: root.Name, table: table}, nil
}

// exportedRows finds the field whose objects are the rows: the nodes of a connection, directly or behind its edges,
// or the rows of an aggregate.
func exportedRows(op *graphql.OperationContext, schema *ast.Schema, root graphql.CollectedField) (graphql.CollectedField, *gqlerror.Error) {
	page := schema.Types[root.Definition.Type.Name()]
	way := "`nodes { … }`, or `edges { node { … } }`"
	if strings.HasSuffix(page.Name, "Aggregate") {
		way = "`rows { … }`"
	}
	way = "an export has rows and nothing beside them: of `" + root.Alias + "` ask for " + way
	rows, refused := onlyField(op, root.Selections, page, way)
	if refused != nil {
		return rows, refused
	}
	switch rows.Name {
	case "nodes", "rows":
		return rows, nil
	case "edges":
		if rows, refused = onlyField(op, rows.Selections, schema.Types[rows.Definition.Type.Name()], way); refused == nil && rows.Name == "node" {
			return rows, nil
		}
	}
	if refused == nil {
		refused = problem(codeBadInput, "%s; leave out `%s`", way, rows.Alias)
	}
	return rows, refused
}

// onlyField returns the field of the object that is asked for, where there is exactly one besides __typename. What
// is wanted, it says when there is another number of them.
func onlyField(op *graphql.OperationContext, selected ast.SelectionSet, object *ast.Definition, wanted string) (graphql.CollectedField, *gqlerror.Error) {
	var asked []graphql.CollectedField
	for _, f := range graphql.CollectFields(op, selected, []string{object.Name}) {
		if f.Name != "__typename" {
			asked = append(asked, f)
		}
	}
	if len(asked) == 1 {
		return asked[0], nil
	}
	if len(asked) == 0 {
		return graphql.CollectedField{}, problem(codeBadInput, "%s", wanted)
	}
	keep := slices.IndexFunc(asked, func(f graphql.CollectedField) bool {
		return f.Name == "nodes" || f.Name == "rows" || f.Name == "edges" || f.Name == "node" || exportable[f.Name] != nil
	})
	var out []string
	for i, f := range asked {
		if i != max(0, keep) {
			out = append(out, "`"+f.Alias+"`")
		}
	}
	return graphql.CollectedField{}, problem(codeBadInput, "%s; leave out %s", wanted, strings.Join(out, ", "))
}
