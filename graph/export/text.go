package export

import (
	"strconv"
	"time"

	"gelombang/internal/rules"
)

// appendText appends the cell as people read it: numbers and instants as GraphQL writes them, without quotation
// marks. Null is nothing.
func (k Kind) appendText(out []byte, v *Value) []byte {
	if v.Null {
		return out
	}
	switch k {
	case Text:
		return append(out, v.Text...)
	case Integer, Rupiah:
		return strconv.AppendInt(out, v.Integer, 10)
	case Float:
		return strconv.AppendFloat(out, v.Float, 'g', -1, 64)
	case Boolean:
		return strconv.AppendBool(out, v.Truth)
	case DateTime:
		return v.Time.In(rules.WIB).AppendFormat(out, time.RFC3339Nano)
	case Date:
		return v.Time.In(rules.WIB).AppendFormat(out, time.DateOnly)
	default:
		return out
	}
}
