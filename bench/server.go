//go:build unix

package main

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
)

// The server is made by hand and the same for all clients, so that what it costs hides no difference between them: on a machine
// of few cores a slow server leaves its client nothing to do in one go. It speaks WebSocket and the floor's framing on one port.
type server struct {
	listener net.Listener
	coalesce bool // one write for all answers to what one read brought, else one for each message
	counts   counts
}

// counts are what the server has seen of all its clients.
type counts struct {
	messages, frames, bytes atomic.Int64
}

// seen is a snapshot of counts.
type seen struct{ Messages, Frames, Bytes int64 }

func (s seen) since(before seen) seen {
	return seen{s.Messages - before.Messages, s.Frames - before.Frames, s.Bytes - before.Bytes}
}

func newServer(coalesce bool) (*server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	return &server{listener: l, coalesce: coalesce}, err
}

func (s *server) address() string { return s.listener.Addr().String() }

func (s *server) serve() error {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return err
		}
		go (&session{server: s, conn: conn}).run()
	}
}

// tellCounts is a job in the floor's framing: to say what was seen.
const tellCounts task = "counts"

func askCounts(address string) (now seen, err error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return now, err
	}
	defer conn.Close()
	ask := lengthPrefixed{}.add(nil, frame{payload: []byte(job{what: tellCounts}.path())})
	if _, err := conn.Write(ask); err != nil {
		return now, err
	}
	err = json.NewDecoder(conn).Decode(&now)
	return now, err
}

// session is one connection.
type session struct {
	server  *server
	conn    net.Conn
	framing framing
	job     job
	deflate *deflater // nil if messages are not compressed

	buf    []byte // read and not yet parsed
	filled bool   // the last read filled it
	out    []byte // answers, encoded
	seen   seen   // not yet added to the server's counts

	// The frames so far of a message that has more than one.
	message    []byte
	compressed bool

	// Large echoes are written by a goroutine, since a client that is in its Send does not read.
	queue chan []byte // nil if there is none
	spare chan []byte // its buffers, when they are written
}

var errDone = errors.New("done")

func (s *session) run() {
	err := s.open()
	for err == nil {
		if err = s.parse(); err == nil {
			err = s.fill()
		}
	}
	if s.queue != nil {
		close(s.queue)
	}
	if tcp, ok := s.conn.(*net.TCPConn); ok && err == io.EOF {
		tcp.SetLinger(0) // so that the client's port is free again at once
	}
	s.conn.Close()
}

const (
	firstBuffer = 4 << 10 // what thousands of idle connections need
	usualBuffer = 64 << 10
)

// fill reads once. The buffer grows to its usual size with use, and beyond for a longer frame.
func (s *session) fill() error {
	if len(s.buf) == cap(s.buf) || s.filled && cap(s.buf) < usualBuffer {
		s.buf = append(make([]byte, 0, max(firstBuffer, 4*cap(s.buf))), s.buf...)
	}
	n, err := s.conn.Read(s.buf[len(s.buf):cap(s.buf)])
	s.buf = s.buf[:len(s.buf)+n]
	s.filled = len(s.buf) == cap(s.buf)
	s.seen.Bytes += int64(n)
	return err
}

// parsed takes what was parsed out of the buffer.
func (s *session) parsed(n int) { s.buf = s.buf[:copy(s.buf, s.buf[n:])] }

// open reads what a client begins with: a request, or its job as the floor's first message.
func (s *session) open() error {
	for {
		if err := s.fill(); err != nil {
			return err
		}
		if bytes.HasPrefix(s.buf, []byte("GET ")) {
			if end := bytes.Index(s.buf, []byte("\r\n\r\n")); end >= 0 {
				return s.handshake(end + 4)
			}
		} else if f, n, _ := (lengthPrefixed{}).next(s.buf); n > 0 {
			s.framing = lengthPrefixed{}
			return s.begin(string(f.payload), n)
		}
	}
}

// handshake is RFC 6455 4.2.2, for clients that are known to do their part.
func (s *session) handshake(length int) error {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(s.buf[:length])))
	if err != nil {
		return err
	}
	s.framing = rfc6455{}
	if err := s.begin(r.RequestURI, length); err != nil {
		return err
	}
	accept := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(accept[:]) + "\r\n"
	offer := r.Header.Get("Sec-WebSocket-Extensions")
	if s.job.deflate != plain && strings.Contains(offer, "permessage-deflate") {
		s.deflate = newDeflater(s.job.deflate)
		answer += "Sec-WebSocket-Extensions: " + s.deflate.agreed() + "\r\n"
	}
	_, err = s.conn.Write([]byte(answer + "\r\n"))
	return err
}

