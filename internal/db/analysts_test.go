package db_test

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/lib/pq"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
)

// forAnalysts is every column that analysts may read. One that is not here is not for them: think of what it may
// hold about a person before you add it.
var forAnalysts = map[string]string{
	"cohorts":   "cohort quota announced_at purchases_from deadline basis created_at",
	"provinces": "code name",
	"platforms": "platform_id platform name kind active created_at",
	"offerings": "offering_id platform course_code title provider category mode price listed on_sale withdrawn_at sample created_at updated_at",
	"participants": "participant_id cohort status deadline first_purchase_id first_purchase_at first_purchase_platform revoked_at review_open balance" +
		" province province_name regency gender age_band education created_at updated_at",
	"purchases": "purchase_id platform offering_id course_code title category mode participant_id cohort amount purchased_at received_at lag_seconds wib_day late" +
		" voided_at evidence counts delivery_id",
	"deliveries": "delivery_id platform event_type event_time signed_at received_at outcome reason attempts retry_at settled_at",
	"history": "history_id participant_id cohort kind recorded_at effective_at cause delivery_id from_deadline from_first_purchase_id from_revoked_at from_review_open" +
		" to_deadline to_first_purchase_id to_revoked_at to_review_open",
	"reviews":    "review_id participant_id cohort purchase_id kind state decision opened_at closed_at delivery_id",
	"statements": "statement_id platform through count amount received_at delivery_id",
}

// asAnalyst runs fn in a transaction of the role and rolls it back.
func asAnalyst(t *testing.T, d *db.DB, fn func(tx *sql.Tx)) {
	t.Helper()
	tx, err := d.Write.BeginTx(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	}()
	mustExec(t, tx, "SET LOCAL ROLE gelombang_analyst")
	fn(tx)
}

// denied reports whether the database refuses the statement for want of a privilege.
func denied(t *testing.T, tx *sql.Tx, statement string) bool {
	t.Helper()
	mustExec(t, tx, "SAVEPOINT before")
	_, err := tx.Exec(statement)
	mustExec(t, tx, "ROLLBACK TO SAVEPOINT before")
	var pqErr *pq.Error
	return errors.As(err, &pqErr) && pqErr.Code == "42501"
}

func names(t *testing.T, x db.Execer, query string, args ...any) []string {
	t.Helper()
	var list []string
	err := db.Query(context.Background(), x, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		list = append(list, name)
		return err
	}, query, args...)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

const relationsOf = "SELECT relname FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f') ORDER BY relname"

// TestAnalystsSeeWhatIsListed and no other column.
func TestAnalystsSeeWhatIsListed(t *testing.T) {
	d := dbtest.New(t, db.Postgres)
	got := map[string]string{}
	asAnalyst(t, d, func(tx *sql.Tx) {
		for _, view := range names(t, tx, relationsOf, "analytics") {
			mustExec(t, tx, "SELECT * FROM analytics."+view)
			got[view] = strings.Join(names(t, tx, "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum", "analytics."+view), " ")
			if comment := names(t, tx, "SELECT coalesce(obj_description($1::regclass), '')", "analytics."+view)[0]; comment == "" {
				t.Errorf("%s has no comment", view)
			}
		}
	})
	if diff := cmp.Diff(forAnalysts, got); diff != "" {
		t.Errorf("views (-want +got):\n%s", diff)
	}
}

