package native

import (
	"context"
	"slices"
	"sync/atomic"
	"time"
)

// Pings of our own: RFC 6455 5.5.2. They are sent when the program asks, and by a timer when nothing comes.

// pinging is what is known of them. Guarded by mu.
type pinging struct {
	pingNumber uint64  // of the last; it is the payload, by which a pong says whose answer it is
	pings      []*ping // that the program waits for, in order
}

type ping struct {
	number uint64
	sent   time.Time
	pong   chan time.Duration // gets the time it took, or is closed if the connection ends before
}

// Ping sends a ping and waits for its pong, or for a later one's. It returns the time between.
func (c *connection) Ping(ctx context.Context) (time.Duration, error) {
	c.mu.Lock()
	if c.phase != open {
		c.mu.Unlock()
		return 0, stateError("the connection is not open")
	}
	p := &ping{sent: time.Now(), pong: make(chan time.Duration, 1)}
	p.number = c.sendPing()
	c.pings = append(c.pings, p)
	c.mu.Unlock()
	select {
	case took, ok := <-p.pong:
		if !ok {
			return 0, stateError("the connection ended before the pong came")
		}
		return took, nil
	case <-ctx.Done():
		c.mu.Lock()
		defer c.mu.Unlock()
		c.pings = slices.DeleteFunc(c.pings, func(other *ping) bool { return other == p })
		return 0, context.Cause(ctx)
	}
}

// sendPing queues a ping and returns its number. Called with mu held.
func (c *connection) sendPing() uint64 {
	c.pingNumber++
	var payload [8]byte
	store64(payload[:], c.pingNumber)
	c.out.ctrl(opPing, payload[:])
	c.wake()
	return c.pingNumber
}

// ponged takes a pong. A peer may answer the latest ping alone, RFC 6455 5.5.3, so it answers those before it too. One that answers
// no ping of ours means nothing.
func (c *connection) ponged(payload []byte) {
	if len(payload) != 8 {
		return
	}
	number := load64(payload)
	c.mu.Lock()
	defer c.mu.Unlock()
	if number > c.pingNumber {
		return
	}
	for len(c.pings) > 0 && c.pings[0].number <= number {
		c.pings[0].pong <- time.Since(c.pings[0].sent)
		c.pings = c.pings[1:]
	}
}

// dropPings tells those who wait that no pong will come. Called with mu held.
func (c *connection) dropPings() {
	for _, p := range c.pings {
		close(p.pong)
	}
	c.pings = nil
}

// pulse is the search for a dead peer: a timer looks at times whether anything was read, sends a ping if not, and fails the connection
// if that brings nothing.
type pulse struct {
	interval, timeout time.Duration // an interval of 0: there is none

	reads atomic.Uint32 // those that brought something

	// guarded by mu
	timer     *time.Timer
	readsSeen uint32 // reads, when the timer last went off
	writeSeen uint64 // written, then
	asked     bool   // a ping was sent
}

// heard notes what a read brought.
func (c *connection) heard(n int) {
	if c.interval > 0 && n > 0 {
		c.reads.Add(1)
	}
}

// feelPulse is the timer's.
func (c *connection) feelPulse() {
	c.mu.Lock()
	dead := false
	if c.phase == open {
		dead = c.askPeer()
	}
	c.mu.Unlock()
	if dead {
		c.Fail(&phaseError{"nothing came from the peer for " + c.pulse.timeout.String() + " after a ping (PongTimeout)", context.DeadlineExceeded})
	}
}

// askPeer looks for a sign of life, or asks for one, and reports whether it was asked for in vain. Called with mu held.
func (c *connection) askPeer() (dead bool) {
	p, reads := &c.pulse, c.reads.Load()
	heldBack := c.turn == reader || c.turn == blocked && c.waiting > c.readAhead // nothing is read, whatever there is
	switch {
	case reads != p.readsSeen || heldBack:
		p.asked, p.readsSeen = false, reads
		p.timer.Reset(p.interval)
	case !p.asked:
		p.asked, p.writeSeen = true, c.written
		c.sendPing()
		p.timer.Reset(p.timeout)
	case c.written != p.writeSeen && (c.busy || !c.out.empty()): // the ping waits behind what the peer takes
		p.writeSeen = c.written
		p.timer.Reset(p.timeout)
	default:
		return true
	}
	return false
}

// startPulse begins the search. Called with mu held.
func (c *connection) startPulse() {
	if c.interval > 0 {
		c.pulse.timer = time.AfterFunc(c.interval, c.feelPulse)
	}
}

// stopPulse ends it. Called with mu held.
func (c *connection) stopPulse() {
	if c.pulse.timer != nil {
		c.pulse.timer.Stop()
	}
}
