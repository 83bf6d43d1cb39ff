package registry_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gelombang/ent"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/internal/viewer"
	"gelombang/webhooks/signature"
)

// newEndpoint makes an endpoint for the events and returns it with what its receiver gets.
func newEndpoint(t *testing.T, f *registrytest.Fixture, name string, scheme signature.Scheme, events ...rules.OutboundEvent) (*ent.Endpoint, string) {
	t.Helper()
	ep, shown, err := f.CreateEndpoint(context.Background(), registrytest.Admin, registry.CreateEndpoint{
		Name: name, URL: "https://example.org/hooks/" + name, Events: events, Scheme: scheme,
	})
	if err != nil {
		t.Fatal(err)
	}
	return ep, shown
}

// TestOnlyAdminsManageEndpoints tries every write as every other role.
func TestOnlyAdminsManageEndpoints(t *testing.T) {
	f := registrytest.New(t, dbtest.New(t, db.SQLite))
	ep, _ := newEndpoint(t, f, "pmo", "", rules.EventSettlement)
	ctx := context.Background()
	writes := map[string]func(v viewer.Viewer) error{
		"create": func(v viewer.Viewer) error {
			_, _, err := f.CreateEndpoint(ctx, v, registry.CreateEndpoint{})
			return err
		},
		"rotate": func(v viewer.Viewer) error {
			_, _, err := f.RotateEndpointSecret(ctx, v, registry.RotateEndpointSecret{Endpoint: ep.ID})
			return err
		},
		"disable": func(v viewer.Viewer) error { _, err := f.DisableEndpoint(ctx, v, ep.ID); return err },
		"enable":  func(v viewer.Viewer) error { _, err := f.EnableEndpoint(ctx, v, ep.ID); return err },
		"test":    func(v viewer.Viewer) error { _, err := f.TestEndpoint(ctx, v, ep.ID); return err },
		"resend":  func(v viewer.Viewer) error { _, err := f.ResendMessage(ctx, v, 1); return err },
	}
	for name, write := range writes {
		for _, role := range viewer.Roles() {
			err := write(viewer.Viewer{Role: role, Subject: "somebody", Platform: "tokopedia"})
			if (registry.CodeOf(err) == registry.Forbidden) != (role != viewer.Admin) {
				t.Errorf("%s as %s: %v", name, role, err)
			}
		}
	}
}

// TestAnEndpointIsCheckedBeforeItIsMade gives what can be wrong, one at a time.
func TestAnEndpointIsCheckedBeforeItIsMade(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		newEndpoint(t, f, "taken", "", rules.EventSettlement)
		good := registry.CreateEndpoint{Name: "pmo", URL: "https://example.org/hooks", Events: []rules.OutboundEvent{rules.EventSettlement}}
		for _, tt := range []struct {
			name  string
			with  func(in *registry.CreateEndpoint)
			code  registry.Code
			field string
		}{
			{"no name", func(in *registry.CreateEndpoint) { in.Name = "  " }, registry.Invalid, "name"},
			{"a long name", func(in *registry.CreateEndpoint) { in.Name = strings.Repeat("n", 101) }, registry.Invalid, "name"},
			{"a name with a line feed's cousin", func(in *registry.CreateEndpoint) { in.Name = "a\x00b" }, registry.Invalid, "name"},
			{"a name that is taken", func(in *registry.CreateEndpoint) { in.Name = " taken " }, registry.Conflict, "name"},
			{"plain http", func(in *registry.CreateEndpoint) { in.URL = "http://example.org" }, registry.Invalid, "url"},
			{"no host", func(in *registry.CreateEndpoint) { in.URL = "https:///hooks" }, registry.Invalid, "url"},
			{"a password", func(in *registry.CreateEndpoint) { in.URL = "https://a:b@example.org" }, registry.Invalid, "url"},
			{"a long address", func(in *registry.CreateEndpoint) { in.URL += strings.Repeat("x", 2048) }, registry.Invalid, "url"},
			{"no events", func(in *registry.CreateEndpoint) { in.Events = nil }, registry.Invalid, "events"},
			{"an unknown event", func(in *registry.CreateEndpoint) { in.Events = append(in.Events, "REMINDER,TEST") }, registry.Invalid, "events"},
			{"the event for tests", func(in *registry.CreateEndpoint) { in.Events = append(in.Events, rules.EventTest) }, registry.Invalid, "events"},
			{"the scheme of the platforms", func(in *registry.CreateEndpoint) { in.Scheme = signature.PMO }, registry.Invalid, "scheme"},
		} {
			in := good
			in.Events = append([]rules.OutboundEvent(nil), good.Events...)
			tt.with(&in)
			_, _, err := f.CreateEndpoint(context.Background(), registrytest.Admin, in)
			var mistake *registry.Error
			if !errors.As(err, &mistake) || mistake.Code != tt.code || mistake.Field != tt.field {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		good.Events = []rules.OutboundEvent{rules.EventSettlement, rules.EventReminder, rules.EventSettlement, rules.EventAlertRaised}
		ep, _, err := f.CreateEndpoint(context.Background(), registrytest.Admin, good)
		if err != nil || ep.Events != "ALERT_RAISED,REMINDER,SETTLEMENT" || ep.CreatedBy != "admin-1" {
			t.Errorf("created %v: %v", ep, err)
		}
	})
}

