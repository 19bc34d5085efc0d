//go:build !js

package peer

import (
	"strings"
	"testing"
)

func TestHandshakeBytes(t *testing.T) {
	const (
		status     = "HTTP/1.1 101 Switching Protocols\r\n"
		upgrade    = "Upgrade: websocket\r\n"
		connection = "Connection: Upgrade\r\n"
		accept     = "Sec-WebSocket-Accept: " + sampleAccept + "\r\n"
		end        = "\r\n"
	)
	for _, test := range []struct{ query, want string }{
		{"", status + upgrade + connection + accept + end},
		{"status=200", "HTTP/1.1 200 OK\r\n" + upgrade + connection + accept + end},
		{"status=101&reason=&http=HTTP/1.0", "HTTP/1.0 101 \r\n" + upgrade + connection + accept + end},
		{"reason=So+be+it", "HTTP/1.1 101 So be it\r\n" + upgrade + connection + accept + end},
		{"accept=x", status + upgrade + connection + "Sec-WebSocket-Accept: x\r\n" + end},
		{"accept=omit", status + upgrade + connection + end},
		{"accept=twice", status + upgrade + connection + accept + accept + end},
		{"upgrade=WebSocket", status + "Upgrade: WebSocket\r\n" + connection + accept + end},
		{"upgrade=omit", status + connection + accept + end},
		{"connection=", status + upgrade + "Connection: \r\n" + accept + end},
		{"connection=omit", status + upgrade + accept + end},
		{"protocol=a&protocol=", status + upgrade + connection + accept +
			"Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: \r\n" + end},
		{"extensions=x;y=1", status + upgrade + connection + accept + "Sec-WebSocket-Extensions: x;y=1\r\n" + end},
		{"header=A:b&header=C", status + upgrade + connection + accept + "A:b\r\nC\r\n" + end},
		{"pad=3", status + upgrade + connection + accept + "X-Pad: xxx\r\n" + end},
		{"lf=1", strings.ReplaceAll(status+upgrade+connection+accept+end, "\r", "")},
		{"early=8100", status + upgrade + connection + accept + end + "\x81\x00"},
		{"cut=10", status[:10]},
		{"cut=0", ""},
		{"cut=9999", status + upgrade + connection + accept + end},
	} {
		q, err := parseQuery(test.query)
		if err != nil {
			t.Fatal(err)
		}
		h, err := parseHandshake(q, sampleKey)
		if err != nil {
			t.Errorf("%s: %v", test.query, err)
		}
		want(t, string(h.bytes()), test.want)
	}
}

func TestParseHandshakeRefuses(t *testing.T) {
	for _, test := range []struct{ query, want string }{
		{"status=1000", `testserver: status: got "1000", want a number from 0 to 999`},
		{"pad=x", `testserver: pad: got "x", want a number from 0 to 2147483647`},
		{"lf=2", `testserver: lf: got "2", want a number from 0 to 1`},
		{"early=8", `testserver: early: got "8", want hexadecimal bytes`},
		{"cut=-1", `testserver: cut: got "-1", want a number from 0 to 2147483647`},
		{"delay=30001", `testserver: delay: got "30001", want a number from 0 to 30000`},
		{"bytewise=yes", `testserver: bytewise: got "yes", want a number from 0 to 1`},
	} {
		q, _ := parseQuery(test.query)
		if _, err := parseHandshake(q, ""); err == nil {
			t.Errorf("%s: no error", test.query)
		} else {
			want(t, err.Error(), test.want)
		}
	}
}
