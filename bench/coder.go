//go:build unix

package main

import (
	"context"

	"github.com/coder/websocket"
)

type coderConn struct {
	direct
	conn   *websocket.Conn
	reuse  bool
	buffer []byte
	sink   sink
}

func dialCoder(address string, j job, s sink) (conn, error) {
	return newCoder(address, j, &coderConn{sink: s})
}

func dialCoderReused(address string, j job, s sink) (conn, error) {
	return newCoder(address, j, &coderConn{sink: s, reuse: true})
}

func newCoder(address string, j job, c *coderConn) (conn, error) {
	mode := map[deflation]websocket.CompressionMode{
		plain:      websocket.CompressionDisabled,
		noTakeover: websocket.CompressionNoContextTakeover,
		takeover:   websocket.CompressionContextTakeover,
	}[j.deflate]
	var err error
	c.conn, _, err = websocket.Dial(context.Background(), j.url(address), &websocket.DialOptions{CompressionMode: mode})
	if err != nil {
		return nil, err
	}
	c.conn.SetReadLimit(-1)
	go serve(c, c.sink)
	return c, nil
}

func (c *coderConn) serve() error {
	for {
		p, err := c.read()
		if err != nil {
			return err
		}
		c.sink.message(p)
	}
}

func (c *coderConn) read() ([]byte, error) {
	if !c.reuse {
		_, p, err := c.conn.Read(context.Background())
		return p, err
	}
	_, r, err := c.conn.Reader(context.Background())
	if err != nil {
		return nil, err
	}
	c.buffer, err = readAll(c.buffer, r)
	return c.buffer, err
}

func (c *coderConn) Send(p []byte) error {
	return c.conn.Write(context.Background(), websocket.MessageBinary, p)
}

func (c *coderConn) Close() error { return c.conn.CloseNow() }
