//go:build !js

package peer

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// conn is an accepted connection that writes down what the client does.
type conn struct {
	net.Conn // TCP, or TLS over it
	tcp      *net.TCPConn
	wire     *wire // under TLS; nil without
	registry *registry
	stop     <-chan struct{}
	rate     int // bytes per second; 0: no limit. Set before the reading begins
	written  atomic.Int64

	mu sync.Mutex

	// guarded by mu
	id       string
	recorder *recorder // nil until recording begins
	end      string    // fin, reset or server: who ended the connection first
	closed   bool
}

// record makes the connection write down the frames in early, which were read
// already, and in all that is read from now on.
func (c *conn) record(id string, r *recorder, early []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.id, c.recorder = id, r
	c.registry.addLines(id, r.feed(early))
}

// Read reads, no faster than the rate, and records what was read.
func (c *conn) Read(p []byte) (int, error) {
	if c.rate > 0 {
		p = p[:min(len(p), max(1, c.rate/20))]
	}
	n, err := c.Conn.Read(p)
	if c.rate > 0 {
		c.sleep(time.Duration(n) * time.Second / time.Duration(c.rate))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.recorder != nil && !c.closed {
		c.registry.addLines(c.id, c.recorder.feed(p[:n]))
	}
	c.noteEnd(endOf(err))
	return n, err
}

// Write counts what it writes before it does, as the client may have it, and
// ask, before Write is back.
func (c *conn) Write(p []byte) (int, error) {
	c.written.Add(int64(len(p)))
	n, err := c.Conn.Write(p)
	c.written.Add(int64(n - len(p)))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.noteEnd(endOf(err))
	return n, err
}

// noteEnd keeps the first end. The caller holds the lock.
func (c *conn) noteEnd(end string) {
	if c.end == "" {
		c.end = end
	}
}

// endOf says how the client ended the connection; "" if it did not.
func endOf(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "fin"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		strings.Contains(err.Error(), "forcibly closed"): // Windows
		return "reset"
	}
	return ""
}

// Close ends the connection and completes its record.
func (c *conn) Close() error { return c.close(c.Conn) }

// reset ends the connection with an RST.
func (c *conn) reset() error {
	c.tcp.SetLinger(0)
	return c.close(c.tcp) // not TLS: that would send an alert first
}

func (c *conn) close(stream io.Closer) error {
	c.mu.Lock()
	c.noteEnd("server")
	first := !c.closed
	var lines []string
	if first && c.recorder != nil {
		lines = append(c.recorder.finish(), c.end)
	}
	c.closed = true
	c.mu.Unlock()
	err := stream.Close()
	if first {
		c.registry.remove(c, lines)
	}
	return err
}

// closeWrite ends this side's half.
func (c *conn) closeWrite() error {
	c.notify()
	return c.tcp.CloseWrite()
}

// notify ends this side's half of TLS, but not of TCP: RFC 8446 6.1.
func (c *conn) notify() error {
	if secured, ok := c.Conn.(*tls.Conn); ok {
		return secured.CloseWrite()
	}
	return nil
}

// alert sends a fatal alert, bad_record_mac. TLS does so only by itself, so it
// is shown a record that the client has not sent.
func (c *conn) alert() error {
	c.wire.forged = forgedRecord
	_, err := io.Copy(io.Discard, c)
	var local *net.OpError
	if errors.As(err, &local) && local.Op == "local error" {
		return nil
	}
	return fmt.Errorf("testserver: alert: the forged record was taken: %w", err)
}

// endGently ends this side's half and reads on until the client has ended its
// own. A plain close would answer bytes on their way with an RST, which may
// destroy what the client has not read yet. It would also hide a client that
// does not let go of its connection.
func (c *conn) endGently() {
	c.mu.Lock()
	c.noteEnd("server")
	c.mu.Unlock()
	c.closeWrite()
	c.drain(waitLimit)
	c.Close()
}

// drain reads until the client ends the connection: TLS, and TCP that may
// outlive it.
func (c *conn) drain(limit time.Duration) error {
	c.SetReadDeadline(time.Now().Add(limit))
	_, err := io.Copy(io.Discard, c)
	if c.wire != nil {
		_, err = io.Copy(io.Discard, ending{c})
	}
	return err
}

// ending reads a connection whose TLS has ended.
type ending struct{ *conn }

func (e ending) Read(p []byte) (int, error) {
	n, err := e.tcp.Read(p)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.noteEnd(endOf(err))
	return n, err
}

// sleep waits for the time; the end of the peer is an error.
func (c *conn) sleep(d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-c.stop:
		return net.ErrClosed
	}
}

// waitUnread waits, without reading, for the client's end of the connection or
// the peer's.
func (c *conn) waitUnread() {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(muteLimit)
	for {
		select {
		case <-c.stop:
			return
		case <-limit:
			return
		case <-tick.C:
		}
		if end := unreadEnd(c.tcp); end != "" {
			c.mu.Lock()
			c.noteEnd(end)
			c.mu.Unlock()
			return
		}
	}
}
