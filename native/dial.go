//go:build !js

package native

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strconv"
)

// Open makes a connection that dials the URL's host when it is started.
//
// Deviation: RFC 6455 4.1, 2, has a client open one connection to a server at a time, against pages that open a thousand. A
// program is not a page, and one handshake that hangs would hold up all others.
func Open(url string, protocols []string, o Options, s Sink) (Conn, error) {
	if err := o.config().check(); err != nil {
		return nil, err
	}
	o.Header = cloneHeader(o.Header)
	d := &dialer{Options: o, target: parseTarget(url), protocols: protocols, sink: s}
	settings := o.config().settings()
	settings.lends = o.BorrowMessages
	return newConnection(s, settings, d.connect), nil
}

func (o Options) config() Config {
	return Config{Header: o.Header, Origin: o.Origin, ReadLimit: o.ReadLimit, ReadAhead: o.ReadAhead, CloseTimeout: o.CloseTimeout,
		PingInterval: o.PingInterval, PongTimeout: o.PongTimeout, Compression: o.Compression, CompressionThreshold: o.CompressionThreshold}
}

// dialer connects to one target.
type dialer struct {
	Options
	target    target
	protocols []string
	sink      Sink
}

// connect dials and upgrades, a second time with the URL's credentials if the server asks for them.
func (d *dialer) connect(ctx context.Context) (link, error) {
	q := d.config().request(d.target, d.protocols, d.sink)
	q.answered = func(r *response) (again bool) {
		d.store(r.header)
		return r.status == 401 && d.canIdentify(q, r.header)
	}
	l, err := d.try(ctx, q)
	var refused *HandshakeError
	if errors.As(err, &refused) && refused.Status == 401 && !refused.Proxy && d.authorize(q, refused) {
		q.key = newKey()
		return d.try(ctx, q)
	}
	return l, err
}

func (d *dialer) try(ctx context.Context, q *request) (link, error) {
	q = d.withCookies(q)
	conn, err := d.dial(ctx)
	if err != nil {
		return link{}, err
	}
	l, err := upgrade(ctx, conn, q)
	if tcp, ok := conn.(*net.TCPConn); ok && err == nil {
		l.writeNow, l.readReady = nonBlocking(tcp), whenReady(tcp)
	}
	return l, inHandshake(d.target.address(), err)
}

// inHandshake says with whom the handshake failed.
func inHandshake(address string, err error) error {
	var refused *HandshakeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		refused.Address, refused.phase = address, "handshake with "+address
		return err
	default:
		return &phaseError{"handshake with " + address, err}
	}
}

// dial connects to the target, directly or through a proxy, and has TLS on it for wss.
func (d *dialer) dial(ctx context.Context) (net.Conn, error) {
	address := d.target.address()
	host, port, _ := net.SplitHostPort(address)
	if n, _ := strconv.Atoi(port); blockedPort(n) && !d.AllowBlockedPorts { // the URL parser has seen to it that it is a number
		return nil, &phaseError{"connect to " + address, portError(port)}
	}
	conn, err := d.reach(ctx, address)
	if err != nil || !d.target.secure {
		return conn, err
	}
	return secure(ctx, conn, host, d.TLSConfig)
}

// reach brings a stream to the address.
func (d *dialer) reach(ctx context.Context, address string) (net.Conn, error) {
	p, err := d.proxy(ctx)
	switch {
	case err != nil:
		return nil, &phaseError{"choose a proxy for " + address, causeOf(ctx, err)}
	case p != nil:
		return d.reachThrough(ctx, p, address)
	}
	conn, err := d.dialTCP(ctx, address)
	if err != nil {
		return nil, &phaseError{"connect to " + address, causeOf(ctx, err)}
	}
	return conn, nil
}

// causeOf returns why ctx ended if it has, else err.
func causeOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// early makes an end where more has to come no io.EOF: that is how a stream says that all is well.
func early(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// dialTCP is the network's or the program's.
func (d *dialer) dialTCP(ctx context.Context, address string) (net.Conn, error) {
	if d.NetDial == nil {
		return new(net.Dialer).DialContext(ctx, "tcp", address)
	}
	return within(ctx, func() (net.Conn, error) { return d.NetDial(ctx, "tcp", address) }, func(conn net.Conn) {
		if conn != nil {
			conn.Close()
		}
	})
}

// within does not wait for a func of the program's that goes on when ctx has ended. drop gets what that brings in the end.
func within[T any](ctx context.Context, f func() (T, error), drop func(T)) (T, error) {
	type result struct {
		value T
		err   error
	}
	came := make(chan result)
	go func() {
		r := result{err: errGoexit}
		defer func() {
			select {
			case came <- r:
			case <-ctx.Done():
				drop(r.value)
			}
		}()
		r.value, r.err = f()
	}()
	select {
	case r := <-came:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

// secure is the client's side of TLS on conn. config may be nil.
func secure(ctx context.Context, conn net.Conn, host string, config *tls.Config) (net.Conn, error) {
	config = config.Clone()
	if config == nil {
		config = new(tls.Config)
	}
	if config.ServerName == "" {
		config.ServerName = host
	}
	if config.NextProtos == nil { // the upgrade is HTTP/1.1's
		config.NextProtos = []string{"http/1.1"}
	}
	secured := tls.Client(conn, config)
	done := false
	defer func() {
		if !done { // an error, or a func of the config ended this goroutine
			abort(conn)
		}
	}()
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, &phaseError{"TLS handshake with " + host, causeOf(ctx, early(err))}
	}
	done = true
	return tlsCarrier{secured}, nil
}

// tlsCarrier can be ended without the alert that Close may have to wait for.
type tlsCarrier struct{ *tls.Conn }

// Abort ends the connection under TLS, which may be one of TLS too.
func (t tlsCarrier) Abort() error {
	abort(t.NetConn())
	return nil
}

// SetLinger is that of the TCP under TLS.
func (t tlsCarrier) SetLinger(sec int) error {
	if under, ok := t.NetConn().(interface{ SetLinger(sec int) error }); ok {
		return under.SetLinger(sec)
	}
	return nil
}

// address returns the target's host:port.
func (t target) address() string {
	if _, _, err := net.SplitHostPort(t.host); err == nil {
		return t.host
	}
	if t.secure {
		return t.host + ":443"
	}
	return t.host + ":80"
}

// scheme returns the scheme of HTTP that stands for the target's.
func (t target) scheme() string {
	if t.secure {
		return "https"
	}
	return "http"
}
