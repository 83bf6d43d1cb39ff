package export

import (
	"io"
	"reflect"
	"time"

	"github.com/parquet-go/parquet-go"

	"gelombang/internal/rules"
)

// Row groups end at whichever comes first. A file of many small ones is slow to read, and the rows of one are in
// memory until it ends.
const (
	rowGroupRows  = 100_000
	rowGroupBytes = 16 << 20 // of cells, before they are encoded
)

// largestDictionary bounds, in bytes, the different texts of a column that a row group keeps: after that many they
// are written as they are.
const largestDictionary = 256 << 10

// rowsAtOnce is how many rows are handed to the library together.
const rowsAtOnce = 200

// table writes Parquet: optional columns of the kinds' own types, in the selection's order.
type table struct {
	columns []Column
	out     *parquet.GenericWriter[any]
	rows    []parquet.Row
	size    int // of the row group so far, in bytes
	count   int // its rows
}

func newParquet(w io.Writer, columns []Column) *table {
	root := record{}
	for _, c := range columns {
		root.fields = append(root.fields, leaf{parquet.Optional(nodeOf(c.Kind)), c.Name})
	}
	return &table{
		columns: columns,
		out: parquet.NewGenericWriter[any](w, parquet.NewSchema("export", root), parquet.Compression(&parquet.Snappy),
			parquet.DictionaryMaxBytes(largestDictionary), parquet.PageBufferSize(64<<10), parquet.CreatedBy("gelombang", "", "")),
	}
}

func nodeOf(k Kind) parquet.Node {
	switch k {
	case Integer:
		return parquet.Int(32)
	case Rupiah:
		return parquet.Int(64)
	case Float:
		return parquet.Leaf(parquet.DoubleType)
	case Boolean:
		return parquet.Leaf(parquet.BooleanType)
	case DateTime:
		return parquet.Timestamp(parquet.Microsecond)
	case Date:
		return parquet.Date()
	case Text:
		return parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	default:
		return parquet.String()
	}
}

// record is the row of a schema. The library's own, [parquet.Group], puts the columns in the order of their names.
type record struct {
	parquet.Group
	fields []parquet.Field
}

// Fields implements parquet.Node.
func (r record) Fields() []parquet.Field { return r.fields }

// leaf is a column of a schema. The rows are written as values, never from structs, so that it is not looked up
// in one.
type leaf struct {
	parquet.Node
	name string
}

// Name implements parquet.Field.
func (l leaf) Name() string { return l.name }

// Value implements parquet.Field.
func (leaf) Value(reflect.Value) reflect.Value { return reflect.Value{} }

// Write implements Writer.
func (t *table) Write(row []Value) error {
	n := len(t.rows)
	if n < cap(t.rows) {
		t.rows = t.rows[:n+1]
	} else {
		t.rows = append(t.rows, make(parquet.Row, 0, len(row)))
	}
	values := t.rows[n][:0]
	for i, c := range t.columns {
		v, size := c.Kind.parquet(&row[i])
		present := 1
		if row[i].Null {
			present = 0
		}
		values = append(values, v.Level(0, present, i))
		t.size += size
	}
	t.rows[n] = values
	t.count++
	if len(t.rows) == rowsAtOnce {
		return t.hand()
	}
	return nil
}

// hand hands the rows to the library, and ends the row group when it is large enough.
func (t *table) hand() error {
	if _, err := t.out.WriteRows(t.rows); err != nil {
		return err
	}
	t.rows = t.rows[:0]
	if t.count < rowGroupRows && t.size < rowGroupBytes {
		return nil
	}
	t.count, t.size = 0, 0
	return t.out.Flush()
}

// parquet returns the cell as the library has it, and about its size in bytes.
func (k Kind) parquet(v *Value) (parquet.Value, int) {
	if v.Null {
		return parquet.NullValue(), 1
	}
	switch k {
	case Integer:
		return parquet.Int32Value(int32(v.Integer)), 4
	case Rupiah:
		return parquet.Int64Value(v.Integer), 8
	case Float:
		return parquet.DoubleValue(v.Float), 8
	case Boolean:
		return parquet.BooleanValue(v.Truth), 1
	case DateTime:
		return parquet.Int64Value(v.Time.UnixMicro()), 8
	case Date:
		return parquet.Int32Value(day(v.Time)), 4
	case Text:
		return parquet.ByteArrayValue([]byte(v.Text)), len(v.Text) + 4
	default:
		return parquet.NullValue(), 1
	}
}

// day counts the days from 1 January 1970 to the instant's day in WIB.
func day(t time.Time) int32 {
	y, m, d := t.In(rules.WIB).Date()
	return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

// Flush implements Writer. What is handed on is for the row groups to say.
func (t *table) Flush() error { return nil }

// Close implements Writer.
func (t *table) Close() error {
	t.count, t.size = 0, 0
	if len(t.rows) > 0 {
		if err := t.hand(); err != nil {
			return err
		}
	}
	return t.out.Close()
}
