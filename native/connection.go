package native

import (
	"context"
	"io"
	"sync"
	"time"
)

// connection is one connection, from Start to the sink's Closed. Its parts lie in the files: read.go (the reading goroutine),
// dispatch.go (calling the sink), write.go (sending), closing.go (how it ends).
type connection struct {
	sink         Sink
	connect      connectFunc
	closeTimeout time.Duration // negative: none
	ctx          context.Context
	cancel       context.CancelCauseFunc // ends the opening handshake

	tracer Tracer // nil, or told what passes: trace.go

	compression Compression
	threshold   int // of what is compressed
	packing     sync.Mutex
	packer      packer // guarded by packing; set before the reading begins, nil if nothing is compressed

	link   // set before the reading begins
	hungUp sync.Once

	reading     // reading goroutine only
	dispatching // see there
	writing     // see there
	parts       parts

	mu      sync.Mutex
	changed sync.Cond // on mu: the writer has ended, or the backlog has room
	queue             // guarded by mu
	sending           // guarded by mu
	pinging           // guarded by mu
	pulse             // see there
	closing           // guarded by mu
}

// link is what connecting brings.
type link struct {
	carrier   io.ReadWriteCloser
	writeNow  func([]byte) (int, error) // writes what it can without waiting; nil if the carrier has no such way
	readReady func(memory) (int, error) // reads once there is something to read; nil if the carrier has no such way

	protocol, extensions string
	terms                *terms // of compression, nil if none

	rest []byte // what was read beyond the handshake
}

// connectFunc brings a connection up to the end of the opening handshake. ctx ends it.
type connectFunc func(ctx context.Context) (link, error)

// settings are what a connection can be told. A zero is the default; for limits, a negative is none.
type settings struct {
	readLimit    int64
	closeTimeout time.Duration
	compression  Compression
	threshold    int
	lends        bool
	readAhead    int
	pingInterval time.Duration
	pongTimeout  time.Duration
}

const (
	defaultReadLimit    = 64 << 20
	defaultCloseTimeout = 60 * time.Second
	defaultReadAhead    = 1 << 20
)

// newConnection makes the client's side of a connection.
func newConnection(sink Sink, s settings, connect connectFunc) *connection {
	if s.readLimit == 0 {
		s.readLimit = defaultReadLimit
	}
	if s.closeTimeout == 0 {
		s.closeTimeout = defaultCloseTimeout
	}
	if s.readAhead == 0 {
		s.readAhead = defaultReadAhead
	}
	c := &connection{sink: sink, connect: connect, closeTimeout: s.closeTimeout, compression: s.compression, threshold: s.threshold}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	c.changed.L = &c.mu
	c.out.masked, c.out.spill = true, c.writeInline
	c.readAhead = s.readAhead
	c.interval, c.timeout = s.pingInterval, s.pongTimeout
	if c.timeout == 0 {
		c.timeout = c.interval
	}
	c.parser = parser{limit: s.readLimit, lends: s.lends, pong: c.pong, ponged: c.ponged}
	c.writer = c.write
	c.parts.sink, _ = sink.(PartSink)
	if t := sink.Tracer(); t != nil {
		c.traceWith(t)
	}
	return c
}

// Start begins to connect.
func (c *connection) Start() { go c.run() }

// run is the connection's first goroutine: it connects, delivers the opening and becomes the reader.
func (c *connection) run() {
	l, err := link{}, errGoexit
	apart(func() { l, err = c.connect(c.ctx) })
	c.connect = nil // with what it needed
	if err == nil {
		err = c.establish(l)
	}
	if err != nil {
		c.abandon(err)
		return
	}
	c.buf = c.rest
	c.parser.emit(incoming{kind: gotOpen})
	c.parse()
	if c.deliver() {
		c.read()
	}
}

// establish has Fail end the carrier from now on. If Fail came before, it returns why.
func (c *connection) establish(l link) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.link = l
	if l.terms != nil {
		c.packer = newPacker(*l.terms, c.compression, c.threshold)
		c.parser.unpack = newUnpacker(*l.terms)
	}
	if c.tracer != nil { // which must not be called by a write with mu held
		c.writeNow = nil
	}
	if c.failure == nil {
		c.to(open)
		c.startPulse()
	}
	return c.failure
}

// abandon ends a connection that was never established.
func (c *connection) abandon(err error) {
	if c.carrier != nil {
		c.hangUp(abort)
	}
	c.cancel(nil)
	c.mu.Lock()
	if in, ok := err.(*phaseError); c.failure != nil && (!ok || in.Cause() != c.failure) { // else it adds the phase that Fail ended
		err = c.failure
	}
	c.to(ended)
	c.wakeWaiters()
	c.mu.Unlock()
	c.sink.Closed(1006, "", false, err)
}

// Closing returns false: this engine calls the sink's Closing.
func (c *connection) Closing() bool { return false }
