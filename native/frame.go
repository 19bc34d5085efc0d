package native

import "strconv"

// opcode is RFC 6455 5.2's.
type opcode uint8

const (
	opContinuation opcode = 0x0
	opText         opcode = 0x1
	opBinary       opcode = 0x2
	opClose        opcode = 0x8
	opPing         opcode = 0x9
	opPong         opcode = 0xA
)

func (o opcode) control() bool { return o&0x8 != 0 }

const (
	maxControl = 125 // RFC 6455 5.5: a control frame's payload
	maxHeader  = 14
)

// header is a frame's header: RFC 6455 5.2.
type header struct {
	fin    bool
	rsv    uint8 // the three reserved bits, in place
	opcode opcode
	masked bool
	key    uint32 // the masking key, first byte lowest
	length int64
}

// parseHeader reads the header at the front of b and returns its size, which is 0 while b holds too little of it.
func parseHeader(b []byte) (h header, size int, err *ProtocolError) {
	if len(b) < 2 {
		return h, 0, nil
	}
	h = header{fin: b[0]&0x80 != 0, rsv: b[0] & 0x70, opcode: opcode(b[0] & 0x0F), masked: b[1]&0x80 != 0}
	size = 2
	switch n := b[1] & 0x7F; n {
	case 126:
		size += 2
	case 127:
		size += 8
	default:
		h.length = int64(n)
	}
	need := size
	if h.masked {
		need += 4
	}
	if len(b) < need {
		return h, 0, nil
	}
	if size > 2 {
		if h.length, err = extendedLength(b[2:size]); err != nil {
			return h, 0, err
		}
	}
	if h.masked {
		h.key = load32(b[size:])
	}
	return h, need, nil
}

// extendedLength reads a length of 2 or 8 bytes. RFC 6455 5.2: the minimal number of bytes, and the highest bit is 0.
func extendedLength(b []byte) (int64, *ProtocolError) {
	var n uint64
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	switch {
	case n>>63 != 0:
		return 0, violation("a frame length with the highest bit set")
	case len(b) == 2 && n < 126, len(b) == 8 && n < 1<<16:
		return 0, violation("a frame length of " + strconv.FormatUint(n, 10) + " in " + strconv.Itoa(len(b)) + " bytes, want the fewest")
	}
	return int64(n), nil
}

// rsv1 marks a compressed message, on its first frame: RFC 7692 6.
const rsv1 = 0x40

// appendHeader writes a header.
func appendHeader(b []byte, h header) []byte {
	first, mask := byte(h.opcode)|h.rsv, byte(0)
	if h.fin {
		first |= 0x80
	}
	if h.masked {
		mask = 0x80
	}
	n := uint64(h.length)
	switch {
	case n < 126:
		b = append(b, first, mask|byte(n))
	case n < 1<<16:
		b = append(b, first, mask|126, byte(n>>8), byte(n))
	default:
		b = append(b, first, mask|127, byte(n>>56), byte(n>>48), byte(n>>40), byte(n>>32), byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	if h.masked {
		b = append(b, byte(h.key), byte(h.key>>8), byte(h.key>>16), byte(h.key>>24))
	}
	return b
}

// violation is the error for a rule broken: RFC 6455 7.4.1, 1002.
func violation(problem string) *ProtocolError {
	return &ProtocolError{Code: 1002, Problem: "got " + problem}
}

// closePayload is the body of a Close frame: RFC 6455 5.5.1. A code of 0 is none.
func closePayload(code uint16, reason string) []byte {
	if code == 0 {
		return nil
	}
	return append([]byte{byte(code >> 8), byte(code)}, reason...)
}

// parseClose reads the body of a Close frame. A code of 0 is none.
func parseClose(b []byte) (code uint16, reason string, err *ProtocolError) {
	switch len(b) {
	case 0:
		return 0, "", nil
	case 1:
		return 0, "", violation("a Close frame with a body of 1 byte, want none or at least 2")
	}
	code = uint16(b[0])<<8 | uint16(b[1])
	if !receivable(code) {
		return 0, "", violation("the close code " + strconv.Itoa(int(code)) + ", which no endpoint may send")
	}
	if !validUTF8(b[2:]) {
		return 0, "", invalidText("a close reason")
	}
	return code, string(b[2:]), nil
}

// receivable reports whether a peer may send the code: RFC 6455 7.4, and the codes registered since: 1012 to 1014.
func receivable(code uint16) bool {
	switch {
	case code >= 3000:
		return code <= 4999
	case code == 1004, code == 1005, code == 1006:
		return false
	}
	return code >= 1000 && code <= 1014
}
