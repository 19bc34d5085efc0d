package native

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Frames as the tests write and read them, by RFC 6455 5.2 and with nothing of the code under test.

// frame writes an unmasked frame, as a server does. first is the header's first byte: 0x80 is fin, the low bits the opcode.
func frame(first byte, payload string) string { return encode(first, payload, "") }

// maskedFrame writes a frame as a client does.
func maskedFrame(first byte, payload, key string) string { return encode(first, payload, key) }

func encode(first byte, payload, key string) string {
	b, mask := []byte{first}, byte(len(key)/4*0x80)
	switch n := len(payload); {
	case n < 126:
		b = append(b, mask|byte(n))
	case n < 65536:
		b = append(b, mask|126, byte(n>>8), byte(n))
	default:
		b = append(b, mask|127, 0, 0, 0, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	b = append(b, key...)
	for i := range len(payload) {
		c := payload[i]
		if key != "" {
			c ^= key[i%4]
		}
		b = append(b, c)
	}
	return string(b)
}

func textFrame(s string) string   { return frame(0x81, s) }
func binaryFrame(s string) string { return frame(0x82, s) }
func pingFrame(s string) string   { return frame(0x89, s) }

// closeBody writes a Close frame's body; a code of 0 is an empty one.
func closeBody(code int, reason string) string {
	if code == 0 {
		return ""
	}
	return string([]byte{byte(code >> 8), byte(code)}) + reason
}

func closeFrameOf(code int, reason string) string { return frame(0x88, closeBody(code, reason)) }

// reference reads a conversation: text:…, binary:…, ping:…, pong:…, close:CODE:REASON, and the close code of the violation that
// ended it, 0 if none did. It goes once over all the bytes and knows nothing of pieces.
func reference(b string, masked bool, limit int64) (got []string, failed int) {
	message, payload := byte(0), ""
	for {
		f, rest, state := referenceFrame(b, masked)
		switch state {
		case cutHeader:
			return got, 0
		case badFrame:
			return got, 1002
		}
		if f.op < 8 {
			switch {
			case (f.op == 0) != (message != 0), f.op > 2:
				return got, 1002
			case limit >= 0 && (f.length > uint64(limit) || uint64(len(payload))+f.length > uint64(limit)):
				return got, 1009
			}
			message |= f.op
			payload += f.payload
			if message == 1 && !mayBecomeValid(payload) {
				return got, 1007
			}
		}
		if state == cutPayload {
			return got, 0
		}
		b = rest
		switch {
		case f.op == 8:
			return referenceClose(got, f.payload)
		case f.op == 9:
			got = append(got, "ping:"+f.payload)
		case f.op == 10:
			got = append(got, "pong:"+f.payload)
		case f.fin && message == 1:
			if !utf8.ValidString(payload) {
				return got, 1007
			}
			got = append(got, "text:"+payload)
		case f.fin:
			got = append(got, "binary:"+payload)
		}
		if f.op < 8 && f.fin {
			message, payload = 0, ""
		}
	}
}

type referenceHeader struct {
	fin     bool
	op      byte
	length  uint64
	payload string
}

const (
	cutHeader = iota
	cutPayload
	wholeFrame
	badFrame
)

// referenceFrame reads the frame at the front of b.
func referenceFrame(b string, masked bool) (f referenceHeader, rest string, state int) {
	if len(b) < 2 {
		return f, "", cutHeader
	}
	more := map[byte]int{126: 2, 127: 8}[b[1]&127]
	key := int(b[1]>>7) * 4
	if len(b) < 2+more+key {
		return f, "", cutHeader
	}
	f.length = uint64(b[1] & 127)
	if more > 0 {
		f.length = 0
		for i := range more {
			f.length = f.length<<8 | uint64(b[2+i])
		}
	}
	f.fin, f.op = b[0]&0x80 != 0, b[0]&0xF
	if b[0]&0x70 != 0 || masked != (key != 0) || f.length>>63 != 0 ||
		more == 2 && f.length < 126 || more == 8 && f.length < 65536 ||
		f.op > 10 || f.op > 2 && f.op < 8 || f.op >= 8 && (!f.fin || f.length > 125) {
		return f, "", badFrame
	}
	f.payload, state = b[2+more+key:], wholeFrame
	if uint64(len(f.payload)) < f.length {
		state = cutPayload
	} else {
		f.payload, rest = f.payload[:f.length], f.payload[f.length:]
	}
	if masked {
		p := []byte(f.payload)
		for i := range p {
			p[i] ^= b[2+more+i%4]
		}
		f.payload = string(p)
	}
	return f, rest, state
}

func referenceClose(got []string, body string) ([]string, int) {
	if body == "" {
		return append(got, "close:0:"), 0
	}
	if len(body) == 1 {
		return got, 1002
	}
	code := int(body[0])<<8 | int(body[1])
	switch {
	case code < 1000, code > 4999, code > 1014 && code < 3000, code == 1004, code == 1005, code == 1006:
		return got, 1002
	case !utf8.ValidString(body[2:]):
		return got, 1007
	}
	return append(got, fmt.Sprintf("close:%d:%s", code, body[2:])), 0
}

// mayBecomeValid reports whether some bytes after s make it valid UTF-8. After any first byte of a character one of 0x80, 0x90,
// 0xA0 may be its second, and 0x80 its third and fourth.
func mayBecomeValid(s string) bool {
	if utf8.ValidString(s) {
		return true
	}
	for _, second := range []string{"\x80", "\x90", "\xA0"} {
		for n := range 3 {
			if utf8.ValidString(s + second + strings.Repeat("\x80", n)) {
				return true
			}
		}
	}
	return false
}

// readFrames reads what a client sent, strictly: one string for each frame, cut where it ends early.
func readFrames(b string) (got []string) {
	for b != "" {
		f, rest, state := referenceFrame(b, true)
		name := map[byte]string{0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}[f.op]
		switch {
		case state == badFrame:
			return append(got, fmt.Sprintf("bad frame % x", b[:min(len(b), 14)]))
		case state != wholeFrame:
			return append(got, "cut")
		case !f.fin:
			name += "(more)"
		}
		if f.op == 8 && len(f.payload) >= 2 {
			f.payload = fmt.Sprintf("%d:%s", int(f.payload[0])<<8|int(f.payload[1]), f.payload[2:])
		}
		got = append(got, name+":"+f.payload)
		b = rest
	}
	return got
}
