//go:build !js

package proxy

import (
	"crypto/tls"
	"io"
	"net"
	"sync"
)

// Config is how a proxy behaves.
type Config struct {
	User, Password string            // are demanded if User is set
	TLS            *tls.Config       // of an HTTPS proxy
	Hosts          map[string]string // where an address that was asked for is; one that is not there is taken as it stands
	Answer         string            // what is said in place of all that a request would get; then nothing more
}

// A Proxy is a running proxy. Its methods may be called from any goroutine.
type Proxy struct {
	Config
	listener net.Listener
	tasks    sync.WaitGroup

	mu sync.Mutex
	// guarded by mu
	asked []string
	conns map[net.Conn]bool
}

// HTTP starts a proxy that answers CONNECT.
func HTTP(c Config) (*Proxy, error) { return start(c, (*Proxy).serveHTTP) }

// SOCKS5 starts a proxy of RFC 1928 and 1929.
func SOCKS5(c Config) (*Proxy, error) { return start(c, (*Proxy).serveSOCKS) }

func start(c Config, serve func(*Proxy, net.Conn)) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{Config: c, listener: listener, conns: make(map[net.Conn]bool)}
	p.tasks.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if c.TLS != nil {
				conn = tls.Server(conn, c.TLS)
			}
			p.tasks.Go(func() {
				defer p.forget(conn)
				if p.keep(conn) {
					serve(p, conn)
				}
			})
		}
	})
	return p, nil
}

// Address returns the proxy's host:port.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Asked returns what was asked for, as "host:port" or "user:password@host:port".
func (p *Proxy) Asked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.asked...)
}

// Close ends the proxy and all connections, and waits for its goroutines.
func (p *Proxy) Close() {
	p.listener.Close()
	p.mu.Lock()
	for conn := range p.conns {
		conn.Close()
	}
	p.conns = nil
	p.mu.Unlock()
	p.tasks.Wait()
}

// keep has Close close the connection too, and reports whether it is not too late.
func (p *Proxy) keep(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conns != nil {
		p.conns[conn] = true
	}
	return p.conns != nil
}

func (p *Proxy) forget(conn net.Conn) {
	conn.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, conn)
}

func (p *Proxy) note(credentials, address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if credentials != "" {
		address = credentials + "@" + address
	}
	p.asked = append(p.asked, address)
}

// dial connects to where an address is.
func (p *Proxy) dial(address string) (net.Conn, error) {
	if real, ok := p.Hosts[address]; ok {
		address = real
	}
	return net.Dial("tcp", address)
}

// relay copies both ways until both ends have said all.
func (p *Proxy) relay(client net.Conn, fromClient io.Reader, server net.Conn) {
	defer p.forget(server)
	if !p.keep(server) {
		return
	}
	var back sync.WaitGroup
	back.Go(func() {
		io.Copy(client, server)
		endWriting(client)
	})
	io.Copy(server, fromClient)
	endWriting(server)
	back.Wait()
}

// endWriting ends what one side says; TCP and TLS can do that.
func endWriting(conn net.Conn) {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
}

// hold waits for the client's end.
func hold(conn net.Conn) { io.Copy(io.Discard, conn) }
