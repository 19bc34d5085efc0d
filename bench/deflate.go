//go:build unix

package main

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/flate"
)

// deflater is the server's side of RFC 7692.
type deflater struct {
	takeover bool // both sides keep their dictionaries

	w      *flate.Writer
	packed bytes.Buffer

	r      io.ReadCloser
	from   bytes.Reader
	input  []byte // a compressed message and its tail
	text   []byte
	window []byte // what the client sent last, if its dictionary is kept
}

func newDeflater(mode deflation) *deflater {
	d := &deflater{takeover: mode == takeover, r: flate.NewReader(nil)}
	d.w, _ = flate.NewWriter(&d.packed, flate.BestSpeed) // fails for other levels only
	return d
}

// agreed is the extension as the server agrees to it. RFC 7692 7.1.1: it may forbid takeover without having been asked to.
func (d *deflater) agreed() string {
	if d.takeover {
		return "permessage-deflate"
	}
	return "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
}

// deflateTail is what RFC 7692 7.2.2 has the receiver add, and an empty last block for the decompressor to end at.
const deflateTail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

const windowSize = 32 << 10

// inflate returns the text of a message, which is valid until the next call.
func (d *deflater) inflate(p []byte) ([]byte, error) {
	d.input = append(append(d.input[:0], p...), deflateTail...)
	d.from.Reset(d.input)
	if err := d.r.(flate.Resetter).Reset(&d.from, d.window); err != nil {
		return nil, err
	}
	var err error
	d.text, err = readAll(d.text, d.r)
	if d.takeover {
		d.window = append(d.window, d.text...)
		d.window = d.window[:copy(d.window, d.window[max(0, len(d.window)-windowSize):])]
	}
	return d.text, err
}

// deflate returns a compressed message, which is valid until the next call.
func (d *deflater) deflate(p []byte) ([]byte, error) {
	d.packed.Reset()
	if !d.takeover {
		d.w.Reset(&d.packed)
	}
	d.w.Write(p) // Flush returns its error
	if err := d.w.Flush(); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(d.packed.Bytes(), []byte(deflateTail[:4])), nil
}
