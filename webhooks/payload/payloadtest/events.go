// Package payloadtest draws random events of the webhook contract for property tests. It is
// imported by tests only.
package payloadtest

import (
	"time"

	"pgregory.net/rapid"

	"gelombang/internal/rules"
)

// Events returns a generator of events of every type that the contract allows, with awkward but
// allowed values: the longest strings, letters of several scripts, optional fields left out,
// times at the bounds. Times are in UTC, to the microsecond.
func Events() *rapid.Generator[rules.Event] {
	return rapid.OneOf(
		rapid.Custom(func(t *rapid.T) rules.Event {
			return rules.PurchaseCompleted{
				Timestamp:    instant.Draw(t, "timestamp"),
				InvoiceCode:  code.Draw(t, "invoice"),
				CardNumber:   card.Draw(t, "card"),
				CourseCode:   code.Draw(t, "course"),
				Amount:       integer.Draw(t, "amount"),
				PurchasedAt:  instant.Draw(t, "purchased at"),
				ScheduleCode: optional(code).Draw(t, "schedule"),
				CourseTitle:  optional(text).Draw(t, "title"),
				Provider:     optional(text).Draw(t, "provider"),
				Category:     optional(code).Draw(t, "category"),
				Mode:         rapid.OneOf(rapid.Just(rules.Mode("")), mode).Draw(t, "mode"),
			}
		}),
		rapid.Custom(func(t *rapid.T) rules.Event {
			return rules.PurchaseVoided{
				Timestamp:   instant.Draw(t, "timestamp"),
				InvoiceCode: code.Draw(t, "invoice"),
				VoidedAt:    instant.Draw(t, "voided at"),
				Reason:      text.Draw(t, "reason"),
			}
		}),
		rapid.Custom(func(t *rapid.T) rules.Event {
			return rules.OfferingUpserted{
				Timestamp:  instant.Draw(t, "timestamp"),
				CourseCode: code.Draw(t, "course"),
				Title:      text.Draw(t, "title"),
				Provider:   text.Draw(t, "provider"),
				Category:   code.Draw(t, "category"),
				Mode:       mode.Draw(t, "mode"),
				Price:      integer.Draw(t, "price"),
				URL:        address.Draw(t, "url"),
			}
		}),
		rapid.Custom(func(t *rapid.T) rules.Event {
			return rules.OfferingWithdrawn{
				Timestamp:  instant.Draw(t, "timestamp"),
				CourseCode: code.Draw(t, "course"),
			}
		}),
		rapid.Custom(func(t *rapid.T) rules.Event {
			return rules.CompleteThrough{
				Timestamp: instant.Draw(t, "timestamp"),
				Through:   instant.Draw(t, "through"),
				Count:     integer.Draw(t, "count"),
				Amount:    integer.Draw(t, "amount"),
			}
		}),
		rapid.Custom(func(t *rapid.T) rules.Event {
			return rules.AlumniStageReached{
				Timestamp:  instant.Draw(t, "timestamp"),
				Programme:  code.Draw(t, "programme"),
				CardNumber: card.Draw(t, "card"),
				Stage:      code.Draw(t, "stage"),
				ReachedAt:  instant.Draw(t, "reached at"),
			}
		}),
	)
}

var (
	code = rapid.OneOf(
		rapid.StringMatching(`[A-Z]{3}/2021/[0-9]{1,12}`),
		rapid.StringMatching(`[\pL\pM\pN\pP\pS]([\pL\pM\pN\pP\pS ]{0,126}[\pL\pM\pN\pP\pS])?`),
	)
	text = rapid.OneOf(
		rapid.StringMatching(`[A-Z][a-z]{1,10}( [a-z]{1,10}){0,5}`),
		rapid.StringMatching(`\PC{0,249}[\pL<>&"\\]\PC{0,250}`),
	)
	address = rapid.StringMatching(`https?://[a-z]{1,20}(\.[a-z]{2,10}){1,3}(:[0-9]{1,4})?(/[A-Za-z0-9_.~@-]{0,20}){0,5}(\?[a-z]=[a-z0-9+]{1,5})?`)
	card    = rapid.StringMatching(`[0-9]{16}`)
	mode    = rapid.SampledFrom([]rules.Mode{rules.ModeOnline, rules.ModeOffline, rules.ModeBlended})
	integer = rapid.OneOf(rapid.Int64Range(0, 1_000_000), rapid.Int64Range(0, 1_000_000_000_000_000))
	instant = rapid.Map(rapid.Int64Range(firstInstant.UnixMicro(), lastInstant.UnixMicro()), func(micros int64) time.Time {
		return time.UnixMicro(micros).UTC()
	})

	firstInstant = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	lastInstant  = time.Date(2100, 12, 31, 23, 59, 59, 999_999_000, time.UTC)
)

func optional(g *rapid.Generator[string]) *rapid.Generator[string] {
	return rapid.OneOf(rapid.Just(""), g)
}
