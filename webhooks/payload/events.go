package payload

import (
	"time"

	"gelombang/internal/rules"
)

// readers has one entry for each type of the contract. A reader leaves a problem in data.err.
var readers = map[string]func(timestamp time.Time, data *fields) rules.Event{
	rules.TypePurchaseCompleted:  readPurchaseCompleted,
	rules.TypePurchaseVoided:     readPurchaseVoided,
	rules.TypeOfferingUpserted:   readOfferingUpserted,
	rules.TypeOfferingWithdrawn:  readOfferingWithdrawn,
	rules.TypeCompleteThrough:    readCompleteThrough,
	rules.TypeAlumniStageReached: readAlumniStageReached,
}

// contractNames are the names that may be shown in [Error.Path].
var contractNames = map[string]bool{
	"type": true, "timestamp": true, "data": true,
	"invoice_code": true, "card_number": true, "course_code": true, "amount": true, "purchased_at": true,
	"schedule_code": true, "course_title": true, "provider": true, "category": true, "mode": true,
	"voided_at": true, "reason": true,
	"title": true, "price": true, "url": true,
	"through": true, "count": true,
	"programme": true, "stage": true, "reached_at": true,
}

func readPurchaseCompleted(timestamp time.Time, data *fields) rules.Event {
	return rules.PurchaseCompleted{
		Timestamp:    timestamp,
		InvoiceCode:  data.code("invoice_code"),
		CardNumber:   data.card("card_number"),
		CourseCode:   data.code("course_code"),
		Amount:       data.integer("amount"),
		PurchasedAt:  data.time("purchased_at"),
		ScheduleCode: data.optionalCode("schedule_code"),
		CourseTitle:  data.optionalText("course_title"),
		Provider:     data.optionalText("provider"),
		Category:     data.optionalCode("category"),
		Mode:         data.optionalMode("mode"),
	}
}

func readPurchaseVoided(timestamp time.Time, data *fields) rules.Event {
	return rules.PurchaseVoided{
		Timestamp:   timestamp,
		InvoiceCode: data.code("invoice_code"),
		VoidedAt:    data.time("voided_at"),
		Reason:      data.text("reason"),
	}
}

func readOfferingUpserted(timestamp time.Time, data *fields) rules.Event {
	return rules.OfferingUpserted{
		Timestamp:  timestamp,
		CourseCode: data.code("course_code"),
		Title:      data.text("title"),
		Provider:   data.text("provider"),
		Category:   data.code("category"),
		Mode:       data.mode("mode"),
		Price:      data.integer("price"),
		URL:        data.url("url"),
	}
}

// readOfferingWithdrawn needs the course code only. The contract lists the other fields of an
// offering for a withdrawal too; they say nothing there, and are ignored.
func readOfferingWithdrawn(timestamp time.Time, data *fields) rules.Event {
	return rules.OfferingWithdrawn{
		Timestamp:  timestamp,
		CourseCode: data.code("course_code"),
	}
}

func readCompleteThrough(timestamp time.Time, data *fields) rules.Event {
	return rules.CompleteThrough{
		Timestamp: timestamp,
		Through:   data.time("through"),
		Count:     data.integer("count"),
		Amount:    data.integer("amount"),
	}
}

func readAlumniStageReached(timestamp time.Time, data *fields) rules.Event {
	return rules.AlumniStageReached{
		Timestamp:  timestamp,
		Programme:  data.code("programme"),
		CardNumber: data.card("card_number"),
		Stage:      data.code("stage"),
		ReachedAt:  data.time("reached_at"),
	}
}
