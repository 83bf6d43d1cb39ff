package dataset

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"gelombang/internal/db"
	"gelombang/internal/registry"
	"gelombang/internal/rules"
)

// shares are how the sales are spread over the platforms, in per cent: invented.
var shares = []struct {
	code    string
	percent float64
}{{"tokopedia", 34}, {"bukalapak", 14}, {"pintaria", 14}, {"pijarmahir", 12}, {"sekolahmu", 12}, {"maubelajarapa", 9}, {"sisnaker", 5}}

// platform is a platform as a seller.
type platform struct {
	id, key   int // of the platform, and of the key that its deliveries were signed with
	code      string
	percent   float64
	offerings []offering
}

type offering struct {
	id    int
	code  string
	price int64 // rupiah
}

// pick draws a platform by its share and one of its offerings. Some trainings sell far better than others.
func (f *filling) pick(u, popular float64) (platform, offering) {
	at := u * 100
	for _, p := range f.platforms {
		if at -= p.percent; at < 0 {
			return p, p.offerings[int(popular*popular*float64(len(p.offerings)))]
		}
	}
	last := f.platforms[len(f.platforms)-1]
	return last, last.offerings[0]
}

var (
	subjects   = []string{"Barista", "Bahasa Inggris", "Pemasaran Digital", "Desain Grafis", "Menjahit", "Akuntansi Dasar", "Analisis Data", "Fotografi Produk", "Tata Boga", "Teknisi AC"}
	levels     = []string{"untuk Pemula", "Tingkat Menengah", "Tingkat Lanjut", "Kelas Akhir Pekan", "Intensif"}
	categories = []string{"Kuliner", "Bahasa", "Pemasaran", "Desain", "Busana", "Keuangan", "Teknologi", "Media", "Jasa", "Teknik"}
	modes      = []rules.Mode{rules.ModeOnline, rules.ModeOffline}
)

// catalogue is what a platform has on sale: its share of all the offerings.
func (d *Dataset) catalogue(index int) []registry.Offering {
	out := make([]registry.Offering, d.OfferingsOf(shares[index].code))
	for i := range out {
		key := draw(d.Seed, uint64(index), uint64(i))
		subject := int(key % uint64(len(subjects)))
		out[i] = registry.Offering{
			CourseCode: d.Course(shares[index].code, i),
			Title:      fmt.Sprintf("%s %s %d", subjects[subject], levels[key>>8%uint64(len(levels))], i+1),
			Provider:   fmt.Sprintf("Lembaga Contoh %02d", key>>16%40), Category: categories[subject], Mode: modes[key>>24%uint64(len(modes))],
			Price: 50_000 + int64(key>>32%81)*5_000, URL: fmt.Sprintf("https://example.com/%s/%d", shares[index].code, i+1),
		}
	}
	return out
}

// readPlatforms reads the ids that the database has given to platforms, keys and offerings.
func (f *filling) readPlatforms(ctx context.Context, d *db.DB) error {
	for _, share := range shares {
		p := platform{code: share.code, percent: share.percent}
		row := d.Write.QueryRowContext(ctx, "SELECT p.id, k.id FROM platforms p JOIN platform_keys k ON k.platform_id = p.id WHERE p.code = $1", share.code)
		if err := row.Scan(&p.id, &p.key); err != nil {
			return fmt.Errorf("look for the platform %s and its key: %w", share.code, err)
		}
		err := db.Query(ctx, d.Write, func(rows *sql.Rows) error {
			var o offering
			err := rows.Scan(&o.id, &o.code, &o.price)
			p.offerings = append(p.offerings, o)
			return err
		}, "SELECT id, course_code, price FROM offerings WHERE platform_id = $1 ORDER BY course_code", p.id)
		if err != nil {
			return fmt.Errorf("look for the offerings of %s: %w", share.code, err)
		}
		f.platforms = append(f.platforms, p)
	}
	return nil
}

// OfferingsOf is how many offerings a platform has.
func (d *Dataset) OfferingsOf(code string) int {
	for i, s := range shares {
		if s.code == code {
			n := d.Offerings / len(shares)
			if i < d.Offerings%len(shares) {
				n++
			}
			return n
		}
	}
	return 0
}

// Course is the course code of the n-th offering of a platform, from 0.
func (d *Dataset) Course(code string, n int) string {
	return fmt.Sprintf("%s-%05d", strings.ToUpper(code[:2]), n+1)
}
