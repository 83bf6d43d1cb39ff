package main

import "testing"

func TestNumbersInTheTour(t *testing.T) {
	for n, want := range map[int]string{
		0: "0 deliveries wait", 1: "1 delivery waits", 2: "2 deliveries wait", 999: "999 deliveries wait",
		1000: "1,000 deliveries wait", 13_800: "13,800 deliveries wait", 1_380_000: "1,380,000 deliveries wait", -1000: "-1,000 deliveries wait",
	} {
		if got := plural(n, "delivery waits", "deliveries wait"); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