// TestTheCheckOfAnAddressIsHandedIn gives a check that refuses, and shows its words.
func TestTheCheckOfAnAddressIsHandedIn(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	f := registrytest.New(t, d)
	cfg := outboundConfig(f, d)
	cfg.CheckURL = func(string) error { return errors.New("the address is private") }
	r, err := registry.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = r.CreateEndpoint(context.Background(), registrytest.Admin, registry.CreateEndpoint{
		Name: "pmo", URL: "https://10.0.0.1", Events: []rules.OutboundEvent{rules.EventSettlement},
	})
	if registry.CodeOf(err) != registry.Invalid || err.Error() != "the address is private" {
		t.Error(err)
	}
}

func TestEndpointsAreBounded(t *testing.T) {
	f := registrytest.New(t, dbtest.New(t, db.SQLite))
	var first int
	for i := range 20 {
		ep, _ := newEndpoint(t, f, fmt.Sprintf("endpoint-%d", i), "", rules.EventSettlement)
		if i == 0 {
			first = ep.ID
		}
	}
	in := registry.CreateEndpoint{Name: "one more", URL: "https://example.org", Events: []rules.OutboundEvent{rules.EventSettlement}}
	if _, _, err := f.CreateEndpoint(context.Background(), registrytest.Admin, in); registry.CodeOf(err) != registry.NotPossible {
		t.Errorf("a further endpoint: %v", err)
	}
	if _, err := f.DisableEndpoint(context.Background(), registrytest.Admin, first); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.CreateEndpoint(context.Background(), registrytest.Admin, in); err != nil {
		t.Errorf("in the place of a disabled one: %v", err)
	}
	if _, err := f.EnableEndpoint(context.Background(), registrytest.Admin, first); registry.CodeOf(err) != registry.NotPossible {
		t.Errorf("the disabled one again: %v", err)
	}
}

// TestWhatWeSignWithIsNeverReadable looks for secrets and bodies in all that the database has, and in what is printed.
func TestWhatWeSignWithIsNeverReadable(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			cfg := dbtest.Config(t, dialect)
			d := dbtest.Open(t, cfg)
			f := registrytest.New(t, d)
			var hidden [][]byte
			for i, scheme := range []signature.Scheme{signature.StandardV1, signature.StandardV1a} {
				ep, shown := newEndpoint(t, f, fmt.Sprintf("endpoint-%d", i), scheme, rules.EventReminder)
				if scheme == signature.StandardV1a && shown != ep.PublicKey {
					t.Errorf("the receiver gets %s, the public key is %s", shown, ep.PublicKey)
				}
				if _, _, err := f.RotateEndpointSecret(context.Background(), registrytest.Admin, registry.RotateEndpointSecret{Endpoint: ep.ID, Overlap: time.Hour}); err != nil {
					t.Fatal(err)
				}
				m, err := f.TestEndpoint(context.Background(), registrytest.Admin, ep.ID)
				if err != nil {
					t.Fatal(err)
				}
				out := begin(t, f.Registry, m.ID)
				if len(out.Secrets) != 2 {
					t.Fatalf("%d secrets, want the new and the earlier one", len(out.Secrets))
				}
				hidden = append(hidden, out.Body)
				for _, secret := range out.Secrets {
					hidden = append(hidden, []byte(secret), rawSecret(t, secret))
					if printed := fmt.Sprintf("%v %+v %#v", *out, out, *out); strings.Contains(printed, secret) || strings.Contains(printed, string(out.Body)) {
						t.Error("an attempt shows its secrets or its body")
					}
				}
			}
			stored := outboundRows(t, d)
			if dialect == db.SQLite {
				stored = append(stored, databaseFile(t, d, cfg)...)
			}
			for i, h := range hidden {
				if bytes.Contains(stored, h) {
					t.Errorf("secret %d of %d bytes can be read in the database", i, len(h))
				}
			}
		})
	}
}

