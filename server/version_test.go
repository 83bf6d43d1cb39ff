package main

import (
	"runtime/debug"
	"testing"
)

func TestTheVersionIsTheModulesOrTheCommit(t *testing.T) {
	commit := debug.BuildSetting{Key: "vcs.revision", Value: "1aedffd0f3b2c4d5e6f708192a3b4c5d6e7f8091"}
	for _, tt := range []struct {
		name     string
		version  string
		settings []debug.BuildSetting
		want     string
	}{
		{"a release", "v1.2.3", []debug.BuildSetting{commit}, "v1.2.3"},
		{"a checkout", "(devel)", []debug.BuildSetting{commit, {Key: "vcs.modified", Value: "false"}}, "devel-1aedffd0f3b2"},
		{"a changed checkout", "", []debug.BuildSetting{commit, {Key: "vcs.modified", Value: "true"}}, "devel-1aedffd0f3b2+changes"},
		{"nothing known", "(devel)", nil, "devel"},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Version: tt.version}, Settings: tt.settings}
		if got := versionOf(info); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
