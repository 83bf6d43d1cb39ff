package graph

import (
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"gelombang/graph/keyset"
	"gelombang/graph/reads"
	"gelombang/graph/scalar"
	"gelombang/internal/viewer"
)

// The cost of an operation is about how many objects its answer may hold: each object counts once for every
// row above it, and rows above it are the sizes of the pages. It is found before anything is read. What an
// answer holds cannot be told from what is read: one row may be written many times.

// assumed is how many objects a list without pages holds, as far as the cost goes. A list that may hold more
// than that takes more than its share, and a query can go round through it, so the numbers are generous.
var assumed = map[string]int{
	"Query.platforms":              20,
	"Query.provinces":              40,
	"Cohort.extensions":            50, // one for each province, and some
	"Participant.reviews":          10,
	"Explanation.evidence":         10,
	"Platform.keys":                reads.MaxKeys,
	"Platform.statements":          reads.MaxStatements,
	"Platform.outages":             reads.MaxOutages,
	"Platform.alerts":              reads.MaxOutages + 5, // and one that stands of each kind
	"Participant.reminders":        reads.MaxReminders,
	"ReminderPlan.counts":          100, // of ten stages through two channels, in the states that come about
	"ReminderPreview.stages":       20,  // ten, through two channels
	"ReminderPreview.sample":       20,
	"Closing.waits":                20, // for each platform one, and some
	"Closing.platforms":            20,
	"SettlementEvidence.platforms": 20,
	"Settlement.provinces":         40,
	"Settlement.platformHistory":   20,
	"OutboundMessage.attempts":     20, // ten, and those of having it sent again
	"Query.endpoints":              20,

	// The schema about itself. Most types have few of these.
	"__Schema.types":       150,
	"__Schema.directives":  10,
	"__Type.fields":        5,
	"__Type.interfaces":    1,
	"__Type.possibleTypes": 1,
	"__Type.enumValues":    3,
	"__Type.inputFields":   2,
	"__Field.args":         2,
	"__Directive.args":     2,
}

// assumedElsewhere is how many objects the lists hold that [assumed] does not name, as the user errors.
const assumedElsewhere = 5

// heavy is what fields cost that are no objects but as long as many.
var heavy = map[string]int{
	"Delivery.body": 100, // up to 64 KB, in base64
}

// What it costs to look through many rows, however few objects come of it. It is one statement for each place in the
// query, whatever the number of objects that it is for.
const (
	costOfTotal     = 50   // of totalCount
	costOfProgress  = 500  // of progress
	costOfClosing   = 500  // of a closing
	costOfCounts    = 500  // of counting a list or a plan of reminders by what became of it
	costOfWatch     = 1000 // of a watch over platforms
	costOfPreview   = 5000 // of a preview of reminders, which decrypts contacts as well
	costOfCurve     = 1000 // of a curve
	costOfAggregate = 1000 // of an aggregate
	costOfKey       = 200  // besides, for each of its keys
	costOfThePast   = 2000 // besides, as of an instant
)

// looking is what the field costs that has to look through many rows; 0 for all others.
func looking(place string, args map[string]any) int {
	past := 0
	if args["asOf"] != nil {
		past = costOfThePast
	}
	switch {
	case strings.HasSuffix(place, ".totalCount"):
		return costOfTotal
	case place == "Cohort.progress":
		return costOfProgress + past
	case place == "Cohort.closing":
		return costOfClosing
	case place == "Settlement.counts" || place == "ReminderPlan.counts":
		return costOfCounts
	case place == "Platform.watch":
		return costOfWatch
	case place == "Cohort.reminderPreview":
		return costOfPreview
	case place == "Cohort.purchaseCurve":
		return costOfCurve
	case strings.HasPrefix(place, "Query.") && strings.HasSuffix(place, "Aggregate"):
		keys := 0
		if args["groupBy"] != nil {
			keys = length(args["groupBy"])
		}
		return costOfAggregate + past + costOfKey*keys
	default:
		return 0
	}
}

// How many steps a curve of purchases has, by the length of its steps.
const (
	curveDays  = 60                            // the window, and an extension of as much again
	curveHours = reads.MaxHourlyCurveDays * 24 // the longest that is drawn
)

// dearest bounds a cost, so that products do not overflow. It is beyond every budget.
const dearest = 1 << 40

