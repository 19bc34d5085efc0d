//go:build unix

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A report makes tables of results.
type report struct {
	plan    plan
	results results
	machine string
	took    time.Duration
}

const preface = `# Measurements

Written by ` + "`make bench`" + `: do not edit.

%s. Versions: %s.

A client is measured as a process of its own, with a server in another process of the same machine, so the ratios hold for a
machine whose cores are shared so. The server is the same for all clients, made by hand to cost little. The measure is the CPU
time of the client's process for each message, the kernel's for it included; clients take turns within a round. A cell has the
median of %d rounds (%d with the server that does not coalesce, %d where connections are set up or held idle) and in brackets the
least and the most of them: where two clients' brackets overlap, call them equal. Each run takes %v after a quarter of that to
warm up. All messages are binary.
Nothing is tuned in Go's runtime: programs with a larger heap collect garbage less often than these. Took %v.

`

var compared = []string{"github.com/gorilla/websocket", "github.com/coder/websocket", "github.com/lxzan/gws", "github.com/gobwas/ws",
	"github.com/klauspost/compress"}

func (r report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, preface, r.machine, versions(compared...), r.plan.rounds, r.plan.notCoalescing, r.plan.few, r.plan.effort.Time,
		r.took.Round(time.Second))
	b.WriteString(r.clients())
	for _, coalesce := range []bool{true, false} {
		b.WriteString(r.traffic(coalesce))
	}
	b.WriteString(r.deflate())
	b.WriteString(r.allocations())
	b.WriteString(r.calls())
	b.WriteString(r.connections())
	b.WriteString(r.absent())
	return b.String()
}

// section is a caption and a table, or nothing if nothing of it was measured.
func section(title, caption string, t table) string {
	if len(t.rows) == 0 {
		return ""
	}
	return "## " + title + "\n\n" + strings.TrimSpace(caption) + "\n\n" + t.String() + "\n"
}

const clientsCaption = `In the idiom "fresh" each message has memory of its own, which the program may keep. In "borrowed" it is
used again for the next message. In "coalesced" the program itself gathers what it sends, with a lock, and has to flush. "floor" is
no WebSocket at all.`

func (r report) clients() string {
	t := table{head: []string{"Client", "Idiom", "How"}}
	for _, c := range clients {
		t.add(c.name, string(c.idiom), c.how)
	}
	return section("Clients", clientsCaption, t)
}

// of returns the results of a client by round.
func (r report) of(coalesce bool, s scenario, c client) []result {
	return r.results[cell{coalesce, s.name, c.String()}]
}

// stat is what a client's rounds come to.
func (r report) stat(coalesce bool, s scenario, c client, value func(result) float64) (stat, bool) {
	return statOf(over(r.of(coalesce, s, c), value))
}

func over(rounds []result, value func(result) float64) (values []float64) {
	for _, one := range rounds {
		if one.Cannot == "" {
			values = append(values, value(one))
		}
	}
	return values
}

// ratio compares two clients.
func (r report) ratio(coalesce bool, s scenario, c, to client) (stat, bool) {
	return statOf(ratios(r.of(coalesce, s, c), r.of(coalesce, s, to), result.cpu))
}

// ratios compares round by round, so that what was slow for a while was so for both.
func ratios(a, b []result, value func(result) float64) (values []float64) {
	for i := range min(len(a), len(b)) {
		if a[i].Cannot == "" && b[i].Cannot == "" {
			values = append(values, value(a[i])/value(b[i]))
		}
	}
	return values
}

// orNothing is a cell.
func orNothing[T fmt.Stringer](value T, ok bool) string {
	if !ok {
		return nothing
	}
	return value.String()
}

// named returns a client by its String.
func named(name string) client {
	c, ok := find(name)
	if !ok {
		panic("no client " + name)
	}
	return c
}

// withIdiom returns all clients of some idioms.
func withIdiom(i ...idiom) (list []client) {
	for _, c := range clients {
		if slices.Contains(i, c.idiom) {
			list = append(list, c)
		}
	}
	return list
}

// heads are a table's columns for clients, after the first ones.
func heads(first []string, list []client) []string {
	for _, c := range list {
		first = append(first, c.name)
	}
	return first
}

// measured are the scenarios that a server of that kind was used for.
func (r report) measured(coalesce bool, which func(scenario) bool) (list []scenario) {
	for _, s := range r.plan.scenarios {
		if which(s) && (coalesce || s.coalescingMatters()) {
			list = append(list, s)
		}
	}
	return list
}