// begin takes the job, and what it was told by out of the buffer.
func (s *session) begin(path string, length int) (err error) {
	s.parsed(length)
	if s.job, err = parseJob(path); err != nil {
		return err
	}
	if s.job.what == tellCounts {
		return s.tellCounts()
	}
	if s.job.what == echo && s.job.size > usualBuffer/2 {
		s.queue, s.spare = make(chan []byte, 16), make(chan []byte, 16)
		go s.write()
	}
	return nil
}

// parse takes the job's messages out of what was read.
func (s *session) parse() error {
	used := 0
	for {
		f, n, err := s.framing.next(s.buf[used:])
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		used += n
		if err := s.frame(f); err != nil {
			return err
		}
	}
	s.parsed(used)
	return s.flush()
}

func (s *session) frame(f frame) error {
	if f.opcode == opClose {
		s.out = s.framing.add(s.out, f)
		return cmp.Or(s.flush(), errDone)
	}
	if f.opcode > opBinary {
		return nil
	}
	s.seen.Frames++
	if !f.fin || f.opcode == opContinuation {
		if f.opcode != opContinuation {
			s.compressed = f.compressed // RFC 7692 6.1: only the first frame says so
		}
		s.message = append(s.message, f.payload...)
		if !f.fin {
			return nil
		}
		f.payload, f.compressed = s.message, s.compressed
		s.message = s.message[:0]
	}
	s.seen.Messages++
	p := f.payload
	if f.compressed {
		var err error
		if p, err = s.deflate.inflate(p); err != nil {
			return err
		}
	}
	return s.do(p)
}

// do does the job for a message.
func (s *session) do(p []byte) error {
	switch {
	case s.job.what == echo:
		return s.answer(p)
	case s.job.what == send && len(p) > 0 && p[0] == lastOfBatch:
		return s.answer([]byte{lastOfBatch})
	case s.job.what == receive:
		n, err := strconv.Atoi(string(p))
		if err != nil {
			return err
		}
		return s.flood(n)
	}
	return nil
}

func (s *session) answer(p []byte) (err error) {
	f := frame{payload: p, opcode: s.job.opcode(), fin: true}
	if s.deflate != nil {
		f.compressed = true
		if f.payload, err = s.deflate.deflate(p); err != nil {
			return err
		}
	}
	s.out = s.framing.add(s.out, f)
	if s.server.coalesce && len(s.out) < usualBuffer {
		return nil
	}
	return s.flush()
}

// flush writes the answers, or has them written.
func (s *session) flush() error {
	s.publish()
	if len(s.out) == 0 {
		return nil
	}
	if s.queue == nil {
		_, err := s.conn.Write(s.out)
		s.out = s.out[:0]
		return err
	}
	s.queue <- s.out
	select {
	case s.out = <-s.spare:
	default:
		s.out = nil
	}
	return nil
}

// write is the goroutine that writes large echoes. It ends with the session; an error ends the reading too.
func (s *session) write() {
	for b := range s.queue {
		s.conn.Write(b)
		select {
		case s.spare <- b[:0]:
		default:
		}
	}
}

// flood sends n messages as fast as the client takes them.
func (s *session) flood(n int) error {
	s.publish()
	one := s.framing.add(nil, frame{payload: make([]byte, s.job.size), opcode: s.job.opcode(), fin: true})
	atOnce := 1
	if s.server.coalesce {
		atOnce = max(1, usualBuffer/len(one))
	}
	for b := bytes.Repeat(one, atOnce); n > 0; n -= atOnce {
		if _, err := s.conn.Write(b[:min(n, atOnce)*len(one)]); err != nil {
			return err
		}
	}
	return nil
}

// publish adds to the server's counts what this session has seen, before anybody can have an answer to it.
func (s *session) publish() {
	c := &s.server.counts
	c.messages.Add(s.seen.Messages)
	c.frames.Add(s.seen.Frames)
	c.bytes.Add(s.seen.Bytes)
	s.seen = seen{}
}

// tellCounts is the job of askCounts.
func (s *session) tellCounts() error {
	c := &s.server.counts
	return cmp.Or(json.NewEncoder(s.conn).Encode(seen{c.messages.Load(), c.frames.Load(), c.bytes.Load()}), errDone)
}
