package registry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"gelombang/ent"
	"gelombang/ent/endpoint"
	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
	"gelombang/webhooks/signature"
)

const (
	// maxEndpoints is how many endpoints may be enabled: what is told is written once for each.
	maxEndpoints    = 20
	maxEndpointName = 100  // characters
	maxURL          = 2048 // bytes
	// maxSecretOverlap is how long an earlier secret may go on signing.
	maxSecretOverlap = 30 * 24 * time.Hour
	// maxTests is how many tests of an endpoint may be ordered within testsWithin.
	maxTests    = 5
	testsWithin = time.Minute
	// testsAmong is how far back they are looked for, in messages to the endpoint: where more than that were written
	// within the time, tests are the least of it.
	testsAmong = 1000
)

// CreateEndpoint is an endpoint for our own webhooks.
type CreateEndpoint struct {
	Name   string // unique
	URL    string
	Events []rules.OutboundEvent // at least one; not TEST, which every endpoint gets on request
	// Scheme is STANDARD_V1, also if empty, or STANDARD_V1A.
	Scheme signature.Scheme
}

// CreateEndpoint makes an endpoint and returns it with what its receiver verifies with: for STANDARD_V1 the secret
// (whsec_…), which is shown this once and never again; for STANDARD_V1A the public key (whpk_…), whose private part
// nobody sees. The database has what we sign with encrypted only.
func (r *Registry) CreateEndpoint(ctx context.Context, v viewer.Viewer, in CreateEndpoint) (*ent.Endpoint, string, error) {
	if err := authorise(v.ManagesEndpoints(), "manage endpoints"+viewer.AdminsMay); err != nil {
		return nil, "", err
	}
	if in.Scheme == "" {
		in.Scheme = signature.StandardV1
	}
	if err := r.checkEndpoint(&in); err != nil {
		return nil, "", err
	}
	secret, err := newSigningSecret(in.Scheme)
	if err != nil {
		return nil, "", err
	}
	sealed, err := r.secrets.Encrypt([]byte(secret.text), endpointContext(in.Name))
	if err != nil {
		return nil, "", err
	}
	var out *ent.Endpoint
	err = r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		if err := checkEndpointCount(ctx, tx); err != nil {
			return err
		}
		var err error
		out, err = tx.Client.Endpoint.Create().SetName(in.Name).SetURL(in.URL).SetEvents(joinEvents(in.Events)).
			SetScheme(endpoint.Scheme(in.Scheme)).SetSecret(sealed).SetPublicKey(secret.public).
			SetCreatedAt(tx.Now).SetCreatedBy(v.Subject).Save(ctx)
		return err
	})
	if db.Classify(err) == db.ClassUnique {
		return nil, "", conflict("name", "there is an endpoint of that name: choose another")
	}
	if err != nil {
		return nil, "", fmt.Errorf("create the endpoint: %w", err)
	}
	r.log.InfoContext(ctx, "an endpoint was created", slog.Int("endpoint_id", out.ID), slog.String("by", v.Subject))
	return out, secret.shown(), nil
}

// checkEndpoint checks the input and brings its events into order.
func (r *Registry) checkEndpoint(in *CreateEndpoint) error {
	in.Name = strings.TrimSpace(in.Name)
	if in.Name == "" || len([]rune(in.Name)) > maxEndpointName {
		return invalid("name", "the name has 1 to %d characters", maxEndpointName)
	}
	if err := checkText("name", in.Name); err != nil {
		return err
	}
	if len(in.URL) > maxURL {
		return invalid("url", "the address has at most %d characters", maxURL)
	}
	if err := r.checkURL(in.URL); err != nil {
		return invalid("url", "%s", err.Error())
	}
	if in.Scheme != signature.StandardV1 && in.Scheme != signature.StandardV1a {
		return invalid("scheme", "the scheme is STANDARD_V1 or STANDARD_V1A")
	}
	return in.checkEvents()
}

func (in *CreateEndpoint) checkEvents() error {
	for _, e := range in.Events {
		if e == rules.EventTest {
			return invalid("events", "%s is sent to any endpoint on request: leave it out", e)
		}
		if !slices.Contains(e.Values(), string(e)) {
			return invalid("events", "there is no event of that name: the events are %s, %s, %s and %s",
				rules.EventReminder, rules.EventAlertRaised, rules.EventAlertCleared, rules.EventSettlement)
		}
	}
	if len(in.Events) == 0 {
		return invalid("events", "say which events the endpoint gets")
	}
	in.Events = slices.Compact(slices.Sorted(slices.Values(in.Events)))
	return nil
}

// checkHTTPS is the check of an address where none was handed in.
func checkHTTPS(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return errors.New("write https://host/path, without a user name")
	}
	return nil
}

func checkEndpointCount(ctx context.Context, tx *db.Tx) error {
	n, err := tx.Client.Endpoint.Query().Where(endpoint.DisabledAtIsNil()).Count(ctx)
	if err != nil {
		return fmt.Errorf("count the endpoints: %w", err)
	}
	if n >= maxEndpoints {
		return notPossible("", "%d endpoints are enabled, which is the most: disable one first", n)
	}
	return nil
}