// meter finds the cost of an operation, and on the way what its arguments amount to.
type meter struct {
	op     *graphql.OperationContext
	schema *ast.Schema
	sizes  keyset.Sizes // of pages
	groups keyset.Sizes // of the pages of aggregates
	terms  *terms
	looked *int // what it costs to look through many rows
}

// The sizes of a page of an aggregate, in groups.
const (
	defaultGroups        = 1000
	largestGroups        = 1000
	largestAnalystGroups = 10_000
)

func groupSizes(v viewer.Viewer) keyset.Sizes {
	s := keyset.Sizes{Default: defaultGroups, Largest: largestGroups}
	if v.Role == viewer.Analyst {
		s.Largest = largestAnalystGroups
	}
	return s
}

func newMeter(op *graphql.OperationContext, schema *ast.Schema, asking viewer.Viewer) meter {
	return meter{op: op, schema: schema, sizes: pageSizes(asking), groups: groupSizes(asking), terms: &terms{schema: schema}, looked: new(int)}
}

// cost returns the cost of the operation, whose document is valid.
func (m meter) cost() int {
	*m.looked = 0
	objects := m.object(m.op.Operation.SelectionSet, m.root(), 1)
	return min(dearest, objects+*m.looked)
}

func (m meter) root() *ast.Definition {
	if m.op.Operation.Operation == ast.Mutation {
		return m.schema.Mutation
	}
	return m.schema.Query
}

// count returns how often the operation asks for the root field, by all its aliases.
func (m meter) count(name string) int {
	n := 0
	for _, f := range graphql.CollectFields(m.op, m.op.Operation.SelectionSet, []string{m.root().Name}) {
		if f.Name == name {
			n++
		}
	}
	return n
}

// object is the cost of what is asked of an object of the type; of the dearest, where there are several that
// it may be. page is how many objects its lists hold, where the field that it is behind says so.
func (m meter) object(set ast.SelectionSet, def *ast.Definition, page int) int {
	dear := 0
	for _, concrete := range m.schema.GetPossibleTypes(def) {
		satisfied := append([]string{concrete.Name}, concrete.Interfaces...)
		total := 0
		for _, f := range graphql.CollectFields(m.op, set, satisfied) {
			total = min(dearest, total+m.field(f, concrete, page))
		}
		dear = max(dear, total)
	}
	return dear
}

func (m meter) field(f graphql.CollectedField, parent *ast.Definition, page int) int {
	place := parent.Name + "." + f.Name
	args := f.ArgumentMap(m.op.Variables)
	m.terms.add(f.Definition.Arguments, args)
	*m.looked += looking(place, args)
	def := m.schema.Types[f.Definition.Type.Name()]
	if !def.IsCompositeType() {
		return heavy[place]
	}
	rows := 1
	if f.Definition.Type.Elem != nil {
		rows = m.rows(place, args, page)
	}
	each := 1 + m.object(f.Selections, def, m.page(def.Name, args))
	return min(dearest, rows*each)
}

// rows is how many objects the list holds at most, or is assumed to hold.
func (m meter) rows(place string, args map[string]any, page int) int {
	if isPaged(place) {
		return page
	}
	if place == "Query.nodes" {
		ids, ok := args["ids"].([]any)
		if !ok {
			return 1 // one id stands for a list of it
		}
		return min(len(ids), m.sizes.Largest) // more are refused
	}
	if n, known := assumed[place]; known {
		return n
	}
	return assumedElsewhere
}

// isPaged reports whether the length of the list is said by the field that its object is behind: the size of a page,
// or of the steps of a curve.
func isPaged(place string) bool {
	parent, list, _ := strings.Cut(place, ".")
	return strings.HasSuffix(parent, "Connection") || strings.HasSuffix(parent, "Aggregate") && list == "rows" || place == "PurchaseCurve.points"
}

// page is how many objects the lists hold of what a field of the type answers with, where it is paged. A size that
// cannot be served counts as the largest: it is refused later, by the one who can say why.
func (m meter) page(answer string, args map[string]any) int {
	if answer == "PurchaseCurve" {
		if args["by"] == "HOUR" {
			return curveHours
		}
		return curveDays
	}
	sizes := m.sizes
	if strings.HasSuffix(answer, "Aggregate") {
		sizes = m.groups
	}
	for _, name := range []string{"last", "first"} {
		if args[name] == nil {
			continue
		}
		n, err := scalar.UnmarshalInt(args[name])
		if err != nil {
			return sizes.Largest
		}
		return max(0, min(n, sizes.Largest))
	}
	return sizes.Default
}
