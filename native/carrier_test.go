package native

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A wire is a carrier whose peer is the test. It answers the opening handshake by itself.
type wire struct {
	with string // comes with the answer, in the same read
	line string // a header line more in the answer
	mute bool   // no answer

	mu      sync.Mutex
	changed sync.Cond
	coming  []string // one for each Read
	last    error    // Read's error when nothing is coming
	reads   int      // Reads that returned
	sent    []byte   // beyond the handshake
	request string
	writes  int   // Writes beyond the handshake
	takes   int   // how many bytes are still taken, -1 for any
	broken  error // Write's error
	closed  bool
	calls   []string // Close, CloseWrite, Abort
}

func newWire() *wire {
	w := &wire{takes: -1}
	w.changed.L = &w.mu
	return w
}

// locked runs f with the lock held and wakes whoever waits.
func (w *wire) locked(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
	w.changed.Broadcast()
}

func (w *wire) Read(p []byte) (n int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.coming) == 0 && w.last == nil && !w.closed {
		w.changed.Wait()
	}
	w.reads++
	switch {
	case w.closed:
		return 0, io.ErrClosedPipe
	case len(w.coming) == 0:
		return 0, w.last
	}
	n = copy(p, w.coming[0])
	if w.coming[0] = w.coming[0][n:]; w.coming[0] == "" {
		w.coming = w.coming[1:]
	}
	w.changed.Broadcast()
	return n, nil
}

// ReadReady is Read as whenReady has it.
func (w *wire) ReadReady(into memory) (n int, err error) {
	w.mu.Lock()
	for len(w.coming) == 0 && w.last == nil && !w.closed {
		into.idle()
		w.changed.Wait()
	}
	w.mu.Unlock()
	return w.Read(into.room())
}

func (w *wire) Write(p []byte) (n int, err error) { return w.write(p, true) }

// WriteNow is Write as nonBlocking has it.
func (w *wire) WriteNow(p []byte) (n int, err error) { return w.write(p, false) }

func (w *wire) write(p []byte, wait bool) (n int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.changed.Broadcast()
	if w.request == "" {
		w.request = string(p)
		if !w.mute {
			w.coming = append(w.coming, acceptance(w.request, w.line)+w.with)
		}
		return len(p), nil
	}
	w.writes++
	for {
		switch {
		case w.closed:
			return n, io.ErrClosedPipe
		case w.broken != nil:
			return n, w.broken
		}
		m := len(p) - n
		if w.takes >= 0 {
			m = min(m, w.takes)
			w.takes -= m
		}
		w.sent = append(w.sent, p[n:n+m]...)
		n += m
		if n == len(p) || !wait {
			return n, nil
		}
		w.changed.Broadcast()
		w.changed.Wait()
	}
}

func (w *wire) Close() error {
	w.locked(func() { w.closed, w.calls = true, append(w.calls, "Close") })
	return nil
}

// A halfWire can be closed by halves and aborted.
type halfWire struct{ *wire }

func (h halfWire) CloseWrite() error {
	h.locked(func() { h.calls = append(h.calls, "CloseWrite") })
	return nil
}

func (h halfWire) Abort() error {
	h.locked(func() { h.closed, h.calls = true, append(h.calls, "Abort") })
	return nil
}

// acceptance answers a request, with more header lines.
func acceptance(request string, lines ...string) string {
	_, rest, _ := strings.Cut(request, "Sec-WebSocket-Key: ")
	key, _, _ := strings.Cut(rest, "\r\n")
	return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + acceptKey(key) + "\r\n" +
		strings.TrimLeft(strings.Join(lines, "\r\n")+"\r\n", "\r\n") + "\r\n"
}

// give has the peer send; each string comes with a Read of its own.
func (w *wire) give(reads ...string) { w.locked(func() { w.coming = append(w.coming, reads...) }) }

// hangUp has the peer end the stream after what it sent.
func (w *wire) hangUp(err error) { w.locked(func() { w.last = err }) }

// take has the peer take n more bytes, -1: all.
func (w *wire) take(n int) { w.locked(func() { w.takes = n }) }

// frames returns the frames that were sent.
func (w *wire) frames() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return readFrames(string(w.sent))
}

// await waits until the peer has got the frame.
func (w *wire) await(frame string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for !slices.Contains(readFrames(string(w.sent)), frame) {
		w.changed.Wait()
	}
}

func (w *wire) counts() (reads, writes, sent int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reads, w.writes, len(w.sent)
}

// does is what a listener does, by event; "message" is any text.
type does map[string]func(*play)

// A play is a connection over a wire, whose sink writes a trace.
type play struct {
	*testing.T
	peer *wire
	c    *connection
	on   does

	traced  sync.Mutex
	trace   []string
	failure error
	began   time.Time
	ended   chan struct{}
}

