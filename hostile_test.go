package websocket_test

import (
	"context"
	"encoding/hex"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twinsocket/websocket"
)

// Servers that mean harm, or are about to die. Some of the rows stand with the handshake, closing and violations too; here the
// table is whole.

// hostile is a row with the rule by which its trace is right.
type hostile struct {
	rule string // its place, and its gist where the row does not say it
	row
	native string // why a browser can't be asked
}

// TestHostileServers is the table, chapter by chapter.
func TestHostileServers(t *testing.T) {
	for _, chapter := range []struct {
		name string
		rows func(*testing.T) []hostile
	}{
		{"answers", hostileAnswers},
		{"TLS handshakes", hostileTLSHandshakes},
		{"ends", hostileEnds},
		{"frames", hostileFrames},
		{"without end", hostileWithoutEnd},
	} {
		t.Run(chapter.name, func(t *testing.T) {
			for _, h := range chapter.rows(t) {
				t.Run(h.name, h.run)
			}
		})
	}
}

func (h hostile) run(t *testing.T) {
	if browser && h.native != "" {
		t.Skip(h.native)
	}
	h.row.run(t)
	if t.Failed() {
		t.Logf("the rule is %s", h.rule)
	}
}

const (
	unclean   = "open/1 error/3 close:1006::false/3"
	uncleanJS = "open/1 close:1006::false/3"
	whyEnd    = "a browser fires no error event for the end of TCP"
	theirs    = "open/1 close:1000:theirs:true/3"

	whyInterim = "Chromium takes the first answer for the only one"
	whyLead    = "Chromium looks for the status line behind a few bytes of anything"
	whyVersion = "Chromium takes any version of HTTP"
	whyLines   = "Chromium passes over header lines that are none"
	whyLength  = "Chromium ends TCP for a frame of such a length, and fires no error event"
	whyBehind  = "Chromium fails a connection for a frame behind Close"
	whyBroken  = "Chromium calls an end of TCP other than by FIN unclean, whatever came before"
)

// hasty gives a handshake little time.
func hasty() *websocket.Dialer {
	return &websocket.Dialer{Options: websocket.Options{HandshakeTimeout: 100 * time.Millisecond}}
}

// limited takes messages of so many bytes.
func limited(n int64) *websocket.Dialer {
	return &websocket.Dialer{Options: websocket.Options{ReadLimit: n}}
}

// unanswered makes a script that sends the handshake's answer by itself, or not at all.
func unanswered(steps ...string) string { return raw(append([]string{"head:0"}, steps...)...) }

// politely makes a script that ends with a Close frame of the peer's.
func politely(steps ...string) string {
	return raw(append(steps, "close:1000:theirs", "expect:close", "end")...)
}

// violation makes a script whose client has to fail the connection.
func violation(steps ...string) string { return raw(append(steps, "expect:close", "end")...) }

// statusLine is the step that sends the status line of an answer.
const statusLine = "head:34"

