package peer

import (
	"os"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAProcessIsReadWhateverItIsCalled(t *testing.T) {
	const fields = " S 41 7 7 0 -1 4194560 2503 103451 1 12 350 150 1000 500 20 0 1 0 1234 0 0"
	want := process{parent: 41, cpu: 5, ended: 15}
	for _, name := range []string{"postgres", "a) S (b", "with space"} {
		got, err := parseStat([]byte("42 (" + name + ")" + fields))
		if err != nil {
			t.Errorf("%q: %v", name, err)
		}
		if d := cmp.Diff(want, got, cmp.AllowUnexported(process{})); d != "" {
			t.Errorf("%q (-want +got):\n%s", name, d)
		}
	}
	if _, err := parseStat([]byte("42 (short) S 41")); err == nil {
		t.Error("a line that is cut off is read")
	}
}

func TestThisProcessUsesSomething(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has /proc")
	}
	spend := 0
	for i := range 300_000_000 {
		spend += i ^ spend
	}
	used, err := CPU(os.Getpid())
	if err != nil || used <= 0 {
		t.Errorf("CPU() = %v, %v after some work (%d)", used, err, spend)
	}
	now, peak, err := Memory(os.Getpid())
	if err != nil || now <= 0 || peak < now {
		t.Errorf("Memory() = %d, %d, %v", now, peak, err)
	}
}
