//go:build !js

package peer

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// waitLimit bounds every wait for the client, so that a test that went wrong
// does not leave connections behind.
const waitLimit = 30 * time.Second

// muteLimit bounds the times in which the peer reads nothing. It is longer
// than the 60 s that browsers wait for the answer to a Close frame.
const muteLimit = 90 * time.Second

// Server is a running peer. Its methods may be called from any goroutine.
type Server struct {
	certificate certificate
	directory   string // holds the certificate's file

	plain, secure, mute net.Listener
	closedPort          *closedPort

	registry *registry
	pairs    pairs
	stop     chan struct{} // closed when Close begins
	stopOnce sync.Once
	tasks    sync.WaitGroup // accepting and serving goroutines
}

// Start starts a peer on free ports of the loopback interface.
func Start() (*Server, error) {
	s := &Server{registry: newRegistry(), stop: make(chan struct{})}
	if err := s.open(); err != nil {
		s.Close()
		return nil, err
	}
	s.tasks.Go(func() { s.accept(s.plain, s.serve) })
	s.tasks.Go(func() { s.accept(s.secure, s.serve) })
	s.tasks.Go(func() { s.accept(s.mute, serveMute) })
	return s, nil
}

// open takes what the peer needs from the system. What it got before an error
// stays in s, for Close.
func (s *Server) open() (err error) {
	if s.certificate, err = newCertificate(time.Now()); err != nil {
		return err
	}
	if s.directory, err = os.MkdirTemp("", "testserver"); err != nil {
		return err
	}
	if err = os.WriteFile(s.caFile(), s.certificate.pem, 0o600); err != nil {
		return err
	}
	for _, listener := range []*net.Listener{&s.plain, &s.secure, &s.mute} {
		if *listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return err
		}
	}
	s.closedPort, err = newClosedPort()
	return err
}

// WS returns the base URL for ws, "ws://127.0.0.1:PORT".
func (s *Server) WS() string { return "ws://" + s.plain.Addr().String() }

// WSS returns the base URL for wss, "wss://127.0.0.1:PORT".
func (s *Server) WSS() string { return "wss://" + s.secure.Addr().String() }

// HTTP returns the base URL for http; the port is that of WS.
func (s *Server) HTTP() string { return "http://" + s.plain.Addr().String() }

// CertPool returns a pool with the certificate of the wss port.
func (s *Server) CertPool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.certificate.pem)
	return pool
}

// CAPEM returns the certificate of the wss port.
func (s *Server) CAPEM() []byte { return append([]byte(nil), s.certificate.pem...) }

// SPKI returns the base64 form of the SHA-256 hash of the certificate's public
// key, as Chromium's --ignore-certificate-errors-spki-list takes it.
func (s *Server) SPKI() string { return s.certificate.spki }

// Environ returns the variables that tell a program where the peer is, each
// "NAME=value".
func (s *Server) Environ() []string {
	return []string{
		"TESTSERVER_WS=" + s.WS(),
		"TESTSERVER_WSS=" + s.WSS(),
		"TESTSERVER_HTTP=" + s.HTTP(),
		"TESTSERVER_CA=" + s.caFile(),
		"TESTSERVER_SPKI=" + s.SPKI(),
		"TESTSERVER_CLOSED=ws://" + s.closedPort.address(),
		"TESTSERVER_MUTE=ws://" + s.mute.Addr().String(),
	}
}

func (s *Server) caFile() string { return filepath.Join(s.directory, "ca.pem") }

// Close ends the listeners and all connections and waits for the peer's
// goroutines. Calling it again does nothing.
func (s *Server) Close() {
	s.stopOnce.Do(func() { close(s.stop) })
	for _, listener := range []net.Listener{s.plain, s.secure, s.mute} {
		if listener != nil {
			listener.Close()
		}
	}
	for _, c := range s.registry.connections() {
		c.Close()
	}
	s.tasks.Wait()
	if s.closedPort != nil {
		s.closedPort.Close()
	}
	if s.directory != "" {
		os.RemoveAll(s.directory)
	}
}

// accept runs serve in a goroutine for each connection, until the listener is
// closed.
func (s *Server) accept(listener net.Listener, serve func(*conn)) {
	for {
		stream, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond) // for example: too many open files
			continue
		}
		c := s.newConn(stream.(*net.TCPConn), listener == s.secure)
		s.tasks.Go(func() { serve(c) })
	}
}

// newConn wraps and registers an accepted connection.
func (s *Server) newConn(tcp *net.TCPConn, secure bool) *conn {
	c := &conn{Conn: tcp, tcp: tcp, registry: s.registry, stop: s.stop}
	if secure {
		c.wire = &wire{TCPConn: tcp, left: -1}
		c.Conn = tls.Server(c.wire, s.certificate.config)
	}
	s.registry.add(c)
	select {
	case <-s.stop: // Close may have looked at the registry before add
		c.Close()
	default:
	}
	return c
}

// serve answers the one request of a connection. The peer keeps no connection
// alive: a connection is a request, and the number of connections means something.
func (s *Server) serve(c *conn) {
	defer c.Close()
	c.SetReadDeadline(time.Now().Add(waitLimit))
	reader := bufio.NewReader(c)
	request, err := http.ReadRequest(reader)
	if err != nil {
		c.endGently() // TLS may have sent an alert: the client shall see it
		return
	}
	a := &answer{conn: c, reader: reader, header: http.Header{}}
	route(&exchange{server: s, conn: c, answer: a, request: request})
	a.finish()
	c.endGently()
}

// serveMute reads all that a client sends and says nothing.
func serveMute(c *conn) {
	defer c.Close()
	c.drain(muteLimit)
}
