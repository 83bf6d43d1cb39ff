package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"gelombang/internal/bench/dataset"
	"gelombang/internal/rules"
	"gelombang/webhooks"
	"gelombang/webhooks/payload"
	"gelombang/webhooks/signature"
)

// TestDeliveriesAreSignedSalesOfOneKilobyte reads what is sent as the intake does.
func TestDeliveriesAreSignedSalesOfOneKilobyte(t *testing.T) {
	data, err := dataset.New(dataset.Config{Seed: 1, Participants: 3000, Purchases: 4000, Offerings: 70, AsOf: time.Now().UTC().Truncate(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDeliveries(data)
	if err != nil {
		t.Fatal(err)
	}
	b, err := d.sign(70)
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.sign(70)
	if err != nil {
		t.Fatal(err)
	}
	invoices, platforms := map[string]bool{}, map[string]bool{}
	for _, r := range append(b.requests, again.requests...) {
		platform := strings.TrimPrefix(r.Path, webhooks.Prefix)
		platforms[platform] = true
		header := http.Header{}
		for name, value := range r.Header {
			header.Set(name, value)
		}
		secret, err := signature.ParseSecret(dataset.Secret(platform))
		if err != nil {
			t.Fatal(err)
		}
		keys := []signature.Key{{ID: 1, Scheme: signature.StandardV1, Secret: secret}}
		if _, err := signature.Verify(header, r.Path, r.Body, keys, time.Now(), time.Minute); err != nil {
			t.Errorf("%s: %v", r.Header[signature.HeaderID], err)
		}
		event, err := payload.Parse(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		sale, ok := event.(rules.PurchaseCompleted)
		if !ok || invoices[platform+sale.InvoiceCode] {
			t.Errorf("%T of %s: not a new sale", event, sale.InvoiceCode)
		}
		invoices[platform+sale.InvoiceCode] = true
		if len(r.Body) < 950 || len(r.Body) > 1050 {
			t.Errorf("a body has %d bytes, want about 1000", len(r.Body))
		}
	}
	if len(platforms) != len(dataset.Platforms()) {
		t.Errorf("%d platforms send, want all %d", len(platforms), len(dataset.Platforms()))
	}
}
