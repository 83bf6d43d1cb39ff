package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/secrets"
)

// actingOn fills a database of each dialect, and runs the test with the commands of an officer upon it.
func actingOn(t *testing.T, fill func(f *registrytest.Fixture), test func(t *testing.T, f *registrytest.Fixture)) {
	t.Helper()
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			cfg := dbtest.Config(t, dialect)
			f := registrytest.New(t, dbtest.Open(t, cfg))
			fill(f)
			keys := filepath.Join(t.TempDir(), "keys")
			if err := secrets.Create(keys); err != nil {
				t.Fatal(err)
			}
			for name, value := range map[string]string{
				"DATABASE_URL": cfg.URL, "GELOMBANG_DATA": cfg.DataDir, "GELOMBANG_KEYS": keys, "GELOMBANG_JWT_SECRET": "a secret of the tests, long enough",
			} {
				t.Setenv(name, value)
			}
			out, errOut, code := typed(t, "token", "--role", "officer", "--subject", "siti")
			if code != exitOK {
				t.Fatalf("exit code %d: %s", code, errOut)
			}
			t.Setenv("GELOMBANG_TOKEN", strings.TrimSpace(out))
			test(t, f)
		})
	}
}

// typed runs a command.
func typed(t *testing.T, args ...string) (out, errOut string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
	return stdout.String(), stderr.String(), code
}

// typedLine is a command line, and what is to come of it.
type typedLine struct {
	args   string // separated by spaces; words with spaces between apostrophes
	code   int
	out    []string // parts of standard output, whose columns are a space apart
	errOut []string // parts of standard error
	not    []string // what neither holds
}

// check runs the command line.
func (l typedLine) check(t *testing.T) {
	t.Helper()
	var args []string
	for i, part := range strings.Split(l.args, "'") {
		if i%2 == 1 {
			args = append(args, part)
		} else {
			args = append(args, strings.Fields(part)...)
		}
	}
	out, errOut, code := typed(t, args...)
	if code != l.code {
		t.Errorf("%s: exit code %d, want %d", l.args, code, l.code)
	}
	var spaced strings.Builder
	for line := range strings.Lines(out) {
		spaced.WriteString(strings.Join(strings.Fields(line), " ") + "\n")
	}
	for _, want := range l.out {
		if !strings.Contains(spaced.String(), want) {
			t.Errorf("%s: without %q:\n%s%s", l.args, want, out, errOut)
		}
	}
	for _, want := range l.errOut {
		if !strings.Contains(errOut, want) {
			t.Errorf("%s: standard error without %q:\n%s", l.args, want, errOut)
		}
	}
	for _, unwanted := range l.not {
		if strings.Contains(spaced.String()+errOut, unwanted) {
			t.Errorf("%s: with %q:\n%s%s", l.args, unwanted, out, errOut)
		}
	}
}

// quarantined leaves five deliveries in quarantine: two of a card that nobody has, two that contradict a purchase, and
// the cancellation of an invoice that nobody knows.
func quarantined(f *registrytest.Fixture) {
	cards := f.Cohort13(2)
	f.Cohort(12, registrytest.Evening.AddDate(0, 0, -40), 1) // of whom nothing is in quarantine
	at := registrytest.Evening.AddDate(0, 0, -3)
	other := registrytest.Bought("INV-1", cards[0], at)
	other.Amount++
	f.Send(f.Message("tokopedia", registrytest.Bought("INV-1", cards[0], at))) // delivery 1 is applied
	f.Send(f.Message("tokopedia", registrytest.Bought("INV-2", unknownCard, at)))
	f.Send(f.Message("pintaria", registrytest.Bought("INV-3", unknownCard, at)))
	f.Send(f.Message("tokopedia", other))
	f.Send(f.Message("tokopedia", other))
	f.Send(f.Message("pintaria", registrytest.Voided("INV-9", at)))
}

// unknownCard is the card that quarantined deliveries wait for.
const unknownCard = "3113000000000099"

