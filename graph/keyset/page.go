package keyset

import (
	"errors"
	"fmt"
)

// The errors of paging arguments that cannot be served.
var (
	ErrFirstAndLast = errors.New("`first` and `last` cannot be asked for together: page forwards or backwards")
	ErrNegative     = errors.New("`first` and `last` must not be negative")
)

// TooLargeError says that a page was asked to hold more than it may.
type TooLargeError struct{ Asked, Largest int }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("a page holds at most %d, and %d were asked for: ask for less, and continue from `endCursor`", e.Largest, e.Asked)
}

// Request is the paging arguments of a connection.
type Request struct {
	First, Last   *int
	After, Before *string
}

// Sizes bound the pages.
type Sizes struct {
	Default int // when neither first nor last is given
	Largest int
}

// Page is a checked request: which rows, in which order, how many.
type Page struct {
	order     Order
	size      int
	backwards bool
	after     []any // nil when there is no bound
	before    []any
}

// NewPage checks the request. Its errors are [ErrFirstAndLast], [ErrNegative], [ErrBadCursor] and
// [TooLargeError].
func NewPage(order Order, r Request, sizes Sizes) (Page, error) {
	p := Page{order: order, size: sizes.Default}
	if r.First != nil && r.Last != nil {
		return Page{}, ErrFirstAndLast
	}
	if r.First != nil {
		p.size = *r.First
	}
	if r.Last != nil {
		p.size, p.backwards = *r.Last, true
	}
	if p.size < 0 {
		return Page{}, ErrNegative
	}
	if p.size > sizes.Largest {
		return Page{}, &TooLargeError{Asked: p.size, Largest: sizes.Largest}
	}
	var err error
	if r.After != nil {
		if p.after, err = order.parse(*r.After); err != nil {
			return Page{}, err
		}
	}
	if r.Before != nil {
		if p.before, err = order.parse(*r.Before); err != nil {
			return Page{}, err
		}
	}
	return p, nil
}

// Order returns the order of the page's list.
func (p Page) Order() Order { return p.order }

// Limit is how many rows to load: one more than the page holds, to learn whether there are more.
func (p Page) Limit() int { return p.size + 1 }

// OrderBy is the ORDER BY list in which to load the rows: reversed when paging backwards.
func (p Page) OrderBy() string { return orderBy(p.order.walk(p.backwards)) }

// Where returns the conditions that a row lies between the cursors, each to be joined by AND.
func (p Page) Where(args *Args) []string {
	var conditions []string
	if p.after != nil {
		conditions = append(conditions, condition(after(p.order.walk(false), p.after, args)))
	}
	if p.before != nil {
		conditions = append(conditions, condition(after(p.order.walk(true), p.before, args)))
	}
	return conditions
}

// condition stands in for one that nothing can meet.
func condition(s string) string {
	if s == "" {
		return "1 = 0"
	}
	return s
}

// BeyondStart returns the condition that a row lies at or before the cursor `after`: that there is one
// means a previous page. It is empty without that cursor.
func (p Page) BeyondStart(args *Args) string { return p.beyond(false, p.after, args) }

// BeyondEnd returns the condition that a row lies at or after the cursor `before`: that there is one means
// a next page. It is empty without that cursor.
func (p Page) BeyondEnd(args *Args) string { return p.beyond(true, p.before, args) }

func (p Page) beyond(backwards bool, cursor []any, args *Args) string {
	if cursor == nil {
		return ""
	}
	return "NOT (" + condition(after(p.order.walk(backwards), cursor, args)) + ")"
}

// Backwards reports whether the page is loaded from the end of the list.
func (p Page) Backwards() bool { return p.backwards }

// Cut takes the rows as they were loaded, up to [Page.Limit] of them, and returns those of the page in the
// order of the list.
//
// more reports whether the list goes on beyond the page in the direction of loading, within the cursors.
func Cut[T any](p Page, rows []T) (page []T, more bool) {
	if len(rows) > p.size {
		rows, more = rows[:p.size], true
	}
	if p.backwards {
		reversed := make([]T, len(rows))
		for i, r := range rows {
			reversed[len(rows)-1-i] = r
		}
		rows = reversed
	}
	return rows, more
}
