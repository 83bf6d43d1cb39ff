package payload

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"gelombang/internal/rules"
)

// The wire forms fix the names and the order of the fields that [Encode] writes.
type (
	envelope struct {
		Type      string    `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      any       `json:"data"`
	}
	purchaseCompleted struct {
		InvoiceCode  string    `json:"invoice_code"`
		CardNumber   string    `json:"card_number"`
		CourseCode   string    `json:"course_code"`
		Amount       int64     `json:"amount"`
		PurchasedAt  time.Time `json:"purchased_at"`
		ScheduleCode string    `json:"schedule_code,omitempty"`
		CourseTitle  string    `json:"course_title,omitempty"`
		Provider     string    `json:"provider,omitempty"`
		Category     string    `json:"category,omitempty"`
		Mode         string    `json:"mode,omitempty"`
	}
	purchaseVoided struct {
		InvoiceCode string    `json:"invoice_code"`
		VoidedAt    time.Time `json:"voided_at"`
		Reason      string    `json:"reason"`
	}
	offeringUpserted struct {
		CourseCode string `json:"course_code"`
		Title      string `json:"title"`
		Provider   string `json:"provider"`
		Category   string `json:"category"`
		Mode       string `json:"mode"`
		Price      int64  `json:"price"`
		URL        string `json:"url"`
	}
	offeringWithdrawn struct {
		CourseCode string `json:"course_code"`
	}
	completeThrough struct {
		Through time.Time `json:"through"`
		Count   int64     `json:"count"`
		Amount  int64     `json:"amount"`
	}
	alumniStageReached struct {
		Programme  string    `json:"programme"`
		CardNumber string    `json:"card_number"`
		Stage      string    `json:"stage"`
		ReachedAt  time.Time `json:"reached_at"`
	}
)

// Encode returns the canonical bytes of an event: fields in the order of the contract, times in
// UTC cut to the microsecond, empty optional fields left out, no white space. [Parse] of the
// result returns the event, with its times in that form.
//
// It returns an [*Error] for an event that Parse would refuse, and another error for a value that
// is not one of the events of package rules.
func Encode(event rules.Event) ([]byte, error) {
	canonical, data, err := wire(event)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err = encoder.Encode(envelope{Type: event.EventType(), Timestamp: canonicalTime(event.EventTime()), Data: data})
	if err != nil {
		// Only a time beyond the year 9999 gets here.
		return nil, &Error{Problem: "has a time that cannot be written", Reason: rules.ReasonMalformed, Type: event.EventType()}
	}
	body := bytes.TrimSuffix(out.Bytes(), []byte("\n"))
	parsed, err := Parse(body)
	if err != nil {
		return nil, err
	}
	if parsed != canonical {
		// A string that is not UTF-8, where the library writes U+FFFD; or a mode that is not ours.
		return nil, &Error{Problem: "cannot be written without change", Reason: rules.ReasonMalformed, Type: event.EventType()}
	}
	return body, nil
}

// wire returns the event with its times in canonical form, and the wire form of its data.
func wire(event rules.Event) (canonical rules.Event, data any, err error) {
	switch e := event.(type) {
	case rules.PurchaseCompleted:
		e.Timestamp, e.PurchasedAt = canonicalTime(e.Timestamp), canonicalTime(e.PurchasedAt)
		return e, purchaseCompleted{
			e.InvoiceCode, e.CardNumber, e.CourseCode, e.Amount, e.PurchasedAt,
			e.ScheduleCode, e.CourseTitle, e.Provider, e.Category, modeName(e.Mode),
		}, nil
	case rules.PurchaseVoided:
		e.Timestamp, e.VoidedAt = canonicalTime(e.Timestamp), canonicalTime(e.VoidedAt)
		return e, purchaseVoided{e.InvoiceCode, e.VoidedAt, e.Reason}, nil
	case rules.OfferingUpserted:
		e.Timestamp = canonicalTime(e.Timestamp)
		return e, offeringUpserted{e.CourseCode, e.Title, e.Provider, e.Category, modeName(e.Mode), e.Price, e.URL}, nil
	case rules.OfferingWithdrawn:
		e.Timestamp = canonicalTime(e.Timestamp)
		return e, offeringWithdrawn{e.CourseCode}, nil
	case rules.CompleteThrough:
		e.Timestamp, e.Through = canonicalTime(e.Timestamp), canonicalTime(e.Through)
		return e, completeThrough{e.Through, e.Count, e.Amount}, nil
	case rules.AlumniStageReached:
		e.Timestamp, e.ReachedAt = canonicalTime(e.Timestamp), canonicalTime(e.ReachedAt)
		return e, alumniStageReached{e.Programme, e.CardNumber, e.Stage, e.ReachedAt}, nil
	default:
		return nil, nil, fmt.Errorf("payload: %T is not an event of the contract", event)
	}
}

// modeName returns the contract's name of a mode. A mode that has none is written as it is, which
// Parse refuses.
func modeName(mode rules.Mode) string {
	if name, ok := modeNames[mode]; ok {
		return name
	}
	return string(mode)
}
