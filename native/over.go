package native

import (
	"context"
	"io"
	"strconv"
	"time"
)

// Over has a connection carried by carrier in place of TCP: a tunnel, a WebTransport stream, a data channel. It is for
// websocket.Dialer's Engine and serves one connection. The URL's host and path go into the handshake; nothing is resolved or
// dialled, and wss adds no TLS.
//
// The carrier belongs to the connection from Start on, and is closed once; without Start it stays the caller's. Its Close must
// end a Read and a Write that wait. Where it has an Abort() error, that is called in place of Close to end it without regard to
// what is unsent.
func Over(carrier io.ReadWriteCloser) func(url string, protocols []string, s Sink) (Conn, error) {
	return Config{}.Over(carrier)
}

// Config is what a connection over a given carrier can be told. The zero Config has the defaults.
type Config struct {
	// Header is added to the handshake's request. It may hold Host, but none of the headers that the handshake is made of.
	Header map[string][]string
	// Origin is sent as the Origin header; "" sends none.
	Origin string
	// ReadLimit is the longest message taken, in bytes. A longer one fails the connection. 0 is 64 MiB, a negative one no limit.
	ReadLimit int64
	// ReadAhead is how many bytes of messages are read while a listener blocks. 0 is 1 MiB.
	ReadAhead int
	// CloseTimeout is how long the closing handshake may make no progress. 0 is 60 s, a negative one no limit.
	CloseTimeout time.Duration
	// PingInterval and PongTimeout are as in Options.
	PingInterval, PongTimeout time.Duration
	// Compression is what is done with permessage-deflate. It is never offered in a js build, where setting it is an error.
	Compression Compression
	// CompressionThreshold is the fewest bytes of a message that are compressed. 0 is 512, or 128 if the context is taken over.
	CompressionThreshold int
}

// Over is the function Over with a configuration.
func (o Config) Over(carrier io.ReadWriteCloser) func(url string, protocols []string, s Sink) (Conn, error) {
	return func(url string, protocols []string, s Sink) (Conn, error) {
		if err := o.check(); err != nil {
			return nil, err
		}
		o.Header = cloneHeader(o.Header)
		return newConnection(s, o.settings(), func(ctx context.Context) (link, error) {
			return upgrade(ctx, carrier, o.request(parseTarget(url), protocols, s))
		}), nil
	}
}

func (o Config) settings() settings {
	return settings{readLimit: o.ReadLimit, closeTimeout: o.CloseTimeout, compression: o.Compression, threshold: o.CompressionThreshold,
		readAhead: o.ReadAhead, pingInterval: o.PingInterval, pongTimeout: o.PongTimeout}
}

func (o Config) check() error {
	switch {
	case o.Compression < compressionPooled || o.Compression > noCompression:
		return optionError("got the Compression " + strconv.Itoa(int(o.Compression)) + ", which is none")
	case o.ReadAhead < 0:
		return optionError("got a negative ReadAhead")
	case o.CompressionThreshold < 0:
		return optionError("got a negative CompressionThreshold")
	case o.PingInterval < 0 || o.PongTimeout < 0:
		return optionError("got a negative PingInterval or PongTimeout")
	case o.PongTimeout > 0 && o.PingInterval == 0:
		return optionError("got a PongTimeout without a PingInterval")
	case !offersDeflate && (o.Compression != 0 || o.CompressionThreshold != 0):
		return optionError("got a Compression, which a js build does not have")
	}
	return checkHeader(o.Header, o.Origin)
}

func (o Config) request(t target, protocols []string, s Sink) *request {
	return &request{host: t.host, resource: t.resource, origin: o.Origin, protocols: protocols, header: o.Header, key: newKey(),
		offersDeflate: offersDeflate && o.Compression != noCompression, tracer: s.Tracer()}
}
