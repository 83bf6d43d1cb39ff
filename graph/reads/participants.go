package reads

import (
	"context"
	"database/sql"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"gelombang/graph/generated"
	"gelombang/graph/keyset"
	"gelombang/graph/model"
	"gelombang/graph/scalar"
	"gelombang/graph/selection"
	"gelombang/internal/db"
	"gelombang/internal/rules"
)

type participantRow struct {
	object                                     model.Participant
	cohort                                     int
	card                                       string // in full; the object's may be masked
	deadline, revoked, erased                  db.Time
	first, settlement                          sql.NullInt64
	province, regency, gender, band, education sql.NullString
	contact                                    []byte // encrypted
}

// participantTables are the participants pa, their cohorts c and first purchases fp.
const participantTables = "participants pa" + behindParticipants

// behindParticipants joins what is behind the participants pa. Whoever has no first purchase is given a number that no
// purchase has, and everybody another one: in a hash join Postgres (15 at least) puts all rows whose key is null into one
// bucket, divides its table over and over because that does not fit, and takes minutes.
const behindParticipants = " LEFT JOIN cohorts c ON c.id = pa.cohort_id LEFT JOIN purchases fp ON fp.id = COALESCE(pa.first_purchase_id, -pa.id)"

// participants says how participants are read. The contact is read only when it is asked for and the
// viewer may see contacts at all; whether this one is decided row by row.
func (r *Reader) participants(sel selection.Selection) entity[participantRow, model.Participant] {
	e := entity[participantRow, model.Participant]{
		types: []string{"Participant", "Node"},
		from:  participantTables,
		columns: []string{
			"pa.id", "pa.cohort_id", "pa.card_number", "pa.deadline", "pa.first_purchase_id", "pa.revoked_at", "pa.review_open", "pa.balance",
			"pa.province", "pa.regency", "pa.gender", "pa.age_band", "pa.education", "pa.contact_erased_at", "pa.settlement_id",
		},
		fill:   r.fillParticipants,
		object: func(row *participantRow) *model.Participant { return &row.object },
	}
	withContact := sel.Has("contact") && r.seesSomeContact()
	if withContact {
		e.columns = append(e.columns, "pa.contact")
	}
	e.into = func(row *participantRow) []any {
		o := &row.object
		into := []any{
			&o.Row, &row.cohort, &row.card, &row.deadline, &row.first, &row.revoked, &o.ReviewOpen, &o.Balance,
			&row.province, &row.regency, &row.gender, &row.band, &row.education, &row.erased, &row.settlement,
		}
		if withContact {
			into = append(into, &row.contact)
		}
		return into
	}
	return e
}

var participantTypes = []string{"Participant", "Node"}

func (r *Reader) seesSomeContact() bool {
	own, _ := r.Viewer.OwnCard()
	return r.Viewer.SeesContact(own)
}

// participantScope is the participants whom the viewer may see, one by one.
func (r *Reader) participantScope() where {
	if r.Viewer.SeesAllParticipants() {
		return nil
	}
	if card, ok := r.Viewer.OwnCard(); ok {
		return equals("pa.card_number", card)
	}
	return nothing
}

func (row *participantRow) facts() rules.Facts {
	f := rules.Facts{Deadline: row.deadline.Time, RevokedAt: row.revoked.Time, ReviewOpen: row.object.ReviewOpen}
	if row.first.Valid {
		f.FirstPurchase = &rules.PurchaseKey{} // that there is one is all that the status needs
	}
	return f
}

func (r *Reader) fillParticipants(ctx context.Context, sel selection.Selection, rows []*participantRow) error {
	for _, row := range rows {
		o := &row.object
		o.CardNumber = r.card(row.card)
		o.Status = row.facts().StatusAt(r.Now)
		o.Deadline, o.RevokedAt, o.ContactErasedAt = row.deadline.Time, row.revoked.Pointer(), row.erased.Pointer()
		o.TimeLeft = model.Seconds(rules.TimeLeft(o.Deadline, r.Now))
		o.Regency = nullable[string](row.regency)
		o.Gender, o.AgeBand = nullable[rules.Gender](row.gender), nullable[rules.AgeBand](row.band)
		o.Education = nullable[rules.Education](row.education)
		r.fillContact(ctx, row)
	}
	return fillAll(ctx, sel, rows,
		r.fillProvinces, r.fillCohortEdges, r.fillFirstPurchases, r.fillPurchasePages, r.fillHistoryPages, r.fillReviews, r.fillExplanations, r.fillEnding, r.fillReminders)
}

// card returns a card number as the viewer may see it.
func (r *Reader) card(card string) string {
	if r.Viewer.SeesCardNumber(card) {
		return card
	}
	return scalar.Mask(card)
}

// nullable returns a pointer to the text as a T, nil when it is NULL.
func nullable[T ~string](s sql.NullString) *T {
	if !s.Valid {
		return nil
	}
	v := T(s.String)
	return &v
}

