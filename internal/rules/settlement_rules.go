package rules

import "fmt"

// Differences says in which of the rules that bear on a list the settings are others than those with which it was made:
// whom it holds, for what it waited, and what of later evidence ends a revocation by itself. Nothing when they are the
// same. How many places are kept is no such rule, for the settlement has its own number.
func (s Settings) Differences(made Settings) []string {
	var out []string
	differ := func(what string, here, then any) {
		if here != then {
			out = append(out, fmt.Sprintf("%s: %v then, %v here", what, then, here))
		}
	}
	differ("lag limit", s.LagLimit, made.LagLimit)
	differ("days to buy", s.WindowDays, made.WindowDays)
	differ("longest time ahead of our clock", s.MaxFuture, made.MaxFuture)
	differ("rupiah to spend", s.TrainingBalance, made.TrainingBalance)
	return out
}
