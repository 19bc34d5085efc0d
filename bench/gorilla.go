//go:build unix

package main

import (
	"sync"

	"github.com/gorilla/websocket"
)

type gorillaConn struct {
	direct
	conn   *websocket.Conn
	reuse  bool
	buffer []byte
	sink   sink
}

func dialGorilla(address string, j job, s sink) (conn, error) {
	return newGorilla(address, j, &gorillaConn{sink: s}, websocket.Dialer{})
}

// gorillaBuffers is what gorilla's documentation advises for many connections.
var gorillaBuffers sync.Pool

func dialGorillaReused(address string, j job, s sink) (conn, error) {
	d := websocket.Dialer{ReadBufferSize: j.bufferSize(), WriteBufferSize: j.bufferSize()}
	if j.many {
		d.WriteBufferPool = &gorillaBuffers
	}
	return newGorilla(address, j, &gorillaConn{sink: s, reuse: true}, d)
}

func newGorilla(address string, j job, c *gorillaConn, d websocket.Dialer) (conn, error) {
	if j.deflate == takeover {
		return nil, cannot("it offers no takeover")
	}
	d.EnableCompression = j.deflate != plain
	var err error
	if c.conn, _, err = d.Dial(j.url(address), nil); err != nil {
		return nil, err
	}
	go serve(c, c.sink)
	return c, nil
}

func (c *gorillaConn) serve() error {
	for {
		p, err := c.read()
		if err != nil {
			return err
		}
		c.sink.message(p)
	}
}

func (c *gorillaConn) read() ([]byte, error) {
	if !c.reuse {
		_, p, err := c.conn.ReadMessage()
		return p, err
	}
	_, r, err := c.conn.NextReader()
	if err != nil {
		return nil, err
	}
	c.buffer, err = readAll(c.buffer, r)
	return c.buffer, err
}

func (c *gorillaConn) Send(p []byte) error {
	return c.conn.WriteMessage(websocket.BinaryMessage, p)
}

func (c *gorillaConn) Close() error { return c.conn.Close() }