func hostileAnswers(*testing.T) []hostile {
	kilobyte := strings.Repeat("x", 1000)
	return []hostile{
		// Too much.
		{rule: "RFC 6455 10.4: limits are the endpoint's", row: row{name: "a megabyte of headers",
			url: raw("pad=1000000"), want: failed, err: "bytes of headers"}},
		{rule: "RFC 9110 5.4: limits are the endpoint's", row: row{name: "a long header line", url: politely("pad=200000"), want: theirs}},
		{rule: "RFC 9110 5.4", row: row{name: "five thousand headers",
			url: politely("join", statusLine, "repeat:5000:bytes:X: y\r\n", "head", "flush"), want: theirs}},
		{rule: "RFC 9110 5.4", row: row{name: "headers without an end",
			url: raw(statusLine, "endless:bytes:X: "+kilobyte+"\r\n"), want: failed, err: "bytes of headers"}},
		{rule: "RFC 9110 5.4", row: row{name: "a header line without an end",
			url: raw(statusLine, "bytes:X: ", "endless:bytes:"+kilobyte), want: failed, err: "bytes of headers"}},
		{rule: "RFC 9110 5.4", row: row{name: "a status line without an end",
			url: raw("head:13", "endless:bytes:"+kilobyte), want: failed, err: "bytes of headers"}},
		{rule: "RFC 9112 4", row: row{name: "no HTTP, without an end",
			url: unanswered("endless:bytes:" + kilobyte), want: failed, err: "bytes of headers"}},
		{rule: "RFC 9110 15.2: one or more, so not any number", row: row{name: "interim answers without an end",
			url: unanswered("endless:bytes:HTTP/1.1 103 Early Hints\r\nX: " + kilobyte + "\r\n\r\n"), want: failed, err: "bytes of headers"}},
		{rule: "RFC 6455 4.1", row: row{name: "a body without an end",
			url: raw("status=403", "endless:bytes:"+kilobyte), want: failed, err: "403"}},
		{rule: "RFC 6455 4.1", row: row{name: "a chunked body without an end", url: raw("status=200", "header=Transfer-Encoding: chunked",
			"endless:bytes:5\r\nchunk\r\n"), want: failed, err: "200"}},
		{rule: "RFC 6455 4.1", row: row{name: "a body behind the answer",
			url: raw("status=403", "early="+strings.Repeat("61", 1000)), want: failed, err: "403"}},

		// Too slow: RFC 6455 says nothing, HandshakeTimeout does.
		{rule: "HandshakeTimeout", row: row{name: "no byte", url: unanswered("hold"), dialer: hasty(), want: failed, err: "took longer"}},
		{rule: "HandshakeTimeout", row: row{name: "one byte",
			url: raw("head:1", "hold"), dialer: hasty(), want: failed, err: "took longer"}},
		{rule: "HandshakeTimeout", row: row{name: "half a header",
			url: raw("head:40", "hold"), dialer: hasty(), want: failed, err: "took longer"}},
		{rule: "HandshakeTimeout", row: row{name: "all but the last byte",
			url: raw("head:128", "hold"), dialer: hasty(), want: failed, err: "took longer"}},
		{rule: "HandshakeTimeout", row: row{name: "an interim answer alone",
			url: unanswered("bytes:HTTP/1.1 100 Continue\r\n\r\n", "hold"), dialer: hasty(),
			want: failed, err: "took longer"}},
		{rule: "RFC 9112 2.2", row: row{name: "headers byte by byte", url: politely("bytewise=1"), want: theirs}},

		// Other than it should be.
		{rule: "RFC 9110 15.2.1", row: row{name: "100, then 101",
			url: politely("bytes:HTTP/1.1 100 Continue\r\n\r\n", "head"), want: theirs,
			js: failed, why: whyInterim}},
		{rule: "RFC 9110 15.2", row: row{name: "103 with headers, then 101",
			url: politely("bytes:HTTP/1.1 103 Early Hints\r\nUpgrade: h2c\r\n\r\n", "head"), want: theirs,
			js: failed, why: whyInterim}},
		{rule: "RFC 6455 5.2: behind the first they are frames", row: row{name: "two 101",
			url:  violation("head", "bytes:HTTP/1.1 101 Switching Protocols\r\n\r\n"),
			want: unclean, err: "reserved bits"}},
		{rule: "RFC 9110 15.2: HTTP/1.0 has no 1xx", row: row{name: "101 in HTTP/1.0",
			url: politely("http=HTTP/1.0"), want: failed, err: "HTTP/1.0",
			js: theirs, why: whyVersion}},
		{rule: "RFC 6455 4.1", row: row{name: "101 in HTTP/2.0", url: politely("http=HTTP/2.0"), want: failed, err: "HTTP/2.0",
			js: theirs, why: whyVersion}},
		{rule: "RFC 9112 4", row: row{name: "a status of two digits",
			url: unanswered("bytes:HTTP/1.1 10 What\r\n\r\n", "hold"), want: failed, err: "status line"}},
		{rule: "RFC 9112 4", row: row{name: "an empty reason", url: politely("reason="), want: theirs}},
		{rule: "RFC 9112 5.2: a space takes its place", row: row{name: "a folded header",
			url: politely("header=X: a", "header= b"), want: theirs}},
		{rule: "RFC 9112 5.2", row: row{name: "a folded Upgrade",
			url: politely("upgrade=omit", "header=Upgrade:", "header=\twebsocket"), want: theirs}},
		{rule: "RFC 9112 2.2", row: row{name: "a folded line behind the status line", url: politely(statusLine, "bytes: X: y\r\n", "head"),
			want: failed, err: "NAME: VALUE", js: theirs, why: whyLines}},
		{rule: "RFC 9110 5.5", row: row{name: "NUL in a header", url: politely("header=X: a\x00b"), want: failed, err: "NAME: VALUE"}},
		{rule: "RFC 9112 2.2", row: row{name: "a bare CR in a header", url: politely("header=X: a\rb"), want: failed, err: "NAME: VALUE",
			js: theirs, why: whyLines}},
		{rule: "RFC 9112 5.1", row: row{name: "a space before the colon", url: politely("header=X : a"), want: failed, err: "NAME: VALUE",
			js: theirs, why: whyLines}},
		{rule: "RFC 9112 5", row: row{name: "no colon", url: politely("header=no colon here"), want: failed, err: "NAME: VALUE",
			js: theirs, why: whyLines}},
		{rule: "RFC 9112 5", row: row{name: "no name", url: politely("header=: a"), want: failed, err: "NAME: VALUE",
			js: theirs, why: whyLines}},
		{rule: "RFC 6455 4.1", row: row{name: "two Upgrades", url: politely("header=Upgrade: websocket"), want: failed, err: "2 times"}},

		// Frames where none belong, and no frames where some do.
		{rule: "RFC 9112 2.2: it is a server that may pass over one", row: row{name: "an empty line before the answer",
			url:  politely("bytes:\r\n", "head"),
			want: failed, err: "status line", js: theirs, why: whyLead}},
		{rule: "RFC 6455 4.1", row: row{name: "a small frame before the answer", url: politely("text:x", "head"),
			want: failed, err: "status line", js: theirs, why: whyLead}},
		{rule: "RFC 6455 4.1", row: row{name: "a frame before the answer",
			url: politely("text:hello", "head"), want: failed, err: "status line"}},
		{rule: "RFC 6455 4.1", row: row{name: "a frame inside the headers",
			url: politely(statusLine, "text:x", "head"), want: failed, err: "NAME: VALUE"}},
		{rule: "RFC 6455 4.1", row: row{name: "frames in one segment with the answer",
			url:  politely("join", "head", "text:a", "ping:b", "text:c", "flush"),
			want: "open/1 text:a/1 text:c/1 close:1000:theirs:true/3"}},
		{rule: "RFC 9110 15.2: no 1xx has content", row: row{name: "101 with Content-Length and frames",
			url:  politely("header=Content-Length: 3", "head", "text:x"),
			want: "open/1 text:x/1 close:1000:theirs:true/3"}},
		{rule: "RFC 9110 15.2", row: row{name: "101 with Content-Length and content",
			url:  violation("header=Content-Length: 5", "head", "bytes:hello"),
			want: unclean, err: "reserved bits"}},
		{rule: "RFC 9110 15.2", row: row{name: "101 with Transfer-Encoding and frames",
			url:  politely("header=Transfer-Encoding: chunked", "head", "text:x"),
			want: "open/1 text:x/1 close:1000:theirs:true/3"}},
		{rule: "RFC 9110 15.2", row: row{name: "101 with Transfer-Encoding and a chunk",
			url:  violation("header=Transfer-Encoding: chunked", "head", "bytes:5\r\nhello\r\n"),
			want: unclean, err: "reserved bits"}},
	}
}

