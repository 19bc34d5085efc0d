//go:build !js

package native

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/net/http/httpproxy"
	socks "golang.org/x/net/proxy"
)

// proxy chooses the proxy for the target; nil is none.
func (d *dialer) proxy(ctx context.Context) (*url.URL, error) {
	if d.Proxy == nil {
		return fromEnvironment().ProxyFunc()(d.target.url())
	}
	return within(ctx, func() (*url.URL, error) { return d.Proxy(d.target.url()) }, func(*url.URL) {})
}

// fromEnvironment is httpproxy's with ALL_PROXY for what has no variable of its own.
func fromEnvironment() *httpproxy.Config {
	config := httpproxy.FromEnvironment()
	all := os.Getenv("ALL_PROXY")
	if all == "" {
		all = os.Getenv("all_proxy")
	}
	if config.HTTPProxy == "" {
		config.HTTPProxy = all
		config.CGI = false // a request can set HTTP_PROXY for a CGI program, but not this one
	}
	if config.HTTPSProxy == "" {
		config.HTTPSProxy = all
	}
	return config
}

// proxyPorts are the default ports of the proxies that can be used, by scheme.
var proxyPorts = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

// reachThrough brings a stream to the address through a proxy.
func (d *dialer) reachThrough(ctx context.Context, p *url.URL, address string) (net.Conn, error) {
	port, known := proxyPorts[p.Scheme]
	if !known || p.Hostname() == "" { // without the URL: it may hold a password
		return nil, &phaseError{"choose a proxy for " + address, proxyError("got a proxy with the scheme " + strconv.Quote(p.Scheme) +
			" and the host " + strconv.Quote(p.Hostname()) + ", want a host and http, https, socks5 or socks5h")}
	}
	if p.Port() != "" {
		port = p.Port()
	}
	at := net.JoinHostPort(p.Hostname(), port)
	conn, err := d.dialTCP(ctx, at)
	if err != nil {
		return nil, &phaseError{"connect to the proxy " + at, causeOf(ctx, err)}
	}
	if p.Scheme == "https" {
		if conn, err = d.secureProxy(ctx, conn, p.Hostname()); err != nil {
			return nil, &phaseError{"connect to the proxy " + at, err}
		}
	}
	phase := "CONNECT to " + address + " through the proxy " + at
	err = negotiate(ctx, conn, func(hangUp func()) error {
		if strings.HasPrefix(p.Scheme, "socks5") {
			return connectSOCKS(ctx, conn, p, address)
		}
		return connectHTTP(conn, p, address, d.sink.Tracer(), hangUp)
	})
	if err != nil {
		return nil, inTunnel(phase, at, err)
	}
	return conn, nil
}

// secureProxy is TLS with the proxy: what TLSConfig has for the target alone is left out.
func (d *dialer) secureProxy(ctx context.Context, conn net.Conn, host string) (net.Conn, error) {
	config := d.TLSConfig.Clone()
	if config != nil {
		config.ServerName, config.EncryptedClientHelloConfigList = "", nil
	}
	return secure(ctx, conn, host, config)
}

// negotiate speaks with a proxy. If that fails or ctx ends first it hangs up.
func negotiate(ctx context.Context, conn net.Conn, speak func(hangUp func()) error) (err error) {
	hangUp := sync.OnceFunc(func() { abort(conn) })
	stop := context.AfterFunc(ctx, hangUp)
	err = errGoexit
	defer func() {
		stop()
		if ctx.Err() != nil { // what speaks may see that, and fail, before hangUp is called
			err = context.Cause(ctx)
		}
		if err != nil {
			hangUp()
		}
	}()
	return speak(hangUp)
}

// inTunnel says through which proxy there is no way.
func inTunnel(phase, at string, err error) error {
	var refused *HandshakeError
	if errors.As(err, &refused) {
		refused.Address, refused.Proxy, refused.phase = at, true, phase
		return err
	}
	return &phaseError{phase, early(err)}
}

// A proxyError is a proxy that can't be spoken to. It wraps errors.ErrUnsupported.
type proxyError string

func (e proxyError) Error() string { return string(e) }
func (e proxyError) Unwrap() error { return errors.ErrUnsupported }

// connectHTTP has an HTTP proxy connect to the address: RFC 9110 9.3.6.
func connectHTTP(conn net.Conn, p *url.URL, address string, tracer Tracer, hangUp func()) error {
	head := "CONNECT " + address + " HTTP/1.1\r\nHost: " + address + "\r\n"
	if p.User != nil {
		password, _ := p.User.Password()
		head += "Proxy-Authorization: " + basic(p.User.Username(), password) + "\r\n"
	}
	r, rest, err := exchange(conn, []byte(head+"\r\n"), tracer, hangUp)
	switch {
	case err != nil:
		return err
	case r.status/100 != 2:
		return withBody(r.refuse("got status "+strconv.Itoa(r.status)+" "+cut(r.reason, 100)+", want 200"), r, conn, rest, hangUp)
	case len(rest) > 0: // it can't be the server's: nobody has spoken to it
		return r.refuse("got " + strconv.Itoa(len(rest)) + " bytes behind the answer, want none")
	}
	return nil
}

// connectSOCKS has a SOCKS proxy connect to the address, whose host the proxy looks up: RFC 1928, 1929.
func connectSOCKS(ctx context.Context, conn net.Conn, p *url.URL, address string) error {
	var auth *socks.Auth
	if p.User != nil {
		password, _ := p.User.Password()
		auth = &socks.Auth{User: p.User.Username(), Password: password}
	}
	client, err := socks.SOCKS5("tcp", p.Host, auth, connected{conn})
	if err != nil {
		return err
	}
	// What it returns only wraps conn, which holds nothing back: the answer was read to its last byte and no further.
	_, err = client.(socks.ContextDialer).DialContext(ctx, "tcp", address)
	return err
}

// connected dials what is there already, and leaves the closing to others.
type connected struct{ net.Conn }

func (c connected) Dial(string, string) (net.Conn, error) { return c, nil }

func (c connected) DialContext(context.Context, string, string) (net.Conn, error) { return c, nil }

func (c connected) Close() error { return nil }
