package main

import (
	"bytes"
	"database/sql"
	"net/url"
	"strings"
	"testing"

	"gelombang/internal/dbtest"
)

// TestMigratingSaysWhatAnalystsLack until it has been done, with a login that may not make roles.
func TestMigratingSaysWhatAnalystsLack(t *testing.T) {
	server := dbtest.NewCluster(t)
	execute(t, server.URL("postgres"), "CREATE ROLE plain LOGIN", "CREATE DATABASE gelombang OWNER plain")
	login, err := url.Parse(server.URL("gelombang"))
	if err != nil {
		t.Fatal(err)
	}
	login.User = url.User("plain")
	t.Setenv("DATABASE_URL", login.String())
	t.Setenv("GELOMBANG_KEYS", t.TempDir())
	migrate := func() (applied string, statements []string, told string) {
		t.Helper()
		var out, errOut bytes.Buffer
		if code := run(t.Context(), []string{"migrate", "up"}, nil, &out, &errOut); code != exitOK {
			t.Fatalf("exit code %d: %s", code, errOut.String())
		}
		for line := range strings.Lines(errOut.String()) {
			if statement, ok := strings.CutPrefix(line, "  "); ok {
				statements = append(statements, statement)
			}
		}
		return out.String(), statements, errOut.String()
	}
	applied, statements, told := migrate()
	if applied == "0\n" || len(statements) == 0 || !strings.HasPrefix(told, "gelombang: analysts may not read") {
		t.Fatalf("applied %q, told %q", applied, told)
	}
	if applied, again, _ := migrate(); applied != "0\n" || len(again) != len(statements) {
		t.Errorf("the second time: applied %q, told %q, not %q", applied, again, statements)
	}
	for _, statement := range statements {
		as := login.String()
		if strings.HasPrefix(statement, "CREATE ROLE") {
			as = server.URL("gelombang")
		}
		execute(t, as, statement)
	}
	if applied, _, told := migrate(); applied != "0\n" || told != "" {
		t.Errorf("when it was done: applied %q, told %q", applied, told)
	}
}

// execute runs the statements in the database.
func execute(t *testing.T, address string, statements ...string) {
	t.Helper()
	d, err := sql.Open("postgres", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, statement := range statements {
		if _, err := d.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}