// rawSecret returns the bytes of a secret; for a private key its seed.
func rawSecret(t *testing.T, text string) []byte {
	t.Helper()
	if encoded, ok := strings.CutPrefix(text, "whsk_"); ok {
		private, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(private) != ed25519.PrivateKeySize {
			t.Fatalf("a private key of %d bytes: %v", len(private), err)
		}
		return private[:ed25519.SeedSize]
	}
	secret, err := signature.ParseSecret(text)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// outboundRows returns the stored bytes of all endpoints and messages.
func outboundRows(t *testing.T, d *db.DB) []byte {
	t.Helper()
	endpoints, err := d.Client().Endpoint.Query().WithMessages().All(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, ep := range endpoints {
		all = append(fmt.Append(all, ep.Name, ep.URL, ep.PublicKey, ep.Events), ep.Secret...)
		if ep.EarlierSecret != nil {
			all = append(all, *ep.EarlierSecret...)
		}
		for _, m := range ep.Edges.Messages {
			all = append(fmt.Append(all, m.MessageID), *m.Body...)
		}
	}
	return all
}

// TestACiphertextIsBoundToItsEndpoint moves a secret to another endpoint, where it must not open.
func TestACiphertextIsBoundToItsEndpoint(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		one, _ := newEndpoint(t, f, "one", "", rules.EventSettlement)
		other, _ := newEndpoint(t, f, "other", "", rules.EventSettlement)
		if _, err := d.Write.Exec("UPDATE endpoints SET secret = $1 WHERE id = $2", one.Secret, other.ID); err != nil {
			t.Fatal(err)
		}
		m, err := f.TestEndpoint(context.Background(), registrytest.Admin, other.ID)
		if err != nil {
			t.Fatal(err)
		}
		if out, err := f.BeginAttempt(context.Background(), m.ID); err == nil || errors.Is(err, registry.ErrNothingToSend) {
			t.Errorf("began %v: %v", out, err)
		}
	})
}

// TestAnEarlierSecretSignsUntilItsEnd and not longer, and is not pushed out by a second rotation.
func TestAnEarlierSecretSignsUntilItsEnd(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		ep, first := newEndpoint(t, f, "pmo", "", rules.EventSettlement)
		rotate := func(overlap time.Duration) (string, error) {
			_, shown, err := f.RotateEndpointSecret(context.Background(), registrytest.Admin, registry.RotateEndpointSecret{Endpoint: ep.ID, Overlap: overlap})
			return shown, err
		}
		signsWith := func(want ...string) {
			t.Helper()
			m, err := f.TestEndpoint(context.Background(), registrytest.Admin, ep.ID)
			if err != nil {
				t.Fatal(err)
			}
			if got := begin(t, f.Registry, m.ID).Secrets; strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("signs with %d secrets, want %d, or others", len(got), len(want))
			}
		}
		signsWith(first)
		second, err := rotate(time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		signsWith(second, first)
		if _, err := rotate(time.Hour); registry.CodeOf(err) != registry.NotPossible {
			t.Errorf("a rotation within the overlap: %v", err)
		}
		f.Clock.Set(f.Now().Add(time.Hour - time.Microsecond))
		signsWith(second, first)
		f.Clock.Set(f.Now().Add(time.Microsecond))
		signsWith(second)
		third, err := rotate(time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		signsWith(third, second)
		fourth, err := rotate(0)
		if err != nil {
			t.Fatal(err)
		}
		signsWith(fourth)
		for _, overlap := range []time.Duration{-1, 31 * 24 * time.Hour} {
			if _, err := rotate(overlap); registry.CodeOf(err) != registry.Invalid {
				t.Errorf("an overlap of %s: %v", overlap, err)
			}
		}
	})
}

