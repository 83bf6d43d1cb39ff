package throttle_test

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gelombang/graph/throttle"
	"gelombang/internal/viewer"
)

// clock is moved by the test.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func newThrottle(t *testing.T, setting string) (*throttle.Throttle, *clock) {
	t.Helper()
	limits, err := throttle.Parse(setting)
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{now: time.Date(2021, 4, 6, 10, 45, 0, 0, time.UTC)}
	return throttle.New(limits, c.Now), c
}

func TestABurstAndThenTheRate(t *testing.T) {
	th, c := newThrottle(t, "participant=2/3")
	asking := viewer.Viewer{Role: viewer.Participant, Subject: "1300000000000042"}
	admitted := func() (bool, time.Duration) {
		done, wait := th.Admit(t.Context(), asking, netip.Addr{})
		if done == nil {
			return false, wait
		}
		done()
		return true, wait
	}
	steps := []struct {
		after time.Duration
		want  bool
		wait  time.Duration
	}{
		{0, true, 0}, {0, true, 0}, {0, true, 0},
		{0, false, 500 * time.Millisecond},
		{200 * time.Millisecond, false, 300 * time.Millisecond}, // having been refused costs nothing
		{300 * time.Millisecond, true, 0},
		{0, false, 500 * time.Millisecond},
		{time.Hour, true, 0}, {0, true, 0}, {0, true, 0},
		{0, false, 500 * time.Millisecond},
	}
	for i, step := range steps {
		c.now = c.now.Add(step.after)
		if got, wait := admitted(); got != step.want || wait != step.wait {
			t.Errorf("step %d: %t %v, want %t %v", i, got, wait, step.want, step.wait)
		}
	}
}

// TestWhoSharesALimit is the table of who is the same viewer: a burst of one, and two requests.
func TestWhoSharesALimit(t *testing.T) {
	type asking struct {
		v    viewer.Viewer
		from string
	}
	anonymous := func(from string) asking { return asking{viewer.Viewer{Role: viewer.Anonymous}, from} }
	tests := []struct {
		name          string
		first, second asking
		shared        bool
	}{
		{"one address", anonymous("192.0.2.1"), anonymous("192.0.2.1"), true},
		{"two addresses", anonymous("192.0.2.1"), anonymous("192.0.2.2"), false},
		{"one address, written in IPv6", anonymous("192.0.2.1"), anonymous("::ffff:192.0.2.1"), true},
		{"one /64", anonymous("2001:db8::1"), anonymous("2001:db8::ffff:1"), true},
		{"two /64", anonymous("2001:db8::1"), anonymous("2001:db8:0:1::1"), false},
		{"a zone", anonymous("fe80::1%eth0"), anonymous("fe80::1%eth1"), true},
		{"no address", anonymous(""), anonymous(""), true},
		{"one subject from two addresses", asking{viewer.Viewer{Role: viewer.Analyst, Subject: "a"}, "192.0.2.1"}, asking{viewer.Viewer{Role: viewer.Analyst, Subject: "a"}, "192.0.2.2"}, true},
		{"two subjects from one address", asking{viewer.Viewer{Role: viewer.Analyst, Subject: "a"}, "192.0.2.1"}, asking{viewer.Viewer{Role: viewer.Analyst, Subject: "b"}, "192.0.2.1"}, false},
		{"one subject in two roles", asking{viewer.Viewer{Role: viewer.Analyst, Subject: "a"}, ""}, asking{viewer.Viewer{Role: viewer.Officer, Subject: "a"}, ""}, false},
		{"two tokens of one platform", asking{viewer.Viewer{Role: viewer.Platform, Platform: "tokopedia", Subject: "a"}, ""}, asking{viewer.Viewer{Role: viewer.Platform, Platform: "tokopedia", Subject: "b"}, ""}, true},
		{"two platforms", asking{viewer.Viewer{Role: viewer.Platform, Platform: "tokopedia"}, ""}, asking{viewer.Viewer{Role: viewer.Platform, Platform: "pintaria"}, ""}, false},
		{"a role without a limit", asking{viewer.Viewer{Role: viewer.Admin, Subject: "a"}, ""}, asking{viewer.Viewer{Role: viewer.Admin, Subject: "a"}, ""}, false},
		{"no role", asking{}, asking{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			th, _ := newThrottle(t, "anonymous=1/1,participant=1/1,platform=1/1,analyst=1/1,officer=1/1,admin=0")
			admit := func(a asking) bool {
				var from netip.Addr
				if a.from != "" {
					from = netip.MustParseAddr(a.from)
				}
				done, _ := th.Admit(t.Context(), a.v, from)
				return done != nil
			}
			if !admit(tt.first) {
				t.Fatal("the first request is refused")
			}
			if got := !admit(tt.second); got != tt.shared {
				t.Errorf("the second is refused: %t, want %t", got, tt.shared)
			}
		})
	}
}

