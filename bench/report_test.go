//go:build unix

package main

import (
	"strings"
	"testing"
	"time"
)

// took is the result of a client that used that time for each of ten messages.
func took(each time.Duration) result { return result{N: 10, CPU: 10 * each} }

func TestReportComparesRoundByRound(t *testing.T) {
	s, ok := findScenario("echo 16 B")
	if !ok {
		t.Fatal("no such scenario")
	}
	at := func(client string) cell { return cell{true, s.name, client} }
	// The second round was slow for all, the third failed for one.
	r := report{plan: plan{scenarios: []scenario{s}}, results: results{
		at("raw/floor"):        {took(100), took(1000), took(100)},
		at("ours/fresh"):       {took(50), took(500), {Cannot: "it failed"}},
		at("gorilla/fresh"):    {took(200), took(3000), took(200)},
		at("gws/fresh"):        {took(150), took(2000), took(200)},
		at("gobwas/borrowed"):  {took(90), took(900), took(90)},
		at("ours/borrowed"):    {{Cannot: "no option"}, {Cannot: "no option"}, {Cannot: "no option"}},
		at("gorilla/borrowed"): {took(100), took(1000), took(100)},
	}}
	text := strings.Join(strings.Fields(r.String()), " ")
	for _, want := range []string{
		"| echo 16 B | 0.10 (0.10–1.00) | – | 0.50 | 2.00 (2.00–3.00) | – | 2.00 (1.50–2.00) | – |", // to raw
		"| echo 16 B | gws 3.50 (3.00–4.00) | – | – | – |",                                          // the best, to ours
		"| ours | fresh | echo 16 B | it failed |",
		"| ours | borrowed | echo 16 B | no option |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks\n%s\nin\n%s", want, r)
		}
	}
}

func TestShort(t *testing.T) {
	for x, want := range map[float64]string{0: "0.000", 0.056: "0.056", 0.56: "0.56", 1.5: "1.50", 12.34: "12.3", 123.4: "123"} {
		if got := short(x); got != want {
			t.Errorf("short(%v): got %s, want %s", x, got, want)
		}
	}
}