// TestAnalystsMayDoNothingElse: no table of ours, no writing, no making of things.
func TestAnalystsMayDoNothingElse(t *testing.T) {
	d := dbtest.New(t, db.Postgres)
	tables := names(t, d.Write, relationsOf, "public")
	if len(tables) < 10 {
		t.Fatalf("there are only %v", tables)
	}
	asAnalyst(t, d, func(tx *sql.Tx) {
		for _, table := range tables {
			if !denied(t, tx, "SELECT 1 FROM public."+table) {
				t.Errorf("an analyst may read %s", table)
			}
		}
		for _, statement := range []string{
			"INSERT INTO analytics.provinces VALUES ('99', 'Nowhere')", "UPDATE analytics.platforms SET active = false", "DELETE FROM analytics.provinces",
			"DELETE FROM public.provinces", "TRUNCATE public.history", "DROP VIEW analytics.reviews", "CREATE TABLE analytics.mine (id int)",
			"CREATE TABLE public.mine (id int)", "SELECT nextval('public.offerings_id_seq')",
		} {
			if !denied(t, tx, statement) {
				t.Errorf("an analyst may %s", statement)
			}
		}
	})
}

// TestLaterViewsAreForAnalystsToo, and later tables of ours are not.
func TestLaterViewsAreForAnalystsToo(t *testing.T) {
	d := dbtest.New(t, db.Postgres)
	mustExec(t, d.Write, "CREATE TABLE public.later (id int)")
	mustExec(t, d.Write, "CREATE VIEW analytics.later AS SELECT id FROM public.later")
	asAnalyst(t, d, func(tx *sql.Tx) {
		mustExec(t, tx, "SELECT id FROM analytics.later")
		if !denied(t, tx, "SELECT id FROM public.later") {
			t.Error("an analyst may read a later table")
		}
	})
}

// TestTheQueriesOfTheGuideRun as an analyst would run them.
func TestTheQueriesOfTheGuideRun(t *testing.T) {
	guide, err := os.ReadFile("../../docs/analysts-sql.md")
	if err != nil {
		t.Fatal(err)
	}
	queries := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(string(guide), -1)
	if len(queries) < 6 {
		t.Fatalf("found %d queries", len(queries))
	}
	asAnalyst(t, dbtest.New(t, db.Postgres), func(tx *sql.Tx) {
		mustExec(t, tx, "SET LOCAL search_path = analytics")
		mustExec(t, tx, "SET LOCAL transaction_read_only = on")
		for _, query := range queries {
			mustExec(t, tx, query[1])
		}
	})
}

// TestTheGuideGivesAccess runs what it tells an administrator, where the program may not make roles: everything else
// is migrated, and the documented statements do the rest.
func TestTheGuideGivesAccess(t *testing.T) {
	server := dbtest.NewCluster(t)
	admin := connect(t, server.URL("postgres"))
	mustExec(t, admin, "CREATE ROLE plain LOGIN")
	mustExec(t, admin, "CREATE DATABASE gelombang OWNER plain")
	d := dbtest.Open(t, db.Config{URL: asUser(t, server.URL("gelombang"), "plain")})
	if n := len(names(t, d.Write, "SELECT rolname FROM pg_roles WHERE rolname = 'gelombang_analyst'")); n != 0 {
		t.Fatal("somebody who may not make roles made one")
	}
	superuser, owner := connect(t, server.URL("gelombang")), connect(t, asUser(t, server.URL("gelombang"), "plain"))
	access := documented(t, "CREATE ROLE gelombang_analyst")
	needsAccess(t, d, access)
	for i, statement := range access {
		if i == 0 {
			mustExec(t, superuser, statement)
			needsAccess(t, d, access[1:])
			continue
		}
		mustExec(t, owner, statement)
	}
	needsAccess(t, d, nil)
	mustExec(t, owner, "CREATE VIEW analytics.later AS SELECT 1 AS one")
	needsAccess(t, d, nil)
	mustExec(t, owner, "REVOKE SELECT ON analytics.participants FROM gelombang_analyst")
	needsAccess(t, d, access[1:])
	mustExec(t, owner, access[2])
	for _, statement := range documented(t, "CREATE ROLE metabase") {
		mustExec(t, superuser, strings.ReplaceAll(statement, "…", "secret"))
	}
	metabase := connect(t, asUser(t, server.URL("gelombang"), "metabase"))
	mustExec(t, metabase, "SELECT status FROM participants")
	refusedAs(t, metabase, "read_only_sql_transaction", "CREATE TEMPORARY TABLE mine (id int)")

	// A login may switch that off. Before the second block it can then leave things behind, after it no more.
	mustExec(t, metabase, "SET default_transaction_read_only = off")
	mustExec(t, metabase, "CREATE TEMPORARY TABLE mine (id int)")
	mustExec(t, metabase, "SELECT lo_create(0)")
	for _, statement := range documented(t, "REVOKE TEMPORARY") {
		mustExec(t, superuser, statement)
	}
	for _, statement := range []string{
		"CREATE TEMPORARY TABLE other (id int)", "CREATE TABLE other (id int)", "SELECT lo_create(0)", "SELECT lo_creat(-1)",
		`SELECT lo_from_bytea(0, '\x00')`, "SELECT lo_import('/etc/hostname')", "SELECT lo_import('/etc/hostname', 1)",
	} {
		refusedAs(t, metabase, "insufficient_privilege", statement)
	}
	mustExec(t, metabase, "SELECT status FROM participants")
	mustExec(t, owner, "CREATE TEMPORARY TABLE ours (id int)")
}

