package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/notice"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/remind"
	"gelombang/internal/rules"
	"gelombang/webhooks/outbound"
	"gelombang/webhooks/signature"
)

const outboundDoc = "../docs/outbound-webhooks.md"

// Every type of webhook that we send has an example in the page for receivers, with the same fields in the same order
// and of the same kinds as one that was really written.
func TestTheExamplesOfOurWebhooksAreLikeRealOnes(t *testing.T) {
	written := writtenWebhooks(t)
	shown := map[string]bool{}
	for _, example := range blocksOf(t, outboundDoc, "json") {
		var e struct {
			Type string `json:"type"`
		}
		if err := json.Unmarshal([]byte(example), &e); err != nil {
			t.Errorf("an example is no JSON: %v\n%s", err, example)
			continue
		}
		body, known := written[e.Type]
		if !known {
			t.Errorf("the page has an example of %q, which was not written", e.Type)
			continue
		}
		shown[e.Type] = true
		if diff := cmp.Diff(shapeOf(t, body), shapeOf(t, []byte(example))); diff != "" {
			t.Errorf("%s (-written +shown):\n%s\nwritten: %s", e.Type, diff, body)
		}
	}
	page := readDoc(t, outboundDoc)
	for _, name := range slices.Sorted(maps.Keys(written)) {
		general, _, _ := strings.Cut(name, ".")
		if !shown[name] && (general != "settlement" || !strings.Contains(page, "`"+name+"`")) {
			t.Errorf("the page says nothing of %s: %s", name, written[name])
		}
	}
	for _, name := range regexp.MustCompile("`(settlement\\.[a-z_]+)`").FindAllStringSubmatch(page, -1) {
		if written[name[1]] == nil {
			t.Errorf("the page names %s, which was not written", name[1])
		}
	}
}

// shapeOf is the names of a JSON text's fields, in their order, with the kinds of their values.
func shapeOf(t *testing.T, text []byte) []string {
	t.Helper()
	var shape []string
	var path []string
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	var read func(kind string)
	read = func(name string) {
		token, err := decoder.Token()
		if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		path = append(path, name)
		switch token {
		case json.Delim('{'):
			for decoder.More() {
				key, err := decoder.Token()
				if err != nil {
					t.Fatal(err)
				}
				read(fmt.Sprint(key))
			}
			_, _ = decoder.Token()
		default:
			kind := reflect.TypeOf(token).String()
			if s, ok := token.(string); ok {
				if _, err := time.Parse(time.RFC3339Nano, s); err == nil {
					kind = "instant"
				}
			}
			shape = append(shape, strings.Join(path[1:], ".")+" "+kind)
		}
		path = path[:len(path)-1]
	}
	read("")
	return shape
}

