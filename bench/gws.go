//go:build unix

package main

import (
	"bytes"
	"errors"

	"github.com/lxzan/gws"
)

type gwsConn struct {
	direct
	gws.BuiltinEventHandler
	conn *gws.Conn
	copy bool
	sink sink
}

func dialGWS(address string, j job, s sink) (conn, error) {
	return newGWS(address, j, &gwsConn{sink: s, copy: true}, &gws.ClientOption{})
}

func dialGWSReused(address string, j job, s sink) (conn, error) {
	return newGWS(address, j, &gwsConn{sink: s}, &gws.ClientOption{ReadBufferSize: j.bufferSize()})
}

func newGWS(address string, j job, c *gwsConn, o *gws.ClientOption) (conn, error) {
	o.Addr = j.url(address)
	o.PermessageDeflate = gws.PermessageDeflate{
		Enabled:               j.deflate != plain,
		ServerContextTakeover: j.deflate == takeover,
		ClientContextTakeover: j.deflate == takeover,
	}
	var err error
	if c.conn, _, err = gws.NewClient(c, o); err != nil {
		return nil, err
	}
	go serve(c, c.sink)
	return c, nil
}

// OnMessage has the message's memory used again: gws's own way is to close a message when it is done with.
func (c *gwsConn) OnMessage(_ *gws.Conn, m *gws.Message) {
	p := m.Bytes()
	if c.copy {
		p = bytes.Clone(p)
	}
	c.sink.message(p)
	m.Close()
}

func (c *gwsConn) serve() error {
	c.conn.ReadLoop()
	return errors.New("gws: the read loop has ended")
}

func (c *gwsConn) Send(p []byte) error { return c.conn.WriteMessage(gws.OpcodeBinary, p) }

func (c *gwsConn) Close() error { return c.conn.NetConn().Close() }
