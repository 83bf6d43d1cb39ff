package model

// Order is one field that a list is ordered by, and the direction.
type Order struct {
	Field     string // a value of the list's enum of fields
	Direction string
}

// Descending is the direction from the greatest to the least.
const Descending = "DESC"

// Desc reports whether the order goes from the greatest to the least.
func (o Order) Desc() bool { return o.Direction == Descending }
