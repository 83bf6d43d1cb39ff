package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"gelombang/internal/bench/dataset"
	"gelombang/internal/bench/load"
	"gelombang/internal/db"
	"gelombang/internal/rules"
	"gelombang/webhooks"
	"gelombang/webhooks/payload"
	"gelombang/webhooks/signature"
)

// deliveries makes sales that are reported for the first time, by all platforms in turn, to members of the open cohorts.
type deliveries struct {
	data    *dataset.Dataset
	now     time.Time
	draw    *rand.Rand
	secrets map[string][]byte // by platform
	titles  string            // to fill the bodies up with
	made    int
}

// The lengths of the texts, with which a body has about 1 kB.
const (
	titleLength    = 420
	providerLength = 270
)

func newDeliveries(data *dataset.Dataset) (*deliveries, error) {
	d := &deliveries{
		data: data, now: time.Now().UTC().Truncate(time.Millisecond), draw: rand.New(rand.NewPCG(data.Seed, uint64(time.Now().UnixNano()))), secrets: map[string][]byte{},
		titles: strings.Repeat("Pelatihan vokasi dengan sertifikat ", 13),
	}
	for _, code := range dataset.Platforms() {
		secret, err := signature.ParseSecret(dataset.Secret(code))
		if err != nil {
			return nil, err
		}
		d.secrets[code] = secret
	}
	return d, nil
}

// batch is what is sent in one run of the load.
type batch struct {
	prefix   string // of the message ids
	requests []load.Request
}

// sign makes n deliveries, signed now: they are good for five minutes.
func (d *deliveries) sign(n int) (batch, error) {
	b := batch{prefix: fmt.Sprintf("msg_bench_%d_%d_", d.now.UnixMilli(), d.made), requests: make([]load.Request, n)}
	open, platforms := d.data.Open(d.now), dataset.Platforms()
	at := time.Now()
	for i := range b.requests {
		c, platform := open[d.draw.IntN(len(open))], platforms[i%len(platforms)]
		d.made++
		bought := d.now.Add(-time.Duration(d.draw.IntN(3600_000)) * time.Millisecond)
		body, err := payload.Encode(rules.PurchaseCompleted{
			Timestamp: bought, InvoiceCode: fmt.Sprintf("BENCH-%d-%d", d.now.UnixMilli(), d.made), CardNumber: c.Card(d.draw.IntN(c.Size)),
			CourseCode: d.data.Course(platform, d.draw.IntN(d.data.OfferingsOf(platform))), Amount: 50_000 + int64(d.draw.IntN(80))*5_000, PurchasedAt: bought,
			CourseTitle: strings.TrimSpace(d.titles[:titleLength]), Provider: strings.TrimSpace(d.titles[:providerLength]), Category: "Keterampilan", Mode: rules.ModeOnline,
		})
		if err != nil {
			return b, err
		}
		id := fmt.Sprintf("%s%07d", b.prefix, i)
		b.requests[i] = load.Request{Path: webhooks.Prefix + platform, Body: body, Header: map[string]string{
			signature.HeaderID: id, signature.HeaderTimestamp: fmt.Sprint(at.Unix()), signature.HeaderSignature: signature.SignV1(d.secrets[platform], id, at, body),
		}}
	}
	return b, nil
}

// write writes a batch for wrk.
func (b batch) write(file, server string) error {
	u, err := url.Parse(server)
	if err != nil {
		return err
	}
	return load.Write(file, u.Host, b.requests)
}

// check returns an error unless the database holds each of the acknowledged deliveries once, applied, with its purchase.
// Those that were under way when the load stopped may be there as well, and nothing else.
func (b batch) check(ctx context.Context, d *db.DB, acknowledged, underWay int) error {
	var recorded, applied, purchases, ids int
	err := d.Write.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE d.outcome = 'APPLIED'), count(q.id), count(DISTINCT d.message_id)
		FROM platforms p JOIN deliveries d ON d.platform_id = p.id AND d.dedupe_key >= $1 AND d.dedupe_key < $2
		LEFT JOIN purchases q ON q.delivery_id = d.id AND q.platform_id = p.id AND q.invoice_code = d.invoice_code`, b.prefix, b.prefix+"~").Scan(&recorded, &applied, &purchases, &ids)
	if err != nil {
		return err
	}
	if recorded < acknowledged || recorded > acknowledged+underWay || applied != recorded || purchases != recorded || ids != recorded {
		return fmt.Errorf("%d deliveries were acknowledged and at most %d more sent; on record are %d, of which %d are applied, with %d purchases and %d message ids",
			acknowledged, underWay, recorded, applied, purchases, ids)
	}
	return nil
}

// recorded is how many of the batch are on record.
func (b batch) recorded(ctx context.Context, d *db.DB) (n int, err error) {
	err = d.Write.QueryRowContext(ctx, "SELECT count(*) FROM platforms p JOIN deliveries d ON d.platform_id = p.id AND d.dedupe_key >= $1 AND d.dedupe_key < $2", b.prefix, b.prefix+"~").Scan(&n)
	return n, err
}
