package graph

import (
	"time"

	"gelombang/internal/viewer"
)

// Budget bounds one operation of a viewer.
type Budget struct {
	// Cost is the most that an operation may cost, inclusive: about how many objects its answer may hold.
	Cost int
	// Time is how long an operation may take, from its parsing to its answer. Statements that are under way
	// are cancelled then.
	Time time.Duration
	// Export is how long an export may take, all of it and each of its statements. Zero means 15 minutes.
	Export time.Duration
}

// BudgetOf returns what the roles are allowed. The applications, anonymous or not, ask about one person or
// one page; an analyst asks about a province, and waits for it. The dearest answer of an application takes about
// 120 MB and half a second of one core, that of an analyst or of PMO staff 360 MB and two seconds.
func BudgetOf(v viewer.Viewer) Budget {
	switch v.Role {
	case viewer.Analyst:
		return Budget{Cost: 150_000, Time: time.Minute}
	case viewer.Officer, viewer.Supervisor, viewer.Admin:
		return Budget{Cost: 150_000, Time: 30 * time.Second}
	case viewer.Platform:
		b := appBudget
		b.Export = 5 * time.Minute
		return b
	case viewer.Anonymous, viewer.Participant:
		return appBudget
	default:
		return appBudget
	}
}

var appBudget = Budget{Cost: 50_000, Time: 5 * time.Second}
