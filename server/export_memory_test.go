package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/leftout"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/secrets"
	"gelombang/internal/viewer"
	"gelombang/server/auth"
)

const (
	// exportRowsVariable says how many purchases are exported: 1600000 is what the programme has.
	exportRowsVariable = "GELOMBANG_TEST_EXPORT_ROWS"
	exportRows         = 20_000
	// exportMemory is the most that the server may have in memory, in bytes, however many rows there are.
	exportMemory = 150 << 20
	exportSecret = "a secret of the tests, thirty-two bytes long or more"
)

// TestMemoryDoesNotGrowWithAnExport exports many purchases from a server in a process of its own: the files hold what
// the aggregate says, and the process stays small.
func TestMemoryDoesNotGrowWithAnExport(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		leftout.Test(t, "/proc, to see the memory of a process", err)
	}
	rows := exportRows
	if text := os.Getenv(exportRowsVariable); text != "" {
		var err error
		if rows, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	binary := filepath.Join(t.TempDir(), "gelombang")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			s := startExporting(t, binary, dbtest.Config(t, dialect), rows)
			s.check(rows)
		})
	}
}

// exportingServer is a server in a process of its own, with many purchases.
type exportingServer struct {
	t       *testing.T
	address string
	token   string
	process *exec.Cmd
}

func startExporting(t *testing.T, binary string, cfg db.Config, rows int) *exportingServer {
	t.Helper()
	keys := filepath.Join(t.TempDir(), "keys")
	if err := secrets.Create(keys); err != nil {
		t.Fatal(err)
	}
	fillPurchases(t, dbtest.Open(t, cfg), rows)
	s := &exportingServer{t: t, address: freeAddress(t)}
	s.process = exec.Command(binary, "serve", "--addr", s.address, "--log-level", "error")
	s.process.Env = append(os.Environ(), "DATABASE_URL="+cfg.URL, "GELOMBANG_DATA="+cfg.DataDir, "GELOMBANG_KEYS="+keys, "GELOMBANG_JWT_SECRET="+exportSecret)
	s.process.Stderr = t.Output()
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.process.Process.Kill()
		_ = s.process.Wait()
	})
	s.waitUntilReady()
	now := time.Now()
	token, err := auth.Mint([]byte(exportSecret), auth.Grant{
		Issuer: "gelombang", Audience: "gelombang", Viewer: viewer.Viewer{Role: viewer.Analyst, Subject: "analyst"}, IssuedAt: now, ExpiresAt: now.Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.token = token
	return s
}

func (s *exportingServer) waitUntilReady() {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		res, err := crashClient.Get("http://" + s.address + "/readyz")
		if err == nil && res.Body.Close() == nil && res.StatusCode == http.StatusOK {
			return
		}
	}
	s.t.Fatal("the server did not become ready within a minute")
}

// The participants and the catalogue of the purchases.
const (
	exportCards     = 2000
	exportOfferings = 500
)

// fillPurchases puts purchases into the tables, beside the registry: what they say does not matter here.
func fillPurchases(t *testing.T, d *db.DB, rows int) {
	t.Helper()
	f := registrytest.New(t, d)
	f.Cohort(13, registrytest.Evening.AddDate(0, 0, -27), exportCards)
	offerings := make([]registry.Offering, exportOfferings)
	for i := range offerings {
		offerings[i] = registry.Offering{CourseCode: fmt.Sprintf("C-%d", i), Title: fmt.Sprintf("Pelatihan %d", i), Price: 250_000}
	}
	if _, err := f.PutOfferings(context.Background(), registrytest.Admin, "tokopedia", offerings); err != nil {
		t.Fatal(err)
	}
	f.Send(f.Message("tokopedia", registrytest.Bought("ONE", "9999999999999999", registrytest.Evening))) // a delivery to refer to
	series, instant := "generate_series(1, $1) AS s (n)", "TIMESTAMPTZ '2021-04-01 00:00:00+07' + n * INTERVAL '1 second'"
	if d.Dialect == db.SQLite {
		series = "(WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < $1) SELECT n FROM s) AS s"
		instant = "1617210000000000 + n * 1000000"
	}
	statement := `INSERT INTO purchases (invoice_code, amount, purchased_at, received_at, evidence, delivery_id, offering_id, participant_id, platform_id)
		SELECT 'INV/2021/' || n, 100000 + n % 1000, ` + instant + `, ` + instant + `, 'ACCEPTED', (SELECT MIN(id) FROM deliveries),
			(SELECT MIN(id) FROM offerings) + n % 500, (SELECT MIN(id) FROM participants) + n % 2000, (SELECT id FROM platforms WHERE code = 'tokopedia')
		FROM ` + series
	if _, err := d.Write.ExecContext(t.Context(), statement, rows); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write.ExecContext(t.Context(), "ANALYZE"); err != nil {
		t.Fatal(err)
	}
}