// A TLS handshake that goes wrong. What is wrong is asked for by the host's name.
func hostileTLSHandshakes(t *testing.T) []hostile {
	d := trusting(t)
	address := strings.TrimPrefix(os.Getenv("TESTSERVER_WSS"), "wss://")
	if !browser { // which finds every name under localhost itself
		d.NetDial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		}
	}
	_, port, _ := net.SplitHostPort(address)
	at := func(name string) string { return "wss://" + name + ".hello.localhost:" + port + "/echo" }
	soon := *d
	soon.HandshakeTimeout = 100 * time.Millisecond
	return []hostile{
		{rule: "RFC 6455 4.1", row: row{name: "no fault, so that the names are known to lead to the peer",
			url: at("cut-1000000"), dialer: d, on: does{"open": closes(1000, "")}, want: opened}},
		{rule: "RFC 8446 6.2", row: row{name: "handshake_failure",
			url: at("alert-2-40"), dialer: d, want: failed, err: "handshake failure"}},
		{rule: "RFC 8446 6.2", row: row{name: "protocol_version", url: at("alert-2-70"), dialer: d, want: failed, err: "protocol version"}},
		{rule: "RFC 8446 6.2", row: row{name: "unrecognized_name",
			url: at("alert-2-112"), dialer: d, want: failed, err: "unrecognized name"}},
		{rule: "RFC 8446 6.2", row: row{name: "internal_error", url: at("alert-2-80"), dialer: d, want: failed, err: "internal error"}},
		{rule: "RFC 8446 6: an unknown alert is fatal", row: row{name: "an alert that is none",
			url: at("alert-2-255"), dialer: d, want: failed, err: "TLS"}},
		{rule: "RFC 8446 6.1", row: row{name: "close_notify", url: at("alert-1-0"), dialer: d, want: failed, err: "EOF"}},
		{rule: "RFC 8446 5.1", row: row{name: "HTTP in place of ServerHello",
			url:    at("hex-" + httpInHex),
			dialer: d, want: failed, err: "TLS"}},
		{rule: "RFC 8446 5.1", row: row{name: "zeros in place of ServerHello",
			url: at("hex-00000000000000000000"), dialer: d, want: failed, err: "TLS"}},
		{rule: "RFC 8446 5.1", row: row{name: "a record that is too long",
			url: at("hex-160303ffff00"), dialer: d, want: failed, err: "TLS"}},
		{rule: "RFC 8446 4.1.3", row: row{name: "a ServerHello of zeros",
			url: at("hex-160303000802000004" + "00000000"), dialer: d, want: failed, err: "TLS"}},
		{rule: "RFC 6455 4.1", row: row{name: "the end of TCP in place of ServerHello",
			url: at("fin"), dialer: d, want: failed, err: "EOF"}},
		{rule: "RFC 6455 4.1", row: row{name: "a reset in place of ServerHello", url: at("rst"), dialer: d, want: failed, err: "reset"}},
		{rule: "RFC 6455 4.1", row: row{name: "the end of TCP inside a record's header",
			url: at("cut-3"), dialer: d, want: failed, err: "EOF"}},
		{rule: "RFC 6455 4.1", row: row{name: "the end of TCP inside ServerHello", url: at("cut-50"), dialer: d, want: failed, err: "EOF"}},
		{rule: "RFC 6455 4.1", row: row{name: "the end of TCP behind ServerHello",
			url: at("cut-250"), dialer: d, want: failed, err: "EOF"}},
		{rule: "HandshakeTimeout", row: row{name: "nothing in place of ServerHello",
			url: at("mute"), dialer: &soon, want: failed, err: "took longer"}},
		{rule: "RFC 8446 4.4.2.4", row: row{name: "a certificate wanted",
			url: at("certificate"), dialer: d, want: failed, err: "certificate required"}},
	}
}