// writtenWebhooks has a registry write webhooks of every type, and returns a body of each by its type.
func writtenWebhooks(t *testing.T) map[string][]byte {
	t.Helper()
	d := dbtest.New(t, db.SQLite)
	f := registrytest.New(t, d)
	e, _, err := f.CreateEndpoint(t.Context(), registrytest.Admin, registry.CreateEndpoint{
		Name: "pmo", URL: "https://pmo.example.org/hook",
		Events: []rules.OutboundEvent{rules.EventReminder, rules.EventAlertRaised, rules.EventAlertCleared, rules.EventSettlement},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.TestEndpoint(t.Context(), registrytest.Admin, e.ID); err != nil {
		t.Fatal(err)
	}
	writeAlerts(t, f)
	writeReminder(t, f)
	writeSettlements(t, f)
	return bodies(t, f)
}

func writeAlerts(t *testing.T, f *registrytest.Fixture) {
	t.Helper()
	cards := f.Cohort13(4)
	through := f.Now().Add(-time.Hour)
	f.Send(f.Message("tokopedia", registrytest.Bought("A", cards[3], through.Add(-time.Hour))))
	f.Send(f.Message("tokopedia", rules.CompleteThrough{Timestamp: f.Now(), Through: through, Count: 2, Amount: 500_000}))
	f.Clock.Set(f.Now().Add(15 * time.Minute))
	alerts(t, f, 1, 0)
	f.Send(f.Message("tokopedia", registrytest.Bought("B", cards[3], through.Add(-time.Minute))))
	alerts(t, f, 0, 1)
}

func alerts(t *testing.T, f *registrytest.Fixture, raised, cleared int) {
	t.Helper()
	if up, down, err := f.RaiseAlerts(t.Context()); up != raised || down != cleared || err != nil {
		t.Fatalf("raised %d and cleared %d alerts (%v), want %d and %d", up, down, err, raised, cleared)
	}
}

func writeReminder(t *testing.T, f *registrytest.Fixture) {
	t.Helper()
	announced := f.Now().AddDate(0, 0, -29)
	f.Cohort(14, announced, 0)
	f.Import(14, []registry.ParticipantRow{{Line: 2, CardNumber: "3114000000000001", Name: "Siti Rahma", Phone: "+6281234567890"}})
	_, err := f.PlanReminders(t.Context(), registrytest.Officer, registry.PlanReminders{
		Cohort: 14, Channels: []rules.ReminderChannel{rules.ChannelGateway}, Language: rules.ID,
	})
	if err != nil {
		t.Fatal(err)
	}
	now := f.Now()
	if made, err := f.MakeReminders(t.Context()); made != 1 || err != nil {
		t.Fatalf("made %d reminders (%v)", made, err)
	}
	f.Clock.Set(now.Add(2 * time.Hour))
	texts, err := notice.New("")
	if err != nil {
		t.Fatal(err)
	}
	s, err := remind.New(remind.Config{Registry: f.Registry, Notices: texts, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	if sent, err := s.SendDue(t.Context()); sent.Told != 1 || err != nil {
		t.Fatalf("handed over %d reminders (%v)", sent.Told, err)
	}
	f.Clock.Set(now)
}

// writeSettlements takes every step that there is.
func writeSettlements(t *testing.T, f *registrytest.Fixture) {
	t.Helper()
	ctx := t.Context()
	f.Clock.Set(time.Date(2021, 4, 12, 0, 0, 0, 0, rules.WIB))
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	s, err := f.PrepareSettlement(ctx, registrytest.Officer, registry.PrepareSettlement{Cohort: 13, Reason: "deadline"})
	must(s, err)
	must(f.DiscardSettlement(ctx, registrytest.Officer, s.ID))
	s, err = f.PrepareSettlement(ctx, registrytest.Officer, registry.PrepareSettlement{Cohort: 13, Reason: "deadline"})
	must(s, err)
	must(f.ApproveSettlement(ctx, registrytest.Supervisor, registry.ApproveSettlement{Settlement: s.ID, ListSHA256: s.ListSha256}))
	must(f.OrderExecution(ctx, registrytest.Officer, s.ID))
	must(f.StopExecution(ctx, registrytest.Officer, s.ID))
	must(f.Execute(ctx, registrytest.Officer, s.ID, nil))
	f.Clock.Set(f.Now().Add(f.Settings().LagLimit))
	must(f.CloseDueSettlements(ctx))
	must(f.OrderReversal(ctx, registrytest.Supervisor, registry.ReverseSettlement{Settlement: s.ID, Card: "3113000000000001", Reason: "decision 7/2021"}))
	must(f.Reverse(ctx, registrytest.Supervisor, registry.ReverseSettlement{Settlement: s.ID, Reason: "decision 8/2021"}, nil))
}

// bodies opens what waits to be sent, as a server does.
func bodies(t *testing.T, f *registrytest.Fixture) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	due, err := f.DB().Client().OutboundMessage.Query().IDs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	now := f.Now()
	for _, id := range due {
		m, err := f.DB().Client().OutboundMessage.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		f.Clock.Set(m.CreatedAt)
		out, err := f.BeginAttempt(t.Context(), id)
		if errors.Is(err, registry.ErrNothingToSend) {
			t.Fatalf("message %d is not to be sent", id)
		}
		if err != nil {
			t.Fatal(err)
		}
		var e struct {
			Type string `json:"type"`
		}
		if err := json.Unmarshal(out.Body, &e); err != nil {
			t.Fatal(err)
		}
		all[e.Type] = out.Body
	}
	f.Clock.Set(now)
	return all
}

// The page's vectors are those that our own signatures are held against, and verify.
func TestTheVectorsForReceiversVerify(t *testing.T) {
	page := readDoc(t, outboundDoc)
	text, err := os.ReadFile("../webhooks/signature/testdata/signature_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Scheme, ID, Timestamp, Body, Signature, Secret string
		PublicKey                                      string `json:"public_key"`
	}
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, v := range vectors {
		if v.Scheme != "standard" {
			continue
		}
		n++
		for _, part := range []string{v.ID, v.Timestamp, v.Body, v.Signature, v.Secret + v.PublicKey} {
			if !strings.Contains(page, part) {
				t.Errorf("the page lacks %q", part)
			}
		}
	}
	if n != 2 {
		t.Errorf("%d vectors, want one for each scheme", n)
	}
	secret, err := signature.ParseSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	if signed := signature.SignV1(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`)); !strings.Contains(page, signed) {
		t.Errorf("the page lacks %s", signed)
	}
}

// The times between attempts that the page tells are those that are kept.
func TestTheScheduleForReceiversIsTheOneThatIsKept(t *testing.T) {
	page := readDoc(t, outboundDoc)
	row := regexp.MustCompile(`(?m)^\| (\d{1,2}) \| ([^|]+) \|$`)
	rows := row.FindAllStringSubmatch(page, -1)
	middle := func() float64 { return 0.5 }
	for i, r := range rows {
		attempt, err := strconv.Atoi(r[1])
		if err != nil || attempt != i+1 {
			t.Fatalf("row %d is about attempt %s", i+1, r[1])
		}
		delay, _ := outbound.Delay(attempt-1, middle)
		said := strings.TrimSpace(r[2])
		if attempt == 1 {
			said = "0s"
		}
		told, err := time.ParseDuration(strings.NewReplacer(" ", "", "min", "m").Replace(said))
		if err != nil || told != delay {
			t.Errorf("attempt %d comes %v after the one before (%v), and the page says %s", attempt, delay, err, said)
		}
	}
	if _, more := outbound.Delay(len(rows), middle); more || len(rows) == 0 {
		t.Errorf("the page tells of %d attempts", len(rows))
	}
}
