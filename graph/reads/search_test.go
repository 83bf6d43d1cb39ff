package reads

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gelombang/graph/keyset"
	"gelombang/internal/db"
	"gelombang/internal/dbtest"
	"gelombang/internal/registry"
	"gelombang/internal/registry/registrytest"
	"gelombang/internal/searchtext"
)

// These tests look at the statement itself, which is not exported.

// catalogue enters offerings with the titles, whose course codes are their places in the list.
func catalogue(t *testing.T, d *db.DB, titles []string) {
	t.Helper()
	f := registrytest.New(t, d)
	in := make([]registry.Offering, len(titles))
	for i, title := range titles {
		in[i] = registry.Offering{CourseCode: fmt.Sprint(i), Title: title, Category: "Kuliner", Price: 1}
	}
	for chunk := range slices.Chunk(in, 2_000) {
		if _, err := f.PutOfferings(context.Background(), registrytest.Admin, "pintaria", chunk); err != nil {
			t.Fatal(err)
		}
	}
}

// searched runs a statement about the offerings that a search finds and returns the last of its columns.
func searched(d *db.DB, columns int, head, text, tail string) ([]string, error) {
	condition, err := New(Config{Dialect: d.Dialect}).search("o", &text)
	if err != nil {
		return nil, err
	}
	var args keyset.Args
	where := strings.Join(append(condition(&args), "true"), " AND ")
	var found []string
	err = db.Query(context.Background(), d.Read, func(rows *sql.Rows) error {
		line, into := make([]string, columns), make([]any, columns)
		for i := range line {
			into[i] = &line[i]
		}
		err := rows.Scan(into...)
		found = append(found, line[columns-1])
		return err
	}, head+" FROM offerings o WHERE "+where+" "+tail, args...)
	return found, err
}

// oddWords are such as databases have opinions on: numbers, versions, hosts, files, addresses, letters that a
// locale does not know, words too long to be kept, words of their languages of searches.
var oddWords = []string{
	"roti", "Rotiku", "ROT", "digital", "digitalisasi", "1e5", "1e", "3d", "3", "3.14", "100%", "100", "-7", "1_000", "0x1F", "2021-04-06", "v1.2.3",
	"node.js", "www.contoh.co.id/a?b=c", "ani@contoh.id", "/usr/bin", "C++", "C#", "éclair", "ÉCLAIR", "e\u0301", "straße", "STRASSE", "İstanbul", "日本語", "日本", "ชุด", "Ꭰ", "\uab70",
	"٣", "Ⅳ", "𝔘𝔫𝔦", "𐐀", "\U00010980", "NOT", "AND", "OR", "NEAR", "and:*", "'", "\"", "\\", "*", "!", "&", "a'b", "a\"b", "_", "%",
	strings.Repeat("x", 70), strings.Repeat("x", 64), strings.Repeat("y", 400), strings.Repeat("\ufdfa", 30),
}

// TestASearchFindsWordsThatBeginSo on both databases, whatever the words: the expectation is made without either.
func TestASearchFindsWordsThatBeginSo(t *testing.T) {
	titles := slices.Clone(oddWords)
	for i, word := range oddWords {
		titles = append(titles, word+" "+oddWords[(7*i+3)%len(oddWords)]+"-"+oddWords[(11*i+5)%len(oddWords)])
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		catalogue(t, d, titles)
		found := 0
		rapid.Check(t, func(t *rapid.T) {
			text := ""
			for _, word := range rapid.SliceOfN(rapid.SampledFrom(oddWords), 1, 3).Draw(t, "words") {
				r := []rune(word)
				longer := text + " " + string(r[:rapid.IntRange(1, min(20, len(r))).Draw(t, "letters")])
				if len(longer) <= maxSearch && len(searchtext.Words(longer)) <= maxWords { // else more than a search may hold
					text = longer
				}
			}
			words := searchtext.Words(text)
			var want []string
			for i, title := range titles {
				if begins(searchtext.Words(title+" Kuliner"), words) {
					want = append(want, fmt.Sprint(i))
				}
			}
			got, err := searched(d, 1, "SELECT o.course_code", text, "")
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Fatalf("%q: %v (-want +got):\n%s", text, err, diff)
			}
			found += len(want)
		})
		if found == 0 {
			t.Error("nothing was found in all the searches")
		}
	})
}

// begins reports whether each of the beginnings begins one of the words.
func begins(words, beginnings []string) bool {
	return !slices.ContainsFunc(beginnings, func(beginning string) bool {
		return !slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, beginning) })
	})
}

// TestASearchUsesItsIndex among 20,000 offerings, for a page, for a count and within a platform.
func TestASearchUsesItsIndex(t *testing.T) {
	titles := make([]string, 20_000)
	for i := range titles {
		titles[i] = fmt.Sprintf("Kursus %s bagian %d", []string{"roti", "batik", "digital", "bahasa"}[i%4], i)
	}
	tails := map[string]string{
		"a page": "ORDER BY o.title, o.id LIMIT 21", "everything": "", "of a platform": "AND o.platform_id = (SELECT id FROM platforms WHERE code = 'pintaria') AND o.listed",
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		catalogue(t, d, titles)
		explain, columns, index := "EXPLAIN SELECT o.id", 1, "Bitmap Index Scan on offering_search"
		if d.Dialect == db.SQLite {
			explain, columns, index = "EXPLAIN QUERY PLAN SELECT o.id", 4, "SCAN offerings_search VIRTUAL TABLE INDEX"
		}
		if _, err := d.Write.Exec("ANALYZE"); err != nil {
			t.Fatal(err)
		}
		for what, tail := range tails {
			plan, err := searched(d, columns, explain, "digital 1999", tail)
			if text := strings.Join(plan, "\n"); err != nil || !strings.Contains(text, index) {
				t.Errorf("%s: %v\n%s", what, err, text)
			}
			got, err := searched(d, 1, "SELECT o.course_code", "digital 1999", tail)
			slices.Sort(got)
			if diff := cmp.Diff([]string{"19990", "19994", "19998"}, got); diff != "" || err != nil {
				t.Errorf("%s: %v (-want +got):\n%s", what, err, diff)
			}
		}
	})
}