// httpInHex is what a server says that was asked for HTTP by TLS.
var httpInHex = hex.EncodeToString([]byte("HTTP/1.1 400 Bad\r\n\r\n"))

// stages are the moments in the life of a connection at which its peer may die, and what was seen until then.
var stages = []struct {
	name  string
	steps []string
	on    does
	seen  string
}{
	{"before the answer", []string{"head:0"}, nil, ""},
	{"inside the status line", []string{"head:12"}, nil, ""},
	{"inside the headers", []string{"head:60"}, nil, ""},
	{"behind the headers", []string{"head:127"}, nil, ""},
	{"behind the answer", []string{"head"}, nil, "open/1"},
	{"inside a frame's header", []string{"hex:81"}, nil, "open/1"},
	{"inside a frame's length", []string{"hex:827f000000"}, nil, "open/1"},
	{"inside a payload", []string{"hex:8105616263"}, nil, "open/1"},
	{"inside a ping", []string{"hex:8905616263"}, nil, "open/1"},
	{"inside a Close frame", []string{"hex:880503e861"}, nil, "open/1"},
	{"between fragments", []string{"frame:0,1,abc"}, nil, "open/1"},
	{"behind a message", []string{"text:a"}, nil, "open/1 text:a/1"},
	{"behind our message", []string{"expect:text:x"}, does{"open": send("x")}, "open/1"},
	{"behind our Close", []string{"expect:close"}, does{"open": closes(1000, "")}, "open/1"},
}

// endings are the ways in which it may die.
var endings = []struct {
	rule, name string
	base       string // the variable that says where
	steps      []string
	err        string
	gentle     gentleness
}{
	{"RFC 6455 7.2.1", "a reset", "TESTSERVER_WS", []string{"rst"}, "reset", broken},
	{"RFC 6455 7.2.1", "the end of TCP", "TESTSERVER_WS", []string{"end"}, "EOF", inOrder},
	{"RFC 6455 7.2.1", "the end of half of TCP", "TESTSERVER_WS", []string{"fin", "hold"}, "EOF", inOrder},
	{"RFC 6455 7.2.1", "a reset under TLS", "TESTSERVER_WSS", []string{"rst"}, "reset", broken},
	{"RFC 8446 6.1", "close_notify", "TESTSERVER_WSS", []string{"notify", "hold"}, "EOF", inOrder},
	{"RFC 8446 6.1", "the end of TCP without an alert", "TESTSERVER_WSS", []string{"sever", "hold"}, "EOF", inOrder},
	{"RFC 8446 6.2", "a fatal alert", "TESTSERVER_WSS", []string{"alert", "hold"}, "bad record MAC", writable},
	{"RFC 8446 5.2", "a forged alert", "TESTSERVER_WSS", []string{"tcp:15030300020228", "hold"}, "bad record MAC", broken},
	{"RFC 8446 5.2", "a forged record", "TESTSERVER_WSS", []string{"tcp:1703030020" + strings.Repeat("00", 32), "hold"}, "bad record MAC", broken},
	{"RFC 8446 5.1", "HTTP in place of a record", "TESTSERVER_WSS", []string{"tcp:" + httpInHex, "hold"}, "tls: ", broken},
}

