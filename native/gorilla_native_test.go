//go:build !js

package native

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	gorilla "github.com/gorilla/websocket"
)

// onlyOurs are the rules that gorilla's reader does not hold a peer to.
var onlyOurs = []string{
	"invalid UTF-8",   // RFC 6455 8.1
	"want the fewest", // RFC 6455 5.2: the minimal number of bytes for a length
	"the highest bit", // RFC 6455 5.2: gorilla takes it for a length beyond its limit when the payload is read
}

// FuzzAgainstGorilla gives the same bytes to both readers: the same messages come of them, and the same end, but for what
// onlyOurs lists.
func FuzzAgainstGorilla(f *testing.F) {
	for _, c := range conversations(false) {
		f.Add([]byte(c.bytes))
	}
	f.Add([]byte(textFrame("a") + "\x81\x7e\x00\x01b" + textFrame("c")))
	f.Add([]byte(textFrame("a") + "\x81\x01\xff" + textFrame("c")))
	f.Add([]byte("\x01\x01a\x89\x01p\x80\x01b\x88\x02\x03\xe8" + textFrame("late")))
	f.Fuzz(func(t *testing.T, b []byte) {
		ours, refusal := readByUs(b)
		theirs := readByGorilla(t, b)
		if slices.Equal(ours, theirs) {
			return
		}
		listed := refusal != nil && slices.ContainsFunc(onlyOurs, func(rule string) bool { return strings.Contains(refusal.Problem, rule) })
		if !listed || len(ours) > len(theirs) || !slices.Equal(ours, theirs[:len(ours)]) {
			t.Fatalf("%q: ours %q, %v; gorilla %q", b, ours, refusal, theirs)
		}
	})
}

func readByUs(b []byte) (messages []string, refusal *ProtocolError) {
	p := parser{limit: -1, pong: func([]byte) {}}
	_, refusal = p.parse(bytes.Clone(b))
	if out := p.takeOut(); out != nil {
		for _, in := range out.list {
			switch in.kind {
			case gotText:
				messages = append(messages, fmt.Sprintf("1 %x", in.bytes))
			case gotBinary:
				messages = append(messages, fmt.Sprintf("2 %x", in.bytes))
			}
		}
	}
	return messages, refusal
}

func readByGorilla(t *testing.T, b []byte) (messages []string) {
	conn, _, err := gorilla.NewClient(&canned{then: b}, &url.URL{Scheme: "ws", Host: "h"}, nil, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for {
		kind, message, err := conn.ReadMessage()
		if err != nil {
			return messages
		}
		messages = append(messages, fmt.Sprintf("%d %x", kind, message))
	}
}

// canned is a connection to a server that answers the handshake, sends what it has to say and ends.
type canned struct {
	net.Conn
	answer, then []byte
}

func (c *canned) Write(b []byte) (int, error) {
	if c.answer == nil {
		c.answer = []byte(acceptance(string(b)))
	}
	return len(b), nil
}

func (c *canned) Read(b []byte) (n int, err error) {
	if n = copy(b, c.answer); n > 0 {
		c.answer = c.answer[n:]
		return n, nil
	}
	if n = copy(b, c.then); n == 0 {
		return 0, io.EOF
	}
	c.then = c.then[n:]
	return n, nil
}

func (c *canned) Close() error                     { return nil }
func (c *canned) SetDeadline(time.Time) error      { return nil }
func (c *canned) SetReadDeadline(time.Time) error  { return nil }
func (c *canned) SetWriteDeadline(time.Time) error { return nil }
