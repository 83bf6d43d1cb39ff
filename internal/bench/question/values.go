package question

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// number is a whole number, written as one or, by PostGraphile, as text.
type number int64

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(text []byte) error {
	v, err := strconv.ParseInt(strings.Trim(string(text), `"`), 10, 64)
	*n = number(v)
	return err
}

// instant is an RFC 3339 time with any offset.
type instant struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (i *instant) UnmarshalJSON(text []byte) error {
	var written *time.Time
	if err := json.Unmarshal(text, &written); err != nil {
		return err
	}
	if written != nil {
		i.Time = written.UTC()
	}
	return nil
}

// decode reads an answer that must hold what the struct does, and may hold more: what one side must give to tell what
// another has in so many words.
func decode[T any](data []byte) (T, error) {
	var out T
	decoder := json.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&out); err != nil {
		return out, fmt.Errorf("%w in %.200q", err, data)
	}
	return out, nil
}

// nodes is a list that is there even when it is empty.
type nodes[T any] struct{ Nodes []T }

func (n *nodes[T]) tidy() {
	if len(n.Nodes) == 0 {
		n.Nodes = nil
	}
}

// platform is one as every answer has it.
type platform struct{ Code, Name string }