// TestADisabledEndpointGetsNothing new, nothing that waits, no test, and nothing again, until it is enabled.
func TestADisabledEndpointGetsNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		ctx := context.Background()
		ep, _ := newEndpoint(t, f, "pmo", "", rules.EventSettlement)
		other, _ := newEndpoint(t, f, "other", "", rules.EventSettlement)
		waiting := tell(t, f, d, rules.EventSettlement, nil)
		disabled, err := f.DisableEndpoint(ctx, registrytest.Admin, ep.ID)
		if err != nil || disabled.DisabledAt == nil || disabled.DisabledBy != "admin-1" {
			t.Fatalf("disabled %v: %v", disabled, err)
		}
		wantStates(t, d, waiting, rules.OutboundFailed, rules.OutboundPending)
		if more := tell(t, f, d, rules.EventSettlement, nil); len(more) != 1 || message(t, d, more[0]).EndpointID != other.ID {
			t.Errorf("told messages %v", more)
		}
		if _, err := f.TestEndpoint(ctx, registrytest.Admin, ep.ID); registry.CodeOf(err) != registry.NotPossible {
			t.Errorf("a test: %v", err)
		}
		if _, err := f.ResendMessage(ctx, registrytest.Admin, waiting[0]); registry.CodeOf(err) != registry.NotPossible {
			t.Errorf("again: %v", err)
		}
		again, err := f.DisableEndpoint(ctx, viewer.Viewer{Role: viewer.Admin, Subject: "admin-2"}, ep.ID)
		if err != nil || again.DisabledBy != "admin-1" {
			t.Errorf("disabled again: %v, %v", again, err)
		}
		enabled, err := f.EnableEndpoint(ctx, registrytest.Admin, ep.ID)
		if err != nil || enabled.DisabledAt != nil || enabled.DisabledBy != "" {
			t.Fatalf("enabled %v: %v", enabled, err)
		}
		if _, err := f.ResendMessage(ctx, registrytest.Admin, waiting[0]); err != nil {
			t.Errorf("again: %v", err)
		}
		begin(t, f.Registry, waiting[0])
		if len(tell(t, f, d, rules.EventSettlement, nil)) != 2 {
			t.Error("the endpoint is not told again")
		}
	})
}

// TestAMessageOfADisabledEndpointIsGivenUpWhenItsTurnComes although disabling did not get to it.
func TestAMessageOfADisabledEndpointIsGivenUpWhenItsTurnComes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		newEndpoint(t, f, "pmo", "", rules.EventSettlement)
		waiting := tell(t, f, d, rules.EventSettlement, nil)
		if _, err := d.Write.Exec("UPDATE endpoints SET disabled_at = $1", f.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := f.BeginAttempt(context.Background(), waiting[0]); !errors.Is(err, registry.ErrNothingToSend) {
			t.Error(err)
		}
		wantStates(t, d, waiting, rules.OutboundFailed)
	})
}

// TestTestsOfAnEndpointAreBounded by the minute, and of each endpoint by itself.
func TestTestsOfAnEndpointAreBounded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := registrytest.New(t, d)
		ep, _ := newEndpoint(t, f, "pmo", "", rules.EventSettlement)
		other, _ := newEndpoint(t, f, "other", "", rules.EventSettlement)
		test := func(id int) error {
			_, err := f.TestEndpoint(context.Background(), registrytest.Admin, id)
			return err
		}
		refused := func(said string) {
			t.Helper()
			var mistake *registry.Error
			if err := test(ep.ID); !errors.As(err, &mistake) || mistake.Code != registry.NotPossible || mistake.Field != "endpoint" {
				t.Errorf("%s: %v", said, err)
			}
		}
		began := f.Now()
		for i := range 5 {
			if err := test(ep.ID); err != nil {
				t.Fatalf("test %d: %v", i+1, err)
			}
			f.Clock.Set(f.Now().Add(time.Second))
		}
		refused("a sixth")
		tell(t, f, d, rules.EventSettlement, nil)
		refused("after something else was written")
		if err := test(other.ID); err != nil {
			t.Errorf("of another endpoint: %v", err)
		}
		f.Clock.Set(began.Add(time.Minute - time.Microsecond))
		refused("before a minute is over")
		f.Clock.Set(began.Add(time.Minute))
		if err := test(ep.ID); err != nil {
			t.Errorf("a minute after the first: %v", err)
		}
		refused("less than a minute after the second")
	})
}