// joinEvents is how an endpoint's events are stored, and splitEvents is its inverse.
func joinEvents(events []rules.OutboundEvent) string {
	names := make([]string, len(events))
	for i, e := range events {
		names[i] = string(e)
	}
	return strings.Join(names, ",")
}

func splitEvents(stored string) []rules.OutboundEvent {
	var events []rules.OutboundEvent
	for name := range strings.SplitSeq(stored, ",") {
		events = append(events, rules.OutboundEvent(name))
	}
	return events
}

// DisableEndpoint stops the messages to an endpoint: those that wait are given up, and may be sent again once it is
// enabled; new ones are not made. An endpoint that is disabled already stays as it is.
func (r *Registry) DisableEndpoint(ctx context.Context, v viewer.Viewer, id int) (*ent.Endpoint, error) {
	out, err := r.changeEndpoint(ctx, v, id, func(tx *db.Tx, ep *ent.Endpoint) (*ent.Endpoint, error) {
		if ep.DisabledAt != nil {
			return ep, nil
		}
		return tx.Client.Endpoint.UpdateOne(ep).SetDisabledAt(tx.Now).SetDisabledBy(v.Subject).Save(ctx)
	})
	if err != nil {
		return nil, err
	}
	r.log.InfoContext(ctx, "an endpoint was disabled", slog.Int("endpoint_id", id), slog.String("by", v.Subject))
	return out, r.failPending(ctx, id)
}

// EnableEndpoint lets messages be made for an endpoint again. What was given up meanwhile stays so.
func (r *Registry) EnableEndpoint(ctx context.Context, v viewer.Viewer, id int) (*ent.Endpoint, error) {
	out, err := r.changeEndpoint(ctx, v, id, func(tx *db.Tx, ep *ent.Endpoint) (*ent.Endpoint, error) {
		if ep.DisabledAt == nil {
			return ep, nil
		}
		if err := checkEndpointCount(ctx, tx); err != nil {
			return nil, err
		}
		return tx.Client.Endpoint.UpdateOne(ep).ClearDisabledAt().SetDisabledBy("").Save(ctx)
	})
	if err != nil {
		return nil, err
	}
	r.log.InfoContext(ctx, "an endpoint was enabled", slog.Int("endpoint_id", id), slog.String("by", v.Subject))
	return out, nil
}

// TestEndpoint sends a message of the event TEST to an enabled endpoint, whatever events it gets otherwise; at most five
// in a minute.
func (r *Registry) TestEndpoint(ctx context.Context, v viewer.Viewer, id int) (*ent.OutboundMessage, error) {
	var out *ent.OutboundMessage
	_, err := r.changeEndpoint(ctx, v, id, func(tx *db.Tx, ep *ent.Endpoint) (*ent.Endpoint, error) {
		if ep.DisabledAt != nil {
			return nil, notPossible("endpoint", "the endpoint is disabled: enable it first")
		}
		if err := checkTests(ctx, tx, ep); err != nil {
			return nil, err
		}
		var err error
		out, err = r.post(ctx, tx, posted{endpoint: ep.ID, event: rules.EventTest, data: map[string]string{"endpoint": ep.Name}})
		return ep, err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// checkTests refuses a test when there were many just now.
func checkTests(ctx context.Context, tx *db.Tx, ep *ent.Endpoint) error {
	n, since := 0, tx.Now.Add(-testsWithin)
	err := db.Query(ctx, tx, func(rows *sql.Rows) error { return rows.Scan(&n) },
		"SELECT COUNT(*) FROM (SELECT event, created_at FROM outbound_messages WHERE endpoint_id = $1 ORDER BY id DESC LIMIT $2) AS latest"+
			" WHERE event = $3 AND created_at > $4", ep.ID, testsAmong, string(rules.EventTest), since)
	if err != nil {
		return fmt.Errorf("count the tests of an endpoint: %w", err)
	}
	if n >= maxTests {
		return notPossible("endpoint", "%d tests of this endpoint were ordered within a minute, which is the most: see what became of them, and wait a minute before the next", n)
	}
	return nil
}

// changeEndpoint authorises, loads the endpoint and keeps others from changing it until the change is committed.
func (r *Registry) changeEndpoint(ctx context.Context, v viewer.Viewer, id int, change func(*db.Tx, *ent.Endpoint) (*ent.Endpoint, error)) (*ent.Endpoint, error) {
	if err := authorise(v.ManagesEndpoints(), "manage endpoints"+viewer.AdminsMay); err != nil {
		return nil, err
	}
	var out *ent.Endpoint
	err := r.db.InTx(ctx, r.clock(), func(tx *db.Tx) error {
		q := tx.Client.Endpoint.Query().Where(endpoint.ID(id))
		if tx.Dialect == db.Postgres {
			q = q.ForUpdate()
		}
		ep, err := q.Only(ctx)
		if ent.IsNotFound(err) {
			return notFound("endpoint", "there is no such endpoint")
		}
		if err != nil {
			return fmt.Errorf("load the endpoint: %w", err)
		}
		out, err = change(tx, ep)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
