package graph

import (
	"cmp"
	"sync"
	"time"

	"gelombang/internal/viewer"
)

// ExportLimits bound how many exports may be under way at once. Each keeps a connection of the database's pool for
// analysis, and one state of the database.
type ExportLimits struct {
	// Each is for one viewer. Zero means 2.
	Each int
	// All is for the server. Zero means 4, but at most half of the pool, so that half is left for queries. All platforms
	// together have half of it, and 1 at least.
	All int
}

const (
	exportsOfEach = 2
	exportsInAll  = 4
)

// complete fills in what is zero; pool is how many connections the pool for analysis has.
func (l ExportLimits) complete(pool int) ExportLimits {
	return ExportLimits{Each: cmp.Or(l.Each, exportsOfEach), All: cmp.Or(l.All, max(1, min(exportsInAll, pool/2)))}
}

// exportTime is how long an export may take, where the budget does not say.
const exportTime = 15 * time.Minute

func (b Budget) exportTime() time.Duration { return cmp.Or(b.Export, exportTime) }

// exportSlots counts the exports under way.
type exportSlots struct {
	limits ExportLimits

	mu        sync.Mutex
	of        map[string]int // by role, and subject or platform
	all       int
	platforms int
}

func newExportSlots(l ExportLimits) *exportSlots {
	return &exportSlots{limits: l, of: map[string]int{}}
}

// take takes a place for an export of the viewer, which release gives back; nil when there is none.
func (s *exportSlots) take(v viewer.Viewer) (release func()) {
	who, ofPlatforms := string(v.Role)+"/"+v.Subject, 0
	if code := v.OwnPlatform(); code != "" { // whatever token it uses
		who, ofPlatforms = string(v.Role)+"/"+code, 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= s.limits.All || s.of[who] >= s.limits.Each || s.platforms+ofPlatforms > max(1, s.limits.All/2) {
		return nil
	}
	s.all++
	s.platforms += ofPlatforms
	s.of[who]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.all--
		s.platforms -= ofPlatforms
		if s.of[who]--; s.of[who] == 0 {
			delete(s.of, who)
		}
	}
}
