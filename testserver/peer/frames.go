//go:build !js

package peer

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"
)

// RFC 6455 5.2.
const (
	opContinuation = 0
	opText         = 1
	opBinary       = 2
	opClose        = 8
	opPing         = 9
	opPong         = 10

	fin  = 0x80
	rsv1 = 0x40
)

// maxLength is the longest payload that is collected.
const maxLength = 1 << 31

// frame is a client's frame, unmasked.
type frame struct {
	first   byte // FIN, RSV and opcode
	masked  bool
	key     [4]byte
	lengthN int // bytes of the length's extension: 0, 2 or 8
	payload []byte
}

func (f frame) opcode() byte  { return f.first & 0x0F }
func (f frame) fin() bool     { return f.first&fin != 0 }
func (f frame) control() bool { return f.opcode() >= 8 }

// appendFrame appends a server's frame: not masked, with the shortest length.
func appendFrame(b []byte, first byte, payload []byte) []byte {
	b = append(b, first)
	switch n := len(payload); {
	case n < 126:
		b = append(b, byte(n))
	case n <= math.MaxUint16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return append(b, payload...)
}

// closeBody is the payload of a Close frame.
func closeBody(code int, reason string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...)
}

// parseFrame takes a frame from the beginning of b and says how long it is; 0
// if it is not complete.
func parseFrame(b []byte) (f frame, size int, err error) {
	if len(b) < 2 {
		return frame{}, 0, nil
	}
	f.first, f.masked = b[0], b[1]&0x80 != 0
	length := uint64(b[1] & 0x7F)
	switch length {
	case 126:
		f.lengthN = 2
	case 127:
		f.lengthN = 8
	}
	head := 2 + f.lengthN
	if len(b) < head {
		return frame{}, 0, nil
	}
	switch f.lengthN {
	case 2:
		length = uint64(binary.BigEndian.Uint16(b[2:]))
	case 8:
		length = binary.BigEndian.Uint64(b[2:])
	}
	if length > maxLength {
		return frame{}, 0, fmt.Errorf("length %d, want at most %d", length, uint64(maxLength))
	}
	if f.masked {
		head += 4
	}
	size = head + int(length)
	if len(b) < size {
		return frame{}, 0, nil
	}
	if f.masked {
		copy(f.key[:], b[head-4:])
	}
	f.payload = append([]byte{}, b[head:size]...)
	for i := range f.payload {
		f.payload[i] ^= f.key[i&3]
	}
	return f, size, nil
}

// breaches lists the rules that a client's frame breaks by itself.
func breaches(f frame, deflate bool) (lines []string) {
	bad := func(format string, args ...any) { lines = append(lines, "bad:"+fmt.Sprintf(format, args...)) }
	n := len(f.payload)
	if !f.masked {
		lines = append(lines, "unmasked") // RFC 6455 5.1
	}
	if f.lengthN == 2 && n < 126 || f.lengthN == 8 && n <= math.MaxUint16 {
		bad("length %d written in %d bytes", n, f.lengthN)
	}
	if rsv := f.first & 0x70; rsv != 0 && !(deflate && rsv == rsv1 && !f.control()) {
		bad("reserved bits %#x", rsv)
	}
	if op := f.opcode(); op > opBinary && op < opClose || op > opPong {
		bad("opcode %d", op)
	}
	if f.control() && !f.fin() {
		bad("control frame in fragments")
	}
	if f.control() && n > 125 {
		bad("control frame of %d bytes", n)
	}
	if f.opcode() == opClose && n > 0 {
		if why := closeBreach(f.payload); why != "" {
			bad("%s", why)
		}
	}
	return lines
}

// closeBreach says what is wrong with the payload of a Close frame.
func closeBreach(body []byte) string {
	if len(body) == 1 {
		return "close body of 1 byte"
	}
	// RFC 6455 7.4; 1012 to 1014 were registered later.
	code := binary.BigEndian.Uint16(body)
	if code < 1000 || code >= 1004 && code <= 1006 || code > 1014 && code < 3000 || code > 4999 {
		return fmt.Sprintf("close code %d", code)
	}
	if !utf8.Valid(body[2:]) {
		return "close reason not UTF-8"
	}
	return ""
}

// parser collects bytes to frames. After an error it takes nothing more.
type parser struct {
	rest []byte
	err  error
}

func (p *parser) feed(b []byte) {
	if p.err == nil {
		p.rest = append(p.rest, b...)
	}
}

// next returns the next complete frame.
func (p *parser) next() (frame, bool) {
	if p.err != nil {
		return frame{}, false
	}
	f, n, err := parseFrame(p.rest)
	p.rest, p.err = p.rest[n:], err
	return f, n > 0
}