func isTraffic(s scenario) bool { return s.batch > 0 && s.job.deflate == plain }

const (
	coalescingServer = `Ratios to raw, whose own time is given. The server answers all that one read brought in one write. In echo at
most 256 messages and 64 KiB are under way, but at least two messages; the client sends from its callback. In receive the server
sends as fast as TCP takes it. In send the client does; ours waits for WaitBuffered each 64 KiB until at most 512 KiB are queued.`

	otherServer = `The same, with a server that writes each message by itself, where that changes anything.`

	bestCaption = `How much more than ours the best other library uses, both in the same idiom (more than 1: ours uses less). The
last two columns compare ours, fresh and borrowed, with gobwas and a program that gathers and flushes what it sends.`
)

func (r report) traffic(coalesce bool) string {
	what, caption := ", server coalescing", coalescingServer
	if !coalesce {
		what, caption = ", server not coalescing", otherServer
	}
	byHand := named("gobwas-co/coalesced")
	return section("Fresh messages"+what, caption, r.ratios(coalesce, withIdiom(fresh), true)) +
		section("Borrowed messages"+what, "As above.", r.ratios(coalesce, append(withIdiom(borrowed), byHand), false)) +
		section("The best of the others, to ours"+what, bestCaption, r.best(coalesce))
}

// ratios compares clients with the floor.
func (r report) ratios(coalesce bool, list []client, withFloor bool) table {
	raw := named("raw/floor")
	head := []string{"Scenario"}
	if withFloor {
		head = append(head, "raw, µs")
		list = append([]client{named("raw-co/coalesced")}, list...)
	}
	t := table{head: heads(head, list)}
	for _, s := range r.measured(coalesce, isTraffic) {
		row := []string{s.name}
		if withFloor {
			row = append(row, r.micros(coalesce, s, raw))
		}
		for _, c := range list {
			row = append(row, orNothing(r.ratio(coalesce, s, c, raw)))
		}
		t.add(row...)
	}
	return t
}

func (r report) micros(coalesce bool, s scenario, c client) string {
	return orNothing(r.stat(coalesce, s, c, func(one result) float64 { return one.cpu() / 1000 }))
}

func (r report) best(coalesce bool) table {
	t := table{head: []string{"Scenario", "fresh", "borrowed", "gobwas-co to fresh", "gobwas-co to borrowed"}}
	byHand := named("gobwas-co/coalesced")
	for _, s := range r.measured(coalesce, isTraffic) {
		row := []string{s.name}
		for _, i := range libraries {
			row = append(row, r.bestOf(coalesce, s, i))
		}
		for _, i := range libraries {
			row = append(row, orNothing(r.ratio(coalesce, s, byHand, ours(i))))
		}
		t.add(row...)
	}
	return t
}

func ours(i idiom) client { return named("ours/" + string(i)) }

// bestOf names the other library that uses least, and compares it with ours.
func (r report) bestOf(coalesce bool, s scenario, i idiom) string {
	best, found := "", stat{}
	for _, c := range withIdiom(i) {
		ratio, ok := r.ratio(coalesce, s, c, ours(i))
		if ok && c.theirs() && (best == "" || ratio.median < found.median) {
			best, found = c.name, ratio
		}
	}
	if best == "" {
		return nothing
	}
	return best + " " + found.String()
}

const deflateCaption = `1 KiB of text like JSON, each time another, echoed with at most 64 under way: CPU time for one echo, so for
compressing and decompressing once, and the bytes that the client sent for one, headers included. Where there is no takeover each
message is compressed by itself. How hard a client compresses is its own choice; the server's answers are the same for all.`

func (r report) deflate() string {
	list := r.measured(true, func(s scenario) bool { return s.job.deflate != plain })
	t := table{head: []string{"Client", "Idiom"}}
	for _, s := range list {
		t.head = append(t.head, strings.TrimPrefix(s.name, "deflate, ")+", µs", "bytes")
	}
	for _, c := range withIdiom(libraries...) {
		row := []string{c.name, string(c.idiom)}
		for _, s := range list {
			sent, ok := r.stat(true, s, c, func(one result) float64 { return one.per(float64(one.Server.Bytes)) })
			row = append(row, r.micros(true, s, c), cellOf(ok, "%.0f", sent.median))
		}
		if len(list) > 0 {
			t.add(row...)
		}
	}
	return section("permessage-deflate", deflateCaption, t)
}

