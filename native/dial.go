//go:build !js

package native

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
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
	return Config{Header: o.Header, Origin: o.Origin, ReadLimit: o.ReadLimit, CloseTimeout: o.CloseTimeout, Compression: o.Compression,
		CompressionThreshold: o.CompressionThreshold}
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
	l, err := d.try(ctx, q)
	var refused *HandshakeError
	if errors.As(err, &refused) && refused.Status == 401 && d.authorize(q, refused) {
		q.key = newKey()
		return d.try(ctx, q)
	}
	return l, err
}

func (d *dialer) try(ctx context.Context, q *request) (link, error) {
	conn, err := d.dial(ctx)
	if err != nil {
		return link{}, err
	}
	l, err := upgrade(ctx, conn, q)
	if tcp, ok := conn.(*net.TCPConn); ok && err == nil {
		l.writeNow = nonBlocking(tcp)
	}
	return l, err
}

// dial connects TCP, and TLS on it for wss.
func (d *dialer) dial(ctx context.Context) (net.Conn, error) {
	port := 80
	if d.target.secure {
		port = 443
	}
	host, address := d.target.host, d.target.host
	if h, p, err := net.SplitHostPort(address); err == nil {
		host = h
		port, _ = strconv.Atoi(p) // the URL parser has seen to it that it is one
	} else {
		address += ":" + strconv.Itoa(port)
	}
	if blockedPort(port) {
		return nil, &phaseError{"connect", errors.New("port " + strconv.Itoa(port) + " is blocked by the Fetch Standard")}
	}
	conn, err := d.dialTCP(ctx, address)
	if err != nil {
		return nil, &phaseError{"connect", err}
	}
	if !d.target.secure {
		return conn, nil
	}
	return d.secure(ctx, conn, strings.Trim(host, "[]"))
}

// dialTCP does not wait for a NetDial that goes on when ctx has ended.
func (d *dialer) dialTCP(ctx context.Context, address string) (net.Conn, error) {
	if d.NetDial == nil {
		return new(net.Dialer).DialContext(ctx, "tcp", address)
	}
	type result struct {
		conn net.Conn
		err  error
	}
	dialled := make(chan result)
	go func() {
		r := result{err: errGoexit}
		defer func() {
			select {
			case dialled <- r:
			case <-ctx.Done():
				if r.conn != nil {
					r.conn.Close()
				}
			}
		}()
		r.conn, r.err = d.NetDial(ctx, "tcp", address)
	}()
	select {
	case r := <-dialled:
		return r.conn, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// secure is the client's side of TLS on conn.
func (d *dialer) secure(ctx context.Context, conn net.Conn, host string) (net.Conn, error) {
	config := d.TLSConfig.Clone()
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
			conn.Close()
		}
	}()
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, &phaseError{"TLS handshake with " + host, err}
	}
	done = true
	return tlsCarrier{secured}, nil
}

// tlsCarrier can be ended without the alert that Close may have to wait for.
type tlsCarrier struct{ *tls.Conn }

// Abort closes the connection under TLS.
func (t tlsCarrier) Abort() error { return t.NetConn().Close() }

// authorize adds the URL's credentials to the request if the answer asks for them: RFC 7617, as Chromium does it.
func (d *dialer) authorize(q *request, refused *HandshakeError) bool {
	user, password, _ := strings.Cut(d.target.userinfo, ":")
	if len(lookup(q.header, "Authorization")) > 0 || d.target.userinfo == "" || !asksForBasic(refused.Header) {
		return false
	}
	credentials := unescape(user) + ":" + unescape(password)
	header := map[string][]string{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(credentials))}}
	for name, values := range q.header {
		header[name] = values
	}
	q.header = header
	return true
}

func unescape(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

// withoutQuoted returns a header's value without its quoted strings, in which a comma separates nothing: RFC 9110 5.6.4.
func withoutQuoted(s string) string {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case !quoted:
			b.WriteByte(s[i])
		case s[i] == '\\':
			i++
		}
	}
	return b.String()
}

// asksForBasic reports whether one of the challenges is of the scheme Basic: RFC 9110 11.6.1.
func asksForBasic(header map[string][]string) bool {
	for _, v := range header["Www-Authenticate"] {
		for challenge := range strings.SplitSeq(withoutQuoted(v), ",") {
			scheme, _, _ := strings.Cut(strings.Trim(challenge, " \t"), " ")
			if sameToken(scheme, "Basic") {
				return true
			}
		}
	}
	return false
}
