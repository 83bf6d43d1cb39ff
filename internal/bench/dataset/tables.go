package dataset

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"time"

	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

// table is a table with the rows to copy. A row is good until the next.
type table struct {
	name    string
	columns []string
	size    int // rows, about
	rows    iter.Seq2[[]any, error]
}

// tables are the tables that are filled through COPY.
func (f *filling) tables() []table {
	return []table{
		{"participants", strings.Fields(`id cohort_id card_number nik_hash contact import_fingerprint province regency gender age_band education
			deadline first_purchase_id review_open balance created_at updated_at`), f.Participants, f.participants},
		{"deliveries", strings.Fields(`id platform_id message_id dedupe_key platform_key_id body_sha256 headers signed_at received_at
			event_type event_time card_number invoice_code course_code outcome settled_at`), f.Purchases, f.deliveries},
		{"purchases", strings.Fields(`id platform_id invoice_code participant_id offering_id amount purchased_at received_at delivery_id evidence
			voided_at void_reason void_delivery_id`), f.Purchases, f.purchases},
		{"history", strings.Fields(`id participant_id kind recorded_at effective_at cause delivery_id reason
			from_deadline from_first_purchase_id from_review_open to_deadline to_first_purchase_id to_review_open`), f.Purchases, f.history},
		{"reviews", strings.Fields(`participant_id purchase_id kind state opened_at delivery_id`), f.Participants / 1000, f.reviews},
	}
}

const voidReason = "cancelled by the buyer"

// members goes through all participants, in the order of their ids.
func (f *filling) members(each func(*member) (goOn bool)) {
	for i := range f.Cohorts {
		for place := range f.Cohorts[i].Size {
			if !each(f.member(&f.Cohorts[i], place)) {
				return
			}
		}
	}
}

// sales goes through all purchases, in the order of their ids.
func (f *filling) sales(each func(c *Cohort, place, level, n int) (goOn bool)) {
	for i := range f.Cohorts {
		c := &f.Cohorts[i]
		for level, s := range c.streams {
			for n := range s.count {
				if !each(c, c.members.to(s.buyers.to(n)), level, n) {
					return
				}
			}
		}
	}
}

var (
	genders    = []rules.Gender{rules.GenderFemale, rules.GenderMale}
	educations = []string{"SD", "SMP", "SMP", "SMA", "SMA", "SMA", "SMA", "SMK", "SMK", "S1", "S1", "D3"}
)

func (f *filling) participants(yield func([]any, error) bool) {
	row := make([]any, 17)
	f.members(func(m *member) bool {
		card := m.cohort.Card(m.place)
		key := draw(f.Seed, uint64(m.cohort.Number), uint64(m.place), 100)
		// From 18 to 64 years, the younger the more.
		young := fraction(draw(key, 1)) * fraction(draw(key, 2))
		birth := m.cohort.AnnouncedAt.AddDate(-18-int(46*young), 0, -1-int(key>>32%364))
		nik, contact, fingerprint, err := f.personal(card, birth)
		if err != nil {
			return yield(nil, err)
		}
		province := f.province(fraction(draw(key, 3)))
		imported := m.cohort.AnnouncedAt.Add(9 * time.Hour)
		updated := imported
		for _, v := range m.invoices {
			updated = later(updated, later(v.recordedAt, v.voidRecordedAt))
		}
		copy(row, []any{
			m.id(), m.cohort.Number, card, nik, contact, fingerprint, province, fmt.Sprintf("%s%02d", province, key%9+1), string(genders[key>>8%2]),
			string(rules.AgeBandOn(birth, m.cohort.AnnouncedAt)), educations[key>>16%uint64(len(educations))],
			m.cohort.Deadline, nullable(m.find(m.outcome.Facts.FirstPurchase)), m.outcome.Facts.ReviewOpen, m.balance, imported, updated,
		})
		return yield(row, nil)
	})
}

// personal are the columns of personal data. Everything in it is plainly invented.
func (f *filling) personal(card string, birth time.Time) (nik, contact any, fingerprint []byte, err error) {
	if fingerprint, err = f.keys.Hash("import", []byte(card)); err != nil {
		return nil, nil, nil, err
	}
	fingerprint = fingerprint[:16]
	if !f.Contacts {
		return nil, nil, fingerprint, nil
	}
	if nik, err = f.keys.Hash("nik", []byte("99"+card[2:])); err != nil {
		return nil, nil, nil, err
	}
	plain, err := json.Marshal(registry.Contact{
		Name: "Peserta " + card[4:6] + "-" + card[6:], Email: "peserta." + card + "@example.com", Phone: "+620" + card[7:], BirthDate: birth.Format(time.DateOnly),
	})
	if err != nil {
		return nil, nil, nil, err
	}
	contact, err = f.keys.Encrypt(plain, "contact:"+card)
	return nik, contact, fingerprint, err
}

