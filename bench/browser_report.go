//go:build unix

package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A browserReport makes tables of what pages did.
type browserReport struct {
	plan    browserPlan
	first   results // of the first measurement in each tab
	later   results
	sizes   []size
	machine string
	browser string
	took    time.Duration
}

const browserPreface = `# Measurements in a browser

Written by ` + "`make bench-browser`" + `: do not edit.

%s, headless. %s. Versions: %s.

Each client has a tab of its own in the same browser, and a server in another process of the same machine, which answers all that
one read brought in one write. The measure is the CPU time of the page's main thread for each message, as the browser counts it
(ThreadTime): all that JavaScript and WebAssembly do, the browser's own part of it, and collecting garbage as far as that holds the
page up; not its network process. Each run takes %v. Clients take turns within a round. A cell has the median of the rounds in all
tabs, which are opened one after the other, and in brackets what it would be between, with 95 %% certainty, if the same tabs went on
for ever: where two clients' brackets overlap, call them equal. In another tab the same page can be a tenth faster or slower, or more. Before
the first round a tab warms up: V8 compiles anew what has run often, and of a program in Go that goes on for some %d messages. A
warm-up is that long, or as long as said here.

%s
In echo at most %d messages and 64 KiB are under way, but at least two messages; a client sends back what it got, from its callback.
In receive the server sends as fast as TCP takes it. In send the client sends a batch of 2 MiB, but at least 8 and at most 4000
messages, each time that the last but one has been answered. Each message's kind and length are looked at, and their number is
compared with what the server saw. Texts are ASCII. Took %v.

`

func (r browserReport) String() string {
	p := r.plan
	var b strings.Builder
	fmt.Fprintf(&b, browserPreface, r.browser, r.machine, versions("github.com/coder/websocket"),
		p.time, enough, r.care(), underWay, r.took.Round(time.Second))
	b.WriteString(r.pages())
	b.WriteString(section("CPU time of the page's main thread", "Ratios to JavaScript, whose own time for a message is given.",
		r.ratios(r.later, result.cpu)))
	b.WriteString(section("Wall time", "As above. Where it is the server that a page waits for, these say little.",
		r.ratios(r.later, result.wall)))
	b.WriteString(section("CPU time at first", fmt.Sprintf(firstCaption, p.first), r.ratios(r.first, result.cpu)))
	b.WriteString(section("Size", sizeCaption, r.sizeTable()))
	b.WriteString(section("Absent", "Why cells are empty.", r.absent()))
	return b.String()
}

const firstCaption = `Of the first %v in each tab, before it has warmed up: what V8 compiles is in it as far as that holds the
page up.`

// care says how much is measured.
func (r browserReport) care() table {
	t := table{head: []string{"Messages of", "Tabs", "Rounds in each", "Warm-up at most"}}
	for _, size := range sizes {
		if slices.ContainsFunc(r.plan.scenarios, func(s scenario) bool { return s.job.size == size }) {
			c := r.plan.care(size)
			t.add(bytesName(size), strconv.Itoa(c.tabs), strconv.Itoa(c.rounds), max(r.plan.first, c.warmUp).String())
		}
	}
	return t
}

func (r browserReport) pages() string {
	t := table{head: []string{"Client", "Idiom", "How"}}
	for _, p := range r.plan.pages {
		t.add(p.name, string(p.idiom), p.how)
	}
	return section("Clients", `In the idiom "fresh" each message has memory of its own, which the program may keep. In "borrowed" it
is used again for the next message. "floor" is a page without Go.`, t)
}

func (all results) of(s scenario, p page) []result {
	return all[cell{true, s.name, p.String()}]
}

// ratios compares pages with the first one.
func (r browserReport) ratios(all results, value func(result) float64) table {
	js, others := r.plan.pages[0], r.plan.pages[1:]
	t := table{head: []string{"Scenario", "js, µs"}}
	for _, p := range others {
		name := p.name
		if p.idiom == borrowed {
			name += ", borrowed"
		}
		t.head = append(t.head, name)
	}
	for _, s := range r.plan.scenarios {
		micros := func(one result) float64 { return value(one) / 1000 }
		row := []string{s.name, orNothing(intervalOf(over(all.of(s, js), micros)))}
		for _, p := range others {
			row = append(row, orNothing(intervalOf(ratios(all.of(s, p), all.of(s, js), value))))
		}
		t.add(row...)
	}
	return t
}

const sizeCaption = `Of a program that dials, sends a text, prints what comes and closes, compiled with -trimpath
-ldflags="-s -w", in thousands of bytes; gzip at level 9 and brotli at level 11.`

func (r browserReport) sizeTable() table {
	t := table{head: []string{"Program", "raw", "gzip", "brotli"}}
	for _, s := range r.sizes {
		t.add(s.name, thousands(s.raw), thousands(s.gzip), thousands(s.br))
	}
	return t
}

func thousands(n int) string {
	if n == 0 {
		return nothing
	}
	return strconv.Itoa((n + 500) / 1000)
}

// absent says why cells are empty.
func (r browserReport) absent() table {
	t := table{head: []string{"Client", "Idiom", "Scenario", "Why it took no part"}}
	for _, s := range r.plan.scenarios {
		for _, p := range r.plan.pages {
			if all := r.later.of(s, p); len(all) > 0 && all[len(all)-1].Cannot != "" {
				t.add(p.name, string(p.idiom), s.name, all[len(all)-1].Cannot)
			}
		}
	}
	return t
}
