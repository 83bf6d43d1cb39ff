package forecast

import "math"

const (
	// halfLife is how many cohorts later a cohort counts half.
	halfLife = 6.0
	// usualSpread is by how much cohorts are expected to differ before any two are seen: a standard deviation of
	// half a unit of log-odds, which is 1.65 times the odds.
	usualSpread = 0.5
	// spreadWeight is how many differences between cohorts that expectation weighs as much as.
	spreadWeight = 3.0
)

// share is what is known of the share that still buys: its log-odds, with Student's distribution around the middle.
type share struct {
	logOdds  float64
	variance float64 // between cohorts, and of the middle
	freedom  float64 // degrees of
	none     bool    // nobody can buy any more
}

// certainly0 is the share when the deadline has passed.
var certainly0 = share{none: true}

func (s share) middle() float64 {
	if s.none {
		return 0
	}
	return 1 / (1 + math.Exp(-s.logOdds))
}

// between are the highest and the lowest share, of so many people, that the tail leaves.
func (s share) between(t tail, of float64) (most, least float64) {
	if s.none {
		return 0, 0
	}
	m := s.middle()
	variance := s.variance
	if of > 0 {
		variance += 1 / (max(of, 1) * m * (1 - m)) // the chance in who of them buys
	}
	reach := t.student(s.freedom) * math.Sqrt(variance)
	return 1 / (1 + math.Exp(-s.logOdds-reach)), 1 / (1 + math.Exp(-s.logOdds+reach))
}

// pool puts the lessons together, of which there is at least one, the latest first: a mean of log-odds with random
// effects. Small cohorts count less, since theirs are more of chance, and older ones count less. How much cohorts differ
// is drawn towards what is usual, the more the fewer they are: two that happen to agree do not make us sure.
func pool(lessons []lesson) share {
	n := len(lessons)
	odds, chance, weight := make([]float64, n), make([]float64, n), make([]float64, n)
	for i, l := range lessons {
		odds[i] = math.Log((l.bought + 0.5) / (l.without - l.bought + 0.5))
		chance[i] = 1/(l.bought+0.5) + 1/(l.without-l.bought+0.5)
		weight[i] = math.Exp2(-float64(i) / halfLife)
	}
	spread, freedom := spread(odds, chance, weight)
	precise := make([]float64, n)
	for i := range precise {
		precise[i] = weight[i] / (spread + chance[i])
	}
	middle, sum := mean(odds, precise)
	ofMiddle := 0.0
	for i := range precise {
		w := precise[i] / sum
		ofMiddle += w * w * (spread + chance[i])
	}
	return share{logOdds: middle, variance: spread + ofMiddle, freedom: freedom}
}

// spread is the variance between cohorts beyond chance, and how many degrees of freedom it is known with.
func spread(odds, chance, weight []float64) (variance, freedom float64) {
	middle, sum := mean(odds, weight)
	byChance, _ := mean(chance, weight)
	squares, apart := 0.0, 0.0
	for i, w := range weight {
		apart += w * (odds[i] - middle) * (odds[i] - middle)
		squares += w * w
	}
	differences := sum*sum/squares - 1 // those of as many cohorts of equal weight
	freedom = spreadWeight + differences
	seen := 0.0
	if len(odds) > 1 {
		seen = max(0, apart/(sum-squares/sum)-byChance)
	}
	return (spreadWeight*usualSpread*usualSpread + differences*seen) / freedom, freedom
}

func mean(values, weights []float64) (mean, sum float64) {
	for i, w := range weights {
		mean += w * values[i]
		sum += w
	}
	return mean / sum, sum
}
