//go:build unix

package main

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// startPages starts a browser for all pages, and the server for them.
func startPages(t *testing.T, p browserPlan) *chromium {
	t.Helper()
	built, err := build(p.pages)
	if err != nil {
		t.Fatal(err)
	}
	b, err := startChromium(built, startServer(t, true))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.stop)
	return b
}

func TestEachPageDoesEachScenario(t *testing.T) {
	p := newBrowserPlan(false, "", nil)
	p.first, p.time = time.Millisecond, time.Millisecond
	p.care = func(int) care { return care{1, 0, 1} }
	for i, s := range p.scenarios {
		p.scenarios[i] = small(s)
	}
	first, later := startPages(t, p).measure(p)
	for _, all := range []results{first, later} {
		if len(all) != len(p.scenarios)*len(p.pages) {
			t.Errorf("got %d results for %d scenarios and %d pages", len(all), len(p.scenarios), len(p.pages))
		}
		for at, rounds := range all {
			if r := rounds[0]; r.Cannot != "" || r.N < 8 || r.CPU <= 0 || r.CPU > r.Wall+time.Second {
				t.Errorf("%s, %s: got %+v", at.scenario, at.client, r)
			}
		}
	}
}

func TestTabsWarmUp(t *testing.T) {
	p := newBrowserPlan(false, "", nil)
	p.pages = p.pages[:1]
	s := inBrowser(traffic(receive)[0], false)
	s.batch = 10
	b := startPages(t, p)
	for _, c := range []struct {
		want  warmUp
		least warmUp
		most  time.Duration
	}{
		{warmUp{0, time.Hour}, warmUp{}, 0},
		{warmUp{5, time.Hour}, warmUp{5, 0}, time.Minute},
		{warmUp{math.MaxInt, 300 * time.Millisecond}, warmUp{10, 300 * time.Millisecond}, time.Minute},
	} {
		tab := b.open(p.pages[0], s, s.job.url(b.address))
		tab.warmUp(c.want)
		if did := tab.did; did.messages < c.least.messages || did.time < c.least.time || did.time > c.most || tab.broken != nil {
			t.Errorf("%+v: got %+v, %v", c.want, did, tab.broken)
		}
		tab.close()
	}
}

// A page that gets another message than it asked for must say so.
func TestEachPageLooksAtItsMessages(t *testing.T) {
	p := newBrowserPlan(false, "", nil)
	b := startPages(t, p)
	s := inBrowser(traffic(receive)[0], true)
	for _, c := range []struct {
		what string
		job  job
		want string
	}{
		{"longer", job{what: receive, size: 17, text: true}, "got a message of 17 bytes, want 16"},
		{"binary", job{what: receive, size: 16}, "got a message of 16 bytes, want 16"},
	} {
		for _, page := range p.pages {
			tab := b.open(page, s, c.job.url(b.address))
			if r := tab.measure(time.Millisecond); !strings.Contains(r.Cannot, c.want) {
				t.Errorf("%s, %v: got %+v, want %q", c.what, page, r, c.want)
			}
			tab.close()
		}
	}
}

func TestWhoLosesMessagesFails(t *testing.T) {
	sending, receiving := traffic(send)[0], traffic(receive)[0] // of 16 B
	receiving.batch = 10
	for _, c := range []struct {
		s    scenario
		r    result
		want string
	}{
		{sending, result{N: 5, Server: seen{Messages: 5, Bytes: 110}}, ""},
		{sending, result{N: 5, Server: seen{Messages: 4, Bytes: 110}}, "counts 5 messages, the server got 4"},
		{sending, result{N: 5, Server: seen{Messages: 5, Bytes: 79}}, "79 bytes, want 5 with at least 80"},
		{sending, result{}, "counts 0 messages"},
		{receiving, result{N: 30, Server: seen{Messages: 3, Bytes: 24}}, ""},
		{receiving, result{N: 30, Server: seen{Messages: 4, Bytes: 32}}, "the server got 4 with 32 bytes, want 3"},
	} {
		err := c.s.complete(c.r)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s, %+v: got %v, want %q", c.s.name, c.r, err, c.want)
		}
	}
}

func TestTreesAreColumns(t *testing.T) {
	var list trees
	for _, c := range []struct{ value, want string }{
		{"..", "name"}, // the folder may have any
		{"before=..", ""},
		{"before=..", "there is a column before already"},
		{"coder=..", "there is a column coder already"},
		{"a/b=..", `got the name "a/b"`},
		{"=..", `got the name ""`},
		{"nothing=browser", "no module there"},
	} {
		err := list.Set(c.value)
		if c.want == "name" {
			continue
		}
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", c.value, err, c.want)
		}
	}
	names := slices.Compact(slices.Collect(func(yield func(string) bool) {
		for _, p := range pages(list) {
			if !yield(p.name) {
				return
			}
		}
	}))
	if !slices.Equal(names[:3], []string{"js", "ours", "coder"}) || names[len(names)-1] != "before" {
		t.Errorf("got columns %v", names)
	}
}
