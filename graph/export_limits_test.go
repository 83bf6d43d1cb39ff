package graph

import (
	"testing"

	"gelombang/internal/viewer"
)

// TestPlatformsLeaveExportsToTheOthers: whatever tokens a platform has made, it exports as one, and all platforms
// together leave half of the places.
func TestPlatformsLeaveExportsToTheOthers(t *testing.T) {
	platform := func(subject, code string) viewer.Viewer {
		return viewer.Viewer{Role: viewer.Platform, Subject: subject, Platform: code}
	}
	analyst := viewer.Viewer{Role: viewer.Analyst, Subject: "analyst-1"}
	s := newExportSlots(ExportLimits{Each: 2, All: 4})
	release := s.take(platform("a", "tokopedia"))
	steps := []struct {
		of   viewer.Viewer
		want bool
	}{
		{platform("b", "tokopedia"), true}, {platform("c", "tokopedia"), false}, {platform("a", "pintaria"), false},
		{analyst, true}, {analyst, true}, {analyst, false}, {viewer.Viewer{Role: viewer.Officer, Subject: "analyst-1"}, false},
	}
	for i, step := range steps {
		if got := s.take(step.of) != nil; got != step.want {
			t.Errorf("step %d: a place is taken: %v", i, got)
		}
	}
	release()
	if s.take(platform("a", "pintaria")) == nil || s.take(analyst) != nil {
		t.Error("the place that was given back is not that of a platform")
	}
	if alone := newExportSlots(ExportLimits{}.complete(2)); alone.take(platform("a", "pintaria")) == nil || alone.take(analyst) != nil {
		t.Error("of a single place a platform has none, or another has two")
	}
}
