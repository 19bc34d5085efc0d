//go:build !js

package peer

import (
	"bytes"
	"compress/flate"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// event is a message or a control frame.
type event struct {
	opcode   byte // 0: nothing is complete yet
	payload  []byte
	deflated bool // came compressed; payload is inflated
}

// collector makes events of frames.
type collector struct {
	deflate bool // permessage-deflate was agreed

	message event // in the making, if opcode is not 0
	window  []byte
	closed  bool // a Close frame came
}

// add takes a frame and says what is complete now, and which rules were broken.
func (c *collector) add(f frame) (e event, bad []string) {
	bad = breaches(f, c.deflate)
	if c.closed {
		bad = append(bad, "bad:frame after Close") // RFC 6455 5.5.1
	}
	if f.control() {
		c.closed = c.closed || f.opcode() == opClose
		return event{opcode: f.opcode(), payload: f.payload}, bad
	}
	// RFC 6455 5.4.
	switch going := c.message.opcode != 0; {
	case f.opcode() == opContinuation && !going:
		return event{}, append(bad, "bad:continuation of nothing")
	case f.opcode() != opContinuation && going:
		bad = append(bad, "bad:new message inside another")
		fallthrough
	case f.opcode() != opContinuation:
		c.message = event{opcode: f.opcode(), deflated: c.deflate && f.first&rsv1 != 0}
	case f.first&rsv1 != 0: // RFC 7692 6.1
		bad = append(bad, "bad:RSV1 on a continuation")
	}
	c.message.payload = append(c.message.payload, f.payload...)
	if !f.fin() {
		return event{}, bad
	}
	e, c.message = c.message, event{}
	if e.deflated {
		if err := c.inflate(&e); err != nil {
			bad = append(bad, "bad:deflate: "+err.Error())
		}
	}
	if e.opcode == opText && !utf8.Valid(e.payload) {
		bad = append(bad, "bad:text not UTF-8")
	}
	return e, bad
}

// inflate decompresses a message and keeps the window for the next: a client
// that takes over no context does not look back into it.
func (c *collector) inflate(e *event) error {
	// RFC 7692 7.2.2: append the tail. The second part is a last, empty block,
	// so that the reader sees an end.
	const tail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"
	r := flate.NewReaderDict(io.MultiReader(bytes.NewReader(e.payload), strings.NewReader(tail)), c.window)
	out, err := io.ReadAll(r)
	e.payload = out
	c.window = append(c.window, out...)
	c.window = c.window[max(0, len(c.window)-32768):]
	return err
}

// line writes an event in the form of /recorded.
func (e event) line() string {
	prefix := ""
	if e.deflated {
		prefix = "deflated:"
	}
	switch e.opcode {
	case opText:
		return prefix + abbreviate("text", oneLine(e.payload), e.payload)
	case opBinary:
		return prefix + abbreviate("binary", hex.EncodeToString(e.payload), e.payload)
	case opPing:
		return "ping:" + oneLine(e.payload)
	case opPong:
		return "pong:" + hex.EncodeToString(e.payload)
	case opClose:
		if len(e.payload) < 2 {
			return "close:"
		}
		return fmt.Sprintf("close:%d:%s", binary.BigEndian.Uint16(e.payload), oneLine(e.payload[2:]))
	}
	return fmt.Sprintf("opcode%d:%s", e.opcode, hex.EncodeToString(e.payload))
}

func abbreviate(kind, content string, payload []byte) string {
	if len(payload) > 64 {
		return fmt.Sprintf("%s#%d:sha1=%x", kind, len(payload), sha1.Sum(payload))
	}
	return kind + ":" + content
}

// oneLine is b as text that fits into a line of a text message.
func oneLine(b []byte) string {
	return strings.ToValidUTF8(strings.ReplaceAll(string(b), "\n", `\n`), "\uFFFD")
}

// recorder makes lines of a client's bytes.
type recorder struct {
	off       bool // the client does not send frames
	parser    parser
	collector collector
	told      bool // that the parser gave up

	frames   int // masked ones
	key      [4]byte
	otherKey bool
}

// feed takes bytes as they arrive and returns the lines that they complete.
func (r *recorder) feed(b []byte) (lines []string) {
	if r.off {
		return nil
	}
	r.parser.feed(b)
	for {
		f, ok := r.parser.next()
		if !ok {
			break
		}
		r.noteKey(f)
		e, bad := r.collector.add(f)
		lines = append(lines, bad...)
		if e.opcode != 0 {
			lines = append(lines, e.line())
		}
	}
	if r.parser.err != nil && !r.told {
		r.told = true
		lines = append(lines, "bad:"+r.parser.err.Error())
	}
	return lines
}

func (r *recorder) noteKey(f frame) {
	if !f.masked {
		return
	}
	if r.frames == 0 {
		r.key = f.key
	}
	r.frames++
	r.otherKey = r.otherKey || f.key != r.key
}

// finish returns what can only be said at the end.
func (r *recorder) finish() []string {
	if r.frames >= 3 && !r.otherKey { // RFC 6455 5.3: a fresh key for each frame
		return []string{"bad:mask repeated"}
	}
	return nil
}
