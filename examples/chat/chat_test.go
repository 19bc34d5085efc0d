package main

import (
	"testing"
	"time"
)

func TestOnlyALostConnectionIsMadeAgain(t *testing.T) {
	for code, want := range map[uint16]bool{
		1000: false, // the user left
		1001: true,  // the server stops
		1003: false,
		1005: false,
		1006: true, // no Close frame came
		1008: false,
		1009: false,
		1011: true,
		1012: true,
		1013: true,
		4000: false,
	} {
		if got := comesBack(code); got != want {
			t.Errorf("%d: got %t, want %t", code, got, want)
		}
	}
}

func TestDelayDoublesUpToTenSeconds(t *testing.T) {
	for attempt, whole := range []time.Duration{500, 1000, 2000, 4000, 8000, 10000, 10000} {
		whole *= time.Millisecond
		seen := map[time.Duration]bool{}
		for range 100 {
			d := delay(attempt)
			seen[d] = true
			if d <= whole/2 || d > whole {
				t.Errorf("attempt %d: got %v, want more than half of %v", attempt, d, whole)
			}
		}
		if len(seen) == 1 {
			t.Errorf("attempt %d: got %v each time, want it left to chance", attempt, whole)
		}
	}
	if d := delay(1 << 30); d > 10*time.Second {
		t.Errorf("got %v, want at most 10 s", d)
	}
}
