//go:build !js

package websocket_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/twinsocket/websocket"
)

// A fault is what happens to a connection at one byte of what this side reads or writes.
type fault struct {
	name    string
	reading bool // at a byte that comes, else at one that goes
	harmful bool
	at      func(f *faulty, rest []byte, pass func([]byte) (int, error)) (int, error)
}

var faults = []fault{
	{"a cut", true, true, func(f *faulty, _ []byte, _ func([]byte) (int, error)) (int, error) { f.Close(); return 0, io.EOF }},
	{"a reset", true, true, func(f *faulty, _ []byte, _ func([]byte) (int, error)) (int, error) {
		f.Close()
		return 0, syscall.ECONNRESET
	}},
	{"a stall", true, true, func(f *faulty, _ []byte, _ func([]byte) (int, error)) (int, error) {
		<-f.closed
		return 0, net.ErrClosed
	}},
	{"a pause", true, false, func(f *faulty, rest []byte, pass func([]byte) (int, error)) (int, error) {
		time.Sleep(time.Second) // of the bubble
		return pass(rest)
	}},
	{"a border between reads", true, false, func(_ *faulty, rest []byte, pass func([]byte) (int, error)) (int, error) { return pass(rest) }},
	{"a short write", false, true, func(f *faulty, _ []byte, _ func([]byte) (int, error)) (int, error) { return 0, syscall.EPIPE }},
	{"a write that stalls", false, true, func(f *faulty, _ []byte, _ func([]byte) (int, error)) (int, error) {
		<-f.closed
		return 0, net.ErrClosed
	}},
	{"a slow write", false, false, func(f *faulty, rest []byte, pass func([]byte) (int, error)) (int, error) {
		time.Sleep(time.Second)
		return pass(rest)
	}},
}

// faulty is a connection with a fault.
type faulty struct {
	net.Conn
	fault
	read, written int // bytes
	offset        int // of the fault
	once          sync.Once
	closed        chan struct{}
}

func (f *faulty) Read(b []byte) (int, error) {
	return f.pass(b, &f.read, f.reading, f.Conn.Read)
}

func (f *faulty) Write(b []byte) (int, error) {
	n, err := f.pass(b, &f.written, !f.reading, f.Conn.Write)
	if err == nil && n < len(b) {
		m, err := f.Write(b[n:])
		return n + m, err
	}
	return n, err
}

// pass lets bytes pass up to the fault, then the fault happens, to each byte that follows.
func (f *faulty) pass(b []byte, done *int, faulty bool, pass func([]byte) (int, error)) (n int, err error) {
	switch {
	case !faulty || *done > f.offset && !f.harmful:
		n, err = pass(b)
	case *done < f.offset:
		n, err = pass(b[:min(len(b), f.offset-*done)])
	default:
		n, err = f.at(f, b, pass)
	}
	*done += n
	return n, err
}

func (f *faulty) Close() error {
	f.once.Do(func() { close(f.closed) })
	return f.Conn.Close()
}

// conversation runs a short one with a fault, natively, and returns its trace and how much was read and written. In its bubble
// a goroutine that is left fails the test, and an hour goes by in no time.
func conversation(t *testing.T, scheme string, certificate tls.Certificate, what fault, offset int) (trace string, read, written int) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		served := make(chan struct{})
		go func() {
			defer close(served)
			defer far.Close()
			converse(far, scheme, certificate)
		}()
		f := &faulty{Conn: near, fault: what, offset: offset, closed: make(chan struct{})}
		d := &websocket.Dialer{Options: websocket.Options{
			NetDial:   func(context.Context, string, string) (net.Conn, error) { return f, nil },
			TLSConfig: &tls.Config{InsecureSkipVerify: true},
		}}
		s := newSocket(t, d, scheme+"://example.com/")
		s.on = does{"open": also(send("héllo"), func(s *socket) { must(s.t, s.Send(websocket.Binary(make([]byte, 300)))) }), "message#300": closes(3000, "bye")}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		s.Run(ctx)
		s.mu.Lock()
		trace = strings.Join(s.trace, " ")
		s.mu.Unlock()
		near.Close()
		<-served
		read, written = f.read, f.written
	})
	return trace, read, written
}

// converse is the server's side: an echo. That it fails is the point.
func converse(conn net.Conn, scheme string, certificate tls.Certificate) {
	if scheme == "wss" {
		conn = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{certificate}})
	}
	in := bufio.NewReader(conn)
	r, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	u := gorilla.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	ws, err := u.Upgrade(hijacker{conn, in}, r, nil)
	if err != nil {
		return
	}
	defer ws.Close()
	ws.SetCloseHandler(func(code int, text string) error {
		return ws.WriteControl(gorilla.CloseMessage, gorilla.FormatCloseMessage(code, text), time.Time{})
	})
	for {
		kind, data, err := ws.ReadMessage()
		if err != nil || ws.WriteMessage(kind, data) != nil {
			return
		}
	}
}

// Whatever happens at whatever byte, there is one close event, the last, with the right values, all messages that came before
// the fault were delivered, and nothing is left.
func TestFaultsAtEveryByte(t *testing.T) {
	const whole = "open/1 text:héllo/1 message#300/1 close:3000:bye:true/3"
	pem, key := newCertificate(t)
	certificate, err := tls.X509KeyPair([]byte(pem), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	for scheme, step := range map[string]int{"ws": 1, "wss": 13} { // TLS costs much, and its records are long
		_, read, written := conversation(t, scheme, certificate, fault{}, 1<<30)
		for _, what := range faults {
			t.Run(fmt.Sprintf("%s, %s", scheme, what.name), func(t *testing.T) {
				last := written
				if what.reading {
					last = read
				}
				for offset := 0; offset <= last; offset += step {
					got, _, _ := conversation(t, scheme, certificate, what, offset)
					if !endsWell(got, whole, what.harmful) {
						t.Errorf("at byte %d of %d: got %s", offset, last, got)
					}
					if scheme == "ws" && what.reading {
						wantArrived(t, got, offset, read)
					}
				}
			})
		}
	}
}

// endsWell reports whether a trace is whole or, if the fault is harmful, breaks off with one error and one close event.
func endsWell(got, whole string, harmful bool) bool {
	if got == whole {
		return true
	}
	before, broken := strings.CutSuffix(got, "error/3 close:1006::false/3")
	return harmful && broken && strings.HasPrefix(whole, before)
}

// wantArrived wants what lay before the fault to have been delivered. The last bytes of the conversation are the frames of a text
// of 6 bytes, a binary of 300 and a Close with 5.
func wantArrived(t *testing.T, trace string, offset, read int) {
	t.Helper()
	head := read - (2 + 6) - (4 + 300) - (2 + 5)
	for event, end := range map[string]int{"open/1": head, "text:héllo/1": head + 8, "message#300/1": head + 8 + 304} {
		if offset >= end && !strings.Contains(trace, event) {
			t.Errorf("at byte %d: got %s, without the %s that came before", offset, trace, event)
		}
	}
}