// deliveries are those that reported purchases and voids, settled long ago: without their bytes, as the program leaves
// them. For reads only, there is one of each platform.
func (f *filling) deliveries(yield func([]any, error) bool) {
	row := make([]any, 16)
	seen := map[int]bool{}
	digest := make([]byte, 32)
	f.sales(func(c *Cohort, place, level, n int) bool {
		v, card := f.invoice(c, place, level, n), c.Card(place)
		if f.ReadsOnly {
			if seen[v.delivery] {
				return len(seen) < len(f.platforms)
			}
			seen[v.delivery] = true
		}
		key := 0
		for _, p := range f.platforms {
			if p.id == v.platform {
				key = p.key
			}
		}
		for i := range 4 {
			binary.BigEndian.PutUint64(digest[8*i:], draw(f.Seed, uint64(v.id), uint64(i)))
		}
		message := "msg_" + v.Invoice
		copy(row, []any{
			v.delivery, v.platform, message, message, key, digest, "{}", v.ReceivedAt.Truncate(time.Second), v.ReceivedAt,
			rules.TypePurchaseCompleted, v.PurchasedAt, card, v.Invoice, v.Course, string(rules.DeliveryApplied), v.recordedAt,
		})
		if !yield(row, nil) {
			return false
		}
		if !v.Voided() || f.ReadsOnly {
			return true
		}
		message += "-void"
		copy(row, []any{
			v.voidDelivery, v.platform, message, message, key, digest, "{}", v.voidReceivedAt.Truncate(time.Second), v.voidReceivedAt,
			rules.TypePurchaseVoided, v.VoidedAt, "", v.Invoice, "", string(rules.DeliveryApplied), v.voidRecordedAt,
		})
		return yield(row, nil)
	})
}

func (f *filling) purchases(yield func([]any, error) bool) {
	row := make([]any, 13)
	f.sales(func(c *Cohort, place, level, n int) bool {
		v := f.invoice(c, place, level, n)
		var voidedAt, voidDelivery any
		reason := ""
		if v.Voided() {
			voidedAt, voidDelivery, reason = v.VoidedAt, v.voidDelivery, voidReason
		}
		copy(row, []any{
			v.id, v.platform, v.Invoice, c.FirstID + place, v.offering, v.Amount, v.PurchasedAt, v.ReceivedAt, v.delivery, string(v.Evidence),
			voidedAt, reason, voidDelivery,
		})
		return yield(row, nil)
	})
}

// history has the entries in the order of the purchases that they are about.
func (f *filling) history(yield func([]any, error) bool) {
	if f.ReadsOnly {
		return
	}
	row := make([]any, 14)
	id := 0
	f.sales(func(c *Cohort, place, level, n int) bool {
		m, about := f.member(c, place), c.streams[level].firstID+n
		for _, e := range m.changes {
			if e.invoice.id != about {
				continue
			}
			id++
			effective, said := e.invoice.PurchasedAt, "purchase "+e.invoice.Invoice
			if e.void {
				effective, said = e.invoice.VoidedAt, "void of "+e.invoice.Invoice
			}
			copy(row, []any{
				id, m.id(), string(rules.HistoryFacts), e.recordedAt(), effective, string(rules.CauseDelivery), e.deliveryID(),
				said + " at " + e.invoice.Platform + " reported",
				e.from.Deadline, nullable(m.find(e.from.FirstPurchase)), e.from.ReviewOpen, e.to.Deadline, nullable(m.find(e.to.FirstPurchase)), e.to.ReviewOpen,
			})
			if !yield(row, nil) {
				return false
			}
		}
		return true
	})
}

func (f *filling) reviews(yield func([]any, error) bool) {
	row := make([]any, 6)
	f.members(func(m *member) bool {
		for _, need := range m.outcome.Reviews {
			for _, v := range m.invoices {
				if v.PurchaseKey != need.Purchase {
					continue
				}
				copy(row, []any{m.id(), v.id, string(need.Kind), string(rules.ReviewOpen), v.voidRecordedAt, v.voidDelivery})
				if !yield(row, nil) {
					return false
				}
			}
		}
		return true
	})
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// nullable is an id, nil for 0.
func nullable(id int) any {
	if id == 0 {
		return nil
	}
	return id
}