// cellOf is a formatted cell, or nothing.
func cellOf(ok bool, format string, values ...any) string {
	if !ok {
		return nothing
	}
	return fmt.Sprintf(format, values...)
}

// perClient has a row for each client and columns for scenarios.
func (r report) perClient(list []scenario, cell func(scenario, client) string) table {
	t := table{head: []string{"Client", "Idiom"}}
	for _, s := range list {
		t.head = append(t.head, s.name)
	}
	for _, c := range clients {
		row := []string{c.name, string(c.idiom)}
		taken := false
		for _, s := range list {
			row = append(row, cell(s, c))
			taken = taken || row[len(row)-1] != nothing
		}
		if taken {
			t.add(row...)
		}
	}
	return t
}

func (r report) allocations() string {
	list := r.measured(true, func(s scenario) bool { return isTraffic(s) && s.window > 1 })
	t := r.perClient(list, func(s scenario, c client) string {
		count, ok := r.stat(true, s, c, func(one result) float64 { return one.per(float64(one.Mallocs)) })
		size, _ := r.stat(true, s, c, func(one result) float64 { return one.per(float64(one.Allocated)) })
		return cellOf(ok, "%.1f, %s", count.median, memory(size.median))
	})
	return section("Allocations for each message", "Their number and their bytes, medians. The server coalesces.", t)
}

const (
	callsCaption  = `From the same runs. Only Linux counts them, and among them a few that Go's runtime makes to wake itself.`
	framesCaption = `As the server counts them. The floor's message counts as a frame.`
)

func (r report) calls() string {
	writes := r.measured(true, func(s scenario) bool {
		return isTraffic(s) && s.window > 1 && s.job.size < kilo && s.job.what != receive
	})
	frames := r.measured(true, func(s scenario) bool { return s.job.what == send && s.job.size == mega })
	return section("Write calls for 10,000 messages", callsCaption, r.perClient(writes, r.writes)) +
		section("Frames for a message of 1 MiB", framesCaption, r.perClient(frames, r.frames))
}

func (r report) writes(s scenario, c client) string {
	st, ok := r.stat(true, s, c, func(one result) float64 { return one.per(float64(one.Writes)) * 10_000 })
	return cellOf(ok && st.from >= 0, "%.0f", st.median)
}

func (r report) frames(s scenario, c client) string {
	st, ok := r.stat(true, s, c, func(one result) float64 { return one.per(float64(one.Server.Frames)) })
	return cellOf(ok, "%.0f", st.median)
}

const connectionsCaption = `Memory: heap and stacks in use (HeapInuse, StackInuse) for each of %d connections that have echoed one
message of 16 B, after several collections, with the goroutine that reads; borrowed gorilla has its WriteBufferPool here. Set-up: CPU
time for one, until the connection is open, of %d that stay open, and how many came about in a second of wall time.`

func (r report) connections() string {
	list := r.measured(true, func(s scenario) bool { return s.batch == 0 })
	t := r.perClient(list, func(s scenario, c client) string {
		if s.name == "idle" {
			st, ok := r.stat(true, s, c, func(one result) float64 { return one.per(float64(one.Memory)) })
			return cellOf(ok, "%s", memory(st.median))
		}
		rate, ok := r.stat(true, s, c, func(one result) float64 { return float64(one.N) / one.Wall.Seconds() })
		return cellOf(ok, "%s µs, %.0f/s", r.micros(true, s, c), rate.median)
	})
	return section("Connections", fmt.Sprintf(connectionsCaption, r.plan.effort.Conns, r.plan.effort.Setups), t)
}

// absent says why cells are empty.
func (r report) absent() string {
	t := table{head: []string{"Client", "Idiom", "Scenarios", "Why it took no part"}}
	for _, c := range clients {
		why := map[string][]string{}
		for _, s := range r.plan.scenarios {
			for _, coalesce := range []bool{true, false} {
				for _, one := range r.of(coalesce, s, c) {
					if one.Cannot != "" && !slices.Contains(why[one.Cannot], s.name) {
						why[one.Cannot] = append(why[one.Cannot], s.name)
					}
				}
			}
		}
		for _, reason := range slices.Sorted(maps.Keys(why)) {
			names := strings.Join(why[reason], "; ")
			if len(why[reason]) > 4 {
				names = fmt.Sprintf("%d of them", len(why[reason]))
			}
			t.add(c.name, string(c.idiom), names, reason)
		}
	}
	return section("Absent", "Why cells are empty.", t)
}