func newPlay(t *testing.T, on does, c Config) *play {
	p := &play{T: t, peer: newWire(), on: on, began: time.Now(), ended: make(chan struct{})}
	p.over(p.peer, c)
	return p
}

// over makes the connection over a carrier.
func (p *play) over(carrier io.ReadWriteCloser, c Config) {
	conn, err := c.Over(carrier)("ws://example.com/chat", nil, p)
	if err != nil {
		p.Fatal(err)
	}
	p.c = conn.(*connection)
}

// inline has the connection use WriteNow, as one over TCP does.
func (p *play) inline() {
	connect := p.c.connect
	p.c.connect = func(ctx context.Context) (link, error) {
		l, err := connect(ctx)
		l.writeNow, l.readReady = p.peer.WriteNow, p.peer.ReadReady
		return l, err
	}
}

// begin starts the connection and waits until nothing moves. The test must see it end.
func (p *play) begin() *play {
	p.c.Start()
	synctest.Wait()
	p.Cleanup(func() {
		select {
		case <-p.ended:
		default:
			p.Error("the connection was left open: " + p.traceNow())
			p.peer.Close()
		}
	})
	return p
}

// opened is a connection that is open and at rest.
func opened(t *testing.T, on does) *play { return newPlay(t, on, Config{}).begin() }

func (p *play) event(e string) {
	p.traced.Lock()
	p.trace = append(p.trace, e)
	p.traced.Unlock()
	f := p.on[e]
	if f == nil && strings.HasPrefix(e, "text:") {
		f = p.on["message"]
	}
	if f != nil {
		f(p)
	}
}

func (p *play) Opened(protocol, extensions string) { p.event("open") }
func (p *play) Text(s string)                      { p.event("text:" + s) }
func (p *play) Binary(b []byte)                    { p.event("binary:" + string(b)) }
func (p *play) Blob(b Blob)                        { p.event(fmt.Sprintf("blob:%d", b.Size())) }
func (p *play) Received(time.Duration)             {}
func (p *play) Tracer() Tracer                     { return nil }
func (p *play) Closing()                           { p.event("closing") }
func (p *play) Closed(code uint16, reason string, clean bool, failure error) {
	p.failure = failure
	defer close(p.ended) // a second time panics
	p.event(fmt.Sprintf("closed:%d:%s:%t", code, reason, clean))
}

func (p *play) traceNow() string {
	p.traced.Lock()
	defer p.traced.Unlock()
	return strings.Join(p.trace, " ")
}

// want waits until nothing moves and compares the trace, a line of events.
func (p *play) want(trace string) {
	p.Helper()
	synctest.Wait()
	if got := p.traceNow(); got != trace {
		p.Errorf("got  %s\nwant %s", got, trace)
	}
}

// untilEnd waits for the end, a day at most: a bubble in which nothing can happen takes all tests with it.
func (p *play) untilEnd() {
	p.Helper()
	select {
	case <-p.ended:
	case <-time.After(24 * time.Hour):
		p.Errorf("it does not end: %s", p.traceNow())
		p.peer.Close()
		<-p.ended
	}
}

// wantEnd waits for the end and compares the trace, and the cause of the failure if there is to be one.
func (p *play) wantEnd(trace string, cause error) {
	p.Helper()
	p.untilEnd()
	p.want(trace)
	if cause == nil && p.failure != nil || !errors.Is(p.failure, cause) {
		p.Errorf("got the failure %v, want %v", p.failure, cause)
	}
	if !p.peer.closed {
		p.Error("the carrier was left open")
	}
	if p.c.ctx.Err() == nil {
		p.Error("the context was left open")
	}
}

// wantFrames compares what the peer got.
func (p *play) wantFrames(want ...string) {
	p.Helper()
	synctest.Wait()
	if got := p.peer.frames(); !slices.Equal(got, want) {
		p.Errorf("got the frames %.300q, want %.300q", got, want)
	}
}

// wantAfter compares the time that went by.
func (p *play) wantAfter(want time.Duration) {
	p.Helper()
	if got := time.Since(p.began); got != want {
		p.Errorf("got it after %v, want %v", got, want)
	}
}

// inBubble runs a test where time goes by only when nothing else can happen. Its end fails if a goroutine is left.
func inBubble(t *testing.T, f func(t *testing.T)) { t.Helper(); synctest.Test(t, f) }

// wantRule compares the failure's close code.
func (p *play) wantRule(code uint16) {
	p.Helper()
	var err *ProtocolError
	if !errors.As(p.failure, &err) || err.Code != code {
		p.Errorf("got the failure %v, want a ProtocolError %d", p.failure, code)
	}
}
