package throttle

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"gelombang/internal/viewer"
)

// Limit is how much one viewer may ask.
type Limit struct {
	// PerSecond is how many requests a second are answered in the long run; 0 for any number.
	PerSecond float64
	// Burst is how many are answered at once after a pause. At least 1 with a PerSecond.
	Burst int
	// AtOnce is how many may be under way at the same moment; 0 for any number.
	AtOnce int
}

// Limits are the limits by role. A role that is not among them has none.
type Limits map[viewer.Role]Limit

// Defaults returns the limits of an installation that sets none. A page of an application asks a few questions
// at once and then rests. A platform asks about the card of every customer, for all of them with one token. No viewer
// may have so many under way that they take the connections of all others.
func Defaults() Limits {
	staff := Limit{PerSecond: 50, Burst: 100, AtOnce: 8}
	return Limits{
		viewer.Anonymous:   {PerSecond: 20, Burst: 40, AtOnce: 16},
		viewer.Participant: {PerSecond: 10, Burst: 30, AtOnce: 4},
		viewer.Platform:    {PerSecond: 50, Burst: 100, AtOnce: 8},
		viewer.Analyst:     {PerSecond: 10, Burst: 30, AtOnce: 8},
		viewer.Officer:     staff,
		viewer.Supervisor:  staff,
		viewer.Admin:       staff,
	}
}

// The bounds of a setting. Beyond them a limit is none, or a slip.
const (
	largestRate  = 1e6
	largestBurst = 1_000_000
)

// Parse reads the limits of a setting, such as "anonymous=20/40,analyst=10/30/8,platform=0": for each role that
// it names the requests a second, the burst and, if need be, the number at once, or 0 for no limit at all. The
// other roles keep their [Defaults], and so does the number at once where it is left out. The error says
// everything that is wrong.
func Parse(setting string) (Limits, error) {
	limits := Defaults()
	var problems []error
	seen := map[viewer.Role]bool{}
	for _, part := range strings.Split(setting, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, text, _ := strings.Cut(part, "=")
		role, err := Role(name)
		switch {
		case err != nil:
			problems = append(problems, err)
			continue
		case seen[role]:
			problems = append(problems, fmt.Errorf("%q occurs twice", name))
			continue
		}
		seen[role] = true
		limit, ok := parseLimit(text, limits[role])
		if !ok {
			problems = append(problems, fmt.Errorf("%q is not a limit: write it as %s=20/40 (20 requests a second, 40 at most after a pause), %[2]s=20/40/8 (8 at once), or %[2]s=0 for none", part, name))
			continue
		}
		limits[role] = limit
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return limits, nil
}

func parseLimit(text string, otherwise Limit) (Limit, bool) {
	if text == "0" {
		return Limit{}, true
	}
	numbers := strings.Split(text, "/")
	if len(numbers) != 2 && len(numbers) != 3 {
		return Limit{}, false
	}
	rate, err := strconv.ParseFloat(numbers[0], 64)
	if err != nil || math.IsNaN(rate) || rate <= 0 || rate > largestRate {
		return Limit{}, false
	}
	limit := Limit{PerSecond: rate, AtOnce: otherwise.AtOnce}
	if limit.Burst, err = strconv.Atoi(numbers[1]); err != nil || limit.Burst < 1 || limit.Burst > largestBurst {
		return Limit{}, false
	}
	if len(numbers) == 3 {
		if limit.AtOnce, err = strconv.Atoi(numbers[2]); err != nil || limit.AtOnce < 0 || limit.AtOnce > largestBurst {
			return Limit{}, false
		}
	}
	return limit, true
}

// Role returns the role of a name in lower case, as settings have it.
func Role(name string) (viewer.Role, error) {
	role := viewer.Role(strings.ToUpper(name))
	if !slices.Contains(viewer.Roles(), role) || Name(role) != name {
		return "", fmt.Errorf("%.50q is no role: the roles are %s", name, strings.Join(names(), ", "))
	}
	return role, nil
}

// Name is the name of a role in settings and in metrics.
func Name(role viewer.Role) string { return strings.ToLower(string(role)) }

func names() []string {
	var all []string
	for _, role := range viewer.Roles() {
		all = append(all, Name(role))
	}
	return all
}

// String is the setting that says the same.
func (l Limits) String() string {
	var parts []string
	for _, role := range slices.Sorted(maps.Keys(l)) {
		limit := l[role]
		if limit == (Limit{}) {
			parts = append(parts, Name(role)+"=0")
			continue
		}
		rate := strconv.FormatFloat(limit.PerSecond, 'g', -1, 64)
		parts = append(parts, fmt.Sprintf("%s=%s/%d/%d", Name(role), rate, limit.Burst, limit.AtOnce))
	}
	return strings.Join(parts, ",")
}