// gentleness says what an ending leaves of a closing handshake.
type gentleness int

const (
	inOrder  gentleness = iota
	writable            // only what the peer sends has ended, though in no good way
	broken              // nothing can be sent any more
)

// A connection that dies, at each stage and in each way.
func hostileEnds(t *testing.T) (rows []hostile) {
	for _, e := range endings {
		script := func(steps ...string) string { return os.Getenv(e.base) + raw(slices.Concat(steps, e.steps)...) }
		for _, s := range stages {
			r := row{name: e.name + " " + s.name, url: script(s.steps...), dialer: trusting(t), on: s.on, want: failed, err: e.err}
			if s.seen != "" {
				r.want, r.js, r.why = s.seen+" "+failed, s.seen+" close:1006::false/3", whyEnd
			}
			rows = append(rows, hostile{rule: e.rule, row: r})
		}
		// RFC 6455 7.1.4: clean is what comes after both Close frames, in whatever way TCP ends.
		closed := row{name: e.name + " behind both Close frames", url: script("close:1000:theirs", "expect:close"), dialer: trusting(t), want: theirs}
		if e.gentle != inOrder {
			closed.js, closed.why = "open/1 close:1000:theirs:false/3", whyBroken
		}
		rows = append(rows, hostile{rule: "RFC 6455 7.1.4", row: closed})
		if e.gentle != broken { // for then it is chance whether our answer still leaves
			closed.name, closed.url = e.name+" behind the peer's Close", script("close:1000:theirs")
			rows = append(rows, hostile{rule: "RFC 6455 7.1.4", row: closed})
		}
	}
	return rows
}