// needsAccess checks which statements the program says are still to be run.
func needsAccess(t *testing.T, d *db.DB, want []string) {
	t.Helper()
	got, err := d.AnalystAccess(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statements (-documented +told):\n%s", diff)
	}
}

// refusedAs checks that the statement fails with the condition of that name.
func refusedAs(t *testing.T, d *sql.DB, condition, statement string) {
	t.Helper()
	var pqErr *pq.Error
	if _, err := d.Exec(statement); !errors.As(err, &pqErr) || pqErr.Code.Name() != condition {
		t.Errorf("%s: %v, want %s", statement, err, condition)
	}
}

// TestTheEmbeddedDatabaseHasNoAnalysts to be told about.
func TestTheEmbeddedDatabaseHasNoAnalysts(t *testing.T) {
	needsAccess(t, dbtest.New(t, db.SQLite), nil)
	needsAccess(t, dbtest.New(t, db.Postgres), nil)
}

// TestDatabasesOfOneClusterShareTheRole, also one that is migrated while another makes the role.
func TestDatabasesOfOneClusterShareTheRole(t *testing.T) {
	server := dbtest.NewCluster(t)
	other, err := connect(t, server.URL("postgres")).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	mustExec(t, other, "CREATE ROLE gelombang_analyst NOLOGIN") // not committed: nobody sees it yet
	admin := connect(t, server.URL("postgres"))
	mustExec(t, admin, "CREATE DATABASE one")
	d, err := db.Open(t.Context(), db.Config{URL: server.URL("one")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	migrated := make(chan error, 1)
	go func() {
		_, err := d.Migrate(t.Context())
		migrated <- err
	}()
	for waiting := false; !waiting; {
		if err := admin.QueryRowContext(t.Context(), "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)").Scan(&waiting); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-migrated:
			t.Fatalf("migrated without waiting for the other database: %v", err)
		default:
		}
	}
	if err := other.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-migrated; err != nil {
		t.Fatal(err)
	}
	asAnalyst(t, d, func(tx *sql.Tx) { mustExec(t, tx, "SELECT * FROM analytics.participants") })
}

// documented returns the statements of the guide's block that begins so.
func documented(t *testing.T, first string) []string {
	t.Helper()
	guide, err := os.ReadFile("../../docs/analysts-sql.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, ok := strings.Cut(string(guide), "```\n"+first)
	if !ok {
		t.Fatalf("the guide has no block that begins with %s", first)
	}
	block, _, _ = strings.Cut(first+block, "```")
	return strings.Split(strings.TrimSpace(block), "\n")
}

// connect opens one connection.
func connect(t *testing.T, address string) *sql.DB {
	t.Helper()
	d, err := sql.Open("postgres", address)
	if err != nil {
		t.Fatal(err)
	}
	d.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func asUser(t *testing.T, address, user string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(user)
	return u.String()
}
