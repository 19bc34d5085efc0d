//go:build !js

package native

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestBodyOfARefusal(t *testing.T) {
	long := strings.Repeat("x", 5000)
	for _, row := range []struct {
		rule    string
		head    string // behind the status line
		status  string
		body    string // what the server sends, and then nothing more
		ends    bool   // it closes the connection behind that
		want    string
		waits   bool // until the time is up
		excerpt string
	}{
		{rule: "a length", head: "Content-Length: 4\r\n", body: "busy", want: "busy", excerpt: `"busy"`},
		{rule: "a length, and more", head: "Content-Length: 4\r\n", body: "busy and more", want: "busy", excerpt: `"busy"`},
		{rule: "a length of nothing", head: "Content-Length: 0\r\n"},
		{rule: "a length, cut", head: "Content-Length: 40\r\n", body: "busy", ends: true, want: "busy", excerpt: `"busy"`},
		{rule: "a length, and silence", head: "Content-Length: 40\r\n", body: "busy", want: "busy", waits: true, excerpt: `"busy"`},
		{rule: "long", head: "Content-Length: 5000\r\n", body: long, want: long[:1024], excerpt: `"` + long[:100] + `"`},
		{rule: "a huge length", head: "Content-Length: 9223372036854775807\r\n", body: long, want: long[:1024], excerpt: `"` + long[:100] + `"`},
		{rule: "a length that is none", head: "Content-Length: x\r\n", body: "busy", ends: true, want: "busy", excerpt: `"busy"`},
		{rule: "to the end", body: "<h1>\r\nbusy\r\n", ends: true, want: "<h1>\r\nbusy\r\n", excerpt: `"<h1>\r\nbusy"`},
		{rule: "to an end that does not come", body: "busy", want: "busy", waits: true, excerpt: `"busy"`},
		{rule: "not a byte, and no end", waits: true},
		{rule: "chunks", head: "Transfer-Encoding: chunked\r\n", body: "2\r\nbu\r\n2;x=y\r\nsy\r\n0\r\n\r\n", want: "busy", excerpt: `"busy"`},
		{rule: "chunks behind a coding", head: "Transfer-Encoding: gzip, chunked\r\n", body: "2\r\n\x1f\x8b\r\n0\r\n\r\n", want: "\x1f\x8b"},
		{rule: "chunks, cut", head: "Transfer-Encoding: chunked\r\n", body: "4\r\nbu", ends: true, want: "bu", excerpt: `"bu"`},
		{rule: "chunks, and silence", head: "Transfer-Encoding: chunked\r\n", body: "4\r\nbusy\r\n", want: "busy", waits: true, excerpt: `"busy"`},
		{rule: "chunks win over a length", head: "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", body: "4\r\nbusy\r\n0\r\n\r\n", want: "busy", excerpt: `"busy"`},
		{rule: "chunks that are none", head: "Transfer-Encoding: chunked\r\n", body: "busy\r\n", want: ""},
		{rule: "a chunk's line without an end", head: "Transfer-Encoding: chunked\r\n", body: long},
		{rule: "chunks of a byte", head: "Transfer-Encoding: chunked\r\n", body: strings.Repeat("1\r\nx\r\n", 2000), want: long[:1024], excerpt: `"` + long[:100] + `"`},
		{rule: "a huge chunk", head: "Transfer-Encoding: chunked\r\n", body: "7fffffff\r\n" + long, want: long[:1024], excerpt: `"` + long[:100] + `"`},
		{rule: "binary", head: "Content-Length: 4\r\n", body: "\x00\x01\xff\xfe", want: "\x00\x01\xff\xfe"},
		{rule: "no content", status: "204 No Content", body: "busy"},
		{rule: "not modified", status: "304 Not Modified", head: "Content-Length: 4\r\n"},
		{rule: "wrong accept", status: "101 Switching Protocols", head: "Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: x\r\n", body: "\x81\x02hi"},
	} {
		if row.status == "" {
			row.status = "503 Busy"
		}
		for _, piece := range []int{1 << 20, 1} {
			t.Run(row.rule, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					begun := time.Now()
					refused := refusedBy(t, "HTTP/1.1 "+row.status+"\r\n"+row.head+"\r\n"+row.body, piece, row.ends)
					if string(refused.Body) != row.want {
						t.Errorf("got %q, want %q", refused.Body, row.want)
					}
					if took := time.Since(begun); took != 0 && !row.waits || took != 250*time.Millisecond && row.waits {
						t.Errorf("it took %v", took)
					}
					want := "got status " + row.status + ", want 101 Switching Protocols"
					if row.excerpt != "" {
						want += "; the answer begins with " + row.excerpt
					}
					if got := refused.Error(); got != "websocket: handshake: "+want && row.status[0] != '1' {
						t.Errorf("got  %s\nwant %s", got, want)
					}
				})
			})
		}
	}
}

// refusedBy has a server give an answer, in pieces, and returns what comes of it.
func refusedBy(t *testing.T, answer string, piece int, ends bool) *HandshakeError {
	client, server := net.Pipe()
	defer server.Close()
	go func() {
		readHead(server, nil, maxHead)
		for answer != "" {
			n := min(piece, len(answer))
			if _, err := io.WriteString(server, answer[:n]); err != nil {
				return
			}
			answer = answer[n:]
		}
		if ends {
			server.Close()
		}
	}()
	_, err := upgrade(context.Background(), client, Config{}.request(parseTarget("ws://h/"), nil, new(play)))
	var refused *HandshakeError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v", err)
	}
	if _, err := client.Write(nil); err == nil {
		t.Error("the carrier was left open")
	}
	return refused
}

// deaf is a peer that takes nothing and has something to say.
type deaf struct {
	io.Reader
	closed chan struct{}
}

func (deaf) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func (d deaf) Close() error {
	close(d.closed)
	return nil
}

// waiting reads nothing until the peer is closed.
type waiting chan struct{}

func (w waiting) Read([]byte) (int, error) {
	<-w
	return 0, errCut
}

func TestWhatAPeerSaidBeforeItStoppedReadingIsTheReason(t *testing.T) {
	alert := errors.New("remote error: tls: certificate required")
	closed := make(chan struct{})
	for _, row := range []struct {
		rule   string
		says   io.Reader
		want   string
		closed chan struct{}
	}{
		{rule: "an answer", says: strings.NewReader("HTTP/1.1 431 Too Large\r\nContent-Length: 0\r\n\r\n"), want: "handshake: got status 431 Too Large, want 101 Switching Protocols"},
		{rule: "an alert", says: broken{alert}, want: "read the handshake's answer: " + alert.Error()},
		{rule: "nothing", says: strings.NewReader(""), want: "send the handshake: " + io.ErrClosedPipe.Error()},
		{rule: "half an answer", says: strings.NewReader("HTTP/1.1 431"), want: "send the handshake: " + io.ErrClosedPipe.Error()},
		{rule: "101", says: strings.NewReader("HTTP/1.1 101 OK\r\n\r\n"), want: "send the handshake: " + io.ErrClosedPipe.Error()},
		{rule: "nothing, and no end", says: waiting(closed), closed: closed, want: "send the handshake: " + io.ErrClosedPipe.Error()},
	} {
		if row.closed == nil {
			row.closed = make(chan struct{})
		}
		_, err := upgrade(context.Background(), deaf{row.says, row.closed}, Config{}.request(parseTarget("ws://h/"), nil, new(play)))
		if err == nil || err.Error() != "websocket: "+row.want {
			t.Errorf("%s: got  %v\nwant %s", row.rule, err, row.want)
		}
		<-row.closed
	}
}

// broken reads nothing but an error.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }
