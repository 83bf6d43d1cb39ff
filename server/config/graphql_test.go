package config_test

import (
	"net/netip"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gelombang/graph/throttle"
	"gelombang/internal/viewer"
	"gelombang/server/config"
)

func TestProxiesAreReadAsNetworks(t *testing.T) {
	for setting, want := range map[string][]string{
		"":                       nil,
		"10.1.2.3/8":             {"10.0.0.0/8"},
		" 192.0.2.7,2001:db8::1": {"192.0.2.7/32", "2001:db8::1/128"},
		"::ffff:192.0.2.7":       {"192.0.2.7/32"},
		"127.0.0.0/8,::1/128":    {"127.0.0.0/8", "::1/128"},
	} {
		proxies, err := config.HTTP{TrustedProxies: setting}.Proxies()
		if err != nil {
			t.Errorf("%q: %v", setting, err)
		}
		var got []string
		for _, p := range proxies {
			got = append(got, netip.Prefix.String(p))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", setting, diff)
		}
	}
}

func TestTrustedRolesAreRoles(t *testing.T) {
	got, err := config.HTTP{TrustedDocuments: "documents.json", TrustedOnly: "anonymous, participant,"}.TrustedRoles()
	if diff := cmp.Diff([]viewer.Role{viewer.Anonymous, viewer.Participant}, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

// TestTheHelpTellsTheDefaultLimits compares what kong shows with what holds when nothing is set.
func TestTheHelpTellsTheDefaultLimits(t *testing.T) {
	field, ok := reflect.TypeFor[config.HTTP]().FieldByName("RateLimits")
	if !ok {
		t.Fatal("there is no such setting")
	}
	for _, setting := range []string{"", field.Tag.Get("default")} {
		got, err := config.HTTP{RateLimits: setting}.Limits()
		if diff := cmp.Diff(throttle.Defaults(), got); diff != "" || err != nil {
			t.Errorf("%q: %v %s", setting, err, diff)
		}
	}
	if field.Tag.Get("default") == "" {
		t.Error("the help tells no default")
	}
}
