//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/twinsocket/websocket"
)

type ourConn struct {
	ws *websocket.WebSocket

	// sending goroutine only
	unchecked int // bytes sent since Room last looked
}

func dialOurs(address string, j job, s sink) (conn, error) {
	return newOurs(address, j, s, websocket.Dialer{})
}

func dialOursBorrowed(address string, j job, s sink) (conn, error) {
	d := websocket.Dialer{Options: websocket.Options{BorrowMessages: true}}
	return newOurs(address, j, s, d)
}

func newOurs(address string, j job, s sink, d websocket.Dialer) (conn, error) {
	switch j.deflate {
	case plain:
		d.Compression = websocket.NoCompression
	case takeover:
		d.Compression = websocket.CompressionTakeover
	}
	ws, err := d.New(j.url(address))
	if err != nil {
		return nil, err
	}
	c := &ourConn{ws: ws}
	ws.OnMessage(func(e *websocket.MessageEvent) {
		s.message(e.Data.Bytes())
	})
	if err := c.open(s); err != nil {
		return nil, err
	}
	if j.deflate != plain && !strings.Contains(ws.Extensions(), "permessage-deflate") {
		c.Close()
		return nil, cannot("it negotiates no permessage-deflate")
	}
	return c, nil
}

// open starts the socket and waits until it is open or has failed.
func (c *ourConn) open(s sink) error {
	opened := make(chan bool, 1)
	c.ws.OnOpen(func(websocket.Event) { opened <- true })
	c.ws.OnClose(func(e *websocket.CloseEvent) {
		select {
		case opened <- false:
		default:
			s.ended(fmt.Errorf("closed with code %d", e.Code))
		}
	})
	c.ws.Start()
	if !<-opened {
		return errors.New("ours: not opened")
	}
	return nil
}

func (c *ourConn) Send(p []byte) error {
	c.unchecked += len(p)
	return c.ws.Send(websocket.Binary(p))
}

// Room bounds what waits to be written. It looks at times only, as a program would.
func (c *ourConn) Room() error {
	if c.unchecked < 64<<10 {
		return nil
	}
	c.unchecked = 0
	return c.ws.WaitBuffered(context.Background(), 512<<10)
}

// Flush has nothing to do: what is sent leaves by itself.
func (c *ourConn) Flush() error { return nil }

func (c *ourConn) Close() error {
	err := c.ws.Close(1000, "")
	<-c.ws.Done()
	return err
}
