//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// A scenario is what clients are compared at.
type scenario struct {
	name   string
	job    job
	window int // echoes under way, or connections that are made at a time
	batch  int // messages between two looks at the clock
	idioms []idiom
	short  bool // whether make bench-short has it
	few    bool // whether it is measured in few rounds

	measure func(scenario, client, effort) (result, error)
}

const (
	kilo = 1 << 10
	mega = 1 << 20
)

var (
	sizes = []int{16, 128, kilo, 64 * kilo, mega}

	all       = []idiom{floor, coalesced, fresh, borrowed}
	inOneWay  = []idiom{floor, fresh, borrowed} // where nothing is gathered
	libraries = []idiom{fresh, borrowed}
)

var scenarios = slices.Concat(
	[]scenario{pingPong(16), pingPong(kilo)},
	traffic(echo),
	traffic(receive),
	traffic(send),
	[]scenario{
		compressed(noTakeover),
		compressed(takeover),
		connecting("idle", 32, measureIdle),
		connecting("set-up, one at a time", 1, measureSetup),
		connecting("set-up, 32 at a time", 32, measureSetup),
	},
)

func pingPong(size int) scenario {
	return scenario{name: "ping-pong " + bytesName(size), job: job{what: echo, size: size}, window: 1, batch: 100,
		idioms: all, short: size == 16, measure: measureTraffic}
}

// traffic is a job at all sizes.
func traffic(what task) (list []scenario) {
	for _, size := range sizes {
		list = append(list, scenario{
			name:    string(what) + " " + bytesName(size),
			job:     job{what: what, size: size},
			window:  min(max(64*kilo/size, 2), 256),
			batch:   min(max(2*mega/size, 8), 20_000),
			idioms:  all,
			short:   size == 16 || size == 64*kilo || size == kilo && what == receive || size == mega && what == send,
			measure: measureTraffic,
		})
	}
	return list
}

func compressed(mode deflation) scenario {
	return scenario{name: "deflate, " + strings.Replace(string(mode), "-", " ", 1), job: job{what: echo, size: kilo, deflate: mode},
		window: 64, batch: 500, idioms: libraries, short: true, measure: measureTraffic}
}

func connecting(name string, atATime int, measure func(scenario, client, effort) (result, error)) scenario {
	return scenario{name: name, job: job{what: echo, size: 16, many: true}, window: atATime, idioms: inOneWay, short: true, few: true,
		measure: measure}
}

// coalescingMatters reports whether the scenario is measured against the server that writes each message by itself too: it
// changes nothing where messages fill a write, or where the server has next to nothing to send.
func (s scenario) coalescingMatters() bool {
	return (s.job.what == echo || s.job.what == receive) && s.window > 1 && s.job.size <= kilo && s.job.deflate == plain
}

func (s scenario) has(c client) bool { return slices.Contains(s.idioms, c.idiom) }

func findScenario(name string) (scenario, bool) {
	i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
	if i < 0 {
		return scenario{}, false
	}
	return scenarios[i], true
}

func bytesName(n int) string {
	switch {
	case n >= mega:
		return strconv.Itoa(n/mega) + " MiB"
	case n >= kilo:
		return strconv.Itoa(n/kilo) + " KiB"
	default:
		return strconv.Itoa(n) + " B"
	}
}

// messages are what a client sends, in turn.
func (j job) messages() [][]byte {
	if j.deflate == plain {
		return [][]byte{make([]byte, j.size)}
	}
	return texts(256, j.size) // together more than deflate's window, so that none finds itself in it
}

// texts makes texts like JSON, always the same ones.
func texts(n, size int) [][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	list := make([][]byte, n)
	for i := range list {
		list[i] = text(r, size)
	}
	return list
}

func text(r *rand.Rand, size int) (b []byte) {
	words := strings.Fields("alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa")
	for b = append(b, '['); len(b) < size; {
		b = fmt.Appendf(b, `{"id":%d,"user":"%s","at":"2026-01-%02dT%02d:%02d:%02dZ","text":"%s %s %s","score":%.4f,"ok":%t},`,
			r.IntN(1e6), words[r.IntN(len(words))], 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60),
			words[r.IntN(len(words))], words[r.IntN(len(words))], words[r.IntN(len(words))], r.Float64(), r.IntN(2) == 0)
	}
	return b[:size]
}