// check exports everything as CSV and as Parquet, and compares the sums and the memory.
func (s *exportingServer) check(rows int) {
	s.t.Helper()
	answer := s.post("application/json", `{ purchaseAggregate(groupBy: []) { rows { count amount { sum } } } }`)
	var totals struct {
		Data struct {
			PurchaseAggregate struct {
				Rows []struct {
					Count  int
					Amount struct{ Sum int64 }
				}
			}
		}
	}
	if err := errors.Join(json.NewDecoder(answer).Decode(&totals), answer.Close()); err != nil || len(totals.Data.PurchaseAggregate.Rows) != 1 {
		s.t.Fatal(err, totals)
	}
	want := totals.Data.PurchaseAggregate.Rows[0]
	if want.Count != rows {
		s.t.Errorf("there are %d purchases, want %d", want.Count, rows)
	}
	const query = `{ purchases { nodes { id invoiceCode amount purchasedAt receivedAt late counts platform { code } offering { title } participant { status province { name } } } } }`
	for media, sum := range map[string]func(io.Reader) (int, int64, error){"text/csv": sumCSV, "application/vnd.apache.parquet": sumParquet} {
		began := time.Now()
		file := s.post(media, query)
		count, amount, err := sum(file)
		if err = errors.Join(err, file.Close()); err != nil || count != want.Count || amount != want.Amount.Sum {
			s.t.Errorf("%s: %d rows, %d rupiah, %v; want %d and %d", media, count, amount, err, want.Count, want.Amount.Sum)
		}
		took, peak := time.Since(began), s.peak()
		s.t.Logf("%s: %d rows in %.1f s, %.0f rows a second; at most %d MB in memory so far", media, count, took.Seconds(), float64(count)/took.Seconds(), peak>>20)
		if peak > exportMemory {
			s.t.Errorf("%s: the server took %d MB, %d is the most", media, peak>>20, exportMemory>>20)
		}
	}
}

// post asks for an answer of the media type, and returns its body.
func (s *exportingServer) post(media, query string) io.ReadCloser {
	s.t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, "http://"+s.address+"/graphql", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {media}, "Authorization": {"Bearer " + s.token}}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		text, err := io.ReadAll(resp.Body)
		s.t.Fatalf("%s: %s %s %v", media, resp.Status, text, errors.Join(err, resp.Body.Close()))
	}
	return resp.Body
}

var peakLine = regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`)

// peak is the most that the server ever had in memory, in bytes: its resident set.
func (s *exportingServer) peak() int {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	found := peakLine.FindSubmatch(status)
	if found == nil {
		s.t.Fatalf("no VmHWM in %s", status)
	}
	kilobytes, err := strconv.Atoi(string(found[1]))
	if err != nil {
		s.t.Fatal(err)
	}
	return kilobytes << 10
}

// sumCSV counts the rows and adds up the third column.
func sumCSV(file io.Reader) (rows int, amount int64, err error) {
	r := csv.NewReader(file)
	r.ReuseRecord = true
	if _, err := r.Read(); err != nil {
		return 0, 0, err
	}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, amount, nil
		}
		if err != nil {
			return rows, amount, err
		}
		n, err := strconv.ParseInt(record[2], 10, 64)
		if err != nil {
			return rows, amount, err
		}
		rows, amount = rows+1, amount+n
	}
}

// sumParquet counts the rows and adds up the third column.
func sumParquet(file io.Reader) (rows int, amount int64, err error) {
	text, err := io.ReadAll(file)
	if err != nil {
		return 0, 0, err
	}
	f, err := parquet.OpenFile(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return 0, 0, err
	}
	r := parquet.NewReader(f)
	batch := make([]parquet.Row, 1000)
	for {
		n, err := r.ReadRows(batch)
		for _, row := range batch[:n] {
			rows, amount = rows+1, amount+row[2].Int64()
		}
		if errors.Is(err, io.EOF) {
			return rows, amount, r.Close()
		}
		if err != nil {
			return rows, amount, err
		}
	}
}
