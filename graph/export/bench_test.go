package export_test

import (
	"io"
	"reflect"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"gelombang/graph/export"
	"gelombang/graph/generated"
	"gelombang/graph/model"
	domain "gelombang/internal/rules"
)

var schema = generated.NewExecutableSchema(generated.Config{}).Schema()

// compile compiles what a query selects of its first field's nodes.
func compile(t testing.TB, query string, row reflect.Type) *export.Table {
	t.Helper()
	doc, errs := gqlparser.LoadQueryWithRules(schema, query, rules.NewDefaultRules())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	op := &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0]}
	root, _ := doc.Operations[0].SelectionSet[0].(*ast.Field)
	nodes, _ := root.SelectionSet[0].(*ast.Field)
	table, err := export.Compile(op, schema, nodes.SelectionSet, export.Row{Type: schema.Types[nodes.Definition.Type.Name()], Go: row})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func purchase(i int) *model.Purchase {
	at := time.Date(2021, 4, 6, 10, 45, i%60, 123456000, time.UTC)
	return &model.Purchase{
		Row: i, Platform: &model.Platform{Code: "tokopedia"}, Participant: &model.Participant{Status: domain.Statuses()[0]},
		CardNumber: "************1234", InvoiceCode: "INV/20210406/0001", Amount: 250_000, PurchasedAt: at, ReceivedAt: at.Add(time.Minute), Evidence: "ACCEPTED", Counts: true,
	}
}

// BenchmarkTenColumns tells how many rows of ten columns are read and written a second.
func BenchmarkTenColumns(b *testing.B) {
	table := compile(b, `{ purchases { nodes { id platform { code } participant { status } cardNumber invoiceCode amount purchasedAt late voidedAt lag } } }`, reflect.TypeFor[*model.Purchase]())
	rows := make([]*model.Purchase, 1000)
	for i := range rows {
		rows[i] = purchase(i)
	}
	for _, f := range export.Formats() {
		b.Run(string(f), func(b *testing.B) {
			w := f.New(io.Discard, table.Columns)
			cells := make([]export.Value, len(table.Columns))
			written := 0
			b.ReportAllocs()
			for b.Loop() {
				if err := table.Read(rows[written%len(rows)], cells); err != nil {
					b.Fatal(err)
				}
				if err := w.Write(cells); err != nil {
					b.Fatal(err)
				}
				written++
			}
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(written)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
