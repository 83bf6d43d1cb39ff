package main

import (
	"fmt"
	"slices"
	"strings"

	"gelombang/ent"
	"gelombang/internal/rules"
)

// The words begin with the name of the state, as the runbook and the API have it.
var closingWords = map[rules.ClosingState]string{
	rules.ClosingOpen:      "open: there is time to buy",
	rules.ClosingWaits:     "closing: evidence is awaited",
	rules.ClosingReady:     "ready: nothing is awaited, the list may be made",
	rules.ClosingPreviewed: "previewed: a list waits for its approval",
	rules.ClosingApproved:  "approved: a list is approved",
	rules.ClosingSettled:   "settled: the deadline has passed, and nobody is overdue",
}

// standing says where a settlement stands.
func standing(s *ent.Settlement) string {
	state := strings.ToLower(string(s.State))
	switch {
	case s.ReversalOrderedAt != nil && s.ReversedAt == nil:
		return state + ": being reversed"
	case s.State == rules.SettlementPreviewed:
		return state + ": waits for its approval"
	case s.State != rules.SettlementApproved:
		return state
	case s.OrderedAt == nil:
		return state + ": not executed yet"
	case s.StoppedAt != nil:
		return state + ": the execution is stopped"
	default:
		return state + ": being executed"
	}
}

// outcomeWords are what became of somebody on a list, in the order in which they are printed.
var outcomeWords = []struct {
	outcome rules.EntryOutcome
	words   string
}{
	{rules.EntryListed, "Not looked at again yet"},
	{rules.EntryRevoked, "Revoked"},
	{rules.EntryPassedOver, "Passed over"},
	{rules.EntryReinstated, "Reinstated since"},
	{rules.EntryReversed, "Reversed"},
}

// passedWords are why somebody was passed over.
var passedWords = map[rules.PassedOver]string{
	rules.PassedRevoked:    "no membership any more",
	rules.PassedReview:     "under review",
	rules.PassedPurchased:  "has bought",
	rules.PassedExtended:   "has more time",
	rules.PassedEvidence:   "a purchase recorded since the list",
	rules.PassedQuarantine: "named by a delivery in quarantine",
}

// step is what is to be done next: a sentence, and the command for it, which may be none.
type step struct{ what, command string }

// lines are the rows of a table that tell it.
func (s step) lines() string {
	if s.command == "" {
		return "Next\t" + s.what + "\n"
	}
	return "Next\t" + s.what + "\n\t" + s.command + "\n"
}

// nextOf is what is to be done with a settlement, of whose list so many were passed over.
func nextOf(s *ent.Settlement, passed int) step {
	switch {
	case s.ReversalOrderedAt != nil && s.ReversedAt == nil:
		return step{what: "the servers reverse it: wait"}
	case s.State == rules.SettlementPreviewed:
		return step{fmt.Sprintf("a supervisor or an administrator other than %s reads the list, and approves it", s.PreparedBy), fmt.Sprintf("gelombang settle approve %d --hash HASH", s.ID)}
	case s.State == rules.SettlementApproved && s.OrderedAt != nil && s.StoppedAt == nil:
		return step{"the servers execute it: wait, or go on with it from here", fmt.Sprintf("gelombang settle execute %d", s.ID)}
	case s.State == rules.SettlementApproved && s.StoppedAt != nil:
		return step{"let it go on, or discard or reverse it", fmt.Sprintf("gelombang settle execute %d", s.ID)}
	case s.State == rules.SettlementApproved:
		return step{"execute it", fmt.Sprintf("gelombang settle execute %d", s.ID)}
	case s.State == rules.SettlementExecuted && passed > 0:
		return step{"see who was passed over: they are for a later list", fmt.Sprintf("gelombang settle show %d --passed", s.ID)}
	case s.State == rules.SettlementExecuted:
		return step{what: "nothing: it closes by itself on " + when(s.ClosesAt)}
	default:
		return step{what: "nothing"}
	}
}

// waitWords tells what is awaited, a line for each kind and end: of several platforms together.
func waitWords(waits []rules.Wait) []string {
	type kind struct {
		code  rules.WaitCode
		until int64 // Unix microseconds
	}
	of := func(w rules.Wait) kind { return kind{w.Code, w.Until.UnixMicro()} }
	var lines []string
	var told []kind
	for _, w := range waits {
		if slices.Contains(told, of(w)) {
			continue
		}
		told = append(told, of(w))
		var names []string
		for _, same := range waits {
			if of(same) == of(w) {
				names = append(names, same.Name)
			}
		}
		lines = append(lines, waitLine(w, names))
	}
	return lines
}

func waitLine(w rules.Wait, platforms []string) string {
	names := strings.Join(platforms, ", ")
	switch {
	case len(platforms) == 1:
		return w.Text(rules.EN)
	case w.Code == rules.WaitStatement:
		return fmt.Sprintf("%d platforms have not stated that every purchase made in time is reported, until %s at most: %s", len(platforms), minute(w.Until), names)
	case w.Until.IsZero():
		return fmt.Sprintf("%d platforms are declared unable to report, nobody has said until when: %s", len(platforms), names)
	default:
		return fmt.Sprintf("%d platforms are declared unable to report until %s: %s", len(platforms), minute(w.Until), names)
	}
}