func hostileFrames(*testing.T) []hostile {
	long := strings.Repeat("x", 126)
	return []hostile{
		// Fragments: RFC 6455 5.4.
		{rule: "RFC 6455 5.4", row: row{name: "a thousand empty fragments",
			url:  politely("frame:0,1,a", "repeat:1000:frame:0,0,", "frame:1,0,b"),
			want: "open/1 text:ab/1 close:1000:theirs:true/3"}},
		{rule: "RFC 6455 5.4", row: row{name: "a message of empty fragments", url: politely("frame:0,2,", "frame:0,0,", "frame:1,0,"),
			want: "open/1 binary:/1 close:1000:theirs:true/3"}},
		{rule: "RFC 6455 5.4", row: row{name: "ten thousand fragments of a byte",
			url:  politely("join", "frame:0,1,x", "repeat:9999:frame:0,0,x", "frame:1,0,x", "flush"),
			want: "open/1 message#10001/1 close:1000:theirs:true/3"}},
		{rule: "RFC 6455 5.6", row: row{name: "a character in four fragments",
			url:  politely("hex:0101f0", "hex:00019f", "hex:00018d", "hex:80018c"),
			want: "open/1 text:🍌/1 close:1000:theirs:true/3"}},
		{rule: "RFC 6455 7.2.1", row: row{name: "fragments, and then the end of TCP",
			url:  raw("join", "frame:0,1,x", "repeat:5000:frame:0,0,x", "flush", "end"),
			want: unclean, err: "EOF", js: uncleanJS, why: whyEnd}},
		{rule: "RFC 6455 10.4", row: row{name: "fragments beyond ReadLimit",
			url: violation("frame:0,2,123", "repeat:10:frame:0,0,456", "frame:1,0,7"), dialer: limited(10),
			want: unclean, err: "(1009)"}},
		{rule: "RFC 6455 5.4", row: row{name: "pings inside a fragmented message",
			url:  politely("frame:0,1,a", "repeat:500:ping:p", "frame:1,0,b"),
			want: "open/1 text:ab/1 close:1000:theirs:true/3"}},
		{rule: "RFC 6455 5.4", row: row{name: "Close inside a fragmented message", url: politely("frame:0,1,half"), want: theirs,
			sent: "request close:1000:theirs server"}},
		{rule: "RFC 6455 5.5.1", row: row{name: "a fragment behind Close",
			url:  raw("join", "frame:0,1,half", "close:1000:theirs", "frame:1,0,more", "flush", "expect:close", "end"),
			want: theirs,
			js:   unclean, why: whyBehind}},

		// Storms.
		{rule: "RFC 6455 5.5.2", row: row{name: "a storm of pings",
			url:  politely("join", "repeat:20000:ping:0123456789", "text:after", "flush"),
			want: "open/1 text:after/1 close:1000:theirs:true/3"}},
		{rule: "RFC 6455 5.5.3: only the latest needs an answer", row: row{name: "a storm of long pings by a peer that does not read",
			url: politely("repeat:20000:ping:"+long[:125], "text:after"), want: "open/1 text:after/1 close:1000:theirs:true/3"}},
		{rule: "RFC 6455 5.5.3", row: row{name: "a storm of pongs",
			url: politely("join", "repeat:20000:pong:0123456789", "flush"), want: theirs}},
		{rule: "RFC 6455 5.6", row: row{name: "a thousand empty messages at once", url: politely("join", "repeat:1000:text:", "flush"),
			want: "open/1" + strings.Repeat(" text:/1", 1000) + " close:1000:theirs:true/3"}},

		// Frames that are none.
		{rule: "RFC 6455 5.5", row: row{name: "a ping of 125 bytes", url: politely("ping:"+long[:125], "expect:pong"), want: theirs}},
		{rule: "RFC 6455 5.5", row: row{name: "a ping of 126 bytes", url: violation("frame:1,9," + long), want: unclean, err: "(1002)"}},
		{rule: "RFC 6455 5.5", row: row{name: "a Close frame of 126 bytes",
			url: violation("frame:1,8," + long), want: unclean, err: "(1002)"}},
		{rule: "RFC 6455 5.1", row: row{name: "a masked frame", url: violation("hex:81810000000078"), want: unclean, err: "masked"}},
		{rule: "RFC 6455 10.4", row: row{name: "a frame of 2^62 bytes and then nothing",
			url: violation("hex:827f4000000000000000"), want: unclean, err: "(1009)",
			js: uncleanJS, why: whyLength}},
		{rule: "RFC 6455 10.4", row: row{name: "a frame of 2^62 bytes and then the end of TCP",
			url: raw("hex:827f4000000000000000", "end"), want: unclean, err: "(1009)",
			js: uncleanJS, why: whyLength}},
		{rule: "RFC 6455 7.2.1", row: row{name: "a frame of 2^62 bytes without a limit",
			url: raw("hex:827f4000000000000000", "end"), dialer: limited(-1), want: unclean, err: "EOF",
			js: uncleanJS, why: whyLength}},
		{rule: "RFC 6455 5.2", row: row{name: "a frame of 2^63 bytes",
			url: violation("hex:827f8000000000000000"), want: unclean, err: "(1002)"}},
		{rule: "RFC 6455 5.2", row: row{name: "random bytes", url: violation("hex:f7a91c4e0b62d8553e91"), want: unclean, err: "(1002)"}},
		{rule: "RFC 6455 5.2", row: row{name: "an answer of HTTP in place of frames",
			url: violation("bytes:HTTP/1.1 400 Bad Request\r\n\r\n"), want: unclean, err: "(1002)"}},

		// Close, and what comes behind it. RFC 6455 1.4: after Close no more data is looked at.
		{rule: "RFC 6455 5.5.1", row: row{name: "text behind Close",
			url: raw("join", "close:1000:theirs", "text:late", "flush", "expect:close", "end"), want: theirs,
			js: unclean, why: whyBehind}},
		{rule: "RFC 6455 5.5.1", row: row{name: "binary behind Close",
			url: raw("join", "close:1000:theirs", "binary:00", "flush", "expect:close", "end"), want: theirs,
			js: unclean, why: whyBehind}},
		{rule: "RFC 6455 5.5.2", row: row{name: "a ping behind Close",
			url: raw("join", "close:1000:theirs", "ping:x", "flush", "expect:close", "end"), want: theirs,
			sent: "request close:1000:theirs server",
			js:   unclean, why: whyBehind}},
		{rule: "RFC 6455 5.5.1", row: row{name: "Close behind Close",
			url: raw("join", "close:1000:theirs", "close:1001:two", "flush", "expect:close", "end"), want: theirs,
			js: unclean, why: whyBehind}},
		{rule: "RFC 6455 5.5.1", row: row{name: "rubbish behind Close",
			url: raw("join", "close:1000:theirs", "hex:ffff", "flush", "expect:close", "end"), want: theirs}},
		{rule: "RFC 6455 5.5.1", row: row{name: "text behind the answered Close",
			url: raw("close:1000:theirs", "expect:close", "text:late", "end"), want: theirs,
			js: unclean, why: whyBehind}},
		{rule: "RFC 6455 5.5.1", row: row{name: "a ping behind the answered Close",
			url: raw("close:1000:theirs", "expect:close", "ping:late", "end"), want: theirs,
			js: unclean, why: whyBehind}},
		{rule: "RFC 6455 5.5.1", row: row{name: "Close behind the answered Close",
			url: raw("close:1000:theirs", "expect:close", "close:1001:two", "end"), want: theirs,
			js: unclean, why: whyBehind}},
		{rule: "RFC 6455 5.5.1", row: row{name: "rubbish behind the answered Close",
			url: raw("close:1000:theirs", "expect:close", "hex:ffff", "end"), want: theirs}},
		{rule: "RFC 6455 5.5.1", row: row{name: "a flood behind the answered Close",
			url: raw("close:1000:theirs", "expect:close", "repeat:1000:binary:"+strings.Repeat("00", 1000), "end"), want: theirs,
			js: unclean, why: whyBehind}},
		{rule: "RFC 6455 5.5.2", row: row{name: "pings before Close",
			url: raw("join", "ping:a", "ping:b", "close:1000:theirs", "flush", "expect:close", "end"), want: theirs,
			sent: "request pong:61 pong:62 close:1000:theirs server"}},
		{rule: "RFC 6455 5.5.1", row: row{name: "Close byte by byte",
			url:  raw("chunk:1", "close:3000:"+strings.Repeat("é", 61), "expect:close", "end"),
			want: "open/1 close:3000:" + strings.Repeat("é", 61) + ":true/3"}},
		{rule: "RFC 6455 5.5.1", row: row{name: "data behind our Close",
			url: raw("expect:close", "text:a", "ping:b", "binary:00", "answer", "end"), on: does{"open": closes(1000, "")},
			want: opened, sent: "request close:1000: server"}},
		{rule: "RFC 6455 7.1.7", row: row{name: "rubbish behind our Close",
			url: raw("expect:close", "hex:f7a91c4e0b62d8553e91", "end"), on: does{"open": closes(1000, "")}, want: unclean, err: "(1002)"}},
		{rule: "RFC 6455 7.1.4", row: row{name: "a reset before our answer to Close",
			url: raw("join", "head", "close:1000:theirs", "flush", "rst"), dialer: lastWords(),
			want: "open/1 error/3 close:1000:theirs:false/3", err: "write"},
			native: "in a browser it is chance whether the answer leaves before the reset comes"},
		{rule: "RFC 6455 7.1.4", row: row{name: "both Close at once",
			url: raw("text:x", "close:1000:theirs", "expect:close", "end"), on: does{"text:x": closes(3000, "ours")},
			want: "open/1 text:x/1 close:1000:theirs:true/3"}},

		// TCP that ends by half.
		{rule: "RFC 6455 7.2.1", row: row{name: "half of TCP ends while we send", url: raw("expect:message", "fin", "hold"),
			on: does{"open": func(s *socket) {
				for range 100 {
					must(s.t, s.Send(websocket.Binary(make([]byte, 10000))))
				}
			}}, want: unclean, err: "EOF", js: uncleanJS, why: whyEnd}},
		{rule: "RFC 6455 7.1.4", row: row{name: "half of TCP ends behind Close",
			url: raw("close:1000:theirs", "fin", "expect:close", "hold"), want: theirs,
			sent: "request close:1000:theirs fin"}},
		{rule: "RFC 6455 7.1.1", row: row{name: "TCP does not end",
			url: raw("close:1000:theirs", "expect:close", "hold"), want: theirs, sent: "request close:1000:theirs fin"}},
	}
}

