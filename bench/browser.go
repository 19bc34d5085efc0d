//go:build unix

package main

import (
	"io"
	"log"
	"os"
	"strings"
	"time"
)

// A page is one way of using WebSockets in a browser, in a tab of its own.
type page struct {
	name    string
	idiom   idiom
	how     string  // for the reader of the results
	program program // the zero program is the floor's script
	borrow  bool
}

func (p page) String() string { return p.name + "/" + string(p.idiom) }

// A program is compiled to WebAssembly.
type program struct {
	name string
	pkg  string // in this module
	tree string // the module measured is in this folder, if not in the one above
}

// pages are all that is compared: those of this tree, and ours of other trees.
func pages(trees trees) []page {
	ours := program{name: "ours", pkg: "./browser/ours"}
	list := []page{
		{name: "js", idiom: floor, how: "JavaScript: onmessage, send, binaryType arraybuffer"},
		{name: "ours", idiom: fresh, how: "OnMessage, Send", program: ours},
		{name: "ours", idiom: borrowed, how: "the same with the option BorrowMessages", program: ours, borrow: true},
		{name: "coder", idiom: fresh, how: "Read, Write", program: program{name: "coder", pkg: "./browser/coder"}},
	}
	for _, t := range trees {
		p := program{name: t.name, pkg: ours.pkg, tree: t.dir}
		list = append(list,
			page{name: t.name, idiom: fresh, how: "ours as it is in that folder", program: p},
			page{name: t.name, idiom: borrowed, how: "the same with the option BorrowMessages", program: p, borrow: true})
	}
	return list
}

// browserScenarios are what pages are compared at.
func browserScenarios() (list []scenario) {
	list = append(list, inBrowser(pingPong(16), false), inBrowser(pingPong(16), true))
	for _, what := range []task{echo, receive, send} {
		for _, text := range []bool{false, true} {
			for _, s := range traffic(what) {
				if s.job.size != 128 {
					list = append(list, inBrowser(s, text))
				}
			}
		}
	}
	return list
}

// underWay is the most echoes that are under way in a browser. With 64, a page's main thread makes three system calls for each, with
// and without Go. With 256 it makes one to three, presumably as the socket by which all leaves its process is full or not; which of
// them it is goes on for seconds, and decides half of what an echo costs.
const underWay = 64

// inBrowser is the scenario with messages of a kind. Batches are smaller: the clock is cheap and some clients are slow.
func inBrowser(s scenario, text bool) scenario {
	kind := "binary"
	if text {
		kind = "text"
	}
	s.name += ", " + kind
	s.job.text = text
	s.window = min(s.window, underWay)
	s.batch = min(s.batch, 4000)
	s.short = !text && s.job.size < mega && (s.window > 1 || s.job.size == 16) || text && s.job.size == kilo && s.job.what != send
	return s
}

// A browserPlan is what is measured in a browser, and how often.
type browserPlan struct {
	scenarios []scenario
	pages     []page
	trees     trees
	care      func(size int) care
	first     time.Duration // of the first measurement in each tab, which has a table of its own
	time      time.Duration // of each measurement after the first
	brotli    bool          // measure with it too, which is slow
}

// care is what is done for messages of a size.
type care struct {
	tabs   int           // that each page has, one after the other: in one it is a tenth faster, or more, than in another
	warmUp time.Duration // of each tab at most, with the first measurement
	rounds int           // in each tab
}

// enough is the number of messages with which a page has warmed up. V8 compiles WebAssembly fast at first, and what has run often
// once more in the background, to run several times faster: of a program in Go that is so much that it goes on for that long.
const enough = 100_000

func newBrowserPlan(short bool, only string, trees trees) browserPlan {
	p := browserPlan{pages: pages(trees), trees: trees, care: careful, first: time.Second, time: 500 * time.Millisecond, brotli: true}
	if short {
		p.first, p.time, p.brotli = 700*time.Millisecond, 100*time.Millisecond, false
		p.care = func(int) care { return care{1, 0, 5} }
	}
	for _, s := range browserScenarios() {
		if strings.Contains(s.name, only) && (s.short || !short) {
			p.scenarios = append(p.scenarios, s)
		}
	}
	return p
}

// careful is more so for small messages: of a large one the client's own part is small, and for a small one the same page takes
// now half and now twice the time, without Go too.
func careful(size int) care {
	switch {
	case size < kilo:
		return care{4, 10 * time.Second, 12}
	case size == kilo:
		return care{2, 10 * time.Second, 12}
	default:
		return care{2, 3 * time.Second, 6}
	}
}

// compareInBrowser carries out a plan and writes the tables.
func compareInBrowser(p browserPlan, file string) error {
	start := time.Now()
	machine := describeMachine() // now, for its load
	built, err := build(p.pages)
	if err != nil {
		return err
	}
	sizes, err := measureSizes(p)
	if err != nil {
		return err
	}
	address, stop, err := startServerProcess(true)
	if err != nil {
		return err
	}
	defer stop()
	b, err := startChromium(built, address)
	if err != nil {
		return err
	}
	defer b.stop()

	r := browserReport{plan: p, sizes: sizes, machine: machine, browser: b.version}
	r.first, r.later = b.measure(p)
	r.took = time.Since(start)
	if file != "" {
		if err := os.WriteFile(file, []byte(r.String()), 0o666); err != nil {
			return err
		}
	}
	_, err = io.WriteString(os.Stdout, r.String())
	return err
}

// measure measures each page in each scenario: as it is at first, and once it has warmed up.
func (b *chromium) measure(p browserPlan) (first, later results) {
	first, later = results{}, results{}
	for i, s := range p.scenarios {
		log.Printf("%s: %d of %d", s.name, i+1, len(p.scenarios))
		for range p.care(s.job.size).tabs {
			b.scenario(p, s, first, later)
		}
	}
	return first, later
}

// scenario opens a tab for each page, and has them take turns, beginning with another one in each round.
func (b *chromium) scenario(p browserPlan, s scenario, first, later results) {
	care := p.care(s.job.size)
	tabs := make([]*tab, len(p.pages))
	for i, page := range p.pages {
		tabs[i] = b.open(page, s, s.job.url(b.address))
		defer tabs[i].close()
		first.add(tabs[i], tabs[i].measure(p.first))
		tabs[i].warmUp(warmUp{enough, care.warmUp})
	}
	for round := range care.rounds {
		for i := range tabs {
			t := tabs[(i+round)%len(tabs)]
			later.add(t, t.measure(p.time))
		}
	}
}

func (all results) add(t *tab, r result) {
	at := cell{true, t.scenario.name, t.page.String()} // the server coalesces
	all[at] = append(all[at], r)
}
