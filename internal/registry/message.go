package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"gelombang/internal/db"
	"gelombang/internal/rules"
)

// Submission is an authentic delivery: its signature has been verified. The registry keeps it byte for
// byte, whatever it says.
type Submission struct {
	PlatformID int
	KeyID      int    // the key that matched
	MessageID  string // identifies the message for ever, together with the platform
	SignedAt   time.Time
	ReceivedAt time.Time
	Headers    string // the signature headers as received, as JSON
	Body       []byte
	// Event is what the body says; nil when it cannot be read. Then Unreadable tells why, and Problem
	// where it departs from the contract, without repeating any value.
	Event      rules.Event
	EventType  string // the type that the body names, also when it cannot be read; may be empty
	Unreadable rules.Reason
	Problem    string
}

// ReceiptStatus is what became of a submission.
type ReceiptStatus string

// What becomes of a submission.
const (
	Applied     ReceiptStatus = "applied"     // recorded, and its facts with it
	Duplicate   ReceiptStatus = "duplicate"   // the same message, byte for byte, is recorded already
	Quarantined ReceiptStatus = "quarantined" // recorded; it cannot be applied yet
)

// Receipt is the answer to a submission. Unless Err is set, it is committed.
type Receipt struct {
	Status     ReceiptStatus
	Reason     rules.Reason // why it is in quarantine
	Problem    string       // where a malformed body departs from the contract; never a value
	DeliveryID int
	// Err says that this submission could not be stored, or that it is unknown whether it was: the
	// sender must send it again.
	Err error
}

// message is a delivery on its way through a workspace: new, or taken out of the quarantine again.
type message struct {
	id         int // zero until it is written
	submission Submission
	dedupeKey  string
	digest     [sha256.Size]byte
	outcome    rules.DeliveryOutcome
	reason     rules.Reason
	stored     bool // it is in the database already
	attempts   int
	retryAt    time.Time // zero unless it is from the future
	settledBy  string
	label
}

// label is what a delivery is found by: what it says of itself, as far as it can be read.
type label struct {
	eventType string
	eventTime time.Time // zero when it cannot be read
	card      string
	invoice   string
	course    string
}

func newMessage(s Submission) *message {
	return &message{submission: s, dedupeKey: s.MessageID, digest: sha256.Sum256(s.Body), label: labelOf(s)}
}

// reusedKey is the key of a message whose id was used before with other bytes. A message id has no #.
func (m *message) reusedKey() string {
	return m.submission.MessageID + "#" + hex.EncodeToString(m.digest[:])
}

// receivedAt is when the message first arrived, as it is stored: whatever is held against it must come out
// the same when the message is tried again.
func (m *message) receivedAt() time.Time { return db.Instant(m.submission.ReceivedAt) }

func (m *message) quarantine(reason rules.Reason) {
	m.outcome, m.reason, m.retryAt = rules.DeliveryQuarantined, reason, time.Time{}
}

func (m *message) applied() { m.outcome, m.reason, m.retryAt = rules.DeliveryApplied, "", time.Time{} }

// labelOf reads the label off the event. Of a body that is not what the contract says it reads the card, if that much can
// be read: the delivery may be about a purchase of its owner, who must not lose a membership meanwhile.
func labelOf(s Submission) label {
	l := label{eventType: s.EventType}
	switch e := s.Event.(type) {
	case rules.PurchaseCompleted:
		l.eventTime, l.card, l.invoice, l.course = e.Timestamp, e.CardNumber, e.InvoiceCode, e.CourseCode
	case rules.PurchaseVoided:
		l.eventTime, l.invoice = e.Timestamp, e.InvoiceCode
	case rules.OfferingUpserted:
		l.eventTime, l.course = e.Timestamp, e.CourseCode
	case rules.OfferingWithdrawn:
		l.eventTime, l.course = e.Timestamp, e.CourseCode
	case rules.CompleteThrough:
		l.eventTime = e.Timestamp
	case rules.AlumniStageReached:
		l.eventTime, l.card = e.Timestamp, e.CardNumber
	case nil:
		l.card = cardIn(s.Body)
	}
	return l
}

// cardIn returns the card number that the body of a delivery names in its usual place; empty for none.
func cardIn(body []byte) string {
	var b struct {
		Data struct {
			CardNumber string `json:"card_number"`
		} `json:"data"`
	}
	if json.Unmarshal(body, &b) != nil || len(b.Data.CardNumber) != cardDigits || strings.Trim(b.Data.CardNumber, "0123456789") != "" {
		return ""
	}
	return b.Data.CardNumber
}

// cardDigits is how long a card number is.
const cardDigits = 16

// order is the order in which the messages of a group are applied: what others may need, or may be judged
// by, comes first. Were they applied one by one, the result would be the same; this order spares retries.
func (m *message) order() int {
	switch m.submission.Event.(type) {
	case rules.OfferingUpserted, rules.CompleteThrough:
		return 0
	case rules.PurchaseCompleted:
		return 1
	default:
		return 2
	}
}