// What never ends can be asked of this engine alone where a browser has a limit of its own, which is far away, or none.
func hostileWithoutEnd(*testing.T) []hostile {
	const noLimit, noTimeout = "a browser holds the fragments of a message until it is whole", "a browser waits a minute for the answer to Close"
	pause := &websocket.Dialer{Options: websocket.Options{CloseTimeout: 100 * time.Millisecond}}
	kilobyte := strings.Repeat("x", 1000)
	bye := does{"open": closes(1000, "")}
	return []hostile{
		{rule: "RFC 6455 10.4", row: row{name: "fragments",
			url: raw("frame:0,2,x", "endless:frame:0,0,"+kilobyte), dialer: limited(1 << 20), want: unclean,
			err: "(1009)"}, native: noLimit},
		{rule: "CloseTimeout", row: row{name: "fragments of nothing",
			url: raw("frame:0,2,x", "endless:frame:0,0,"), dialer: pause, on: bye, want: unclean,
			err: "CloseTimeout"}, native: noTimeout},
		{rule: "CloseTimeout", row: row{name: "pings",
			url: raw("endless:ping:x"), dialer: pause, on: bye, want: unclean, err: "CloseTimeout"}, native: noTimeout},
		{rule: "CloseTimeout", row: row{name: "messages", url: raw("endless:text:" + kilobyte), dialer: pause, on: bye,
			want: unclean, err: "CloseTimeout"}, native: noTimeout},
		{rule: "RFC 6455 7.1.1", row: row{name: "messages behind both Close frames",
			url:  raw("close:1000:theirs", "expect:close", "endless:text:"+kilobyte),
			want: theirs, js: unclean, why: whyBehind}},
		{rule: "RFC 6455 7.1.7", row: row{name: "messages behind a violation",
			url: raw("frame:1,3,x", "endless:text:"+kilobyte), want: unclean, err: "(1002)"}},
	}
}

