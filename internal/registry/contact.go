package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"

	"gelombang/ent"
	entparticipant "gelombang/ent/participant"
	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
)

// Contact is a participant's personal data. It is stored encrypted, never logged, never exported.
type Contact struct {
	Name      string `json:"name,omitempty"`
	Email     string `json:"email,omitempty"`
	Phone     string `json:"phone,omitempty"`
	BirthDate string `json:"birthDate,omitempty"` // a calendar day, YYYY-MM-DD
}

// String keeps a contact out of logs and errors.
func (Contact) String() string { return "(personal data)" }

// GoString keeps a contact out of logs and errors.
func (c Contact) GoString() string { return c.String() }

// LogValue keeps a contact out of logs.
func (c Contact) LogValue() slog.Value { return slog.StringValue(c.String()) }

// OpenContact decrypts the contact of the participant with the card. The caller has asked the viewer
// whether it may be seen.
func (r *Registry) OpenContact(ciphertext []byte, cardNumber string) (Contact, error) {
	plain, err := r.secrets.Decrypt(ciphertext, contactContext(cardNumber))
	if err != nil {
		return Contact{}, err
	}
	var c Contact
	if err := json.Unmarshal(plain, &c); err != nil {
		// The error would repeat part of the contact.
		return Contact{}, fmt.Errorf("a contact does not have the expected form")
	}
	return c, nil
}

func (r *Registry) sealContact(c Contact, cardNumber string) ([]byte, error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode a contact: %w", err)
	}
	return r.secrets.Encrypt(plain, contactContext(cardNumber))
}

// contactContext binds a contact's ciphertext to its participant.
func contactContext(cardNumber string) string { return "contact:" + cardNumber }

// CorrectContact is a correction of personal data: nil leaves a field as it is, an empty text removes it.
type CorrectContact struct {
	CardNumber         string
	Name, Email, Phone *string
	Reason             string
}

var (
	emailForm = regexp.MustCompile(`^[^\s@]{1,64}@[^\s@]+\.[^\s@]+$`)
	phoneForm = regexp.MustCompile(`^\+?[0-9]{8,15}$`)
)

// CorrectContact corrects personal data. The history records that it happened, not what it was.
func (r *Registry) CorrectContact(ctx context.Context, v viewer.Viewer, in CorrectContact) (*ent.Participant, error) {
	if err := authorise(v.ManagesCohorts(), "correct contacts"+viewer.OfficersMay); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	return r.changeContact(ctx, v, in.CardNumber, in.Reason, rules.HistoryContactCorrected, func(tx *db.Tx, p *ent.Participant) error {
		var c Contact
		if present(p.Contact) {
			var err error
			if c, err = r.OpenContact(*p.Contact, p.CardNumber); err != nil {
				return err
			}
		}
		for _, f := range []struct{ to, from *string }{{&c.Name, in.Name}, {&c.Email, in.Email}, {&c.Phone, in.Phone}} {
			if f.from != nil {
				*f.to = *f.from
			}
		}
		sealed, err := r.sealContact(c, p.CardNumber)
		if err != nil {
			return err
		}
		if err := forgetReminders(ctx, tx, p.ID); err != nil {
			return err
		}
		return tx.Client.Participant.UpdateOne(p).SetContact(sealed).ClearContactErasedAt().SetUpdatedAt(tx.Now).Exec(ctx)
	})
}

func (in CorrectContact) check() error {
	if in.Name == nil && in.Email == nil && in.Phone == nil {
		return invalid("", "nothing to correct: give a name, an e-mail address or a phone number")
	}
	if err := checkReason(in.Reason); err != nil {
		return err
	}
	if in.Name != nil {
		if err := checkText("name", *in.Name); err != nil {
			return err
		}
	}
	if in.Email != nil && *in.Email != "" && (len(*in.Email) > 254 || !emailForm.MatchString(*in.Email)) {
		return invalid("email", "not an e-mail address")
	}
	if in.Phone != nil && *in.Phone != "" && !phoneForm.MatchString(*in.Phone) {
		return invalid("phone", "a phone number has 8 to 15 digits, with or without a + before them")
	}
	return nil
}

// EraseContact is the erasure of personal data.
type EraseContact struct {
	CardNumber string
	Reason     string
}

// EraseContact removes a participant's personal data for good, and with it the means to tell whether an
// imported row is the same. What remains are the facts of the membership and the keyed hash of the NIK,
// which bars and doubles depend on.
func (r *Registry) EraseContact(ctx context.Context, v viewer.Viewer, in EraseContact) (*ent.Participant, error) {
	if err := authorise(v.ManagesCohorts(), "erase contacts"+viewer.OfficersMay); err != nil {
		return nil, err
	}
	if err := checkReason(in.Reason); err != nil {
		return nil, err
	}
	return r.changeContact(ctx, v, in.CardNumber, in.Reason, rules.HistoryContactErased, func(tx *db.Tx, p *ent.Participant) error {
		if err := forgetReminders(ctx, tx, p.ID); err != nil {
			return err
		}
		return tx.Client.Participant.UpdateOne(p).ClearContact().ClearImportFingerprint().SetContactErasedAt(tx.Now).SetUpdatedAt(tx.Now).Exec(ctx)
	})
}

func checkReason(reason string) error {
	if strings.TrimSpace(reason) == "" {
		return invalid("reason", "say why, for the history")
	}
	return checkText("reason", reason)
}

// changeContact locks the participant, changes the contact and appends to the history.
func (r *Registry) changeContact(ctx context.Context, v viewer.Viewer, card, reason string, kind rules.HistoryKind, change func(*db.Tx, *ent.Participant) error) (*ent.Participant, error) {
	var out *ent.Participant
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		w, n := newWorkspace(tx, r.settings), newNeed()
		n.cards[card] = true
		if err := w.load(ctx, n); err != nil {
			return err
		}
		p := w.byCard[card]
		if p == nil {
			return notFound("cardNumber", "there is no participant with that card number")
		}
		row, err := tx.Client.Participant.Query().Where(entparticipant.ID(p.id)).Only(ctx)
		if err != nil {
			return fmt.Errorf("load the participant: %w", err)
		}
		if err := change(tx, row); err != nil {
			return err
		}
		same := p.facts()
		w.history = append(w.history, historyEntry{
			owner: p, kind: kind, effectiveAt: tx.Now, cause: rules.CausePerson, from: same, to: same, actor: v.Subject, reason: reason,
		})
		if err := w.persist(ctx, nil); err != nil {
			return err
		}
		out, err = tx.Client.Participant.Get(ctx, p.id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
