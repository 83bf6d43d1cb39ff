package rules

import "time"

// deadlineNear is how long before a deadline the watch over platforms is keener. What goes unreported then may cost
// somebody the membership, and three days is what it takes to reach a platform over a weekend.
const deadlineNear = 72 * time.Hour

// thresholds are when the watch raises an alert and when it clears it. They differ, so that a figure that wavers around
// one of them does not raise the alert again and again.
type thresholds struct {
	// A silence is one when it has lasted so long, for a restart takes minutes, and so many deliveries are missing: of a
	// platform that works, none of 10 would come with a probability of e^-10, once in years at seven platforms.
	silentFor    time.Duration
	silentMissed float64
	// It is over when something has come, and not so many are missing again.
	silentOver float64

	// Too few is less than this share of what is usual, where so many are usual: of fewer, the share may be chance.
	fewShare, fewUsual float64
	// It is enough again from this share on.
	fewOver float64

	// The contract asks for reports within minutes; this is how long nine in ten may take, and what is well again.
	lag, lagOver time.Duration

	// A statement that is ahead of purchases that it counts is right when they have come: a message that failed is sent
	// again after 5 minutes, and then after 30.
	disagrees time.Duration
}

// watchThresholds are the thresholds. Near a deadline half an hour of silence is told, less than two fifths of what is usual is too few,
// and reports that take an hour come too late to ask back.
func watchThresholds(near bool) thresholds {
	if near {
		return thresholds{
			silentFor: 30 * time.Minute, silentMissed: 10, silentOver: 5,
			fewShare: 0.4, fewUsual: 20, fewOver: 0.7,
			lag: time.Hour, lagOver: 30 * time.Minute,
			disagrees: 15 * time.Minute,
		}
	}
	return thresholds{
		silentFor: 2 * time.Hour, silentMissed: 20, silentOver: 10,
		fewShare: 0.25, fewUsual: 20, fewOver: 0.5,
		lag: 6 * time.Hour, lagOver: 3 * time.Hour,
		disagrees: time.Hour,
	}
}

const (
	// fewJudged is what must be usual to say that it is enough again: at night nothing is said.
	fewJudged = 10.0
	// lagReports is how many reports there must be for nine in ten of them to mean something.
	lagReports = 20
)

// QuarantineGrace is how long a delivery may wait in quarantine before anybody is told: most heal by themselves when
// what they wait for arrives, which may be on its way.
const QuarantineGrace = 15 * time.Minute

// Figures is how a platform reports, at an instant.
type Figures struct {
	// Active says that it takes part in the programme. Of one that does not, nothing is expected.
	Active bool
	// InOutage says that it is declared unable to report, and OutageEnded is when the latest outage ended that has ended;
	// zero for none.
	InOutage    bool
	OutageEnded time.Time
	// LastDelivery is when the last delivery of it came; zero for none.
	LastDelivery time.Time
	// Quiet is the time since then, by [QuietSpan], and Missed how many deliveries usually come in such a stretch of the
	// day, by [Usual].
	Quiet       Span
	Missed      float64
	MissedKnown bool
	// LastHour is how many deliveries came in the last [WatchWindow], and Usual how many usually do, by [Usual].
	LastHour   int
	Usual      float64
	UsualKnown bool
	// Reports is how many purchases were reported in the last 24 hours, and LagP90 how long after the purchase nine in ten
	// of them were.
	Reports int
	LagP90  time.Duration
	// AtStake is how many deliveries wait in quarantine, for [QuarantineGrace] or longer, that may decide about somebody
	// who has not bought and whose deadline is near, or has passed within the lag limit.
	AtStake int
	// Statement is what came of its latest statement of completeness; the zero value for none.
	Statement StatementFigures
	// Deadline is the nearest (exclusive) that somebody who has not bought can still miss; zero for none.
	Deadline time.Time
}

// StatementFigures is a statement of completeness, held against what is on record.
type StatementFigures struct {
	ReceivedAt time.Time // zero for no statement
	Agrees     bool
}

// Near reports whether a deadline is near that somebody can still miss.
func (f Figures) Near(now time.Time) bool { return deadlineIsNear(f.Deadline, now) }

func deadlineIsNear(deadline, now time.Time) bool {
	return now.Before(deadline) && !now.Before(deadline.Add(-deadlineNear))
}

// NearDeadlines is the span of the deadlines that are near: a quarantined delivery of somebody with such a one, or with
// one that has passed within the lag limit, is at stake.
func NearDeadlines(now time.Time, settings Settings) Span {
	return Span{now.Add(-settings.LagLimit), now.Add(deadlineNear)}
}

// Alerts returns which alerts should stand, in the order of [AlertKind.Values], when those stand that were raised at the
// given instants. Asked again with what it has returned and the same figures, it returns the same.
func (f Figures) Alerts(now time.Time, raised map[AlertKind]time.Time) []AlertKind {
	if !f.Active {
		return nil
	}
	limits := watchThresholds(f.Near(now))
	silent := f.silent(now, limits, raised[AlertSilent])
	var stand []AlertKind
	for _, a := range []struct {
		kind   AlertKind
		stands bool
	}{
		{AlertSilent, silent},
		{AlertFew, f.few(now, limits, !raised[AlertFew].IsZero(), silent)},
		{AlertLag, f.lag(limits, !raised[AlertLag].IsZero())},
		{AlertDisagrees, f.disagrees(now, limits, !raised[AlertDisagrees].IsZero())},
		{AlertQuarantine, f.AtStake > 0},
	} {
		if a.stands {
			stand = append(stand, a.kind)
		}
	}
	return stand
}

// silent decides [AlertSilent]. Once raised it stands until something has come: what is usual fades while nothing comes.
func (f Figures) silent(now time.Time, limits thresholds, raisedAt time.Time) bool {
	switch {
	case f.InOutage || f.LastDelivery.IsZero():
		return false
	case !raisedAt.IsZero() && !f.LastDelivery.After(raisedAt):
		return true
	case !raisedAt.IsZero():
		return f.MissedKnown && f.Missed >= limits.silentOver
	default:
		return f.MissedKnown && f.Missed >= limits.silentMissed && now.Sub(f.Quiet.From) >= limits.silentFor
	}
}

// few decides [AlertFew]. Of a platform that is silent that is said already.
func (f Figures) few(now time.Time, limits thresholds, raised, silent bool) bool {
	if f.InOutage {
		return false
	}
	afterOutage := f.OutageEnded.After(now.Add(-WatchWindow)) // it could not report for a part of the time
	came := float64(f.LastHour)
	if raised {
		return afterOutage || !f.UsualKnown || f.Usual < fewJudged || came < f.Usual*limits.fewOver
	}
	return !afterOutage && !silent && f.UsualKnown && f.Usual >= limits.fewUsual && came < f.Usual*limits.fewShare
}

// lag decides [AlertLag].
func (f Figures) lag(limits thresholds, raised bool) bool {
	switch {
	case f.Reports < lagReports:
		return raised
	case raised:
		return f.LagP90 > limits.lagOver
	default:
		return f.LagP90 > limits.lag
	}
}

// disagrees decides [AlertDisagrees]. A newer statement has its time as well before anything is said of it; until then
// what was said stands.
func (f Figures) disagrees(now time.Time, limits thresholds, raised bool) bool {
	if f.Statement.ReceivedAt.IsZero() || f.Statement.Agrees {
		return false
	}
	return raised || now.Sub(f.Statement.ReceivedAt) >= limits.disagrees
}
