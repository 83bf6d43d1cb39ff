package main

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/rules"
	"gelombang/internal/secrets"
)

// lateBuyers fills cohort 13: one has bought, one has not, one a day too late, and of one the purchase was cancelled two
// days after the deadline.
func lateBuyers(t *testing.T, d *db.DB) {
	t.Helper()
	f := registrytest.New(t, d)
	cards := f.Cohort13(4)
	at := func(day, hour int) time.Time { return time.Date(2021, 4, day, hour, 0, 0, 0, rules.WIB) }
	f.Clock.Set(at(12, 0))
	f.Send(
		f.Message("tokopedia", registrytest.Bought("INV-1", cards[0], at(1, 10))),
		f.Message("pintaria", registrytest.Bought("INV-3", cards[2], at(9, 10))),
		f.Message("pintaria", registrytest.Bought("INV-4", cards[3], at(1, 10))),
	)
	f.Send(f.Message("pintaria", registrytest.Voided("INV-4", at(11, 10))))
	if err := f.PutProvinces(context.Background(), registrytest.Admin, map[string]string{"31": "DKI Jakarta"}); err != nil {
		t.Fatal(err)
	}
}

const rehearsed35 = `cohort                13
statuses at           2999-01-01 00:00 WIB
deadline              2021-04-08 23:59 WIB
deadline, rehearsed   2021-04-13 23:59 WIB, later
lag limit             72h0m0s
lag limit, rehearsed  96h0m0s
participants          4
would change status   1
would have more time  3
spared                1, whom a later deadline would harm
with an open review   1
… rehearsed           1

AS IT IS, REHEARSED  AWAITING  PURCHASED  OVERDUE  UNDER REVIEW  REVOKED  TOTAL
AWAITING             0         0          0        0             0        0
PURCHASED            0         1          0        0             0        1
OVERDUE              0         1          1        0             0        2
UNDER REVIEW         0         0          0        1             0        1
REVOKED              0         0          0        0             0        0
TOTAL                0         2          1        1             0        4

PROVINCE  NAME         AS IT IS  REHEARSED  PARTICIPANTS
31        DKI Jakarta  OVERDUE   PURCHASED  1

CARD              PROVINCE  AS IT IS  REHEARSED  DEADLINE              DEADLINE, REHEARSED   WHY
3113000000000003  31        OVERDUE   PURCHASED  2021-04-08 23:59 WIB  2021-04-13 23:59 WIB  the purchase INV-3 at pintaria of 2021-04-09 10:00 WIB would be in time
`

// rehearsing runs the command on the database.
func rehearsing(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), append([]string{"rehearse"}, args...), strings.NewReader(""), &stdout, &stderr)
	return stdout.String() + stderr.String(), code
}

func TestRehearseFromTheTerminal(t *testing.T) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			cfg := dbtest.Config(t, dialect)
			lateBuyers(t, dbtest.Open(t, cfg))
			keys := filepath.Join(t.TempDir(), "keys")
			if err := secrets.Create(keys); err != nil {
				t.Fatal(err)
			}
			for name, value := range map[string]string{"DATABASE_URL": cfg.URL, "GELOMBANG_DATA": cfg.DataDir, "GELOMBANG_KEYS": keys} {
				t.Setenv(name, value)
			}
			out, code := rehearsing(t, "13", "--window-days", "35", "--lag-limit", "96h", "--at", "2999-01-01")
			if diff := cmp.Diff(rehearsed35, out); code != exitOK || diff != "" {
				t.Errorf("exit code %d, %s", code, diff)
			}
			out, code = rehearsing(t, "13", "--last-day", "2021-03-31", "--sample", "1")
			for _, want := range []string{
				"deadline, rehearsed   2021-03-31 23:59 WIB, EARLIER than now\n",
				"would have less time  4, which no decree can bring about",
				"PURCHASED            0         0          1  ",
				"3113000000000001  31        PURCHASED  OVERDUE    2021-04-08 23:59 WIB  2021-03-31 23:59 WIB  the purchase INV-1 at tokopedia of 2021-04-01 10:00 WIB would be too late\n",
			} {
				if code != exitOK || !strings.Contains(out, want) {
					t.Errorf("exit code %d, without %q:\n%s", code, want, out)
				}
			}
			checkRehearsalJSON(t)
		})
	}
}

func checkRehearsalJSON(t *testing.T) {
	t.Helper()
	out, code := rehearsing(t, "13", "--json", "--last-day", "2021-04-13", "--at", "2999-01-01T00:00")
	var got rehearsedOutput
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitOK {
		t.Fatalf("exit code %d, %v: %s", code, err, out)
	}
	moved := comparedInstants(time.Date(2021, 4, 9, 0, 0, 0, 0, rules.WIB), time.Date(2021, 4, 14, 0, 0, 0, 0, rules.WIB))
	want := rehearsedOutput{
		Cohort: 13, At: time.Date(2999, 1, 1, 0, 0, 0, 0, rules.WIB), Deadline: moved, LagLimit: comparedOutput[string]{"72h0m0s", "72h0m0s"},
		Participants: 4, Changed: 1, Longer: 3, Spared: 1, ReviewOpen: comparedOutput[int]{1, 1},
		Transitions: []transitionOutput{{"PURCHASED", "PURCHASED", 1}, {"OVERDUE", "PURCHASED", 1}, {"OVERDUE", "OVERDUE", 1}, {"UNDER_REVIEW", "UNDER_REVIEW", 1}},
		Provinces:   []provinceOutput{{"31", "DKI Jakarta", "OVERDUE", "PURCHASED", 1}},
		Sample: []rehearsedPersonOutput{{
			CardNumber: "3113000000000003", Province: "31", From: "OVERDUE", To: "PURCHASED", Deadline: moved, Why: "IN_TIME", Platform: "pintaria", Invoice: "INV-3",
			Text: "the purchase INV-3 at pintaria of 2021-04-09 10:00 WIB would be in time",
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("as JSON (-want +got):\n%s", diff)
	}
	out, _ = rehearsing(t, "13", "--json", "--lag-limit", "1h")
	for _, none := range []string{`"provinces": []`, `"sample": []`} {
		if !strings.Contains(out, none) {
			t.Errorf("without %s: %s", none, out)
		}
	}
	if !strings.Contains(out, `"before": "2021-04-09T00:00:00+07:00"`) {
		t.Errorf("deadlines are not of WIB: %s", out)
	}
}
