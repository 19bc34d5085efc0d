package websocket_test

import (
	"bytes"
	"compress/flate"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/twinsocket/websocket"
)

// The peer agrees to compression without takeover, as gorilla does it. What this side compresses is its own affair.
func TestCompression(t *testing.T) {
	json := strings.Repeat(`{"name":"héllo","id":12345},`, 60)
	sized := func(d websocket.Data, want string) func(*socket) {
		return func(s *socket) { must(s.t, s.Send(d)); s.note(want) }
	}
	const agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	extensions := notes(func(s *socket) any { return s.Extensions() })
	long := "deflated:text#1740:sha1=" + fmt.Sprintf("%x", sha1.Sum([]byte(json)))
	runRows(t, []row{
		{name: "text", url: "/echo?deflate=1", on: does{"open": also(extensions, send(json)), "message": closes(1000, "")},
			want: "open/1 " + agreed + " message#1740/1 close:1000::true/3", sent: "request " + long + " close:1000: server"},
		{name: "binary", url: "/echo?deflate=1", on: does{"open": sized(websocket.Binary([]byte(json)), "sent"), "message": closes(1000, "")},
			want: "open/1 sent message#1740/1 close:1000::true/3", sent: "request deflated:binary" + strings.TrimPrefix(long, "deflated:text") + " close:1000: server"},
		{name: "many that share nothing", url: "/echo?deflate=1", on: does{"open": send(json, json, json, "end"), "text:end": closes(1000, "")},
			want: "open/1 message#1740/1 message#1740/1 message#1740/1 text:end/1 close:1000::true/3"},
		{name: "the server does not want it", url: "/echo?", on: does{"open": also(extensions, send(json)), "message": closes(1000, "")},
			want: "open/1  message#1740/1 close:1000::true/3", sent: "request " + strings.TrimPrefix(long, "deflated:") + " close:1000: server"},
		{name: "empty messages", url: "/echo?deflate=1", on: does{"open": func(s *socket) {
			for _, d := range []websocket.Data{websocket.Text(""), websocket.Binary(nil), websocket.Text("")} {
				must(s.t, s.Send(d))
			}
		}, "binary:": func(s *socket) { s.on["text:"] = closes(1000, "") }}, want: "open/1 text:/1 binary:/1 text:/1 close:1000::true/3"},
		{name: "a Blob", url: "/echo?deflate=1", before: func(s *socket) { s.SetBinaryType(websocket.BlobType) },
			on:   does{"open": sized(websocket.FromBlob(websocket.NewBlob([]byte(json), "")), "sent"), "message": closes(1000, "")},
			want: "open/1 sent message#1740/1 close:1000::true/3"},
	})
}

// The server's part: RFC 7692 7.2.3 and what servers in the field do, by bytes made by hand.
func TestCompressedByTheServer(t *testing.T) {
	const hello, again = "f248cdc9c90700", "f200110000"
	frame := func(first, payload string) string { // a frame of a short payload
		return "hex:" + first + hex.EncodeToString([]byte{byte(len(payload) / 2)}) + payload
	}
	peer := func(extensions string, steps ...string) string {
		return raw(append(append([]string{"extensions=" + extensions}, steps...), "close:1000", "expect:close", "end")...)
	}
	const bad = "open/1 error/3 close:1006::false/3"
	runRows(t, []row{
		{name: "a bare answer: the context is taken over", url: peer("permessage-deflate", frame("c1", hello), frame("c1", again), frame("c2", again)),
			want: "open/1 text:Hello/1 text:Hello/1 binary:48656c6c6f/1 close:1000::true/3"},
		{name: "no takeover", url: peer("permessage-deflate; server_no_context_takeover", frame("c1", hello), frame("c1", hello)),
			want: "open/1 text:Hello/1 text:Hello/1 close:1000::true/3"},
		{name: "no takeover, and then one", url: peer("permessage-deflate; server_no_context_takeover", frame("c1", hello), frame("c1", again)),
			want: "open/1 text:Hello/1 error/3 close:1006::false/3", err: "1007",
			js: "open/1 text:Hello/1 text:Hello/1 close:1000::true/3", why: "Chromium keeps the window even so"},
		{name: "windows of both sides", url: peer("permessage-deflate; server_max_window_bits=9; client_max_window_bits=10", frame("c1", hello)),
			want: "open/1 text:Hello/1 close:1000::true/3"},
		{name: "fragments, with a ping between", url: peer("permessage-deflate", frame("41", hello[:6]), frame("89", ""), frame("00", hello[6:8]), frame("80", hello[8:])),
			want: "open/1 text:Hello/1 close:1000::true/3"},
		{name: "compressed and not", url: peer("permessage-deflate", "text:plain", frame("c1", hello), "text:plain", frame("c1", again)),
			want: "open/1 text:plain/1 text:Hello/1 text:plain/1 text:Hello/1 close:1000::true/3"},
		{name: "a block that is final", url: peer("permessage-deflate", frame("c1", "f348cdc9c9070000"), "text:next"), want: "open/1 text:Hello/1 text:next/1 close:1000::true/3"},
		{name: "the empty message", url: peer("permessage-deflate", frame("c1", "00"), frame("c1", "")), want: "open/1 text:/1 text:/1 close:1000::true/3"},
		{name: "RSV1 without an agreement", url: raw("frame:1,65,x", "expect:close", "end"), want: bad, err: "reserved bits"},
		{name: "RSV1 on a continuation", url: peer("permessage-deflate", frame("41", hello[:6]), frame("c0", hello[6:])), want: bad, err: "RSV1"},
		{name: "RSV1 on a ping", url: peer("permessage-deflate", frame("c9", "")), want: bad, err: "RSV1"},
		{name: "RSV2", url: peer("permessage-deflate", "frame:1,33,x"), want: bad, err: "reserved bits"},
		{name: "no DEFLATE data", url: peer("permessage-deflate", frame("c1", "07")), want: bad, err: "no DEFLATE data"},
		{name: "bad UTF-8 in what comes out", url: peer("permessage-deflate", frame("c1", "000100feffff00")), want: bad, err: "UTF-8"},
		{name: "a bomb", url: peer("permessage-deflate", frame("c2", zeros(50000))), dialer: &websocket.Dialer{Options: websocket.Options{ReadLimit: 1000}},
			want: bad, err: "ReadLimit"},
		{name: "an unknown parameter", url: peer("permessage-deflate; x"), want: failed, err: "no parameter x"},
		{name: "a value where there is none", url: peer("permessage-deflate; server_no_context_takeover=1"), want: failed, err: "server_no_context_takeover"},
		{name: "no value where there is one", url: peer("permessage-deflate; server_max_window_bits"), want: failed, err: "server_max_window_bits"},
		{name: "a window too large", url: peer("permessage-deflate; client_max_window_bits=16"), want: failed, err: "client_max_window_bits"},
		{name: "a window too small", url: peer("permessage-deflate; client_max_window_bits=7"), want: failed, err: "client_max_window_bits"},
		{name: "twice", url: peer("permessage-deflate, permessage-deflate"), want: failed, err: "once"},
		{name: "in another case", url: peer("Permessage-Deflate"), want: failed, err: "only permessage-deflate"},
		{name: "empty", url: peer(""), want: failed, err: "no list"},
	})
}

// zeros is n zeros, compressed.
func zeros(n int) string {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	w.Write(make([]byte, n))
	w.Flush()
	return hex.EncodeToString(bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xff, 0xff}))
}
