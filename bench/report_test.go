//go:build unix

package main

import (
	"math/big"
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

// With a median m, half of the values are below it: of n values the number below is that of heads when n coins are tossed.
func TestIntervalHasTheMedianWithItsProbability(t *testing.T) {
	for n := 1; n <= 200; n++ {
		values := make([]float64, n)
		for i := range values {
			values[i] = float64((i*7919 + 3) % n) // all from 0 to n-1, if n does not divide 7919, in another order
		}
		s, ok := intervalOf(values)
		within := func(k int) float64 { return 1 - 2*atMost(k, n) }
		k := int(s.from)
		if !ok || s.median != float64(n-1)/2 || int(s.to) != n-1-k || n >= 6 && within(k) < 0.95 || within(k+1) >= 0.95 || n < 6 && k != 0 {
			t.Errorf("%d values: got %+v, the median within with probability %.3f", n, s, within(k))
		}
	}
	if _, ok := intervalOf(nil); ok {
		t.Error("got a median of nothing")
	}
}

// atMost is the probability of at most k heads of n coins.
func atMost(k, n int) float64 {
	sum := new(big.Int)
	for i := range k + 1 {
		sum.Add(sum, new(big.Int).Binomial(int64(n), int64(i)))
	}
	p, _ := new(big.Rat).SetFrac(sum, new(big.Int).Lsh(big.NewInt(1), uint(n))).Float64()
	return p
}

func TestOnlyMustNameSomething(t *testing.T) {
	for only, named := range map[string]bool{"": true, "echo 16 B": true, "nonsense": false} {
		for _, list := range [][]scenario{newPlan(false, only).scenarios, newBrowserPlan(false, only, nil).scenarios} {
			if err := some(list, only); (err == nil) != named || !named && !strings.Contains(err.Error(), `got -only "nonsense"`) {
				t.Errorf("%q: got %v", only, err)
			}
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