// fillContact decrypts the contact. One that cannot be decrypted is null: the rest of the answer is as good as
// ever. The log names the participant, once.
func (r *Reader) fillContact(ctx context.Context, row *participantRow) {
	if len(row.contact) == 0 || !r.Viewer.SeesContact(row.card) {
		return
	}
	c, err := r.OpenContact(row.contact, row.card)
	if err != nil {
		if !r.unreadable[row.object.Row] {
			r.unreadable[row.object.Row] = true
			r.Log.ErrorContext(ctx, "a contact cannot be decrypted", slog.Int("participant", row.object.Row), db.LogError(err))
		}
		return
	}
	row.object.Contact = &model.Contact{Name: model.Text(c.Name), Email: model.Text(c.Email), Phone: model.Text(c.Phone)}
	if birth, err := time.ParseInLocation(time.DateOnly, c.BirthDate, rules.WIB); err == nil {
		row.object.Contact.BirthDate = &birth
	}
}

func (r *Reader) fillProvinces(ctx context.Context, sel selection.Selection, rows []*participantRow) error {
	if !sel.Has("province") {
		return nil
	}
	provinces, err := r.provinces(ctx)
	if err != nil {
		return err
	}
	for _, row := range rows {
		row.object.Province = province(provinces, row.province.String)
	}
	return nil
}

func (r *Reader) fillCohortEdges(ctx context.Context, sel selection.Selection, rows []*participantRow) error {
	cohort := edge[participantRow, model.Cohort]{
		"cohort", cohortTypes, func(row *participantRow) int { return row.cohort }, r.cohortsByNumber,
		func(row *participantRow, behind *model.Cohort) { row.object.Cohort = behind },
	}
	return cohort.fill(ctx, sel, rows)
}

// participantTerms are what participants can be ordered by.
var participantTerms = map[string]keyset.Term{
	"IMPORTED":           {Column: "pa.id", Kind: keyset.Integer},
	"DEADLINE":           {Column: "pa.deadline", Kind: keyset.Instant},
	"COHORT":             {Column: "pa.cohort_id", Kind: keyset.Integer},
	"FIRST_PURCHASED_AT": {Column: "fp.purchased_at", Kind: keyset.Instant, Nullable: true},
	"REVOKED_AT":         {Column: "pa.revoked_at", Kind: keyset.Instant, Nullable: true},
	"BALANCE":            {Column: "pa.balance", Kind: keyset.Integer},
	"PROVINCE":           {Column: "pa.province", Kind: keyset.Text, Nullable: true},
	"REGENCY":            {Column: "pa.regency", Kind: keyset.Text, Nullable: true},
	"GENDER":             {Column: "pa.gender", Kind: keyset.Text, Nullable: true},
	"AGE_BAND":           {Column: rank("pa.age_band", rules.AgeBand("").Values()), Kind: keyset.Integer, Nullable: true},
	"EDUCATION":          {Column: rank("pa.education", rules.Education("").Values()), Kind: keyset.Integer, Nullable: true},
}

// rank is an expression for the place of the column's text among the values, in their order; NULL for none of them.
func rank(column string, values []string) string {
	var cases strings.Builder
	for i, v := range values {
		cases.WriteString(" WHEN '" + v + "' THEN " + strconv.Itoa(i))
	}
	return "(CASE " + column + cases.String() + " END)"
}

// ParticipantArgs are the arguments of a list of participants.
type ParticipantArgs = Args[generated.ParticipantFilter]

// participantListing lists participants. Whoever may not list them gets an empty list, whatever the arguments: one
// that is not well formed is refused all the same, for that tells nothing.
func (r *Reader) participantListing() listing[generated.ParticipantFilter, participantRow, model.Participant] {
	return listing[generated.ParticipantFilter, participantRow, model.Participant]{
		name: "participants", input: "Participant", types: participantTypes,
		entity: r.participants,
		scope:  r.allParticipants(),
		filter: r.participantFilter,
		terms:  participantTerms, usual: model.Order{Field: "IMPORTED"}, id: "pa.id", cubes: participantCubes,
	}
}

// allParticipants is the participants whom the viewer may list: all or none.
func (r *Reader) allParticipants() where {
	if r.Viewer.SeesAllParticipants() {
		return nil
	}
	return nothing
}

// Participants returns a page of all participants; an empty one unless the viewer may list them.
func (r *Reader) Participants(ctx context.Context, sel selection.Selection, args ParticipantArgs) (*model.ParticipantConnection, error) {
	return r.participantListing().atRoot(ctx, r, sel, args)
}

// ParticipantByCard returns the participant with the card number; nil when there is none that the viewer
// may find by it.
func (r *Reader) ParticipantByCard(ctx context.Context, sel selection.Selection, card string) (*model.Participant, error) {
	own, isOwn := r.Viewer.OwnCard()
	if r.Viewer.LooksUpCards() || (isOwn && own == card) {
		return one(ctx, r, r.participants(sel), sel, equals("pa.card_number", card))
	}
	return nil, nil //nolint:nilnil // null is the answer
}

// participantsByID returns the participants behind an edge whom the viewer may see.
func (r *Reader) participantsByID(ctx context.Context, sel selection.Selection, ids []int) (map[int]*model.Participant, error) {
	rows, err := all(ctx, r, r.participants(sel), sel, and(anyInt(r.Dialect, "pa.id", distinct(ids)), r.participantScope()), "pa.id")
	found := make(map[int]*model.Participant, len(rows))
	for _, row := range rows {
		found[row.object.Row] = &row.object
	}
	return found, err
}
