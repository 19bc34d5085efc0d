//go:build !js

package peer

import (
	"sync"
	"time"
)

// registry knows the open connections and what was recorded.
type registry struct {
	mu sync.Mutex

	// guarded by mu
	conns   map[*conn]string // open connections and their ids
	records map[string]*record
	changed chan struct{} // closed and replaced at each change
}

// record is what clients sent over the connections with one id.
type record struct {
	lines       []string
	open, ended int // connections
}

func newRegistry() *registry {
	return &registry{
		conns:   map[*conn]string{},
		records: map[string]*record{},
		changed: make(chan struct{}),
	}
}

// update runs change with the lock held and wakes those who wait.
func (g *registry) update(change func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change()
	close(g.changed)
	g.changed = make(chan struct{})
}

// wait returns when done, called with the lock held, says true, when stop is
// closed or after the limit.
func (g *registry) wait(stop <-chan struct{}, limit time.Duration, done func() bool) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		g.mu.Lock()
		ok, changed := done(), g.changed
		g.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-stop:
			return
		case <-timer.C:
			return
		}
	}
}

func (g *registry) add(c *conn) {
	g.update(func() { g.conns[c] = "" })
}

// name gives a connection its id and begins to record it with this line. It
// returns how many have had this id.
func (g *registry) name(c *conn, id, line string) (nth int) {
	g.update(func() {
		g.conns[c] = id
		r := g.record(id)
		r.open++
		r.lines = append(r.lines, line)
		nth = r.open + r.ended
	})
	return nth
}

func (g *registry) addLines(id string, lines []string) {
	if id == "" || len(lines) == 0 {
		return
	}
	g.update(func() {
		r := g.record(id)
		r.lines = append(r.lines, lines...)
	})
}

// remove forgets a connection that was closed, after these last lines.
func (g *registry) remove(c *conn, lines []string) {
	g.update(func() {
		if id := g.conns[c]; id != "" {
			r := g.record(id)
			r.lines = append(r.lines, lines...)
			r.open--
			r.ended++
		}
		delete(g.conns, c)
	})
}

// record finds or makes a record. The caller holds the lock.
func (g *registry) record(id string) *record {
	if g.records[id] == nil {
		g.records[id] = &record{}
	}
	return g.records[id]
}

// recorded waits until as many lines are there as wanted, or all connections
// with the id have ended, and returns the lines.
func (g *registry) recorded(stop <-chan struct{}, id string, want int) (lines []string) {
	g.wait(stop, waitLimit, func() bool {
		r := g.record(id)
		lines = append([]string(nil), r.lines...)
		return len(lines) >= want || r.open == 0 && r.ended > 0
	})
	return lines
}

// count counts the open connections with an id, or all for "", but not self.
// The caller holds the lock.
func (g *registry) count(self *conn, id string) (n int) {
	for c, name := range g.conns {
		if c != self && (id == "" || name == id) {
			n++
		}
	}
	return n
}

// written sums what was written to the open connections with an id, but not to self.
func (g *registry) written(self *conn, id string) (n int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for c, name := range g.conns {
		if c != self && name == id {
			n += c.written.Load()
		}
	}
	return n
}

func (g *registry) connections() (conns []*conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.conns {
		conns = append(conns, c)
	}
	return conns
}
