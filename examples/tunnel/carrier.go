package main

import (
	"context"
	"io"

	"github.com/twinsocket/websocket"
)

// window is how much of what was written may be on its way to the gateway.
const window = 256 << 10

// aborted is the close code for a gateway that is to reset TCP; any but 1000 would do.
const aborted = 4000

// A carrier is the stream of bytes that a gateway to TCP makes of binary messages: websockify's, or /tcp of this module's
// testserver. It is an io.ReadWriteCloser for native.Over.
//
// What was not read holds the gateway back, but in a browser: that receives what comes. What the gateway does not take holds
// Write back. A WebSocket has no half to close: at the end of TCP's one half the gateway closes, and both directions have ended.
type carrier struct {
	ws    *websocket.WebSocket
	ctx   context.Context // ends with the stream, or before if it is closed; its cause is what Read and Write say then
	end   context.CancelCauseFunc
	in    *io.PipeReader
	out   *io.PipeWriter        // written to by the listener
	ended chan struct{}         // closed when nothing of it is left
	last  *websocket.CloseEvent // how the outer connection ended; once ended is closed
}

// dial opens a stream through the gateway, with d's options. ctx ends the attempt.
func dial(ctx context.Context, d websocket.Dialer, gateway string) (*carrier, error) {
	d.BorrowMessages = true // a message is read before its listener returns
	ws, err := d.New(gateway)
	if err != nil {
		return nil, err
	}
	c := &carrier{ws: ws, ended: make(chan struct{})}
	c.ctx, c.end = context.WithCancelCause(context.Background())
	c.in, c.out = io.Pipe()
	opened := make(chan struct{})
	ws.OnOpen(func(websocket.Event) { close(opened) })
	ws.OnMessage(func(e *websocket.MessageEvent) {
		if e.Data.Size() > 0 {
			c.out.Write(e.Data.Bytes()) // waits for the reader
		}
	})
	ws.OnClose(func(e *websocket.CloseEvent) { c.last = e })
	defer context.AfterFunc(ctx, func() { c.hangUp(1000, context.Cause(ctx)) })()
	go c.run()
	select {
	case <-opened:
		return c, nil
	case <-c.ended:
	}
	select {
	case <-opened: // and ended since: Read says how
		return c, nil
	default:
		return nil, context.Cause(c.ctx)
	}
}

// run is the outer connection. In order it ends as TCP does, with 1000.
func (c *carrier) run() {
	defer close(c.ended)
	err := c.ws.Run(context.Background())
	switch {
	case err != nil:
	case c.last.Code == 1000:
		err = io.EOF
	default: // clean, but no end of a stream
		err = &websocket.WebSocketError{CloseCode: c.last.Code, Reason: c.last.Reason}
	}
	c.out.CloseWithError(err)
	c.end(err)
}

// Read returns io.EOF when the gateway has closed with 1000, and a *websocket.WebSocketError for any other end.
func (c *carrier) Read(p []byte) (int, error) { return c.in.Read(p) }

// Write sends p in one message, once the window has room.
func (c *carrier) Write(p []byte) (int, error) {
	if c.ws.WaitBuffered(c.ctx, window) != nil { // it has ended: soon it is known how
		<-c.ctx.Done()
	}
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	if err := c.ws.Send(websocket.Binary(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close closes the outer connection with 1000, behind what was written, and does not wait for it.
func (c *carrier) Close() error { return c.hangUp(1000, io.ErrClosedPipe) }

// Abort tells the gateway to reset TCP. native.Over calls it for a connection that failed.
func (c *carrier) Abort() error { return c.hangUp(aborted, io.ErrClosedPipe) }

// hangUp has Read and Write end with why, and the listener that nobody reads from any more.
func (c *carrier) hangUp(code uint16, why error) error {
	c.end(why)
	c.ws.Close(code, "")
	return c.in.Close()
}
