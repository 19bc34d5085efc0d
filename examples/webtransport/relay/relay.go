//go:build !js

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/webtransport-go"
)

// relay is a server for WebTransport sessions.
type relay struct {
	server *webtransport.Server
	udp    net.PacketConn
	to     string
	hash   string // of the certificate
}

func start(addr, to string) (*relay, error) {
	if to == "" {
		return nil, errors.New("got neither -to nor TESTSERVER_WS: where to carry the streams?")
	}
	cert, err := newCertificate()
	if err != nil {
		return nil, err
	}
	udp, err := net.ListenPacket("udp", addr)
	if err != nil {
		return nil, err
	}
	r := &relay{udp: udp, to: to, hash: hashOf(cert)}
	mux := http.NewServeMux()
	mux.HandleFunc("/", r.serve)
	r.server = &webtransport.Server{
		H3:          &http3.Server{Handler: mux, TLSConfig: http3.ConfigureTLSConfig(configFor(cert))},
		CheckOrigin: func(*http.Request) bool { return true }, // any page may try the example
	}
	go r.server.Serve(udp)
	return r, nil
}

func (r *relay) url() string { return "https://" + r.udp.LocalAddr().String() + "/" }

func (r *relay) close() {
	r.server.Close()
	r.udp.Close()
}

// serve serves a session.
func (r *relay) serve(w http.ResponseWriter, req *http.Request) {
	cut, err := parseCut(req.URL.Query().Get("cut"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	session, err := r.server.Upgrade(w, req)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for {
		stream, err := session.AcceptStream(context.Background())
		if err != nil {
			return // it has ended
		}
		go r.carry(stream, &limited{stream, cut, session})
	}
}

func parseCut(s string) (*atomic.Int64, error) {
	left := new(atomic.Int64)
	left.Store(1 << 62)
	if s != "" {
		n, err := strconv.ParseInt(s, 10, 62)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("relay: got cut=%s, want a number of bytes", s)
		}
		left.Store(n)
	}
	return left, nil
}

// limited ends the session when what may be sent has been sent.
type limited struct {
	io.Writer
	left    *atomic.Int64 // of all the session's streams
	session *webtransport.Session
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left.Add(-int64(len(p))) < 0 {
		l.session.CloseWithError(1, "cut")
		return 0, errors.New("cut")
	}
	return l.Writer.Write(p)
}

// carry carries a stream's bytes both ways. The end of a direction is an end on the other side, in order or not.
func (r *relay) carry(stream *webtransport.Stream, down io.Writer) {
	const refused = 1
	conn, err := net.Dial("tcp", r.to)
	if err != nil {
		stream.CancelRead(refused)
		stream.CancelWrite(refused)
		return
	}
	tcp := conn.(*net.TCPConn)
	defer tcp.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if _, err := io.Copy(down, tcp); err != nil {
			stream.CancelWrite(refused)
			return
		}
		stream.Close()
	}()
	if _, err := io.Copy(tcp, stream); err != nil {
		tcp.SetLinger(0)
		tcp.Close()
	} else {
		tcp.CloseWrite()
	}
	<-done
	stream.CancelRead(refused)
}