func TestSoManyAtOnce(t *testing.T) {
	th, _ := newThrottle(t, "analyst=1000/1000/3")
	asking := viewer.Viewer{Role: viewer.Analyst, Subject: "a"}
	var ends []func()
	for range 3 {
		done, _ := th.Admit(t.Context(), asking, netip.Addr{})
		if done == nil {
			t.Fatal("refused below the limit")
		}
		ends = append(ends, done)
	}
	if done, wait := th.Admit(t.Context(), asking, netip.Addr{}); done != nil || wait <= 0 {
		t.Fatalf("a fourth is admitted, wait %v", wait)
	}
	if done, _ := th.Admit(t.Context(), viewer.Viewer{Role: viewer.Analyst, Subject: "b"}, netip.Addr{}); done == nil {
		t.Fatal("another viewer is refused")
	}
	ends[0]()
	if done, _ := th.Admit(t.Context(), asking, netip.Addr{}); done == nil {
		t.Fatal("refused after one has ended")
	}
}

// TestAnAccountIsForgottenOnlyForMoreRecentOnes asks from more addresses than are remembered.
func TestAnAccountIsForgottenOnlyForMoreRecentOnes(t *testing.T) {
	th, _ := newThrottle(t, "anonymous=0.001/1,analyst=0.001/1")
	anonymous := viewer.Viewer{Role: viewer.Anonymous}
	admit := func(v viewer.Viewer, i int) bool {
		done, _ := th.Admit(t.Context(), v, netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
		return done != nil
	}
	analyst := viewer.Viewer{Role: viewer.Analyst, Subject: "a"}
	if !admit(analyst, 0) {
		t.Fatal("refused at first")
	}
	const many = 1<<16 + 10
	for i := range many {
		if !admit(anonymous, i) {
			t.Fatalf("address %d is refused at first", i)
		}
	}
	if !admit(anonymous, 0) {
		t.Error("the address that asked longest ago is still remembered: memory is not bounded")
	}
	if admit(anonymous, many-1) {
		t.Error("the last address is forgotten")
	}
	if admit(analyst, 0) {
		t.Error("addresses push out another role")
	}
}

// TestManyAtTheSameTimeGetNoMoreThanTheBurst is for the race detector as well.
func TestManyAtTheSameTimeGetNoMoreThanTheBurst(t *testing.T) {
	th, _ := newThrottle(t, "anonymous=0.001/40")
	var admitted atomic.Int64
	var wait sync.WaitGroup
	for range 16 {
		wait.Go(func() {
			for range 20 {
				if done, _ := th.Admit(t.Context(), viewer.Viewer{Role: viewer.Anonymous}, netip.MustParseAddr("192.0.2.1")); done != nil {
					admitted.Add(1)
					done()
				}
			}
		})
	}
	wait.Wait()
	if admitted.Load() != 40 {
		t.Errorf("%d of 320 are admitted, want 40", admitted.Load())
	}
}

func TestSettingsOfLimits(t *testing.T) {
	changed := func(change func(throttle.Limits)) throttle.Limits {
		l := throttle.Defaults()
		change(l)
		return l
	}
	tests := []struct {
		setting string
		want    throttle.Limits
		problem []string // what the error must name
	}{
		{"", throttle.Defaults(), nil},
		{"anonymous=5/6", changed(func(l throttle.Limits) { l[viewer.Anonymous] = throttle.Limit{PerSecond: 5, Burst: 6, AtOnce: 16} }), nil},
		{" anonymous=0.5/6 , admin=0 ,", changed(func(l throttle.Limits) {
			l[viewer.Anonymous], l[viewer.Admin] = throttle.Limit{PerSecond: 0.5, Burst: 6, AtOnce: 16}, throttle.Limit{}
		}), nil},
		{"analyst=5/6", changed(func(l throttle.Limits) { l[viewer.Analyst] = throttle.Limit{PerSecond: 5, Burst: 6, AtOnce: 8} }), nil},
		{"analyst=5/6/0", changed(func(l throttle.Limits) { l[viewer.Analyst] = throttle.Limit{PerSecond: 5, Burst: 6} }), nil},
		{"platform=5/6/7", changed(func(l throttle.Limits) {
			l[viewer.Platform] = throttle.Limit{PerSecond: 5, Burst: 6, AtOnce: 7}
		}), nil},

		{"staff=1/1", nil, []string{`"staff" is no role`, "supervisor"}},
		{"Anonymous=1/1", nil, []string{`"Anonymous" is no role`}},
		{"anonymous", nil, []string{"anonymous=20/40"}},
		{"anonymous=5", nil, []string{`"anonymous=5" is not a limit`}},
		{"anonymous=0/5", nil, []string{"anonymous=0/5"}},
		{"anonymous=5/0", nil, []string{"anonymous=5/0"}},
		{"anonymous=-1/5", nil, []string{"anonymous=-1/5"}},
		{"anonymous=NaN/5", nil, []string{"anonymous=NaN/5"}},
		{"anonymous=Inf/5", nil, []string{"anonymous=Inf/5"}},
		{"anonymous=1e9/5", nil, []string{"anonymous=1e9/5"}},
		{"anonymous=5/1.5", nil, []string{"anonymous=5/1.5"}},
		{"anonymous=5/6/-1", nil, []string{"anonymous=5/6/-1"}},
		{"anonymous=5/6/7/8", nil, []string{"anonymous=5/6/7/8"}},
		{"anonymous=1/1,anonymous=2/2", nil, []string{`"anonymous" occurs twice`}},
		{"nobody=1/1,anonymous=x", nil, []string{`"nobody"`, `"anonymous=x"`}},
	}
	for _, tt := range tests {
		t.Run(tt.setting, func(t *testing.T) {
			got, err := throttle.Parse(tt.setting)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if (err != nil) != (tt.problem != nil) {
				t.Fatalf("error %v", err)
			}
			for _, text := range tt.problem {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("error %q does not name %q", err, text)
				}
			}
		})
	}
}

