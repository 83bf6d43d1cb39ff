package forecast

// tail is where an interval ends: so much of what may happen lies beyond either end.
type tail struct{ z float64 } // the quantile of the normal distribution

var (
	tail80 = tail{1.2815515655446004} // a tenth
	tail95 = tail{1.959963984540054}  // a fortieth
)

// student is the quantile of Student's distribution, by the expansion of Abramowitz and Stegun, 26.7.5: right to 0.01
// for three degrees of freedom, and better for more. There are never fewer here.
func (t tail) student(freedom float64) float64 {
	z := t.z
	z2 := z * z
	terms := [...]float64{
		z * (z2 + 1) / 4,
		z * (3 + z2*(16+z2*5)) / 96,
		z * (-15 + z2*(17+z2*(19+z2*3))) / 384,
		z * (-945 + z2*(-1920+z2*(1482+z2*(776+z2*79)))) / 92160,
	}
	q, power := z, 1.0
	for _, term := range terms {
		power /= freedom
		q += term * power
	}
	return q
}
