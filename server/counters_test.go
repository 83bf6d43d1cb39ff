package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gelombang/internal/db"
)

// Counters that differ are told of, with the code of a fault, and repaired by the command that is named.
func TestCountersAreCheckedAndRepaired(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	t.Setenv("GELOMBANG_DATA", data)
	command := func(want int, args ...string) (out, errOut string) {
		t.Helper()
		var o, e bytes.Buffer
		if code := run(t.Context(), args, strings.NewReader(""), &o, &e); code != want {
			t.Fatalf("%v: exit code %d, want %d: %s", args, code, want, e.String())
		}
		return o.String(), e.String()
	}
	if _, told := command(exitUsage, "counters", "check"); !strings.Contains(told, "there is no database") {
		t.Errorf("without a database: %s", told)
	}
	command(exitOK, "cohort", "announce", "13", "--on", "2021-03-10", "--quota", "600000")
	people := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(people, []byte("card_number,province\n1300000000000001,32\n1300000000000002,32\n1300000000000003,31\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	command(exitOK, "import", "participants", people, "--cohort", "13")
	const well = `COUNTERS            DIFFERENT
purchase_days       0
purchase_offerings  0
purchase_people     0
participant_places  0
participant_people  0
participant_firsts  0
`
	if out, _ := command(exitOK, "counters", "check"); out != well {
		t.Errorf("all is well, and it says\n%s", out)
	}
	d, err := db.Open(context.Background(), db.Config{DataDir: data})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write.Exec("UPDATE participant_places SET n = n + 1 WHERE province = '31'"); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	out, told := command(exitFault, "counters", "check")
	if want := strings.Replace(well, "places  0", "places  1", 1); out != want {
		t.Errorf("one differs, and it says\n%s", out)
	}
	for _, want := range []string{"province 31", "n is 2 and should be 1", "'counters repair'"} {
		if !strings.Contains(told, want) {
			t.Errorf("%q is not said: %s", want, told)
		}
	}
	if out, _ := command(exitOK, "counters", "repair"); out != "1\n" {
		t.Errorf("repaired %s", out)
	}
	if out, _ := command(exitOK, "counters", "check"); out != well {
		t.Errorf("after the repair it says\n%s", out)
	}
}