func TestTheQuarantineIsEmptiedFromTheTerminal(t *testing.T) {
	actingOn(t, quarantined, func(t *testing.T, f *registrytest.Fixture) {
		for _, l := range []typedLine{
			{args: "quarantine list", out: []string{
				"DELIVERY PLATFORM RECEIVED TYPE KIND CARD INVOICE COURSE ATTEMPTS PROBLEM\n2 tokopedia 2021-04-06 17:45 WIB purchase.completed UNKNOWN_CARD " + unknownCard + " INV-2 C-1 1 -\n",
				"\n6 pintaria 2021-04-06 17:45 WIB purchase.voided UNKNOWN_INVOICE - INV-9 - 1 -\n",
			}, not: []string{"\n1 "}},
			{args: "quarantine list --first 1", out: []string{"\n2 "}, errOut: []string{"1 of 5 are shown"}, not: []string{"\n3 "}},
			{args: "quarantine list --first 0", code: exitUsage, errOut: []string{"--first is 0: set a whole number from 1 to 1000"}},
			{args: "quarantine list --platform pintaria", out: []string{"\n3 ", "\n6 "}, not: []string{"\n2 ", "\n4 "}},
			{args: "quarantine list --platform nobody", code: exitFault, errOut: []string{`there is no platform "nobody"`}},
			{args: "quarantine list --kind CONTRADICTS_PURCHASE --platform tokopedia", out: []string{"\n4 ", "\n5 "}, not: []string{"\n2 ", "\n3 "}},
			{args: "quarantine list --kind LATE", code: exitUsage, errOut: []string{`--kind is "LATE": set MALFORMED, `}},
			{args: "quarantine list --cohort 13", out: []string{"\n4 ", "\n5 "}, not: []string{"\n2 ", "\n6 "}},
			{args: "quarantine list --cohort 12", out: []string{"DELIVERY "}, not: []string{"tokopedia"}},
			{args: "quarantine list --cohort 99", code: exitFault, errOut: []string{"there is no cohort 99"}},
			{args: "quarantine show 4", out: []string{"Outcome QUARANTINED\nKind CONTRADICTS_PURCHASE\nEnds by 'quarantine retry'", "Message msg_4\n", "Card 3113000000000001\n", "Settled -\n"}},
			{args: "quarantine show 2", out: []string{"Ends by itself, when what it waits for has come"}},
			{args: "quarantine show 1", out: []string{"Outcome APPLIED\nKind -\nProblem -\n"}, not: []string{"Ends"}},
			{args: "quarantine show 99", code: exitFault, errOut: []string{"there is no delivery 99"}},

			{args: "quarantine dismiss 4", code: exitUsage, errOut: []string{"missing flags: --reason"}},
			{args: "quarantine dismiss 4 --reason ' '", code: exitUsage, errOut: []string{"--reason: say why it is dismissed"}},
			{args: "quarantine dismiss 99 --reason 'sent again'", code: exitFault, errOut: []string{"there is no such delivery"}},
			{args: "quarantine dismiss 4 --reason 'sent again'", out: []string{"Delivery 4\nOutcome DISMISSED\n"}},
			{args: "quarantine dismiss 4 --reason 'sent again'", code: exitFault, errOut: []string{"the delivery is not in quarantine"}},
			{args: "quarantine show 4", out: []string{"Outcome DISMISSED\n", "Problem dismissed: sent again\n", "Settled by siti\n"}},

			{args: "quarantine retry", code: exitUsage, errOut: []string{"say which deliveries by their numbers, or --all"}},
			{args: "quarantine retry 2 --all", code: exitUsage, errOut: []string{"leave out the numbers"}},
			{args: "quarantine retry 2 --platform tokopedia", code: exitUsage, errOut: []string{"--platform, --kind and --cohort belong to --all"}},
			{args: "quarantine retry 99 5 4", code: exitFault, out: []string{"\n5 QUARANTINED CONTRADICTS_PURCHASE -\n"}, errOut: []string{
				"delivery 99: there is no such delivery", "delivery 4: the delivery is not in quarantine", "1 of 3 stay in quarantine",
			}},
		} {
			l.check(t)
		}
		f.Clock.Set(f.Clock.Now().AddDate(0, 0, 1))
		late(f)
		for _, l := range []typedLine{
			{args: "quarantine retry --all --kind UNKNOWN_CARD --platform pintaria", out: []string{"DELIVERY OUTCOME KIND PROBLEM\n3 APPLIED - -\n"}, not: []string{"\n2 "}},
			{args: "quarantine retry --all", code: exitFault, out: []string{"\n2 APPLIED - -\n", "\n5 QUARANTINED ", "\n6 QUARANTINED UNKNOWN_INVOICE "}, errOut: []string{"2 of 3 stay in quarantine"}},
			{args: "quarantine list", out: []string{"\n5 ", "\n6 "}, not: []string{"\n2 ", "\n3 "}},
		} {
			l.check(t)
		}
	})
}

// late puts the unknown card into the cohort, as an import does that dies before it tries again what waited for it.
func late(f *registrytest.Fixture) {
	f.T.Helper()
	_, err := f.DB().Write.Exec("INSERT INTO participants (cohort_id, card_number, deadline, review_open, balance, created_at, updated_at)" +
		" SELECT cohort_id, '" + unknownCard + "', deadline, review_open, 1000000, created_at, updated_at FROM participants WHERE id = 1")
	if err != nil {
		f.T.Fatal(err)
	}
}

func TestTheQuarantineIsForStaff(t *testing.T) {
	actingOn(t, quarantined, func(t *testing.T, _ *registrytest.Fixture) {
		out, _, _ := typed(t, "token", "--role", "analyst")
		t.Setenv("GELOMBANG_TOKEN", strings.TrimSpace(out))
		for args, want := range map[string]string{
			"quarantine list":                    "list the quarantine",
			"quarantine show 2":                  "look at deliveries",
			"quarantine retry 2":                 "retry deliveries",
			"quarantine retry --all":             "retry deliveries",
			"quarantine dismiss 2 --reason sent": "dismiss deliveries",
			"review list":                        "list reviews",
			"review show 1":                      "look at reviews",
			"review decide 1 --uphold --note n":  "decide reviews",
		} {
			typedLine{args: args, code: exitFault, errOut: []string{"your role does not allow you to " + want + ": an officer, a supervisor or an administrator may"}}.check(t)
		}
	})
}

func TestWhatOthersWroteStaysInItsLine(t *testing.T) {
	if got := oneLine("a\tb\x1b[2J\nc\u202ed é"); got != "a b [2J c d é" {
		t.Errorf("%q", got)
	}
}
