package websocket

import (
	"context"
	"runtime"
	"time"
)

// Ping sends a ping (RFC 6455 5.5.2), waits for the peer's pong and returns the time that it took. ctx ends the wait and nothing else;
// its cause is the error then. While the connection is not open, or if it ends before the pong comes, the error is ErrInvalidState. In
// a browser, which shows pings to nobody, and with an Engine that can't ping, it is ErrNotSupported.
//
// A pong is behind what the peer has sent before, and the ping behind what is queued, so both are part of the time. A pong is seen
// while a listener blocks, up to Options.ReadAhead. Called in a listener, Ping takes up to 0.2 s longer, for that is what it takes to
// notice that the listener waits.
func (ws *WebSocket) Ping(ctx context.Context) (time.Duration, error) {
	return ws.core.ping(orBackground(ctx))
}

// Ping pings as [WebSocket.Ping] does. The pong is behind the messages that were not read: where they are more than
// Options.ReadQueueLimit and Options.ReadAhead, it does not come before some of them are read.
func (s *WebSocketStream) Ping(ctx context.Context) (time.Duration, error) {
	c, err := s.opened("Ping")
	if err != nil {
		return 0, err
	}
	defer runtime.KeepAlive(s)
	return c.ping(orBackground(ctx))
}

func (c *lifecycle) ping(ctx context.Context) (time.Duration, error) {
	p, ok := c.conn.(Pinger)
	switch {
	case !ok:
		return 0, exception("Ping", ErrNotSupported, "this engine, such as a browser's, has no ping")
	case c.readyState() != Open:
		return 0, exception("Ping", ErrInvalidState, "the connection is not open")
	case ctx.Err() != nil:
		return 0, context.Cause(ctx)
	}
	took, err := p.Ping(ctx)
	switch {
	case err == nil:
		return took, nil
	case ctx.Err() != nil:
		return 0, context.Cause(ctx)
	default:
		return 0, exceptionFor("Ping", ErrInvalidState.Name, withoutPrefix(err), err)
	}
}
