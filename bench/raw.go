//go:build unix

package main

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"io"
	"net"
)

// rawConn is the floor: messages with a length before them.
type rawConn struct {
	conn  net.Conn
	r     *bufio.Reader
	large []byte      // a received message that is longer than r's buffer
	small []byte      // a sent message with its length
	parts [2][]byte   // of a large one
	write net.Buffers // what of them is not yet written
	sink  sink
}

func dialRaw(address string, j job, s sink) (conn, error) {
	return newRaw(address, j, s, false)
}

func dialRawCoalesced(address string, j job, s sink) (conn, error) {
	return newRaw(address, j, s, true)
}

func newRaw(address string, j job, s sink, coalesce bool) (conn, error) {
	if j.deflate != plain {
		return nil, cannot("it is the floor without compression")
	}
	nc, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	c := &rawConn{conn: nc, sink: s}
	if coalesce {
		c.conn = &gathering{Conn: nc}
	}
	c.r = bufio.NewReaderSize(c.conn, j.bufferSize())
	if err := cmp.Or(c.Send([]byte(j.path())), c.Flush()); err != nil {
		nc.Close()
		return nil, err
	}
	go serve(c, s)
	return c, nil
}

func (c *rawConn) serve() error {
	for {
		head, err := c.r.Peek(4)
		if err != nil {
			return err
		}
		n := int(binary.BigEndian.Uint32(head))
		if 4+n <= c.r.Size() {
			err = c.deliver(4 + n)
		} else {
			err = c.deliverLarge(n)
		}
		if err != nil {
			return err
		}
	}
}

// deliver delivers a message out of the read buffer.
func (c *rawConn) deliver(whole int) error {
	m, err := c.r.Peek(whole)
	if err != nil {
		return err
	}
	c.sink.message(m[4:])
	_, err = c.r.Discard(whole)
	return err
}

func (c *rawConn) deliverLarge(n int) error {
	if _, err := c.r.Discard(4); err != nil {
		return err
	}
	c.large = sized(c.large, n)
	if _, err := io.ReadFull(c.r, c.large); err != nil {
		return err
	}
	c.sink.message(c.large)
	return nil
}

func (c *rawConn) Send(p []byte) error {
	c.small = binary.BigEndian.AppendUint32(c.small[:0], uint32(len(p)))
	if len(p) > 16<<10 { // where two pieces in one call are cheaper than a copy
		c.parts = [2][]byte{c.small, p}
		c.write = c.parts[:]
		_, err := c.write.WriteTo(c.conn)
		return err
	}
	c.small = append(c.small, p...)
	_, err := c.conn.Write(c.small)
	return err
}

func (c *rawConn) Room() error  { return nil }
func (c *rawConn) Flush() error { return flush(c.conn) }

func (c *rawConn) Close() error { return c.conn.Close() }