// lastWords is a Dialer whose connections see nothing before they see all, so that what the peer did last was done before the
// client does anything.
func lastWords() *websocket.Dialer {
	return &websocket.Dialer{Options: websocket.Options{NetDial: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return &hindsight{Conn: conn}, err
	}}}
}

// hindsight is a connection that is read to its end before any of it is given out.
type hindsight struct {
	net.Conn
	once sync.Once
	all  []byte
	end  error
}

func (h *hindsight) Read(p []byte) (int, error) {
	h.once.Do(func() {
		if h.all, h.end = io.ReadAll(h.Conn); h.end == nil {
			h.end = io.EOF
		}
	})
	n := copy(p, h.all)
	if h.all = h.all[n:]; n > 0 {
		return n, nil
	}
	return 0, h.end
}

// All at once, natively: each has one close event, and then nothing is left of them on either side.
func TestHostileServersLeaveNothing(t *testing.T) {
	if browser {
		t.Skip("a page can't see the browser's files, and has to wait for its connections to one host")
	}
	rows := slices.Concat(hostileAnswers(t), hostileTLSHandshakes(t), hostileEnds(t), hostileFrames(t))
	before := openFiles()
	held := ask(t, server()+"/count") // by a peer that never reads, and so does not see that an earlier test is over
	var sockets []*socket
	for _, h := range rows {
		address := h.url
		if strings.HasPrefix(address, "/") {
			address = server() + address
		}
		s := newSocket(t, h.dialer, address, h.protocols...)
		s.on = h.on
		s.Start()
		sockets = append(sockets, s)
	}
	for _, s := range sockets {
		s.wait()
	}
	if left := ask(t, server()+"/count?until="+held); len(left) > len(held) || len(left) == len(held) && left > held {
		t.Errorf("the peer still has %s connections, and had %s before", left, held)
	}
	for end := time.Now().Add(10 * time.Second); openFiles() > before && time.Now().Before(end); {
		time.Sleep(time.Millisecond) // the connection that asked is the last to go
	}
	if after := openFiles(); after > before {
		t.Errorf("%d files before, %d after", before, after)
	}
	for i, s := range sockets {
		s.mu.Lock()
		if trace := strings.Join(s.trace, " "); strings.Count(trace, "close:") != 1 {
			t.Errorf("%s: got %s, want one close event", rows[i].name, trace)
		}
		s.mu.Unlock()
	}
}

// openFiles counts this process's files, where the system lists them.
func openFiles() int {
	files, _ := os.ReadDir("/proc/self/fd")
	return len(files)
}

// A length is the peer's word: it takes no memory before the bytes are there.
func TestHostileLengthTakesNoMemory(t *testing.T) {
	if browser {
		t.Skip("a browser's memory is out of sight")
	}
	sizes := []string{"hex:827f4000000000000000", "hex:027f4000000000000000", "hex:827f0000000080000000"}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, size := range sizes {
		row{url: raw(size, "zeros:1000", "end"), dialer: limited(-1), want: unclean, err: "EOF"}.run(t)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 16<<20 {
		t.Errorf("took %d bytes for %d frames of which a kilobyte came", took, len(sizes))
	}
}

// Pongs that the peer does not take are not kept: RFC 6455 5.5.3.
func TestHostilePingsTakeNoMemory(t *testing.T) {
	if browser {
		t.Skip("a browser's memory is out of sight")
	}
	const storm, together = 200000, 100 // more than the system keeps
	most := uint64(0)
	look := func(*socket) {
		var now runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&now)
		most = max(most, now.HeapAlloc)
	}
	look(nil)
	before := most
	// The peer reads no pong before it has sent all.
	pings := strings.Repeat("\x89\x7d"+strings.Repeat("x", 125), together)
	row{url: raw("repeat:"+strconv.Itoa(storm/together)+":bytes:"+pings, "text:look", "expect:close", "answer", "end"),
		on: does{"text:look": also(look, closes(1000, ""))}, want: "open/1 text:look/1 close:1000::true/3"}.run(t)
	if most > before+4<<20 {
		t.Errorf("%d pings of 125 bytes took %d bytes", storm, most-before)
	}
}
