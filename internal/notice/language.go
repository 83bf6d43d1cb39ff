package notice

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"gelombang/internal/rules"
)

// language is how dates, times and amounts are written in one language.
type language struct {
	tag       string // of file names
	weekdays  [7]string
	months    [12]string
	clock     string // around the hour and minute
	colon     string // between them
	thousands string // between groups of three digits
	units     [3]unit
	moment    string // less than a minute
}

type unit struct{ one, many string }

// languages are the languages of the texts. Indonesian writes the time of day with a full stop, "23.59", as the
// official spelling has it.
var languages = map[rules.Language]language{
	rules.ID: {
		tag:      "id",
		weekdays: [7]string{"Minggu", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu"},
		months: [12]string{
			"Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November", "Desember",
		},
		clock: "pukul %s WIB", colon: ".", thousands: ".",
		units:  [3]unit{{"hari", "hari"}, {"jam", "jam"}, {"menit", "menit"}},
		moment: "kurang dari satu menit",
	},
	rules.EN: {
		tag:      "en",
		weekdays: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		months: [12]string{
			"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
		},
		clock: "%s WIB", colon: ":", thousands: ",",
		units:  [3]unit{{"day", "days"}, {"hour", "hours"}, {"minute", "minutes"}},
		moment: "less than one minute",
	},
}

// lastDay writes the last WIB day on which a purchase counts, given the exclusive deadline.
func (l language) lastDay(deadline time.Time) string {
	day := rules.LastDay(deadline)
	return fmt.Sprintf("%s, %d %s %d", l.weekdays[day.Weekday()], day.Day(), l.months[day.Month()-1], day.Year())
}

// lastMinute writes the last whole minute, of that day, in which a purchase counts: 23:59 for a deadline at midnight.
func (l language) lastMinute(deadline time.Time) string {
	last := deadline.Add(-time.Nanosecond).In(rules.WIB)
	return fmt.Sprintf(l.clock, fmt.Sprintf("%02d%s%02d", last.Hour(), l.colon, last.Minute()))
}

// span writes a length of time in its two largest units, rounded down, so that nobody is promised more than there is.
func (l language) span(d time.Duration) string {
	minutes := int(d / time.Minute)
	counts := [3]int{minutes / (24 * 60), minutes / 60 % 24, minutes % 60}
	var parts []string
	for i, n := range counts {
		if n == 0 || (i == 2 && counts[0] > 0) {
			continue
		}
		name := l.units[i].many
		if n == 1 {
			name = l.units[i].one
		}
		parts = append(parts, fmt.Sprintf("%d %s", n, name))
	}
	if len(parts) == 0 {
		return l.moment
	}
	return strings.Join(parts, " ")
}

// rupiah writes an amount that is not negative, with its digits in groups of three.
func (l language) rupiah(amount int64) string {
	digits := strconv.FormatInt(amount, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + l.thousands + digits[i:]
	}
	return "Rp" + digits
}