// TestASettingSaysWhatItIs writes limits as a setting and reads them again.
func TestASettingSaysWhatItIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := throttle.Defaults()
		for _, role := range rapid.SliceOfDistinct(rapid.SampledFrom(viewer.Roles()), rapid.ID).Draw(t, "roles") {
			limits[role] = throttle.Limit{
				PerSecond: rapid.Float64Range(1e-3, 1e6).Draw(t, "rate"),
				Burst:     rapid.IntRange(1, 1_000_000).Draw(t, "burst"),
				AtOnce:    rapid.IntRange(0, 100).Draw(t, "at once"),
			}
		}
		again, err := throttle.Parse(limits.String())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(limits, again); diff != "" {
			t.Error(diff)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "anonymous=20/40", "analyst=1/2/3,admin=0", "x=1", ",,=,"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, setting string) {
		limits, err := throttle.Parse(setting)
		if err != nil {
			return
		}
		for role, limit := range limits {
			if limit != (throttle.Limit{}) && (limit.PerSecond <= 0 || limit.Burst < 1 || limit.AtOnce < 0) {
				t.Errorf("%s: %+v", role, limit)
			}
		}
	})
}

func BenchmarkAdmit(b *testing.B) {
	limits, err := throttle.Parse("anonymous=1e6/1000000")
	if err != nil {
		b.Fatal(err)
	}
	th := throttle.New(limits, time.Now)
	for i := range 1000 {
		th.Admit(b.Context(), viewer.Viewer{Role: viewer.Anonymous}, netip.MustParseAddr(fmt.Sprintf("10.0.%d.%d", i>>8, i&255)))
	}
	from := netip.MustParseAddr("10.0.0.7")
	b.ReportAllocs()
	for b.Loop() {
		if done, _ := th.Admit(b.Context(), viewer.Viewer{Role: viewer.Anonymous}, from); done != nil {
			done()
		}
	}
}
