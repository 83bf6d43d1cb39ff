package rules

import "time"

// Event is what an authentic delivery says, parsed. The concrete types are [PurchaseCompleted],
// [PurchaseVoided], [OfferingUpserted], [OfferingWithdrawn], [CompleteThrough] and
// [AlumniStageReached].
type Event interface {
	// EventType is the contract's name of the event, such as "purchase.completed".
	EventType() string
	// EventTime is the event time of the envelope, by the platform's clock.
	EventTime() time.Time
}

// The names of the events in the webhook contract.
const (
	TypePurchaseCompleted  = "purchase.completed"
	TypePurchaseVoided     = "purchase.voided"
	TypeOfferingUpserted   = "offering.upserted"
	TypeOfferingWithdrawn  = "offering.withdrawn"
	TypeCompleteThrough    = "purchases.complete_through"
	TypeAlumniStageReached = "alumni.stage_reached"
)

// Mode is how a training is held.
type Mode string

// The modes.
const (
	ModeOnline  Mode = "ONLINE"
	ModeOffline Mode = "OFFLINE"
	ModeBlended Mode = "BLENDED"
)

// Values lists the modes, for the schema.
func (Mode) Values() []string {
	return []string{string(ModeOnline), string(ModeOffline), string(ModeBlended)}
}

// PurchaseCompleted reports a sale.
type PurchaseCompleted struct {
	Timestamp    time.Time // event time
	InvoiceCode  string
	CardNumber   string // 16 digits
	CourseCode   string
	Amount       int64 // whole rupiah, not negative
	PurchasedAt  time.Time
	ScheduleCode string // optional, as are the rest
	CourseTitle  string
	Provider     string
	Category     string
	Mode         Mode
}

// PurchaseVoided reports that a platform cancelled an invoice.
type PurchaseVoided struct {
	Timestamp   time.Time
	InvoiceCode string
	VoidedAt    time.Time
	Reason      string
}

// OfferingUpserted reports a training on sale, new or changed.
type OfferingUpserted struct {
	Timestamp  time.Time
	CourseCode string
	Title      string
	Provider   string
	Category   string
	Mode       Mode
	Price      int64 // whole rupiah, not negative
	URL        string
}

// OfferingWithdrawn reports that a training is no longer on sale.
type OfferingWithdrawn struct {
	Timestamp  time.Time
	CourseCode string
}

// CompleteThrough is a platform's statement that it has sent every purchase made before
// Through, with their number and total.
type CompleteThrough struct {
	Timestamp time.Time
	Through   time.Time // exclusive
	Count     int64
	Amount    int64 // whole rupiah
}

// AlumniStageReached reports the stage a participant reached in a follow-up programme.
type AlumniStageReached struct {
	Timestamp  time.Time
	Programme  string
	CardNumber string
	Stage      string
	ReachedAt  time.Time
}

// EventType implements [Event].
func (PurchaseCompleted) EventType() string { return TypePurchaseCompleted }

// EventType implements [Event].
func (PurchaseVoided) EventType() string { return TypePurchaseVoided }

// EventType implements [Event].
func (OfferingUpserted) EventType() string { return TypeOfferingUpserted }

// EventType implements [Event].
func (OfferingWithdrawn) EventType() string { return TypeOfferingWithdrawn }

// EventType implements [Event].
func (CompleteThrough) EventType() string { return TypeCompleteThrough }

// EventType implements [Event].
func (AlumniStageReached) EventType() string { return TypeAlumniStageReached }

// EventTime implements [Event].
func (e PurchaseCompleted) EventTime() time.Time { return e.Timestamp }

// EventTime implements [Event].
func (e PurchaseVoided) EventTime() time.Time { return e.Timestamp }

// EventTime implements [Event].
func (e OfferingUpserted) EventTime() time.Time { return e.Timestamp }

// EventTime implements [Event].
func (e OfferingWithdrawn) EventTime() time.Time { return e.Timestamp }

// EventTime implements [Event].
func (e CompleteThrough) EventTime() time.Time { return e.Timestamp }

// EventTime implements [Event].
func (e AlumniStageReached) EventTime() time.Time { return e.Timestamp }
